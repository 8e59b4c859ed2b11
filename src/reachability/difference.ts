/** reachability/difference.ts — what would change: the flows that come and that go between two networks. */

import { type Change, changeOf, joinOutside } from './changes.ts'
import { spaceOf } from './classes.ts'
import { rowsOf } from './engine/rows.ts'
import { type Judge, tally } from './engine/tally.ts'
import { type GroupOf, groupsOf } from './groups.ts'
import type { Outside } from './model.ts'
import type { Network } from './network.ts'
import { gainedPorts } from './reach.ts'
import { finish, type Steps } from './steps.ts'

export type Difference = {
  readonly gained: readonly Change[]
  readonly lost: readonly Change[]
}

export type DifferenceQuestion = {
  /** Of pods that only one of the networks has, as that one has them; of the others, as `after` has them. */
  readonly groupOf: GroupOf
  /** What is outside and of interest. Nothing unless said. */
  readonly outside?: readonly Outside[]
}

/**
 * From `before` to `after`, which may differ in their policies, their pods, or the labels of both; pods of one name are the same
 * pod. A flow has come where it is open in more readings of the text than before, and has gone where it is in fewer.
 */
export function difference(before: Network, after: Network, question: DifferenceQuestion): Difference {
  return finish(differenceInSteps(before, after, question))
}

/** The same, row by row. */
export function* differenceInSteps(before: Network, after: Network, { groupOf, outside = [] }: DifferenceQuestion): Steps<Difference> {
  const rows = rowsOf(spaceOf([before, after], outside))
  const groups = groupsOf(rows.space, groupOf)
  const sums = yield* tally(rows, groups, JUDGE)
  const changes = (kind: number) =>
    joinOutside(
      sums.flatMap(({ from, to, sums: byKind }) => {
        const [surely, any] = byKind.slice(kind, kind + 2)
        return any ? [changeOf(groups, from, to, { surely, any }, rows.pool.get)] : []
      }),
    )
  return { gained: changes(GAINED), lost: changes(LOST) }
}

/** Each followed by what changed at all. */
const GAINED = 0
const LOST = 2

const JUDGE: Judge = {
  kinds: 4,
  masks: (passes, out) => {
    const [surelyBefore, maybeBefore] = [passes[0] ?? 0, passes[1] ?? 0]
    const [surelyAfter, maybeAfter] = [passes[2] ?? 0, passes[3] ?? 0]
    out[GAINED] = surelyAfter & ~maybeBefore
    out[GAINED + 1] = (surelyAfter & ~surelyBefore) | (maybeAfter & ~maybeBefore)
    out[LOST] = surelyBefore & ~maybeAfter
    out[LOST + 1] = (surelyBefore & ~surelyAfter) | (maybeBefore & ~maybeAfter)
  },
  reaches: ([before, after]) => {
    const [gained, lost] = [gainedPorts(before, after), gainedPorts(after, before)]
    return [gained.surely, gained.any, lost.surely, lost.any]
  },
}
