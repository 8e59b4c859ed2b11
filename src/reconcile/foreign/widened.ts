/**
 * reconcile/foreign/widened.ts — what the policies of others open in the namespaces of tenants beyond the tenants' rules, worked out when
 * status asks for it, and again only where something changed that it depends on (docs/decisions/0018).
 */

import { compareText } from '../../api/canonical.ts'
import type { Labels } from '../../api/selectors.ts'
import type { ManagedPolicy } from '../../desired/managed.ts'
import {
  dependsOnNamespaces,
  type Opened,
  type Opening,
  openedBeyond,
  openingsOf,
  type Policy,
  readPolicies,
  type Space,
} from '../../reachability/reachability.ts'
import type { Tenant } from '../tenants.ts'
import type { ForeignPolicy } from './foreign-policy.ts'
import { type Heard, Listeners } from './listeners.ts'
import type { SpaceIndex } from './space-index.ts'
import { type Widening, wideningOf } from './widening.ts'

export type WidenedOptions = {
  readonly spaces: SpaceIndex
  readonly ownerOf: (namespace: string) => Tenant | undefined
  /** The policies that are not ours in a namespace. */
  readonly foreignIn: (namespace: string) => readonly ForeignPolicy[]
  /** Something else is to be said of the tenant. */
  readonly tell: (tenant: string) => void
}

const NOWHERE: ReadonlySet<string> = new Set()
const EVERYWHERE: Heard = { text: '{}', selector: {} }

export class Widened {
  readonly #options: WidenedOptions
  /** Namespaces that have to be looked at anew: because of all that is there, or of these other namespaces alone. */
  readonly #stale = new Map<string, Set<string> | undefined>()
  readonly #listeners = new Listeners()
  /** What was found, by tenant and namespace. */
  readonly #found = new Map<string, Map<string, readonly Widening[]>>()
  /** For which tenant a namespace with policies of others was looked at last. */
  readonly #lookedFor = new Map<string, string>()
  /** What a policy opens beyond ours, for as long as both are the same. */
  readonly #beyond = new WeakMap<Policy, { readonly ours: readonly Policy[]; readonly opened: readonly Opened[] }>()
  /** Namespaces under all policies, as they are. */
  readonly #spaces = new Map<string, Space>()

  constructor(options: WidenedOptions) {
    this.#options = options
  }

  /** Policies in the namespace, ours or others', or its owner are not what they were. */
  changed(namespace: string): void {
    const { ownerOf, foreignIn, tell } = this.#options
    this.#spaces.delete(namespace)
    const owner = ownerOf(namespace)?.resource.metadata.name
    const before = this.#lookedFor.get(namespace)
    if (before !== undefined && before !== owner) this.#forget(namespace, before)
    const concerned = foreignIn(namespace).length > 0 || before !== undefined
    if (owner === undefined || !concerned) return
    this.#stale.set(namespace, undefined)
    tell(owner)
  }

  /** The labels of the namespace, its policies or its owner changed: whoever opens something to it or from it has to know. */
  touched(other: string, labels: readonly Labels[]): void {
    const { ownerOf, tell } = this.#options
    for (const namespace of this.#listeners.of(labels)) {
      const owner = ownerOf(namespace)
      if (!owner) continue
      const others = this.#stale.get(namespace)
      if (others || !this.#stale.has(namespace)) this.#stale.set(namespace, (others ?? new Set()).add(other))
      tell(owner.resource.metadata.name)
    }
  }

  /** Looks at what is to be looked at for the tenant, a namespace at each step. */
  *settle(tenant: string): Generator<void> {
    for (const namespace of [...this.#stale.keys()]) {
      const owner = this.#options.ownerOf(namespace)
      if (owner && owner.resource.metadata.name !== tenant) continue
      // More may have changed since the last step, and somebody else may have looked.
      const others = this.#stale.get(namespace)
      if (!this.#stale.delete(namespace) || !owner) continue
      if (!others || this.#isConcerned(namespace, owner, others)) this.#look(namespace, owner, others ?? NOWHERE)
      yield
    }
  }

  /** By namespace and name. */
  of(tenant: string): readonly Widening[] {
    const byNamespace = [...(this.#found.get(tenant) ?? [])].sort(([a], [b]) => compareText(a, b))
    return byNamespace.flatMap(([, widenings]) => widenings)
  }

  /** Where nothing was open, nothing is, if nothing is open to the namespaces that have changed: there may be thousands of others. */
  #isConcerned(namespace: string, owner: Tenant, others: ReadonlySet<string>): boolean {
    if (this.#found.get(owner.resource.metadata.name)?.has(namespace)) return true
    const ours = this.#oursIn(namespace, owner)
    return this.#options.foreignIn(namespace).some(({ policy }) => {
      const opened = policy ? this.#openedBy(policy, ours) : []
      return (
        policy &&
        opened.length > 0 &&
        this.#openings(namespace, policy, opened, owner, (names) => names.filter((other) => others.has(other))).length > 0
      )
    })
  }

  /** `first`: the namespaces that most likely tell. */
  #look(namespace: string, owner: Tenant, first: ReadonlySet<string>): void {
    const { name } = owner.resource.metadata
    const policies = this.#options.foreignIn(namespace)
    const ours = this.#oursIn(namespace, owner)
    const heard = new Map<string, Heard>()
    const widenings = policies.flatMap((foreign): readonly Widening[] => {
      if (!foreign.policy) return ours.length > 0 ? [wideningOf(namespace, foreign, [])] : []
      const opened = this.#openedBy(foreign.policy, ours)
      if (opened.length === 0) return []
      for (const one of heardBy(foreign.policy, opened)) heard.set(one.text, one)
      const openings = this.#openings(namespace, foreign.policy, opened, owner, (names) =>
        first.size === 0 ? names : [...names.filter((other) => first.has(other)), ...names],
      )
      return openings.length > 0 ? [wideningOf(namespace, foreign, openings)] : []
    })
    this.#listeners.listen(namespace, [...heard.values()])
    if (policies.length > 0) this.#lookedFor.set(namespace, name)
    else this.#lookedFor.delete(namespace)
    if (widenings.length === 0) this.#drop(namespace, name)
    else this.#found.set(name, (this.#found.get(name) ?? new Map()).set(namespace, widenings))
  }

  /** What the operator keeps there, or with mode Audit would keep. */
  #oursIn(namespace: string, { intent }: Tenant): readonly Policy[] {
    const labels = this.#options.spaces.labelsOf(namespace) ?? {}
    return compiled(intent && intent.mode !== 'Disabled' ? intent.policiesFor(labels) : [])
  }

  /** `among`: which of the namespaces that a peer means to look at, in which order. */
  #openings(
    namespace: string,
    policy: Policy,
    opened: readonly Opened[],
    owner: Tenant,
    among: (names: readonly string[]) => readonly string[],
  ): readonly Opening[] {
    const { name } = owner.resource.metadata
    const { spaces, ownerOf } = this.#options
    const spaceOf = (other: string) => this.#space(other, owner)
    return openingsOf({
      policy,
      opened,
      here: spaceOf(namespace),
      spacesOf: (peer) => {
        const own = peer && !peer.namespaceSelector
        const names = own ? [namespace] : spaces.matching(peer?.namespaceSelector ?? EVERYWHERE)
        return lazily(among(names), spaceOf)
      },
      isInside: (other) => ownerOf(other)?.resource.metadata.name === name,
    })
  }

