/**
 * admission/guards/narrow.ts — what a tenant's own NetworkPolicy may say under `tenantPolicies: Narrow`, in CEL.
 *
 * NetworkPolicies only add up, so nothing in one of a tenant may reach beyond what the resource lets the tenant reach anyway:
 *
 * - every rule names peers: a rule without would let everybody through;
 * - pods of the same namespace (podSelector alone);
 * - namespaces, if the namespaceSelector can match none but the tenant's: each requirement of the tenant's own selector follows from it,
 *   or it asks for the request's own namespace by `kubernetes.io/metadata.name`;
 * - addresses, if one rule of the resource, of the same direction and for this namespace (`appliesTo.namespaceSelector`), has a `cidr`
 *   that holds all of the range (what it takes out by `except` has to be taken out here, too), and all ports that are asked for. Which pods
 *   that rule is for does not matter, for the tenant labels its own pods. Presets, platform peers and other tenants are for the resource
 *   alone to name.
 *
 * The API server gives an expression 1,000,000 units. Against a resource at the bounds of its schema (64 rules of 32 ranges and 32 ports)
 * that is enough for a policy of 32 ranges, or of 1,000 rules without ranges (test/admission/guards/budget.test.ts); one of 64 ranges is refused.
 *
 * Judged in both directions, also in one that the tenant does not close: there a policy can only narrow, but it would still be there on
 * the day that the direction is closed. What narrows only, such as a policy without rules, is always allowed.
 */

import { NAMESPACE_NAME_LABEL } from '../../api/labels.ts'
import type { Direction } from '../../api/network.ts'
import { and, type Cel, cel, not, or } from '../cel.ts'
import { code } from './code.ts'
import { hasOneOf, matches, within } from './selectors.ts'
import { briefly, sentence, sentences, text } from './sentences.ts'

const FIELDS = { Ingress: { rules: 'ingress', peers: 'from' }, Egress: { rules: 'egress', peers: 'to' } } as const

/** Variables for `wrongIn`; they need `tenant`, the name, and `own`, the namespaceSelector. */
export function narrowVariables(direction: Direction): Readonly<Record<string, Cel>> {
  const { rules, peers } = FIELDS[direction]
  const rule = cel`r.?${code(peers)}.orValue([])`
  return {
    [`${rules}_rules`]: cel`dyn(object).spec.?${code(rules)}.orValue([])`,
    // The ranges of the resource with their ports, rule by rule; parsed here, for each is asked about every range of the policy.
    [`${rules}_ranges`]: cel`dyn(params).spec.?network.?${code(rules)}.orValue([]).filter(r, r.${code(peers)}.exists(p, has(p.cidr)) && ${APPLIES_HERE}).map(r, {'ports': dyn(r.?ports.orValue([]).map(b, ${WITH_PROTOCOL})), 'ranges': dyn(r.${code(peers)}.filter(p, has(p.cidr)).map(p, {'all': dyn(cidr(p.cidr)), 'except': dyn(p.?except.orValue([]))}))})`,
    [`${rules}_far`]: cel`variables.${code(rules)}_rules.map(r, ${rule}.filter(p, has(p.ipBlock) && !${isAllowedRange(direction)}).map(p, string(p.ipBlock.cidr)).join(', ')).filter(t, t != '')`,
  }
}

/** The sentences about the rules of one direction. */
export function wrongIn(direction: Direction): Cel {
  const { rules, peers } = FIELDS[direction]
  const own = cel`variables.${code(rules)}_rules`
  const rule = cel`r.?${code(peers)}.orValue([])`
  const far = cel`variables.${code(rules)}_far`
  return sentences(
    sentence(cel`${own}.exists(r, size(${rule}) == 0)`, text(`a rule in ${rules} without ${peers} lets everybody through: name peers`)),
    sentence(
      cel`${own}.exists(r, ${rule}.exists(p, has(p.namespaceSelector) && !${ONLY_THE_TENANTS}))`,
      text(`a namespaceSelector in ${rules} may match namespaces of others: ask for `, cel`variables.pins`),
    ),
    sentence(
      cel`size(${far}) > 0`,
      text(`in ${rules}, `, briefly(far), ` is not inside a range, with its ports, that spec.network.${rules} of the tenant allows here`),
    ),
  )
}

/** What a namespaceSelector has to ask for; said to the user. */
export const PINS = cel`size(variables.own.?matchLabels.orValue({})) > 0 ? ${briefly(cel`variables.own.matchLabels.map(k, k + '=' + variables.own.matchLabels[k])`)} : ${"what the tenant's namespaceSelector asks for"}`

const ONLY_THE_TENANTS = or(
  within(cel`p.namespaceSelector`, cel`variables.own`),
  hasOneOf(cel`p.namespaceSelector`, cel`${NAMESPACE_NAME_LABEL}`, cel`[request.namespace]`),
)

/** Whether the rule `r` of the resource is for the namespace of the request. */
const APPLIES_HERE = cel`(!has(r.appliesTo) || !has(r.appliesTo.namespaceSelector) || [namespaceObject.metadata.?labels.orValue({})].exists(l, ${matches(cel`r.appliesTo.namespaceSelector`, cel`l`)}))`

/** Whether the range of the peer `p`, with the ports of its rule `r`, is inside one of the resource. */
function isAllowedRange(direction: Direction): Cel {
  const { rules } = FIELDS[direction]
  // The ports last, for they are dear, and most ranges lie elsewhere. What cannot be parsed, such as IPv4 mapped into IPv6, is inside nothing.
  return and(
    cel`isCIDR(p.ipBlock.cidr)`,
    cel`variables.${code(rules)}_ranges.exists(o, o.ranges.exists(q, ${RANGE_INSIDE}) && ${PORTS_INSIDE})`,
  )
}

/** Parts of the outer range that its `except` takes out must be outside of the inner one, or be taken out of that as well. */
const RANGE_INSIDE = and(
  cel`q.all.containsCIDR(p.ipBlock.cidr)`,
  cel`q.except.all(e, ${or(
    not(or(cel`cidr(e).containsCIDR(p.ipBlock.cidr)`, cel`cidr(p.ipBlock.cidr).containsCIDR(e)`)),
    cel`p.ipBlock.?except.orValue([]).exists(x, isCIDR(x) && cidr(x).containsCIDR(e))`,
  )})`,
)

/** The port `b` of the resource with its protocol written out, as the API server writes it into NetworkPolicies: equal ports look equal. */
const WITH_PROTOCOL = cel`has(b.protocol) ? b : has(b.endPort) ? dyn({'protocol': dyn('TCP'), 'port': dyn(b.port), 'endPort': dyn(b.endPort)}) : dyn({'protocol': dyn('TCP'), 'port': dyn(b.port)})`

/** Whether all ports of the rule `r` are among those of `o`; mostly they are the same ones, which is cheap to see. */
const PORTS_INSIDE = or(
  cel`size(o.ports) == 0`,
  cel`size(r.?ports.orValue([])) > 0 && r.ports.all(a, a in o.ports || o.ports.exists(b, ${portInside()}))`,
)

/** No port means every port of the protocol; a name is inside the same name only, and that is the same port. */
function portInside(): Cel {
  const last = (port: string) => cel`${code(port)}.?endPort.orValue(${code(port)}.port)`
  return and(
    cel`a.protocol == b.protocol`,
    or(
      cel`!has(b.port)`,
      cel`has(a.port) && type(a.port) == int && type(b.port) == int && a.port >= b.port && ${last('a')} <= ${last('b')}`,
    ),
  )
}
