/** admission/guards/guards.ts — all guards: what the chart installs once, and what the operator writes for tenants. */

import { BASELINE_POLICY, NAMESPACE_NAME_LABEL } from '../../api/labels.ts'
import { childrenGuard } from './children-guard.ts'
import { deletionGuard } from './deletion-guard.ts'
import { OPERATOR_ACCOUNT, type OperatorAccount } from './identities.ts'
import { CLOSED_DIRECTIONS, isolatedBeforePods, isolatedBeforePodsName } from './isolated-before-pods.ts'
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
  return [...forAll(operator).map(({ metadata: { name } }) => admissionBinding({ name, policy: name })), ...CLOSED_DIRECTIONS.map(anchor)]
}

/**
 * A binding that never matches, so that the policy is never without one. When the last binding of a kind of parameter goes, the API server
 * (1.36.3) stops watching that kind, and where the kind is a built-in one, as NetworkPolicy is, a later binding does not start it again:
 * from then on it knew of no new baseline, and every pod of a new tenant namespace was refused until the API server was restarted.
 */
function anchor(closed: (typeof CLOSED_DIRECTIONS)[number]): AdmissionBinding {
  const policy = isolatedBeforePodsName(closed)
  return admissionBinding({
    name: `anchor.${policy}`,
    policy,
    param: { name: BASELINE_POLICY, missing: 'Deny' },
    // The name of a namespace has no dots.
    namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: 'no.such.namespace' } },
  })
}