  #openedBy(foreign: Policy, ours: readonly Policy[]): readonly Opened[] {
    const known = this.#beyond.get(foreign)
    if (known?.ours === ours) return known.opened
    const opened = openedBeyond(foreign, ours)
    this.#beyond.set(foreign, { ours, opened })
    return opened
  }

  /** A namespace under all policies. Of the tenant that is asked for, as if what it asks for were enforced: in Audit that is the question. */
  #space(name: string, asking: Tenant): Space {
    if (asking.intent?.mode === 'Audit' && this.#options.ownerOf(name) === asking) return this.#spaceOf(name, asking)
    const known = this.#spaces.get(name)
    if (known) return known
    const owner = this.#options.ownerOf(name)
    const space = this.#spaceOf(name, owner?.intent?.mode === 'Enforce' ? owner : undefined)
    this.#spaces.set(name, space)
    return space
  }

  #spaceOf(name: string, owner: Tenant | undefined): Space {
    const labels = this.#options.spaces.labelsOf(name) ?? {}
    const ours = compiled(owner?.intent?.policiesFor(labels) ?? [])
    const foreign = this.#options.foreignIn(name)
    // The same list for all namespaces of a tenant, so that what is found out of one is known of the others.
    return { name, labels, policies: foreign.length === 0 ? ours : [...ours, ...foreign.flatMap(({ policy }) => policy ?? [])] }
  }

  #forget(namespace: string, tenant: string): void {
    this.#drop(namespace, tenant)
    this.#lookedFor.delete(namespace)
    this.#stale.delete(namespace)
    this.#listeners.listen(namespace, [])
  }

  #drop(namespace: string, tenant: string): void {
    const found = this.#found.get(tenant)
    if (found?.delete(namespace) && found.size === 0) this.#found.delete(tenant)
  }
}

/** Whoever asks seldom asks for all. */
function* lazily<T, U>(items: readonly T[], map: (item: T) => U): Iterable<U> {
  for (const item of items) yield map(item)
}

/** The namespaces on which it depends what of this is open. */
function heardBy({ rules }: Policy, opened: readonly Opened[]): readonly Heard[] {
  if (!dependsOnNamespaces(opened)) return []
  return opened.flatMap(({ direction, rule, peer, outside }): Heard[] => {
    if (outside) return []
    const named = peer === undefined ? undefined : rules[direction]?.[rule]?.peers[peer]
    if (named === undefined) return [EVERYWHERE]
    return named.form === 'Pods' && named.namespaceSelector ? [named.namespaceSelector] : []
  })
}

const known = new WeakMap<readonly ManagedPolicy[], readonly Policy[]>()
const NONE: readonly Policy[] = []

/** Ours as the evaluator reads them; worked out once for all namespaces to which the same rules apply. */
function compiled(policies: readonly ManagedPolicy[]): readonly Policy[] {
  if (policies.length === 0) return NONE
  const found = known.get(policies)
  if (found) return found
  const read = readPolicies(policies.map(({ name, spec }) => ({ metadata: { namespace: 'any', name }, spec })))
  const [problem] = read.problems
  if (problem) throw new Error(`a policy that the operator would write is not understood: ${problem.field}: ${problem.message}`)
  known.set(policies, read.policies)
  return read.policies
}
