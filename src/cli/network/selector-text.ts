/** cli/network/selector-text.ts — PURE: labels as a person writes them for kubectl: `app=web,tier=front`. */

import { isLabelKey, isLabelValue, type LabelSelector } from '../../api/selectors.ts'

/** Undefined when `text` is not such a list. */
export function parseSelectorText(text: string): LabelSelector | undefined {
  const labels = text.split(',').map((part) => /^([^=]+)==?([^=]*)$/.exec(part)?.slice(1) ?? [])
  const known = labels.every(([key = '', value]) => value !== undefined && isLabelKey(key) && isLabelValue(value))
  return known ? { matchLabels: Object.fromEntries(labels) } : undefined
}
