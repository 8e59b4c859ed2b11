/** admission/guards/guards.ts — all guards: what the chart installs once, and what the operator writes for tenants. */

import { BASELINE_POLICY, NAMESPACE_NAME_LABEL } from '../../api/labels.ts'
import type { LabelSelector } from '../../api/selectors.ts'
import { type ValidatingBinding, validatingBinding } from '../binding.ts'
import { validatingPolicies } from '../policies.ts'
import type { ValidatingPolicy } from '../policy.ts'
import { childrenGuard } from './children-guard.ts'
import { deletionGuard } from './deletion-guard.ts'
import { OPERATOR_ACCOUNT, type OperatorAccount } from './identities.ts'
import { CLOSED_DIRECTIONS, isolatedBeforePods, isolatedBeforePodsName } from './isolated-before-pods.ts'
import { membershipGuard } from './membership-guard.ts'
import { networkGuard } from './network-guard.ts'
import { operatorGuard } from './operator-guard.ts'

export { type GuardedTenant, gateBindings, tenantBindings } from './bindings.ts'

/** The policies that need a binding for every tenant. */
function perTenant(operator: OperatorAccount): readonly ValidatingPolicy[] {
  return [...CLOSED_DIRECTIONS.map(isolatedBeforePods), networkGuard, membershipGuard(operator)]
}

/** Those that hold for the whole cluster, whichever tenants there are. */
function forAll(operator: OperatorAccount): readonly ValidatingPolicy[] {
  return [childrenGuard(operator), operatorGuard(operator), deletionGuard]
}

/** Installed once, by the chart. */
export function guardPolicies(operator: OperatorAccount = OPERATOR_ACCOUNT): readonly ValidatingPolicy[] {
  return [...perTenant(operator), ...forAll(operator)]
}

/** Installed once, with the policies: for those that need no tenant, and an anchor for each of the others. */
export function guardBindings(operator: OperatorAccount = OPERATOR_ACCOUNT): readonly ValidatingBinding[] {
  return [
    ...forAll(operator).map(({ metadata: { name } }) => validatingBinding({ name, policy: name })),
    ...CLOSED_DIRECTIONS.map((closed) => anchor(isolatedBeforePodsName(closed), BASELINE_POLICY)),
    ...[networkGuard, membershipGuard(operator), ...validatingPolicies()].map(({ metadata: { name } }) => anchor(name, NO_TENANT)),
  ]
}

/** No tenant and no namespace has a dot in its name. */
const NO_TENANT = 'no.such.tenant'
const NO_NAMESPACE: LabelSelector = { matchLabels: { [NAMESPACE_NAME_LABEL]: 'no.such.namespace' } }

/**
 * A binding that never matches, so that the policy is never without one.
 *
 * The API server (1.36.3) compiles a policy when it gets its first binding, and takes up no binding of any policy before it has: with the
 * first tenant of a cluster that would be seconds in which nothing of it is guarded (docs/decisions/0014). And when the last binding of a
 * kind of parameter goes, it stops watching that kind; where the kind is a built-in one, as NetworkPolicy is, a later binding does not
 * start it again: it would know of no new baseline, and refuse every pod of a new tenant namespace until it is restarted. Policies that
 * write into pods are compiled on their own, and hold nobody up.
 */
function anchor(policy: string, param: string): ValidatingBinding {
  return validatingBinding({ name: `anchor.${policy}`, policy, param: { name: param, missing: 'Deny' }, namespaceSelector: NO_NAMESPACE })
}
