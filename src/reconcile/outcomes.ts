/** reconcile/outcomes.ts — how each namespace fares, summed up per tenant as it changes: a repair costs the same in any number of namespaces. */

import type { ManagedPolicy } from '../desired/managed.ts'
import type { Intent } from './tenants.ts'

export type Problem = { readonly reason: ProblemReason; readonly message: string }

/** Why a namespace is not isolated. NameTaken: something that is not ours has a name of ours. Refused: the API server says no. */
export type ProblemReason = 'NameTaken' | 'Refused' | 'WriteFailed'

export type NamespaceOutcome = {
  readonly tenant: string
  /** What it was reconciled with. */
  readonly intent: Intent | undefined
  /** What was wanted of it then: the same array for the same rules. */
  readonly wanted?: readonly ManagedPolicy[] | undefined
  /** It has exactly the policies that it should have. */
  readonly isolated: boolean
  /** Policies that are exactly as they should be. */
  readonly policies: number
  /** With mode Audit: the policies that Enforce would write. */
  readonly wouldWrite: number
  readonly problem: Problem | undefined
}

export type Summary = {
  /** Namespaces that were reconciled with the present intent. */
  readonly settled: number
  readonly isolated: number
  readonly policies: number
  readonly wouldWrite: number
  readonly problems: ReadonlyMap<string, Problem>
}

type Mutable = { settled: number; isolated: number; policies: number; wouldWrite: number; problems: Map<string, Problem> }

const NOTHING: Summary = { settled: 0, isolated: 0, policies: 0, wouldWrite: 0, problems: new Map() }

export class Outcomes {
  readonly #outcomes = new Map<string, NamespaceOutcome>()
  readonly #summaries = new Map<string, Mutable>()
  readonly #intents = new Map<string, Intent | undefined>()

  of(namespace: string): NamespaceOutcome | undefined {
    return this.#outcomes.get(namespace)
  }

  summaryOf(tenant: string): Summary {
    return this.#summaries.get(tenant) ?? NOTHING
  }

  /** The tenant now asks for something else: what was reconciled before is not settled any more. */
  setIntent(tenant: string, intent: Intent | undefined): void {
    if (this.#intents.get(tenant) === intent) return
    this.#intents.set(tenant, intent)
    const summary = this.#summaries.get(tenant)
    if (summary) summary.settled = 0
  }

  forgetTenant(tenant: string): void {
    this.#intents.delete(tenant)
    this.#summaries.delete(tenant)
    // A tenant of the same name that comes later begins from nothing.
    for (const [namespace, outcome] of this.#outcomes) if (outcome.tenant === tenant) this.#outcomes.delete(namespace)
  }

  /** The tenants whose summary changed; `outcome` is undefined for a namespace that belongs to nobody. */
  set(namespace: string, outcome: NamespaceOutcome | undefined): string[] {
    const previous = this.#outcomes.get(namespace)
    if (previous && outcome && sameOutcome(previous, outcome)) return []
    if (previous) this.#add(namespace, previous, -1)
    if (outcome) {
      this.#outcomes.set(namespace, outcome)
      this.#add(namespace, outcome, 1)
    } else this.#outcomes.delete(namespace)
    return [...new Set([previous, outcome].flatMap((changed) => (changed ? [changed.tenant] : [])))]
  }

  #add(namespace: string, { tenant, intent, isolated, policies, wouldWrite, problem }: NamespaceOutcome, sign: 1 | -1): void {
    const summary = this.#summaries.get(tenant) ?? { settled: 0, isolated: 0, policies: 0, wouldWrite: 0, problems: new Map() }
    this.#summaries.set(tenant, summary)
    if (intent !== undefined && intent === this.#intents.get(tenant)) summary.settled += sign
    if (isolated) summary.isolated += sign
    summary.policies += sign * policies
    summary.wouldWrite += sign * wouldWrite
    if (problem && sign === 1) summary.problems.set(namespace, problem)
    else summary.problems.delete(namespace)
  }
}

function sameOutcome(a: NamespaceOutcome, b: NamespaceOutcome): boolean {
  return (
    a.tenant === b.tenant &&
    a.intent === b.intent &&
    a.wanted === b.wanted &&
    a.isolated === b.isolated &&
    a.policies === b.policies &&
    a.wouldWrite === b.wouldWrite &&
    a.problem?.reason === b.problem?.reason &&
    a.problem?.message === b.problem?.message
  )
}
