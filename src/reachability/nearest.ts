/** reachability/nearest.ts — what would have to be written, and by whom, for a flow to pass. */

import type { Direction } from '../api/network.ts'
import { type LabelSelector, type Labels, matchesSelector } from '../api/selectors.ts'
import { endpointName } from './model.ts'
import { isPeer, type Network, rulePorts, type View } from './network.ts'
import { type Peer, type Policy, policyName, resourceRulesOf, tenantOfPolicy } from './policy.ts'
import { hasPort, type Protocol, portSet, portsText } from './ports.ts'
import { viewOf } from './reach.ts'
import type { Flow } from './verdict.ts'
import { type World, worldsOf } from './worlds.ts'

/** An existing rule that nearly lets the flow pass. */
export type NearRule = {
  readonly policy: { readonly namespace: string; readonly name: string }
  /** "spec.egress[0]" */
  readonly field: string
  /** Rules of the TenantIsolation that it may come from; none for policies that are not ours. */
  readonly resourceRules: readonly string[]
  /** What would have to be added to it. */
  readonly lacks: 'peer' | 'port'
}

/** A side on which nothing lets the flow pass. */
export type Missing = {
  readonly direction: Direction
  /** The namespace in which a policy would have to be written or widened. */
  readonly namespace: string
  /** The tenant whose resource isolates this side, where one does: its rules are the ones to change. */
  readonly tenant: string | undefined
  readonly nearest: NearRule | undefined
  readonly message: string
}

type Asked = Flow & { readonly protocol: Protocol }

/**
 * What a side lacks on which the answer is not `allow`; nothing for an end that no policy can isolate. What is near is judged by the
 * text taken literally.
 */
export function missingOn(network: Network, flow: Asked, direction: Direction, answer: 'deny' | 'depends'): readonly Missing[] {
  const subject = direction === 'Egress' ? flow.from : flow.to
  if (subject.kind === 'Outside') return []
  const { policies } = network.subject(subject, direction)
  const tenant = policies.map(tenantOfPolicy).find((name) => name !== undefined)
  const nearest = nearestRule(network, policies, flow, direction)
  const message = messageOf(flow, direction, answer, tenant, nearest)
  return [{ direction, namespace: subject.namespace, tenant, nearest, message }]
}

function nearestRule(
  network: Network,
  policies: readonly Policy[],
  { from, to, protocol, port }: Asked,
  direction: Direction,
): NearRule | undefined {
  const place = from.kind === 'Outside' ? from.addresses[0] : to.kind === 'Outside' ? to.addresses[0] : undefined
  const [world] = worldsOf(network, { from, to, place: place ?? 0n, rewritten: false }).all as readonly [World]
  const other = direction === 'Egress' ? viewOf(to, world, world.toPlace) : viewOf(from, world, world.fromPlace)
  const target: View = direction === 'Egress' ? other : viewOf(to, { ...world, hostNetwork: 'Pod' }, world.toPlace)
  const candidates = policies.flatMap((policy) =>
    (policy.rules[direction] ?? []).flatMap((rule, index) => {
      // To widen a rule for everybody is never the nearest thing to do.
      if (rule.peers.length === 0) return []
      const distance = Math.min(...rule.peers.map((peer) => peerDistance(network, policy.namespace, peer, other, world)))
      const opensPort = hasPort(rulePorts(rule, target, world), protocol, port)
      // A rule that names neither the peer nor the port has nothing to do with the flow; one that names both lets it pass in this reading.
      if (distance > 0 !== opensPort) return []
      const near: NearRule = {
        policy: { namespace: policy.namespace, name: policy.name },
        field: `spec.${direction.toLowerCase()}[${index}]`,
        resourceRules: resourceRulesOf(policy, direction),
        lacks: distance > 0 ? 'peer' : 'port',
      }
      return [{ near, distance: distance > 0 && rule.ports.length === 0 ? distance + EVERY_PORT : distance }]
    }),
  )
  // Sorting is stable: of two that are equally near, the first in the order of names and indexes.
  return candidates.sort((a, b) => a.distance - b.distance)[0]?.near
}

/** Farther than a rule that would open the one port only. */
const EVERY_PORT = 100

/** Farther than any selector: pods are no addresses, and an address has no labels. */
const ANOTHER_FORM = 1000

/** How many requirements of the peer are not met; 0 when it means `other`. */
function peerDistance(network: Network, namespace: string, peer: Peer, other: View, world: World): number {
  if (isPeer(network, namespace, peer, other, world)) return 0
  if (peer.form === 'Addresses') return other.as === 'Address' ? 1 : ANOTHER_FORM
  if (other.as === 'Address') return ANOTHER_FORM
  const { pod } = other
  const labels = network.cluster.namespaces.get(pod.namespace) ?? {}
  const namespaces = peer.namespaceSelector ? unmet(peer.namespaceSelector.selector, labels) : pod.namespace === namespace ? 0 : 1
  return namespaces + (peer.podSelector ? unmet(peer.podSelector.selector, pod.labels) : 0)
}

function unmet({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): number {
  const single = [
    ...Object.entries(matchLabels).map(([key, value]): LabelSelector => ({ matchLabels: { [key]: value } })),
    ...matchExpressions.map((requirement): LabelSelector => ({ matchExpressions: [requirement] })),
  ]
  return single.filter((selector) => !matchesSelector(selector, labels)).length
}

function messageOf(
  { from, to, protocol, port }: Asked,
  direction: Direction,
  answer: 'deny' | 'depends',
  tenant: string | undefined,
  nearest: NearRule | undefined,
): string {
  const [subject, other] = direction === 'Egress' ? [from, to] : [to, from]
  const namespace = subject.kind === 'Pod' ? subject.namespace : ''
  const lets = answer === 'deny' ? 'lets' : 'certainly lets'
  const does = direction === 'Egress' ? 'connect to' : 'be reached by'
  const ports = portsText(portSet(protocol, port))
  const owner = tenant === undefined ? '' : ` (TenantIsolation ${tenant})`
  const what = `no ${direction.toLowerCase()} rule in namespace ${namespace}${owner} ${lets} ${endpointName(subject)} ${does} ${endpointName(other)} on ${ports}`
  if (!nearest) return `${what}, and none is near: one has to be written`
  const rules = nearest.resourceRules.length === 0 ? '' : `, from ${nearest.resourceRules.join(' or ')}`
  const lacks =
    nearest.lacks === 'port' ? `names ${endpointName(other)}, but not the port` : `opens the port, but not for ${endpointName(other)}`
  return `${what}; the nearest, ${nearest.field} of ${policyName(nearest.policy)}${rules}, ${lacks}`
}
