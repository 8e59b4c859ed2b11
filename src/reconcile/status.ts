/** reconcile/status.ts — PURE: what to say about a tenant. Says nothing that changes by itself, so that nothing at rest is ever written. */

import { compareText } from '../api/canonical.ts'
import { conditionsOf, type Verdict } from '../api/conditions.ts'
import { type ConditionType, STATUS_ROWS, type Status } from '../api/status.ts'
import type { Destination } from '../desired/facts.ts'
import type { PolicyPort } from '../desired/network/policy.ts'
import type { Repeated } from './drift.ts'
import type { Problem, Summary } from './outcomes.ts'
import { accessBound, accessRefused, type ExtraSummary, extraProblems, podSecurityEnforced } from './status-extras.ts'
import type { Tenant } from './tenants.ts'
import { counted, cut, invalid, no, SUSPENDED, yes } from './verdicts.ts'

export type StatusInput = {
  readonly tenant: Tenant
  /** How many namespaces belong to the tenant. */
  readonly selected: number
  readonly summary: Summary
  readonly access?: ExtraSummary | undefined
  readonly standard?: ExtraSummary | undefined
  /** The ClusterRoles that spec.access may give. */
  readonly allowedRoles?: readonly string[] | undefined
  /** Namespaces that it selects but an older tenant owns. */
  readonly contested: readonly { readonly namespace: string; readonly owner: string }[]
  readonly protectedMatches: readonly string[]
  readonly dns: Destination | undefined
  readonly repeated: readonly Repeated[]
  /** What is in the way of the tenant's cluster-scoped objects. */
  readonly problem?: Problem | undefined
  readonly canMutate?: boolean | undefined
  /** The resource is being deleted, and waits for the policies of this namespace to go. */
  readonly waitingFor?: string | undefined
  /** RFC 3339. */
  readonly now: string
}

export function statusOf(input: StatusInput): Status {
  const { tenant, selected, summary, now } = input
  const { metadata, status: previous } = tenant.resource
  const rows = [...summary.problems].sort(([a], [b]) => compareText(a, b)).slice(0, STATUS_ROWS)
  const notIsolated = rows.map(([name, { reason, message }]) => ({ name, reason, message: cut(message, 1024) }))
  return {
    observedGeneration: metadata.generation,
    conditions: conditionsOf(verdicts(input), { previous: previous?.conditions, observedGeneration: metadata.generation, now }),
    namespaces: { selected, isolated: summary.isolated, ...(notIsolated.length > 0 && { notIsolated }) },
    ...(tenant.intent && { network: networkStatus(input, tenant.intent) }),
  }
}

function networkStatus(
  { tenant, summary, dns }: StatusInput,
  { mode, unresolved }: NonNullable<Tenant['intent']>,
): NonNullable<Status['network']> {
  const { network = {} } = tenant.resource.spec
  const asksDns = (network.dns?.mode ?? 'Auto') === 'Auto' && (network.defaultDeny ?? ['Egress']).includes('Egress') && mode !== 'Disabled'
  const gaps = unresolved.slice(0, STATUS_ROWS).map(({ rule, gap, message }) => ({ rule, reason: gap, message }))
  return {
    mode,
    policies: summary.policies,
    ...(mode === 'Audit' && { wouldWrite: summary.wouldWrite }),
    ...(asksDns && dns && { dns: dnsStatus(dns) }),
    ...(gaps.length > 0 && { unresolved: gaps }),
  }
}

function dnsStatus({ source, addresses, endpoints }: Destination): NonNullable<NonNullable<Status['network']>['dns']> {
  const ports = [...new Set(endpoints.flatMap((endpoint) => endpoint.ports.map(portText)))].sort(compareText)
  return { source, ...(addresses.length > 0 && { addresses: addresses.slice(0, 64) }), ports }
}

function portText({ protocol, port, endPort }: PolicyPort): string {
  return `${protocol}/${port ?? '*'}${endPort === undefined ? '' : `-${endPort}`}`
}

function verdicts(input: StatusInput): Record<ConditionType, Verdict> {
  const pending = pendingIn(input)
  const stalled = stalledBy(input)
  return {
    Ready: ready(input, pending, stalled),
    Reconciling:
      pending > 0 ? yes('Pending', `${counted(pending, 'namespace')} still to be looked at`) : no('Settled', 'nothing is under way'),
    Stalled: stalled ?? no('NotStalled', 'nothing waits for somebody'),
    NetworkIsolated: networkIsolated(input),
    PodSecurityEnforced: podSecurityEnforced(input),
    AccessBound: accessBound(input),
    Drifted: drifted(input),
    Conflicted: conflicted(input),
  }
}

/** Namespaces that came or changed and were not looked at since, or that have left and are not let go yet. */
export function pendingIn({ tenant, selected, summary, access, standard }: Pending): number {
  if (!tenant.intent) return 0
  const extras = tenant.intent.suspended ? [] : [access?.pending ?? 0, standard?.pending ?? 0]
  return Math.max(Math.abs(selected - summary.settled), ...extras)
}

