/** reconcile/foreign/widening.ts — PURE: a policy of somebody else that opens more than the rules of the tenant, in words. */

import type { Opening } from '../../reachability/reachability.ts'
import { counted, cut } from '../verdicts.ts'
import type { ForeignPolicy } from './foreign-policy.ts'

/** BoundaryOpened: to or from what is outside of the tenant. OpenedWithinTenant: between its own pods only. */
export type WideningReason = 'BoundaryOpened' | 'OpenedWithinTenant' | 'NotUnderstood'

export type Widening = {
  readonly namespace: string
  readonly name: string
  readonly reason: WideningReason
  readonly message: string
}

/** The flows of one policy that are named; the others are counted. */
const MOST_FLOWS = 2
const MOST_LETTERS = 700

/** `openings`: none for a policy that could not be understood. */
export function wideningOf(namespace: string, { name, problem }: ForeignPolicy, openings: readonly Opening[]): Widening {
  if (problem !== undefined) {
    const message = `what it opens is not known: ${problem}`
    return { namespace, name, reason: 'NotUnderstood', message: cut(message, MOST_LETTERS) }
  }
  const crossing = openings.filter(({ crosses }) => crosses)
  // What leaves the tenant is worth more words than what stays in it.
  const texts = [...new Set([...crossing, ...openings].map(({ text }) => text))]
  const more = texts.length - MOST_FLOWS
  const rest = more > 0 ? `, and ${counted(more, 'more flow')}` : ''
  return {
    namespace,
    name,
    reason: crossing.length > 0 ? 'BoundaryOpened' : 'OpenedWithinTenant',
    message: cut(`${texts.slice(0, MOST_FLOWS).join('; ')}${rest}`, MOST_LETTERS),
  }
}
