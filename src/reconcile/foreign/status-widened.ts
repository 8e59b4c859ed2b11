/** reconcile/foreign/status-widened.ts — PURE: the condition that says whether somebody else has opened what the rules keep closed. */

import type { Verdict } from '../../api/conditions.ts'
import type { StatusInput } from '../status.ts'
import { counted, invalid, no, SUSPENDED, yes } from '../verdicts.ts'
import type { WideningReason } from './widening.ts'

/** The gravest first: it is what the condition speaks of. */
const REASONS: readonly WideningReason[] = ['BoundaryOpened', 'NotUnderstood', 'OpenedWithinTenant']

/** Abnormal when true. Not a reason not to be ready: all that was asked for is done. */
export function isolationWidened({ tenant, widened = [] }: Pick<StatusInput, 'tenant' | 'widened'>): Verdict {
  const { intent } = tenant
  if (!intent) return invalid()
  if (intent.suspended) return SUSPENDED
  if (intent.mode === 'Disabled') return no('Disabled', 'spec.network.mode is Disabled: nothing is isolated that could be opened')
  if (intent.mode === 'Audit') {
    const would = widened.length > 0 ? `; ${counted(widened.length, 'NetworkPolicy')} of others would open more than the rules` : ''
    return no('Audit', `nothing is enforced that could be opened${would}`)
  }
  const worst = REASONS.find((reason) => widened.some((one) => one.reason === reason))
  const [first] = widened.filter(({ reason }) => reason === worst)
  if (!first || !worst) return no('NotWidened', 'no NetworkPolicy of others opens more than the rules')
  const others = widened.length > 1 ? ` (and ${counted(widened.length - 1, 'more NetworkPolicy')}; see status.network.widened)` : ''
  const advice = `delete it, or write what is wanted as a rule${others}`
  if (worst === 'NotUnderstood') return yes(worst, `NetworkPolicy ${first.namespace}/${first.name}: ${first.message}; ${advice}`)
  const where = worst === 'OpenedWithinTenant' ? ' between pods of the tenant' : ''
  return yes(worst, `NetworkPolicy ${first.namespace}/${first.name} opens what no rule allows${where}: ${first.message}; ${advice}`)
}
