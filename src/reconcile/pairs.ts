/** reconcile/pairs.ts — PURE: labels with their values as one text, to find by them without a look at everything. */

import type { LabelSelector, Labels } from '../api/selectors.ts'

export function pairsIn(labels: Labels): string[] {
  return Object.entries(labels).map(pairText)
}

/** The labels with values that everything must have which the selector takes. */
export function requiredPairs({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string[] {
  const only = matchExpressions.flatMap(({ key, operator, values = [] }) =>
    operator === 'In' && values.length === 1 ? [pairText([key, values[0] ?? ''])] : [],
  )
  return [...pairsIn(matchLabels), ...only]
}

/** Neither keys nor values hold an equals sign. */
function pairText([key, value]: readonly [string, string]): string {
  return `${key}=${value}`
}
