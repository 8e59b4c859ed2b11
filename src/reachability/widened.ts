/** reachability/widened.ts — the flows that policies of others open beyond ours, and which of those policies do. */

import { type Change, changeOf, joinOutside } from './changes.ts'
import { spaceOf } from './classes.ts'
import { blamesInMasks } from './engine/blame.ts'
import { blamesInSpecial } from './engine/blame-special.ts'
import { rowsOf } from './engine/rows.ts'
import { sumsOver } from './engine/sums.ts'
import { maskReader } from './engine/tally.ts'
import { type GroupOf, groupsOf, pairBetween, pairsBetween } from './groups.ts'
import type { Outside } from './model.ts'
import { type Network, networkOf } from './network.ts'
import { isOurs, type Policy } from './policy.ts'

/** Flows between two groups that a policy which is not ours opens, alone or together with another such policy on the other side. */
export type Widening = Change & { readonly policy: { readonly namespace: string; readonly name: string } }

export type WideningQuestion = {
  readonly groupOf: GroupOf
  /** What is outside and of interest. Nothing unless said: then egress to the Internet is not seen. */
  readonly outside?: readonly Outside[]
  /** Which policies are ours; those that the operator made unless said. */
  readonly ours?: (policy: Policy) => boolean
}

/**
 * What is open under all policies of the network, and closed under ours alone; by policy, source and destination. Nothing for pods
 * that ours do not isolate: there is nothing to widen.
 */
export function widened(network: Network, { groupOf, outside = [], ours = isOurs }: WideningQuestion): readonly Widening[] {
  const foreign = network.policies.filter((policy) => !ours(policy))
  if (foreign.length === 0) return []
  const own = networkOf(network.cluster, network.policies.filter(ours), network.assume)
  const rows = rowsOf(spaceOf([own, network], outside), (policy) => !ours(policy))
  const groups = groupsOf(rows.space, groupOf)
  const foreignSet = new Set(foreign)
  const numbers = new Map(foreign.map((policy, index) => [policy, index]))
  // For each policy two kinds: what it opens for certain, and what it opens at all.
  const { add, cells } = sumsOver(rows.pool, groups.all.length, 2 * foreign.length)
  for (const row of rows.all()) {
    const shares = groups.shares[row.source.id] ?? []
    if (shares.length === 0) continue
    const portsOf = maskReader(rows, row)
    const found = [...blamesInMasks(rows, row, foreignSet, portsOf), ...blamesInSpecial(rows, row, foreignSet)]
    for (const { policy, destination, oneNode, surely, any } of found) {
      const kind = 2 * (numbers.get(policy) ?? 0)
      for (const from of shares) {
        for (const to of groups.shares[destination] ?? []) {
          const example = pairBetween(from, to, oneNode)
          if (!example) continue
          const pairs = pairsBetween(from, to, oneNode)
          add(from.group, to.group, kind, { ports: surely, pairs, example })
          add(from.group, to.group, kind + 1, { ports: any, pairs, example })
        }
      }
    }
  }
  const byPlace = Map.groupBy(cells(), ({ from, to, kind }) => `${Math.floor(kind / 2)} ${from} ${to}`)
  const widenings = [...byPlace.values()].flatMap((some): readonly Widening[] => {
    const any = some.find(({ kind }) => kind % 2 === 1)
    const policy = any && foreign[Math.floor(any.kind / 2)]
    if (!any || !policy) return []
    const surely = some.find(({ kind }) => kind % 2 === 0)?.sum
    return [
      {
        policy: { namespace: policy.namespace, name: policy.name },
        ...changeOf(groups, any.from, any.to, { surely, any: any.sum }, rows.pool.get),
      },
    ]
  })
  return joinOutside(widenings)
}
