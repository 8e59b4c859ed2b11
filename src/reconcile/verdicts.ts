/** reconcile/verdicts.ts — PURE: how verdicts of status are worded. */

import type { Verdict } from '../api/conditions.ts'

/** Far below what the schema takes: a message is read by people. */
const MESSAGE_LENGTH = 1024

export const SUSPENDED: Verdict = {
  status: 'Unknown',
  reason: 'Suspended',
  message: 'spec.suspend is true: nothing is written and nothing is repaired until it is false',
}

export function yes(reason: string, message: string): Verdict {
  return { status: 'True', reason, message: cut(message, MESSAGE_LENGTH) }
}

export function no(reason: string, message: string): Verdict {
  return { status: 'False', reason, message: cut(message, MESSAGE_LENGTH) }
}

export function invalid(): Verdict {
  return { status: 'Unknown', reason: 'Invalid', message: 'the resource cannot be understood; what was there before was left as it is' }
}

export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

/** "1 namespace", "2 policies" */
export function counted(count: number, noun: string): string {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`
  return `${count} ${count === 1 ? noun : plural}`
}
