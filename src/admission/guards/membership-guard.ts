/**
 * admission/guards/membership-guard.ts — who may change the labels of namespaces that tenancy hangs on.
 *
 * Verb `assign` on the tenantisolation is needed to
 * - bring a namespace into the tenant or take it out, by a label or by creating it;
 * - bring it into or take it out of a group of namespaces that a rule of the tenant names by their labels: who may talk to the tenant, whom
 *   the tenant may talk to, who answers its DNS, and which of its own namespaces a rule is for (appliesTo);
 * - change a Pod Security label of a namespace of the tenant where `podSecurity.standard` keeps them. The operator's own account may:
 *   it is who sets them, and operator-guard lets it change no other label;
 * - take the finalizer off a namespace of the tenant that keeps it until it is empty. Deleted without, it is gone at once and its pods run
 *   on: whoever makes it anew has them outside of the tenant. The namespace controller, which takes it off when all is gone, is let through.
 *
 * A peer `tenant: NAME` is that tenant's to guard. A protected namespace can be moved into a tenant by nobody. `namespaces/status` and
 * `namespaces/finalize` take a whole namespace, labels included, so they are matched as well.
 *
 * A namespace that is created joins a tenant whenever the tenant's selector matches it. It joins a group only by a label that it has: to a
 * rule for every namespace without the label `quarantine`, a new namespace is nothing special.
 */

import { POD_SECURITY_PREFIX } from '../../api/labels.ts'
import { and, type Cel, cel, not, or } from '../cel.ts'
import { named, policyName, TENANT_PARAM, type ValidatingPolicy, validatingPolicy } from '../policy.ts'
import { code } from './code.ts'
import { COLLECTORS, mayOn, type OperatorAccount, protectedNamespaces, USER, userOf } from './identities.ts'
import { matches, mentions } from './selectors.ts'
import { briefly, forAudit, sentence, sentences, text } from './sentences.ts'

export const MEMBERSHIP_GUARD = policyName('membership-guard')

