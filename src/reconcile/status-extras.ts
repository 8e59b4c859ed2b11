/** reconcile/status-extras.ts — PURE: what to say about access and about pod security. */

import { compareText } from '../api/canonical.ts'
import type { Verdict } from '../api/conditions.ts'
import type { Problem } from './outcomes.ts'
import type { StatusInput } from './status.ts'
import { asksForAccess, asksForStandard } from './tenants.ts'
import { counted, invalid, no, SUSPENDED, yes } from './verdicts.ts'

/** Namespaces that are still to be looked at, and those in which something is in the way. */
export type ExtraSummary = { readonly pending: number; readonly problems: ReadonlyMap<string, Problem> }

const NOTHING: ExtraSummary = { pending: 0, problems: new Map() }

/** What may not be given; only a person can mend it. */
export function accessRefused({ tenant, allowedRoles = [] }: StatusInput): Verdict | undefined {
  const [role, ...more] = tenant.access.notAllowed
  if (role === undefined) return undefined
  const others = more.length > 0 ? ` (and ${more.length} more)` : ''
  return no(
    'ClusterRoleNotAllowed',
    `spec.access: nobody gets ClusterRole ${role}${others}, for the operator's configuration allows ${allowedRoles.join(', ') || 'none'}; name one of these, or add it to access.clusterRoles there`,
  )
}

export function accessBound(input: StatusInput): Verdict {
  const { tenant, selected, access = NOTHING } = input
  if (!tenant.intent) return invalid()
  if (tenant.intent.suspended) return SUSPENDED
  const problem = firstOf(access.problems)
  if (problem) return problem
  if (access.pending > 0) return no('Pending', `${counted(access.pending, 'namespace')} still to be looked at`)
  if (!asksForAccess(tenant)) return no('NotAsked', 'spec.access names nobody: nobody has access by this resource')
  const refused = accessRefused(input)
  if (refused) return refused
  const { bindings } = tenant.access
  return yes('Bound', `${bindings.map(({ roleRef }) => roleRef.name).join(', ')}: bound in ${counted(selected, 'namespace')}`)
}

export function podSecurityEnforced({ tenant, standard = NOTHING, problem, canMutate = false }: StatusInput): Verdict {
  if (!tenant.intent) return invalid()
  if (tenant.intent.suspended) return SUSPENDED
  const { podSecurity: asked } = tenant.resource.spec
  const labels = firstOf(standard.problems)
  if (labels) return labels
  if (problem && asked) return no(problem.reason, problem.message)
  if (standard.pending > 0) return no('Pending', `${counted(standard.pending, 'namespace')} still to be labelled`)
  if (!asked) return no('NotAsked', 'spec.podSecurity is not set: who may create pods may create any pod')
  const { mode = 'Enforce', defaulting, profiles } = asked
  const also = asksForStandard(tenant) ? '; the Pod Security labels are set' : ''
  if (mode !== 'Enforce') return no(mode, `spec.podSecurity.mode is ${mode}: no pod is refused for want of a profile${also}`)
  const of = counted(profiles.length, 'profile')
  if (defaulting === 'Enabled' && !canMutate)
    return yes('DefaultingUnavailable', `pods have to fit one of ${of}; defaulting needs Kubernetes 1.36${also}`)
  return yes('Enforced', `pods have to fit one of ${of} that they may use${also}`)
}

/** All that is in the way in some namespace. */
export function extraProblems({ access = NOTHING, standard = NOTHING }: StatusInput): Problem[] {
  return [...access.problems.values(), ...standard.problems.values()]
}

function firstOf(problems: ReadonlyMap<string, Problem>): Verdict | undefined {
  const [[, problem] = [], ...more] = [...problems].sort(([a], [b]) => compareText(a, b))
  if (!problem) return undefined
  return no(problem.reason, `${problem.message}${more.length > 0 ? ` (and in ${counted(more.length, 'more namespace')})` : ''}`)
}
