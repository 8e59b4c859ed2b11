/** lint/grants.ts — the rules of resources and of policies in one form: who is meant, and on which ports, in the words of the evaluator. */

import type { Direction, Peer as ResourcePeer } from '../api/network.ts'
import { type LabelSelector, type Labels, matchesSelector } from '../api/selectors.ts'
import { type Facts, isGap } from '../desired/facts.ts'
import { rulesOf } from '../desired/network/peers.ts'
import { isNonEmpty, type PolicyPort, type Rule as PolicyRule } from '../desired/network/policy.ts'
import { DNS_PORTS, policyPort } from '../desired/network/rules.ts'
import { isOurs, type Policy, type Rule, readPolicies } from '../reachability/reachability.ts'
import type { ObjectRef } from './finding.ts'
import type { LintTenant } from './input.ts'
import { networkOfTenant, policyRefOf, tenantRef } from './input.ts'

/** One peer of a rule with the ports that go with it. */
export type GrantPart = {
  /** "spec.network.ingress[0].from[1]" */
  readonly field: string
  /** As the resource has it; undefined in a NetworkPolicy. */
  readonly written: ResourcePeer | undefined
  /** What it means; of one peer there may be several rules, with ports of their own (DNS). A rule without peers means everybody. */
  readonly rules: readonly Rule[]
  /** Why it means nothing: a tenant or a platform peer that is not known. */
  readonly gap: string | undefined
}

/** One rule that allows something. */
export type Grant = {
  readonly object: ObjectRef
  /** The tenant whose resource says so; undefined for a NetworkPolicy. */
  readonly tenant: string | undefined
  readonly direction: Direction
  /** "spec.network.ingress[0]" */
  readonly field: string
  /** For people: "ingress/office", "spec.ingress[0]", "intraTenant". */
  readonly called: string
  /** The namespaces in which it holds, as far as they are known. */
  readonly namespaces: readonly string[]
  /** Those of the tenant that are meant; undefined for all of them. */
  readonly namespaceSelector: LabelSelector | undefined
  /** The pods for which it is. */
  readonly podSelector: LabelSelector
  readonly parts: readonly GrantPart[]
  /** Whether its author has named ports. */
  readonly namesPorts: boolean
}

type NamespaceLabels = (namespace: string) => Labels

/** What the resource says. In a direction that it leaves open, its rules change nothing. */
export function grantsOfTenant(tenant: LintTenant, facts: Facts, labelsOf: NamespaceLabels): readonly Grant[] {
  const { ingress = [], egress = [], intraTenant = 'None', dns } = networkOfTenant(tenant)
  const { namespaceSelector } = tenant.resource.spec
  const context = { tenant, facts, labelsOf }
  const inside: ResourcePeer = intraTenant === 'Namespace' ? { podSelector: {} } : { namespaceSelector }
  return [
    ...(intraTenant === 'None'
      ? []
      : (['Ingress', 'Egress'] as const).map((direction) =>
          grantOf({ direction, field: 'spec.network.intraTenant', called: 'intraTenant', peers: [inside], ports: undefined }, context),
        )),
    ...(dns?.to
      ? [grantOf({ direction: 'Egress', field: 'spec.network.dns', called: 'dns', peers: dns.to, ports: dns.ports ?? DNS_PORTS }, context)]
      : []),
    ...ingress.map(({ name, appliesTo, from, ports }, index) =>
      grantOf(
        { direction: 'Ingress', field: `spec.network.ingress[${index}]`, called: `ingress/${name}`, appliesTo, peers: from, ports },
        context,
      ),
    ),
    ...egress.map(({ name, appliesTo, to, ports }, index) =>
      grantOf(
        { direction: 'Egress', field: `spec.network.egress[${index}]`, called: `egress/${name}`, appliesTo, peers: to, ports },
        context,
      ),
    ),
  ]
}

type Written = {
  readonly direction: Direction
  readonly field: string
  readonly called: string
  readonly appliesTo?:
    | { readonly podSelector?: LabelSelector | undefined; readonly namespaceSelector?: LabelSelector | undefined }
    | undefined
  readonly peers: readonly ResourcePeer[]
  readonly ports: readonly Parameters<typeof policyPort>[0][] | undefined
}

type Context = { readonly tenant: LintTenant; readonly facts: Facts; readonly labelsOf: NamespaceLabels }

function grantOf({ direction, field, called, appliesTo, peers, ports }: Written, { tenant, facts, labelsOf }: Context): Grant {
  const { podSelector = {}, namespaceSelector } = appliesTo ?? {}
  const own = ports?.map(policyPort) ?? []
  return {
    object: tenantRef(tenant),
    tenant: tenant.resource.metadata.name,
    direction,
    field,
    called,
    namespaces: tenant.namespaces.filter((name) => !namespaceSelector || matchesSelector(namespaceSelector, labelsOf(name))),
    namespaceSelector,
    podSelector,
    parts: peers.map((written, index): GrantPart => {
      const meant = rulesOf(written, direction, facts)
      const at = called === 'intraTenant' ? field : `${field}.${direction === 'Ingress' ? 'from' : 'to'}[${index}]`
      if (isGap(meant)) return { field: at, written, rules: [], gap: meant.message }
      return { field: at, written, rules: meant.map((rule) => evaluated(rule, own, direction)), gap: undefined }
    }),
    namesPorts: ports !== undefined,
  }
}

/** Read as the evaluator reads the policy that the operator writes. */
function evaluated({ peers, ports }: PolicyRule, own: readonly PolicyPort[], direction: Direction): Rule {
  const named = ports ?? (isNonEmpty(own) ? own : undefined)
  const rule = { [direction === 'Ingress' ? 'from' : 'to']: peers, ...(named && { ports: named }) }
  const object = {
    metadata: { namespace: 'lint', name: 'lint' },
    spec: { policyTypes: [direction], [direction === 'Ingress' ? 'ingress' : 'egress']: [rule] },
  }
  const [policy] = readPolicies([object]).policies
  const [read] = policy?.rules[direction] ?? []
  if (!read) throw new Error(`a rule that the operator would write is not understood: ${JSON.stringify(object.spec)}`)
  return read
}

/** What a policy that is not ours allows. */
export function grantsOfPolicy(policy: Policy): readonly Grant[] {
  if (isOurs(policy)) return []
  const { namespace, podSelector, rules } = policy
  return (['Ingress', 'Egress'] as const).flatMap((direction) =>
    (rules[direction] ?? []).map((rule, index): Grant => {
      const field = `spec.${direction.toLowerCase()}[${index}]`
      const { peers } = rule
      const at = direction === 'Ingress' ? 'from' : 'to'
      return {
        object: policyRefOf(policy),
        tenant: undefined,
        direction,
        field,
        called: field,
        namespaces: [namespace],
        namespaceSelector: undefined,
        podSelector: podSelector.selector,
        parts:
          peers.length === 0
            ? [{ field, written: undefined, rules: [rule], gap: undefined }]
            : peers.map((peer, number) => ({
                field: `${field}.${at}[${number}]`,
                written: undefined,
                rules: [{ ...rule, peers: [peer] }],
                gap: undefined,
              })),
        namesPorts: rule.ports.length > 0,
      }
    }),
  )
}
