/**
 * admission/guards/network-guard.ts — a tenant's own NetworkPolicies may not open the boundary.
 *
 * `spec.network.tenantPolicies` says how far they go: Forbid (none), Narrow (what narrow.ts says; the default), Allow (anything). The kinds
 * that network plugins bring along cannot be judged, so Forbid and Narrow refuse them. Outside of mode Enforce nothing is refused: nothing
 * is closed that could be opened. Holders of `override` on the tenant pass, and leave an audit annotation.
 *
 * What carries our label is not looked at, which spares the operator's own writes the matching. Who may write an object with the label, or
 * put it on one, is children-guard's business. (The selector is asked about the old and the new object; without the condition the operator
 * could not put the label back on a policy of its own.)
 */

import { TENANT_LABEL } from '../../api/labels.ts'
import type { LabelSelector } from '../../api/selectors.ts'
import { and, type Cel, cel, not, or } from '../cel.ts'
import { named, policyName, type ResourceRule, TENANT_PARAM, validatingPolicy } from '../policy.ts'
import { code } from './code.ts'
import { mayOn } from './identities.ts'
import { narrowVariables, PINS, wrongIn } from './narrow.ts'
import { forAudit, sentence, sentences, text } from './sentences.ts'

const NATIVE = 'networking.k8s.io'

/**
 * Namespaced kinds that allow traffic, by API group. A kind that does not exist may be named. Those of the whole cluster are no tenant's
 * to write, and a namespaceSelector cannot tell them apart.
 */
const PLUGIN_KINDS: Readonly<Record<string, readonly string[]>> = {
  'cilium.io': ['ciliumnetworkpolicies', 'ciliumlocalredirectpolicies', 'ciliumenvoyconfigs'],
  'crd.projectcalico.org': ['networkpolicies', 'stagednetworkpolicies', 'stagedkubernetesnetworkpolicies'],
  'projectcalico.org': ['networkpolicies', 'stagednetworkpolicies', 'stagedkubernetesnetworkpolicies'],
  'crd.antrea.io': ['networkpolicies'],
  'k8s.cni.cncf.io': ['multi-networkpolicies'],
  'networking.gke.io': ['fqdnnetworkpolicies'],
  'networking.k8s.aws': ['applicationnetworkpolicies'],
}

const OPERATIONS = ['CREATE', 'UPDATE'] as const

const RULES: readonly ResourceRule[] = [
  { apiGroups: [NATIVE], apiVersions: ['*'], operations: OPERATIONS, resources: ['networkpolicies'], scope: 'Namespaced' },
  ...Object.entries(PLUGIN_KINDS).map(
    ([group, resources]): ResourceRule => ({
      apiGroups: [group],
      apiVersions: ['*'],
      operations: OPERATIONS,
      resources,
      scope: 'Namespaced',
    }),
  ),
]

/** Everything without our label, before or after. */
const NOT_OURS: LabelSelector = { matchExpressions: [{ key: TENANT_LABEL, operator: 'DoesNotExist' }] }

/** Cilium's `specs` is a list of what `spec` is one of. A policy that was there before may lose a finalizer or get a label. */
const SAYS_SOMETHING_NEW = or(
  cel`request.operation == 'CREATE'`,
  ...['spec', 'specs'].map((field) => {
    const of = (object: Cel) => cel`${object}.?${code(field)}.orValue(null)`
    return cel`${of(cel`dyn(object)`)} != ${of(cel`dyn(oldObject)`)}`
  }),
)

const NOT_OURS_FROM_NOW_ON = cel`!(${TENANT_LABEL} in dyn(object).metadata.?labels.orValue({}))`

const NATIVE_KIND = cel`request.resource.group == ${NATIVE}`
const NARROW = cel`variables.rule == 'Narrow'`

export const networkGuard = validatingPolicy({
  name: policyName('network-guard'),
  paramKind: TENANT_PARAM,
  resourceRules: RULES,
  objectSelector: NOT_OURS,
  matchConditions: named({ 'says-something-new': SAYS_SOMETHING_NEW, 'not-ours-from-now-on': NOT_OURS_FROM_NOW_ON }),
  variables: named({
    tenant: cel`params.metadata.name`,
    own: cel`dyn(params).spec.namespaceSelector`,
    rule: cel`dyn(params).spec.?network.?mode.orValue('Enforce') == 'Enforce' ? dyn(params).spec.?network.?tenantPolicies.orValue('Narrow') : 'Allow'`,
    pins: PINS,
    ...narrowVariables('Ingress'),
    ...narrowVariables('Egress'),
    wrong_ingress: ifNarrow(wrongIn('Ingress')),
    wrong_egress: ifNarrow(wrongIn('Egress')),
    wrong: sentences(
      sentence(cel`variables.rule == 'Forbid'`, text('only its TenantIsolation says what passes (tenantPolicies: Forbid)')),
      sentence(
        and(NARROW, not(NATIVE_KIND)),
        text('what a ', cel`request.kind.kind`, ' lets through cannot be judged; write a NetworkPolicy of networking.k8s.io'),
      ),
      cel`variables.wrong_ingress`,
      cel`variables.wrong_egress`,
    ),
    refusal: text(
      cel`request.kind.kind`,
      ' ',
      cel`dyn(object).metadata.name`,
      ' would open the boundary of tenant ',
      cel`variables.tenant`,
      ': ',
      cel`variables.wrong.join('; ')`,
    ),
  }),
  validations: [
    {
      expression: or(cel`size(variables.wrong) == 0`, mayOn('override', cel`variables.tenant`)),
      message: 'this policy would open the boundary of the tenant',
      messageExpression: cel`variables.refusal`,
    },
  ],
  // Also there when the request is refused: whether it was, the event says.
  auditAnnotations: { 'needs-override': forAudit(cel`variables.wrong`) },
})

function ifNarrow(list: Cel): Cel {
  return cel`${and(NARROW, NATIVE_KIND)} ? (${list}) : []`
}
