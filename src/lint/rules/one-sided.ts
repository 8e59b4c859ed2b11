/** lint/rules/one-sided.ts — TI005: a tenant lists another one, which does not list it back, so that nothing passes. */

import type { Direction } from '../../api/network.ts'
import { isEmptySelector, type LabelSelector, type Labels, matchesSelector } from '../../api/selectors.ts'
import { intersectPorts, type Peer, portsText, type Rule, unionPorts } from '../../reachability/reachability.ts'
import { type Found, tenantText } from '../finding.ts'
import type { Grant, GrantPart } from '../grants.ts'
import { closes, type LintInput, type LintRule, type LintTenant, labelsOf } from '../input.ts'

export const oneSided: LintRule = {
  code: 'TI005',
  name: 'OneSidedGrant',
  severity: 'warning',
  summary: 'a tenant lists another one in egress that does not list it in ingress, or the reverse',
  check: (input) => {
    const context = contextOf(input)
    return input.grants.flatMap((grant) => (grant.tenant === undefined ? [] : inGrant(grant, context)))
  },
}

/** A namespace of a tenant; of a tenant that has none yet, one as its selector wants it. */
type Place = { readonly tenant: LintTenant; readonly name: string; readonly labels: Labels }

type Context = {
  readonly placesOf: ReadonlyMap<string, readonly Place[]>
  /** The places that the selector takes, by the tenants that have them. */
  readonly matching: (selector: Selector) => ReadonlyMap<LintTenant, readonly Place[]>
  /** Rules of resources by tenant, and those of policies under undefined. */
  readonly grantsOf: ReadonlyMap<string | undefined, readonly Grant[]>
}

type Selector = NonNullable<Extract<Peer, { form: 'Pods' }>['namespaceSelector']>

function contextOf(input: LintInput): Context {
  const placesOf = new Map(input.tenants.map((tenant) => [tenant.resource.metadata.name, placesIn(tenant, input)]))
  const all = [...placesOf.values()].flat()
  const known = new Map<string, ReadonlyMap<LintTenant, readonly Place[]>>()
  const matching = ({ text, selector }: Selector) => {
    const found =
      known.get(text) ??
      Map.groupBy(
        all.filter(({ labels }) => matchesSelector(selector, labels)),
        ({ tenant }) => tenant,
      )
    known.set(text, found)
    return found
  }
  return { placesOf, matching, grantsOf: Map.groupBy(input.grants, ({ tenant }) => tenant) }
}

function placesIn(tenant: LintTenant, input: LintInput): readonly Place[] {
  if (tenant.namespaces.length > 0) return tenant.namespaces.map((name) => ({ tenant, name, labels: labelsOf(input, name) }))
  return [{ tenant, name: `(${tenant.resource.metadata.name})`, labels: labelsFor(tenant.resource.spec.namespaceSelector) }]
}

/** Labels that the selector takes. */
function labelsFor({ matchLabels = {}, matchExpressions = [] }: LabelSelector): Labels {
  const others = matchExpressions.flatMap(({ key, operator, values = [] }) =>
    operator === 'In' || operator === 'Exists' ? [[key, values[0] ?? ''] as const] : [],
  )
  return { ...Object.fromEntries(others), ...matchLabels }
}

function inGrant(grant: Grant, context: Context): readonly Found[] {
  const { direction, namespaceSelector, tenant = '' } = grant
  const back: Direction = direction === 'Ingress' ? 'Egress' : 'Ingress'
  const places = context.placesOf.get(tenant) ?? []
  const [own] = places
  if (!own || !closes(own.tenant, direction)) return []
  const mine = places.filter(({ labels }) => !namespaceSelector || matchesSelector(namespaceSelector, labels))
  return grant.parts.flatMap((part) =>
    [...listedBy(part, context)].flatMap(([other, theirs]) => {
      if (other === own.tenant || !closes(other, back)) return []
      const candidates = [...(context.grantsOf.get(other.resource.metadata.name) ?? []), ...(context.grantsOf.get(undefined) ?? [])]
      const answered = candidates.some((answer) => answer.direction === back && answers(answer, { theirs, mine, part }))
      return answered ? [] : [found(grant, part, other, back)]
    }),
  )
}

/** The tenants that the peer was written for, with those of their namespaces that it takes: what means every namespace lists nobody. */
function listedBy({ rules }: GrantPart, { matching }: Context): ReadonlyMap<LintTenant, readonly Place[]> {
  const selectors = rules.flatMap(({ peers }) =>
    peers.flatMap((peer) => (peer.form === 'Pods' && peer.namespaceSelector ? [peer.namespaceSelector] : [])),
  )
  return new Map(selectors.filter(({ selector }) => !isEmptySelector(selector)).flatMap((selector) => [...matching(selector)]))
}

type Wanted = { readonly theirs: readonly Place[]; readonly mine: readonly Place[]; readonly part: GrantPart }

/** Whether a rule of the other side, or a policy in its namespaces, lets one of our namespaces in on one of these ports. */
function answers(answer: Grant, { theirs, mine, part }: Wanted): boolean {
  const holds = theirs.some(({ name, labels }) =>
    answer.tenant === undefined
      ? answer.namespaces.includes(name)
      : !answer.namespaceSelector || matchesSelector(answer.namespaceSelector, labels),
  )
  return (
    holds &&
    answer.parts.some(({ rules }) =>
      rules.some(
        (rule) =>
          part.rules.some((wanted) => meet(wanted, rule)) &&
          (rule.peers.length === 0 || rule.peers.some((peer) => mine.some((place) => takes(peer, place)))),
      ),
    )
  )
}

function takes(peer: Peer, { labels }: Place): boolean {
  return peer.form === 'Pods' && peer.namespaceSelector !== undefined && matchesSelector(peer.namespaceSelector.selector, labels)
}

/** Names of ports are of pods, and may mean the same. */
function meet(a: Rule, b: Rule): boolean {
  return a.named.length > 0 || b.named.length > 0 || intersectPorts(a.numbered, b.numbered).length > 0
}

function found({ object, direction, tenant = '' }: Grant, { field, rules }: GrantPart, other: LintTenant, back: Direction): Found {
  const name = other.resource.metadata.name
  const ports = portsText(unionPorts(...rules.map(({ numbered }) => numbered)))
  const names = rules.flatMap(({ named }) => named.map((port) => port.name))
  const on = names.length > 0 ? `on ${names.join(', ')}` : `on ${ports}`
  const lacks = direction === 'Egress' ? `lets ${tenant} in` : `lets it connect to ${tenant}`
  const peer = direction === 'Egress' ? 'from' : 'to'
  return {
    object,
    field,
    message: `lists tenant ${name}, and no ${back.toLowerCase()} rule of ${tenantText(name)} ${lacks} ${on}: nothing passes; ask for a rule with ${peer}: [{tenant: ${tenant}}] there, or take this one away`,
  }
}
