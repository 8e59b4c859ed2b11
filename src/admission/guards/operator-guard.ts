/**
 * admission/guards/operator-guard.ts — the operator's own account may do its job, and nothing beyond it.
 *
 * RBAC cannot say "create, but only under these names", or "patch, but only these labels". Whoever gets hold of the operator's token can
 * therefore, beside what the tenants' resources say anyway,
 * - write no NetworkPolicy without our label and a name of our making, so none that belongs to somebody else;
 * - write no ClusterRole but `use` on podsecurityprofiles of the tenant in its name, and bind it under its own name only;
 * - bind no Roles, and ClusterRoles in namespaces under the name of the tenant and the role only (which ones is up to RBAC's verb `bind`);
 * - touch no protected namespace;
 * - change nothing of a namespace but its Pod Security labels, and nothing of a TenantIsolation but its finalizers and status.
 *
 * What has lost our label may still be deleted where a TenantIsolation controls it and is named in its name. Bindings of roles cannot be
 * changed into what they should be, only made anew, and children-guard lets nobody else set such an owner.
 */

import { GROUP, KIND, POD_SECURITY_PREFIX, TENANT_LABEL } from '../../api/labels.ts'
import { and, type Cel, cel, not, or } from '../cel.ts'
import { named, policyName, type ValidatingPolicy, validatingPolicy } from '../policy.ts'
import { CHILDREN, nameOfOurs, RBAC_PREFIX } from './children-guard.ts'
import { code } from './code.ts'
import { type OperatorAccount, protectedNamespaces, USER, userOf } from './identities.ts'

const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE'] as const

/** What the operator reads and has to mark, but does not own. */
const OTHERS = ['namespaces', 'namespaces/status', 'namespaces/finalize', 'tenantisolations'] as const

export function operatorGuard(operator: OperatorAccount): ValidatingPolicy {
  return validatingPolicy({
    name: policyName('operator-guard'),
    resourceRules: [
      ...CHILDREN,
      { apiGroups: ['rbac.authorization.k8s.io'], apiVersions: ['*'], operations: OPERATIONS, resources: ['roles'] },
      { apiGroups: [''], apiVersions: ['v1'], operations: OPERATIONS, resources: OTHERS.slice(0, 3) },
      { apiGroups: [GROUP], apiVersions: ['*'], operations: OPERATIONS, resources: OTHERS.slice(3) },
    ],
    matchConditions: named({ 'the-operator': cel`${USER} == ${userOf(operator)}` }),
    variables: named({
      what: cel`request.resource.resource`,
      // What is there afterwards, or was there before it is deleted.
      subject: cel`object != null ? dyn(object) : dyn(oldObject)`,
      child: cel`!(variables.what in ['namespaces', 'tenantisolations'])`,
      tenant: cel`variables.subject.metadata.?labels[?${TENANT_LABEL}].orValue('')`,
      prefix: cel`${RBAC_PREFIX} + variables.tenant + ':'`,
    }),
    validations: [
      {
        expression: cel`variables.what != 'roles'`,
        message: 'the operator writes no Roles',
      },
      {
        // Of a namespace, it is the name.
        expression: cel`!(request.?namespace.orValue('') in ${protectedNamespaces(operator)})`,
        message: 'the operator writes nothing in protected namespaces, nor of them',
      },
      {
        expression: or(
          not(cel`variables.child`),
          and(cel`variables.tenant != ''`, nameOfOurs(cel`variables.subject.metadata.name`)),
          and(cel`request.operation == 'DELETE'`, OWNED_BY_THE_TENANT_IN_ITS_NAME),
        ),
        message: `the operator writes only what has the label ${TENANT_LABEL} and a name of its making`,
      },
      {
        expression: or(not(isOneOf('clusterroles')), cel`request.operation == 'DELETE'`, ONLY_USE),
        message: 'the operator writes no ClusterRole but use on podsecurityprofiles of the tenant in its name',
      },
      {
        expression: or(not(isOneOf('clusterrolebindings')), cel`request.operation == 'DELETE'`, BINDS_ITS_OWN),
        message: 'the operator binds no ClusterRole in the whole cluster but its own, under the name of that ClusterRole',
      },
      {
        expression: or(not(isOneOf('rolebindings')), cel`request.operation == 'DELETE'`, BINDS_UNDER_ITS_NAME),
        message: 'the operator binds nothing in a namespace but ClusterRoles, under the name of the tenant and of the ClusterRole',
      },
      {
        expression: or(
          not(isOneOf('namespaces')),
          and(cel`request.operation == 'UPDATE'`, cel`${SAME_BUT_FOR_LABELS}`, ONLY_POD_SECURITY_LABELS),
        ),
        message: 'the operator changes nothing of a namespace but its Pod Security labels',
      },
      {
        expression: or(
          not(isOneOf('tenantisolations')),
          and(
            cel`request.operation == 'UPDATE'`,
            same('spec'),
            sameMetadata('labels'),
            sameMetadata('annotations'),
            sameMetadata('ownerReferences'),
          ),
        ),
        message: 'the operator changes nothing of a TenantIsolation but its finalizers and its status',
      },
    ],
  })
}

