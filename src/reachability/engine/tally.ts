/** reachability/engine/tally.ts — what holds between all pods, added up between groups. */

import { type Groups, pairBetween, pairsBetween, type Share } from '../groups.ts'
import type { PortSet } from '../ports.ts'
import type { Reach } from '../reach.ts'
import type { Steps } from '../steps.ts'
import type { PortsId } from './pool.ts'
import { type MaskJudge, rowAdder } from './row-sums.ts'
import { portsOfMask, type Row, type Rows } from './rows.ts'
import { type Cell, sumsOver } from './sums.ts'

/** Which kinds of things hold between two pods. */
export type Judge = MaskJudge & {
  /** The same for a pair that was judged by itself; `reaches` has an entry for each network. There may be further kinds here. */
  readonly reaches: (reaches: readonly (Reach | undefined)[]) => readonly PortSet[]
}

/** Where anything holds, by source, destination and kind; of these, there are at most `kinds`. */
export function* tally(rows: Rows, groups: Groups, judge: Judge, kinds: number = judge.kinds): Steps<readonly Cell[]> {
  const { add, cells } = sumsOver(rows.pool, groups.all.length, kinds)
  const sumsOf = rowAdder(rows, groups, judge)
  for (const row of rows.all()) {
    yield { done: row.source.id, all: rows.space.classes.length }
    const from = groups.shares[row.source.id] ?? []
    if (from.length === 0) continue
    const { sums, own } = sumsOf(row)
    const portsOf = maskReader(rows, row)
    for (const { group, kind, mask, pods, example } of sums) {
      for (const { group: source, members } of from) {
        const [first] = members
        if (first) add(source, group, kind, { ports: portsOf(mask), pairs: members.length * pods, example: [first, example] })
      }
    }
    const ownPorts = own.map((mask) => (mask ? portsOf(mask) : 0))
    for (const share of from) {
      for (const to of from) addBetween(share, to, undefined, ownPorts)
      for (const { destination, oneNode, reaches } of row.special) {
        const ports = judge.reaches(reaches).map(rows.pool.idOf)
        for (const to of groups.shares[destination.id] ?? []) addBetween(share, to, oneNode, ports)
      }
    }
  }
  return cells()

  function addBetween(from: Share, to: Share, oneNode: boolean | undefined, portsByKind: readonly PortsId[]): void {
    const example = portsByKind.some((ports) => ports !== 0) ? pairBetween(from, to, oneNode) : undefined
    if (!example) return
    const pairs = pairsBetween(from, to, oneNode)
    for (const [kind, ports] of portsByKind.entries()) add(from.group, to.group, kind, { ports, pairs, example })
  }
}

/** From a mask of the row to the number of its ports. Few masks come up in a row, and each of them often. */
export function maskReader({ pool }: Rows, { pieces }: Row): (mask: readonly number[]) => PortsId {
  const known = new Map<string | number, PortsId>()
  return (mask) => {
    const key = mask.length === 1 ? (mask[0] ?? 0) : mask.join()
    const ports = known.get(key) ?? pool.idOf(portsOfMask(pieces, mask))
    known.set(key, ports)
    return ports
  }
}
