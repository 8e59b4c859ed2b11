/** admission/guards/guards.ts — all guards: what the chart installs once, and what the operator writes for tenants. */

import { childrenGuard } from './children-guard.ts'
import { deletionGuard } from './deletion-guard.ts'
import { OPERATOR_ACCOUNT, type OperatorAccount } from './identities.ts'
import { CLOSED_DIRECTIONS, isolatedBeforePods } from './isolated-before-pods.ts'
import { membershipGuard } from './membership-guard.ts'
import { networkGuard } from './network-guard.ts'
import { type AdmissionBinding, type AdmissionPolicy, admissionBinding } from './objects.ts'
import { operatorGuard } from './operator-guard.ts'

export { type GuardedTenant, gateBindings, tenantBindings } from './bindings.ts'
export type { AdmissionBinding, AdmissionPolicy } from './objects.ts'

/** The policies that need a binding for every tenant. */
function perTenant(operator: OperatorAccount): readonly AdmissionPolicy[] {
  return [...CLOSED_DIRECTIONS.map(isolatedBeforePods), networkGuard, membershipGuard(operator)]
}

/** Those that hold for the whole cluster, whichever tenants there are. */
function forAll(operator: OperatorAccount): readonly AdmissionPolicy[] {
  return [childrenGuard(operator), operatorGuard(operator), deletionGuard]
}

/** Installed once, by the chart. */
export function guardPolicies(operator: OperatorAccount = OPERATOR_ACCOUNT): readonly AdmissionPolicy[] {
  return [...perTenant(operator), ...forAll(operator)]
}

/** Installed once, with the policies: for those that need no tenant. */
export function guardBindings(operator: OperatorAccount = OPERATOR_ACCOUNT): readonly AdmissionBinding[] {
  return forAll(operator).map(({ metadata: { name } }) => admissionBinding({ name, policy: name }))
}