type Pending = Pick<StatusInput, 'tenant' | 'selected' | 'summary' | 'access' | 'standard'>

function ready(input: StatusInput, pending: number, stalled: Verdict | undefined): Verdict {
  const { tenant, summary } = input
  if (input.waitingFor !== undefined) {
    return no(
      'LettingGo',
      `deleted, but not all that was written for the tenant is gone from namespace ${input.waitingFor}; look there for NetworkPolicies and RoleBindings of it, and for who holds them`,
    )
  }
  if (tenant.intent?.suspended) return SUSPENDED
  if (stalled) return no(stalled.reason, stalled.message)
  const [problem] = [...summary.problems.values(), ...extraProblems(input)]
  if (problem) return no(problem.reason, problem.message)
  if (pending > 0) return no('Pending', `${counted(pending, 'namespace')} still to be looked at`)
  const { status, reason, message } = networkIsolated(input)
  return { status: status === 'False' && tenant.intent?.mode !== 'Enforce' ? 'True' : status, reason, message }
}

/** What nobody but a person can mend. */
function stalledBy(input: StatusInput): Verdict | undefined {
  const { tenant, summary } = input
  const [violation, ...more] = tenant.violations
  if (violation !== undefined)
    return yes('Invalid', `${violation}${more.length > 0 ? ` (and ${more.length} more)` : ''}; nothing is written until this is mended`)
  if (tenant.intent?.suspended) return undefined
  const conflict = conflicted(input)
  if (conflict.status === 'True') return conflict
  if (input.problem) return yes(input.problem.reason, input.problem.message)
  const refused = [...summary.problems.values(), ...extraProblems(input)].find(({ reason }) => reason === 'Refused')
  if (refused) return yes(refused.reason, refused.message)
  const notAllowed = accessRefused(input)
  if (notAllowed) return yes(notAllowed.reason, notAllowed.message)
  const [gap, ...others] = tenant.intent?.mode === 'Disabled' ? [] : (tenant.intent?.unresolved ?? [])
  if (gap)
    return yes(
      gap.gap,
      `${gap.rule}: ${gap.message}${others.length > 0 ? ` (and ${others.length} more)` : ''}; what it would allow stays closed`,
    )
  return undefined
}

function networkIsolated({ tenant, selected, summary, protectedMatches }: StatusInput): Verdict {
  const { intent } = tenant
  const pending = pendingIn({ tenant, selected, summary })
  if (!intent) return invalid()
  if (intent.suspended) return SUSPENDED
  const alone = protectedMatches.length > 0 ? `; ${protectedMatches.join(', ')}: protected, left alone` : ''
  const of = counted(selected, 'namespace')
  switch (intent.mode) {
    case 'Disabled':
      return no('Disabled', `spec.network.mode is Disabled: nothing is isolated in ${of}${alone}`)
    case 'Audit':
      return no('Audit', `nothing is enforced: Enforce would write ${counted(summary.wouldWrite, 'NetworkPolicy')} in ${of}${alone}`)
    case 'Enforce': {
      const [[name, { reason }] = [undefined, { reason: '' }]] = [...summary.problems].sort(([a], [b]) => compareText(a, b))
      if (name !== undefined) return no(reason, `${summary.isolated} of ${of} isolated; see status.namespaces.notIsolated${alone}`)
      if (pending > 0) return no('Pending', `${counted(pending, 'namespace')} still to be looked at${alone}`)
      if (selected === 0) return yes('NoNamespaces', `no namespace has the labels of spec.namespaceSelector${alone}`)
      return yes('Isolated', `${of} isolated by ${counted(summary.policies, 'NetworkPolicy')}${alone}`)
    }
  }
}

function drifted({ repeated, summary }: StatusInput): Verdict {
  const [first, ...more] = repeated
  if (first) {
    const others = more.length > 0 ? ` (and ${more.length} more)` : ''
    return yes(
      'Repeated',
      `${first.object} is changed again and again${first.by === undefined ? '' : ` by ${first.by}`}${others}; it is put back each time`,
    )
  }
  const failing = [...summary.problems].find(([, { reason }]) => reason === 'WriteFailed')
  return failing ? yes('RepairFailed', failing[1].message) : no('NoDrift', 'everything is as it was written, or was put back')
}

function conflicted(input: StatusInput): Verdict {
  const { contested, summary, problem } = input
  const [first, ...more] = [...contested].sort((a, b) => compareText(a.namespace, b.namespace))
  if (first) {
    const others = more.length > 0 ? ` (and ${more.length} more)` : ''
    return yes(
      'NamespaceClaimed',
      `namespace ${first.namespace} belongs to the older tenant ${first.owner}${others}; change one of the selectors, or the labels of the namespace`,
    )
  }
  const problems = [...(problem ? [problem] : []), ...summary.problems.values(), ...extraProblems(input)]
  const taken = problems.find(({ reason }) => reason === 'NameTaken')
  return taken ? yes(taken.reason, taken.message) : no('NoConflict', 'nothing else claims what is ours')
}
