/** admission/guards/identities.ts — who asks, and what RBAC says about it. */

import { ALWAYS_PROTECTED_NAMESPACES, GROUP } from '../../api/labels.ts'
import { type Cel, cel } from '../cel.ts'

/** The account that the operator runs as. */
export type OperatorAccount = { readonly namespace: string; readonly serviceAccount: string }

export const OPERATOR_ACCOUNT: OperatorAccount = { namespace: 'tenant-isolation-system', serviceAccount: 'tenant-isolation' }

export function userOf({ namespace, serviceAccount }: OperatorAccount): string {
  return `system:serviceaccount:${namespace}:${serviceAccount}`
}

/**
 * Those who take away what belongs to something that is gone: with its namespace, or with its owner. They hold far more than our guards
 * could take from them; the last is who does it where controllers share one identity (kube-controller-manager without
 * --use-service-account-credentials).
 */
export const COLLECTORS = [
  'system:serviceaccount:kube-system:generic-garbage-collector',
  'system:serviceaccount:kube-system:namespace-controller',
  'system:kube-controller-manager',
] as const

/** No tenant may take them, whatever the operator's configuration says. */
export function protectedNamespaces({ namespace }: OperatorAccount): readonly string[] {
  return [...ALWAYS_PROTECTED_NAMESPACES, namespace].sort()
}

export const USER = cel`request.userInfo.username`

/** Whether whoever asks may `override` or `assign` the tenant of this name, or all of them. One check costs 350,000 units of CEL. */
export function mayOn(verb: 'override' | 'assign', tenant?: Cel): Cel {
  const tenants = cel`authorizer.group(${GROUP}).resource('tenantisolations')`
  return cel`${tenant ? cel`${tenants}.name(${tenant})` : tenants}.check(${verb}).allowed()`
}
