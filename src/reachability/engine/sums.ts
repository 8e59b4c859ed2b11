/** reachability/engine/sums.ts — adding up, between groups, the ports on which something holds and the pairs of pods for which it does. */

import type { Member } from '../classes.ts'
import type { PortPool, PortsId } from './pool.ts'

/** One kind of thing that holds between two groups. */
export type Sum = {
  /** The ports on which it holds for some pods of the two groups. */
  readonly ports: PortsId
  /** Between how many pairs of pods it holds on some port. */
  readonly pairs: number
  /** A pair for which it holds on some port. */
  readonly example: readonly [Member, Member]
}

/** From group to group, a sum for each kind; undefined where that kind never holds. */
export type Cell = { readonly from: number; readonly to: number; readonly sums: readonly (Sum | undefined)[] }

export type Sums = {
  readonly add: (from: number, to: number, kind: number, sum: Sum) => void
  /** Those in which anything holds, by source, then by destination. */
  readonly cells: () => readonly Cell[]
}

/** `groups` is how many there are; `kinds` how many things are added up apart. */
export function sumsOver(pool: PortPool, groups: number, kinds: number): Sums {
  const cells = new Map<number, (Sum | undefined)[]>()
  return {
    add: (from, to, kind, sum) => {
      if (sum.ports === 0) return
      const key = from * groups + to
      const sums = cells.get(key) ?? Array<Sum | undefined>(kinds).fill(undefined)
      const known = sums[kind]
      sums[kind] = known ? { ...known, ports: pool.union(known.ports, sum.ports), pairs: known.pairs + sum.pairs } : sum
      cells.set(key, sums)
    },
    cells: () => [...cells].sort(([a], [b]) => a - b).map(([key, sums]) => ({ from: Math.floor(key / groups), to: key % groups, sums })),
  }
}