export function membershipGuard(operator: OperatorAccount): ValidatingPolicy {
  return validatingPolicy({
    name: MEMBERSHIP_GUARD,
    paramKind: TENANT_PARAM,
    resourceRules: [
      {
        apiGroups: [''],
        apiVersions: ['v1'],
        operations: ['CREATE', 'UPDATE'],
        resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'],
      },
    ],
    matchConditions: named({
      'labels-change-or-it-may-be-orphaned': or(
        cel`oldObject == null || object.metadata.?labels.orValue({}) != oldObject.metadata.?labels.orValue({})`,
        ORPHANS,
      ),
    }),
    variables: named({
      tenant: cel`params.metadata.name`,
      created: cel`oldObject == null`,
      was: cel`oldObject == null ? {} : oldObject.metadata.?labels.orValue({})`,
      now: cel`object.metadata.?labels.orValue({})`,
      touched: cel`variables.now.filter(k, !(k in variables.was) || variables.was[k] != variables.now[k]) + variables.was.filter(k, !(k in variables.now))`,
      own: cel`dyn(params).spec.namespaceSelector`,
      before: and(not(cel`variables.created`), matches(cel`variables.own`, cel`variables.was`)),
      after: matches(cel`variables.own`, cel`variables.now`),
      joins: cel`variables.after && !variables.before`,
      from: rulesWhere('ingress', cel`r.from.exists(p, ${regrouped('p')})`),
      to: rulesWhere('egress', cel`r.to.exists(p, ${regrouped('p')})`),
      dns: cel`dyn(params).spec.?network.?dns.?to.orValue([]).exists(p, ${regrouped('p')})`,
      applies: sentences(...['ingress', 'egress'].map((direction) => cel`(${rulesWhere(direction, APPLIES_ELSEWHERE)})`)),
      standard: and(
        cel`variables.before || variables.after`,
        cel`dyn(params).spec.?podSecurity.?standard.hasValue()`,
        cel`variables.touched.exists(k, k.startsWith(${POD_SECURITY_PREFIX}))`,
        cel`${USER} != ${userOf(operator)}`,
      ),
      orphans: and(cel`variables.before`, ORPHANS),
      needs: sentences(
        sentence(cel`variables.joins`, text('bring it into the tenant')),
        sentence(cel`variables.before && !variables.after`, text('take it out of the tenant')),
        sentence(cel`size(variables.from) > 0`, text('change who may connect by ingress rule ', briefly(cel`variables.from`))),
        sentence(cel`size(variables.to) > 0`, text('change where egress rule ', briefly(cel`variables.to`), ' leads')),
        sentence(cel`variables.dns`, text('change who answers DNS')),
        sentence(cel`size(variables.applies) > 0`, text('change what rule ', briefly(cel`variables.applies`), ' applies to')),
        sentence(cel`variables.standard`, text('change its Pod Security labels')),
      ),
    }),
    validations: [
      {
        expression: not(and(cel`variables.joins`, cel`!variables.created`, cel`object.metadata.name in ${protectedNamespaces(operator)}`)),
        message: 'this namespace is protected: no tenant may take it',
        messageExpression: text(
          'namespace ',
          cel`object.metadata.name`,
          ' is protected: tenant ',
          cel`variables.tenant`,
          ' may not take it',
        ),
      },
      {
        expression: or(cel`size(variables.needs) == 0`, mayOn('assign', cel`variables.tenant`)),
        message: 'these labels decide what a tenant is; to change them takes verb assign on its tenantisolation',
        messageExpression: text(
          'the labels of namespace ',
          cel`object.metadata.name`,
          ' would ',
          cel`variables.needs.join(', ')`,
          '; that takes verb assign on tenantisolation ',
          cel`variables.tenant`,
          ', which ',
          USER,
          ' does not have',
        ),
      },
      {
        expression: or(cel`!variables.orphans`, mayOn('assign', cel`variables.tenant`)),
        message: 'a namespace of a tenant goes when it is empty; to let it go before takes verb assign on its tenantisolation',
        messageExpression: text(
          'namespace ',
          cel`object.metadata.name`,
          ' would go before it is empty, and leave pods behind that belong to no tenant; that takes verb assign on tenantisolation ',
          cel`variables.tenant`,
          ', which ',
          USER,
          ' does not have',
        ),
      },
    ],
    // Also there when the request is refused: whether it was, the event says.
    auditAnnotations: {
      'needs-assign': forAudit(sentences(cel`variables.needs`, sentence(cel`variables.orphans`, text('let it go before it is empty')))),
    },
  })
}

/** Only `namespaces/finalize` can do this; every other write leaves what was there. Asked where there is an old object. */
const ORPHANS = and(
  cel`'kubernetes' in dyn(oldObject).?spec.?finalizers.orValue([])`,
  cel`!('kubernetes' in dyn(object).?spec.?finalizers.orValue([]))`,
  cel`!(${USER} in ${COLLECTORS})`,
)

/** The names of the rules of one direction for which the condition on `r` holds. */
function rulesWhere(direction: string, condition: Cel): Cel {
  return cel`dyn(params).spec.?network.?${code(direction)}.orValue([]).filter(r, ${condition}).map(r, string(r.name))`
}

const APPLIES_ELSEWHERE = cel`(variables.before || variables.after) && has(r.appliesTo) && ${regrouped('r.appliesTo')}`

/**
 * Whether the namespaceSelector of `holder` matches the new labels and not the old ones, or the other way round. What it does not mention
 * is not looked at: a resource may have thousands of selectors, and a request changes few labels. Thirty at once are within the API server's
 * budget for a resource at the bounds of its schema, with 64 rules of 32 selectors in a direction (test/admission/guards/budget.test.ts).
 */
function regrouped(holder: string): Cel {
  const selector = cel`${code(holder)}.namespaceSelector`
  const matched = (labels: string) => matches(selector, cel`variables.${code(labels)}`)
  return cel`(has(${selector}) && ${mentions(selector, cel`variables.touched`)} && (${matched('now')} ? !${matched('was')} : !variables.created && ${matched('was')}))`
}
