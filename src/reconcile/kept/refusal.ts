/** reconcile/kept/refusal.ts — PURE: what the API server's refusal of a kept object means, for people. */

import { isForbidden, isInvalid, isNotFound, KubeApiError } from '../../kube/errors.ts'
import type { Problem } from '../outcomes.ts'
import type { Wanted } from './entry.ts'
import { KEPT_KINDS, type Place, placeText } from './kinds.ts'

/** Undefined for what is no refusal. */
export function refusalOf(step: Place & { readonly wanted: Wanted | undefined }, error: unknown): Problem | undefined {
  const role = step.kind === 'RoleBinding' ? roleOf(step.wanted) : undefined
  if (role !== undefined && mayNotBind(error, role)) {
    const why = isNotFound(error) ? 'there is no such ClusterRole' : 'although its configuration allows it'
    const message = `the operator may not bind ClusterRole ${role} in namespace ${step.namespace} (${why}): give it verb bind on that ClusterRole, or take it out of access.clusterRoles`
    return { reason: 'Refused', message }
  }
  if (!isForbidden(error) && !isInvalid(error)) return undefined
  return { reason: 'Refused', message: `the API server refuses ${placeText(step)}: ${(error as Error).message}` }
}

function roleOf(wanted: Wanted | undefined): string | undefined {
  return wanted && 'roleRef' in wanted ? (wanted.roleRef as { readonly name: string }).name : undefined
}

/**
 * Without verb bind the API server compares what the ClusterRole grants with what we hold, and says so at length; where there is no such
 * ClusterRole to compare, it says that the RoleBinding is not found, under the name of the ClusterRole (seen with 1.36.3).
 */
function mayNotBind(error: unknown, role: string): boolean {
  if (!(error instanceof KubeApiError)) return false
  if (isForbidden(error)) return error.message.includes('attempting to grant RBAC permissions not currently held')
  return isNotFound(error) && error.details?.kind === KEPT_KINDS.RoleBinding.plural && error.details.name === role
}