function isOneOf(...resources: readonly string[]): Cel {
  return cel`variables.what in ${resources}`
}

/** Nothing else, not even for no resource: neither wildcards nor URLs nor an aggregation that others could add to. */
const ONLY_USE = and(
  cel`variables.subject.metadata.name.startsWith(variables.prefix)`,
  cel`!has(variables.subject.aggregationRule)`,
  cel`variables.subject.?rules.orValue([]).all(r, r.verbs == ['use'] && r.?apiGroups.orValue([]) == [${GROUP}] && r.?resources.orValue([]) == ['podsecurityprofiles'] && size(r.?nonResourceURLs.orValue([])) == 0 && size(r.?resourceNames.orValue([])) > 0 && r.resourceNames.all(n, n.startsWith(variables.tenant + '.')))`,
)

const BINDS_ITS_OWN = and(
  cel`variables.subject.metadata.name.startsWith(variables.prefix)`,
  cel`variables.subject.roleRef.kind == 'ClusterRole'`,
  cel`variables.subject.roleRef.name == variables.subject.metadata.name`,
)

const BINDS_UNDER_ITS_NAME = and(
  cel`variables.subject.roleRef.kind == 'ClusterRole'`,
  cel`variables.subject.metadata.name == variables.prefix + variables.subject.roleRef.name`,
)

const OWNED_BY_THE_TENANT_IN_ITS_NAME = cel`variables.subject.metadata.?ownerReferences.orValue([]).exists(r, r.kind == ${KIND} && r.apiVersion.startsWith(${`${GROUP}/`}) && r.?controller.orValue(false) && variables.subject.metadata.name.startsWith(${RBAC_PREFIX} + r.name + ':'))`

function same(field: string): Cel {
  return cel`dyn(object).?${code(field)}.orValue(null) == dyn(oldObject).?${code(field)}.orValue(null)`
}

function sameMetadata(field: string): Cel {
  const of = (object: string) => cel`dyn(${code(object)}).metadata.?${code(field)}.orValue(null)`
  return cel`${of('object')} == ${of('oldObject')}`
}

const SAME_BUT_FOR_LABELS = and(same('spec'), sameMetadata('annotations'), sameMetadata('finalizers'), sameMetadata('ownerReferences'))

const IS_POD_SECURITY_LABEL = cel`k.startsWith(${POD_SECURITY_PREFIX})`

const ONLY_POD_SECURITY_LABELS = cel`[dyn(object).metadata.?labels.orValue({})].all(now, [dyn(oldObject).metadata.?labels.orValue({})].all(was, now.all(k, ${IS_POD_SECURITY_LABEL} || (k in was && was[k] == now[k])) && was.all(k, ${IS_POD_SECURITY_LABEL} || k in now)))`
