/** reachability/widened.ts — the flows that policies of others open beyond ours, and which of those policies do. */

import { type Change, changeOf, joinOutside } from './changes.ts'
import { spaceOf } from './classes.ts'
import { blamer } from './engine/blame.ts'
import { blamesInSpecial } from './engine/blame-special.ts'
import { rowsOf } from './engine/rows.ts'
import { sumsOver } from './engine/sums.ts'
import { type GroupOf, groupsOf } from './groups.ts'
import type { Outside } from './model.ts'
import { type Network, networkOf } from './network.ts'
import { isOurs, type Policy } from './policy.ts'
import { finish, type Steps } from './steps.ts'

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
export function widened(network: Network, question: WideningQuestion): readonly Widening[] {
  return finish(widenedInSteps(network, question))
}

/** The same, row by row. */
export function* widenedInSteps(network: Network, { groupOf, outside = [], ours = isOurs }: WideningQuestion): Steps<readonly Widening[]> {
  const foreign = network.policies.filter((policy) => !ours(policy))
  if (foreign.length === 0) return []
  const own = networkOf(network.cluster, network.policies.filter(ours), network.assume)
  const rows = rowsOf(spaceOf([own, network], outside), (policy) => !ours(policy))
  const groups = groupsOf(rows.space, groupOf)
  const foreignSet = new Set(foreign)
  // For each policy two kinds: what it opens for certain, and what it opens at all.
  const sums = new Map(foreign.map((policy) => [policy, sumsOver(rows.pool, groups.all.length, 2)]))
  const blamesOf = blamer(rows, groups, foreignSet)
  for (const row of rows.all()) {
    yield { done: row.source.id, all: rows.space.classes.length }
    if ((groups.shares[row.source.id] ?? []).length === 0) continue
    for (const { policy, from, to, pairs, example, surely, any } of [...blamesOf(row), ...blamesInSpecial(rows, row, groups, foreignSet)]) {
      sums.get(policy)?.add(from, to, 0, { ports: surely, pairs, example })
      sums.get(policy)?.add(from, to, 1, { ports: any, pairs, example })
    }
  }
  return joinOutside(
    [...sums].flatMap(([{ namespace, name }, { cells }]) =>
      cells().flatMap(({ from, to, sums: [surely, any] }): readonly Widening[] =>
        any ? [{ policy: { namespace, name }, ...changeOf(groups, from, to, { surely, any }, rows.pool.get) }] : [],
      ),
    ),
  )
}
