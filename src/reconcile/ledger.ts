/** reconcile/ledger.ts — how each namespace fares in one respect, summed up per tenant as it changes. */

import type { Problem } from './outcomes.ts'

/** `wanted` is the fingerprint of what was asked for when the namespace was looked at last. */
export type Row = { readonly tenant: string; readonly wanted: string; readonly problem: Problem | undefined }

type Sum = { readonly counts: Map<string, number>; readonly problems: Map<string, Problem> }

const NO_PROBLEMS: ReadonlyMap<string, Problem> = new Map()

export class Ledger {
  readonly #rows = new Map<string, Row>()
  readonly #sums = new Map<string, Sum>()

  of(namespace: string): Row | undefined {
    return this.#rows.get(namespace)
  }

  /** In how many of the tenant's namespaces just this was looked after. */
  settled(tenant: string, wanted: string): number {
    return this.#sums.get(tenant)?.counts.get(wanted) ?? 0
  }

  /** By namespace. */
  problemsOf(tenant: string): ReadonlyMap<string, Problem> {
    return this.#sums.get(tenant)?.problems ?? NO_PROBLEMS
  }

  /** The tenants of which something else is to be said now; no row for a namespace of which nothing is asked. */
  set(namespace: string, row: Row | undefined): string[] {
    const previous = this.#rows.get(namespace)
    if (previous && row && sameRow(previous, row)) return []
    if (previous) this.#count(namespace, previous, -1)
    if (row) {
      this.#rows.set(namespace, row)
      this.#count(namespace, row, 1)
    } else this.#rows.delete(namespace)
    return [...new Set([previous, row].flatMap((changed) => (changed ? [changed.tenant] : [])))]
  }

  #count(namespace: string, { tenant, wanted, problem }: Row, sign: 1 | -1): void {
    const sum = this.#sums.get(tenant) ?? { counts: new Map(), problems: new Map() }
    const count = (sum.counts.get(wanted) ?? 0) + sign
    if (count > 0) sum.counts.set(wanted, count)
    else sum.counts.delete(wanted)
    if (problem && sign === 1) sum.problems.set(namespace, problem)
    else sum.problems.delete(namespace)
    if (sum.counts.size > 0) this.#sums.set(tenant, sum)
    else this.#sums.delete(tenant)
  }
}

function sameRow(a: Row, b: Row): boolean {
  return (
    a.tenant === b.tenant && a.wanted === b.wanted && a.problem?.reason === b.problem?.reason && a.problem?.message === b.problem?.message
  )
}
