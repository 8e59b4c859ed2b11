/**
 * cli/explain/suggestion.ts — PURE: the rule that would let a flow pass on one side, as text to paste.
 *
 * Said only where it can be said exactly: it names the two ends and the port and nobody else, as far as labels go, and it was tried.
 */

import { formatCidr } from '../../api/cidr.ts'
import { NAMESPACE_NAME_LABEL } from '../../api/labels.ts'
import type { Direction, EgressRule, IngressRule, Peer, Port } from '../../api/network.ts'
import type { Labels } from '../../api/selectors.ts'
import {
  cidrsOf,
  type Endpoint,
  explain,
  type Missing,
  type Network,
  networkOf,
  type Pod,
  readPolicies,
} from '../../reachability/reachability.ts'
import { isControllerLabel } from '../input/pods.ts'
import { desiredIn, type Snapshot } from '../input/snapshot.ts'
import { API_SERVER, INTERNET } from '../network/outside.ts'
import type { Leg } from './cases.ts'
import { networkWith } from './tenant-rules.ts'

/** A rule to put into the tenant's resource, or a policy to apply. */
export type Suggestion =
  | { readonly form: 'Rule'; readonly tenant: string; readonly field: string; readonly rule: object }
  | { readonly form: 'Policy'; readonly policy: object }

export type Suggested = { readonly suggestion: Suggestion } | { readonly why: string }

/** What to write for a side on which the flow does not pass, or why that cannot be said. */
export function suggestionFor(snapshot: Snapshot, network: Network, leg: Leg, { direction, tenant, namespace }: Missing): Suggested {
  const { from, to } = leg.flow
  const [subject, other] = direction === 'Egress' ? [from, to] : [to, from]
  if (subject.kind === 'Outside') return { why: 'this end is outside of the cluster' }
  const labels = stableLabels(subject.labels)
  if (Object.keys(labels).length === 0)
    return { why: `${subject.namespace}/${subject.name} has no labels by which a rule could name it; give it one` }
  const named = peersFor(other, subject)
  if ('why' in named) return named
  const { peers, policyPeers } = named
  const ports: readonly Port[] = [{ ...(leg.flow.protocol !== 'TCP' && { protocol: leg.flow.protocol }), port: leg.flow.port }]
  const suggestion =
    tenant === undefined
      ? policyFor(network, leg, { direction, namespace, labels, policyPeers, ports })
      : ruleFor(snapshot, network, leg, { direction, namespace, tenant, labels, peers, ports })
  return suggestion ? { suggestion } : { why: NOT_ALONE }
}

const NOT_ALONE = 'a rule for these two ends alone does not let it pass'

type Naming = { readonly peers: readonly Peer[]; readonly policyPeers: readonly object[] } | { readonly why: string }

function peersFor(other: Endpoint, subject: Pod): Naming {
  if (other.kind === 'Outside') {
    const preset = PRESETS.get(other.name)
    if (preset) return { peers: [{ preset }], policyPeers: [] }
    const policyPeers = cidrsOf(other.addresses).map((cidr) => ({ ipBlock: { cidr: formatCidr(cidr) } }))
    const peers = policyPeers.map(({ ipBlock: { cidr } }): Peer => ({ cidr }))
    return peers.length <= MOST_RANGES ? { peers, policyPeers } : { why: `${other.name} is too many ranges for one rule` }
  }
  const called = `${other.namespace}/${other.name}`
  if (other.hostNetwork) return { why: `${called} is in the network of its node, where most network plugins do not find it by its labels` }
  const labels = stableLabels(other.labels)
  if (Object.keys(labels).length === 0) return { why: `${called} has no labels by which a rule could name it; give it one` }
  const peer = {
    podSelector: { matchLabels: labels },
    ...(other.namespace !== subject.namespace && { namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: other.namespace } } }),
  }
  return { peers: [peer], policyPeers: [peer] }
}

const MOST_RANGES = 8

const PRESETS: ReadonlyMap<string, Exclude<Peer['preset'], undefined>> = new Map([
  [INTERNET, 'Internet'],
  [API_SERVER, 'KubeAPIServer'],
])

type Side = {
  readonly direction: Direction
  readonly namespace: string
  readonly labels: Labels
  readonly ports: readonly Port[]
}

function ruleFor(
  snapshot: Snapshot,
  network: Network,
  leg: Leg,
  { direction, namespace, tenant, labels, peers, ports }: Side & { readonly tenant: string; readonly peers: readonly Peer[] },
): Suggestion | undefined {
  const resource = snapshot.tenants.find(({ metadata }) => metadata.name === tenant)
  if (!resource) return undefined
  const { network: rules = {} } = resource.spec
  const several = desiredIn(snapshot).membership.namespacesOf(tenant).size > 1
  const known = new Set((direction === 'Egress' ? rules.egress : rules.ingress)?.map(({ name }) => name))
  const head = {
    name: freeName(ruleName(leg), known),
    appliesTo: {
      podSelector: { matchLabels: labels },
      ...(several && { namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: namespace } } }),
    },
  }
  const bringsPorts = direction === 'Egress' && peers.some(({ preset }) => preset === 'KubeAPIServer')
  const ending = bringsPorts ? {} : { ports: [...ports] }
  const added = {
    ingress: direction === 'Ingress' ? [{ ...head, from: [...peers], ...ending } satisfies IngressRule] : [],
    egress: direction === 'Egress' ? [{ ...head, to: [...peers], ...ending } satisfies EgressRule] : [],
  }
  const tried = networkWith(snapshot, network, namespace, tenant, {
    ...rules,
    ingress: [...(rules.ingress ?? []), ...added.ingress],
    egress: [...(rules.egress ?? []), ...added.egress],
  })
  const [rule] = [...added.ingress, ...added.egress]
  if (!tried || !rule || !passes(tried, leg, direction)) return undefined
  return { form: 'Rule', tenant, field: `spec.network.${direction.toLowerCase()}`, rule }
}

function policyFor(
  network: Network,
  leg: Leg,
  { direction, namespace, labels, policyPeers, ports }: Side & { readonly policyPeers: readonly object[] },
): Suggestion | undefined {
  if (policyPeers.length === 0) return undefined
  const known = new Set(network.policies.filter((policy) => policy.namespace === namespace).map(({ name }) => name))
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: freeName(ruleName(leg), known), namespace },
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: [direction],
      ...(direction === 'Egress' ? { egress: [{ to: policyPeers, ports }] } : { ingress: [{ from: policyPeers, ports }] }),
    },
  }
  const { policies } = readPolicies([policy])
  return passes(networkOf(network.cluster, [...network.policies, ...policies], network.assume), leg, direction)
    ? { form: 'Policy', policy }
    : undefined
}

function passes(network: Network, { flow }: Leg, direction: Direction): boolean {
  return explain(network, flow)[direction === 'Egress' ? 'egress' : 'ingress'].answer === 'allow'
}

/** "webserver-to-database" */
function ruleName({ flow: { from, to } }: Leg): string {
  return [nameOf(from), 'to', nameOf(to)].join('-').slice(0, 60).replace(/-+$/, '')
}

function nameOf(end: Endpoint): string {
  const text = end.kind === 'Outside' ? end.name : (end.workload?.name ?? end.name)
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 28) || 'range'
  )
}

function freeName(name: string, known: ReadonlySet<string>): string {
  let free = name
  for (let number = 2; known.has(free); number++) free = `${name}-${number}`
  return free
}

/** Without what controllers put there, which is another one with the next pod. */
function stableLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !isControllerLabel(key)))
}
