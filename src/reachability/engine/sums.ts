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

/** From group to group; `kind` is whatever is added up apart. */
export type Cell = { readonly from: number; readonly to: number; readonly kind: number; readonly sum: Sum }

export type Sums = {
  readonly add: (
    from: number,
    to: number,
    kind: number,
    what: { readonly ports: PortsId; readonly pairs: number; readonly example: Sum['example'] },
  ) => void
  /** By source, then by destination, then by kind. */
  readonly cells: () => readonly Cell[]
}

/** `groups` and `kinds` are how many there are of each. */
export function sumsOver(pool: PortPool, groups: number, kinds: number): Sums {
  const sums = new Map<number, Sum>()
  return {
    add: (from, to, kind, { ports, pairs, example }) => {
      if (ports === 0) return
      const key = (from * groups + to) * kinds + kind
      const known = sums.get(key)
      if (known) sums.set(key, { ports: pool.union(known.ports, ports), pairs: known.pairs + pairs, example: known.example })
      else sums.set(key, { ports, pairs, example })
    },
    cells: () =>
      [...sums]
        .sort(([a], [b]) => a - b)
        .map(([key, sum]) => {
          const cell = Math.floor(key / kinds)
          return { from: Math.floor(cell / groups), to: cell % groups, kind: key % kinds, sum }
        }),
  }
}
