/** api/conditions.ts — conditions as a small algebra: what is so, since when, said of which generation. */

import type { Condition, ConditionType } from './status.ts'

/** A condition without the time since when it holds: that follows from what was said before. */
export type Verdict = { readonly status: 'True' | 'False' | 'Unknown'; readonly reason: string; readonly message: string }

/**
 * The conditions in the order of `verdicts`; lastTransitionTime moves only where status changes (API conventions, "Typical status
 * properties"). `now` is RFC 3339.
 */
export function conditionsOf(
  verdicts: Readonly<Record<ConditionType, Verdict>>,
  {
    previous = [],
    observedGeneration,
    now,
  }: { readonly previous?: readonly Condition[] | undefined; readonly observedGeneration: number; readonly now: string },
): Condition[] {
  return (Object.entries(verdicts) as [ConditionType, Verdict][]).map(([type, { status, reason, message }]) => {
    const before = previous.find((condition) => condition.type === type)
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now
    return { type, status, observedGeneration, lastTransitionTime, reason, message }
  })
}
