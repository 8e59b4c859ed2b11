/**
 * admission/guards/children-guard.ts — what the operator wrote, only the operator changes.
 *
 * Ours is what has our tenant label, an owner reference to a TenantIsolation, or a name of our making, in the old object or in the new one:
 * so nobody takes our marks off, and nobody forges them either, as by putting our label on a NetworkPolicy that network-guard should not see.
 * The name is read from the object, because the request has none when a whole collection is deleted.
 *
 * Let through are the operator's account (operator-guard says what it may do), the collectors of what belongs to something that is gone, and
 * holders of `override` on all tenantisolations: a grant for one tenant is not enough, since a label can name any. Every use leaves an
 * audit annotation.
 *
 * The bindings of admission policies are ours, too, but no policy is ever asked about objects of admissionregistration.k8s.io (apiserver
 * pkg/admission/plugin/policy/generic/policy_matcher.go): whoever may write those is as good as cluster-admin, with or without us.
 */

import { BASELINE_POLICY, GROUP, KIND, TENANT_LABEL } from '../../api/labels.ts'
import { type Cel, cel, or } from '../cel.ts'
import { named, policyName, type ResourceRule, type ValidatingPolicy, validatingPolicy } from '../policy.ts'
import { COLLECTORS, mayOn, type OperatorAccount, USER, userOf } from './identities.ts'
import { sentence, sentences, text } from './sentences.ts'

const NETWORK_POLICY_NAME = `^${BASELINE_POLICY}(-[0-9a-f]{12})?$`

/** ClusterRoles and bindings: `tenant-isolation:<tenant>:<profile>`. */
export const RBAC_PREFIX = `${BASELINE_POLICY}:`

const ALL = ['CREATE', 'UPDATE', 'DELETE'] as const

/** The kinds that the operator writes. */
export const CHILDREN: readonly ResourceRule[] = [
  { apiGroups: ['networking.k8s.io'], apiVersions: ['*'], operations: ALL, resources: ['networkpolicies'] },
  {
    apiGroups: ['rbac.authorization.k8s.io'],
    apiVersions: ['*'],
    operations: ALL,
    resources: ['clusterroles', 'clusterrolebindings', 'rolebindings'],
  },
]

/** Whether the operator could have made an object of this name (CEL), of the kind of the request. */
export function nameOfOurs(name: Cel): Cel {
  return cel`(request.resource.resource == 'networkpolicies' ? ${name}.matches(${NETWORK_POLICY_NAME}) : ${name}.startsWith(${RBAC_PREFIX}))`
}

const BOTH = cel`[dyn(object), dyn(oldObject)].filter(o, o != null)`

/** Whether the old or the new object is like this. */
function either(condition: Cel): Cel {
  return cel`${BOTH}.exists(o, ${condition})`
}

const LABELLED = either(cel`${TENANT_LABEL} in o.metadata.?labels.orValue({})`)
const OWNED = either(cel`o.metadata.?ownerReferences.orValue([]).exists(r, r.kind == ${KIND} && r.apiVersion.startsWith(${`${GROUP}/`}))`)
const NAMED = either(nameOfOurs(cel`o.metadata.name`))

export function childrenGuard(operator: OperatorAccount): ValidatingPolicy {
  return validatingPolicy({
    name: policyName('children-guard'),
    resourceRules: CHILDREN,
    matchConditions: named({
      'somebody-else': cel`!(${USER} in ${[userOf(operator), ...COLLECTORS]})`,
      ours: or(LABELLED, NAMED, OWNED),
    }),
    variables: named({
      subject: cel`${BOTH}[0]`,
      marks: sentences(
        sentence(LABELLED, text(`the label ${TENANT_LABEL}`)),
        sentence(NAMED, text('a name of its making')),
        sentence(OWNED, text(`an owner of kind ${KIND}`)),
      ),
      refusal: text(
        cel`request.kind.kind`,
        ' ',
        cel`variables.subject.metadata.name`,
        ' has ',
        cel`variables.marks.join(' and ')`,
        ', and so only tenant-isolation may write it; change the TenantIsolation instead (kubectl get ti). By hand it takes verb override on tenantisolations, which ',
        USER,
        ' does not have',
      ),
    }),
    validations: [
      {
        expression: mayOn('override'),
        message: 'only tenant-isolation writes this; change the TenantIsolation instead',
        messageExpression: cel`variables.refusal`,
      },
    ],
    // Also there when the request is refused: whether it was, the event says.
    auditAnnotations: {
      'needs-override': text(USER, ': ', cel`request.operation`, ' of ', cel`request.kind.kind`, ' ', cel`variables.subject.metadata.name`),
    },
  })
}
