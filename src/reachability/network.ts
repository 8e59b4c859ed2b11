/** reachability/network.ts — a cluster under a set of policies: which of them select a pod, and what their rules open. */

import { compareText } from '../api/canonical.ts'
import type { Direction } from '../api/network.ts'
import { type Labels, matchesSelector } from '../api/selectors.ts'
import { type AddressPlace, type AddressSet, ALL_ADDRESSES, equalAddresses, hasAddress, intersectAddresses } from './addresses.ts'
import type { Cluster, Endpoint, Pod } from './model.ts'
import type { Peer, Policy, Rule } from './policy.ts'
import { ALL_PORTS, NO_PORTS, type PortSet, portSet, unionPorts } from './ports.ts'
import type { Assumptions, Reading } from './readings.ts'

/** What the policies say of one pod. */
export type Subject = {
  /** The policies that select the pod and list the direction, by name. With any, the pod is isolated in it. */
  readonly policies: readonly Policy[]
  /** Where the ipBlocks of their rules begin and end, and whether there is any. */
  readonly cuts: readonly AddressPlace[]
  readonly namesAddresses: boolean
}

export type Network = {
  readonly cluster: Cluster
  /** By namespace and name. */
  readonly policies: readonly Policy[]
  readonly assume: Assumptions
  readonly subject: (pod: Pod, direction: Direction) => Subject
}

/** How one end of a flow looks to the rules for the other: a pod with its labels, or nothing but an address. */
export type View = { readonly as: 'Pod'; readonly pod: Pod } | { readonly as: 'Address'; readonly place: AddressPlace }

/** The cluster under these policies. Cheap: what is asked for is worked out then, and remembered. */
export function networkOf(cluster: Cluster, policies: readonly Policy[], assume: Assumptions = {}): Network {
  const sorted = [...policies].sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name))
  const byNamespace = Map.groupBy(sorted, ({ namespace }) => namespace)
  const subjects = { Ingress: new Map<Pod, Subject>(), Egress: new Map<Pod, Subject>() }
  return {
    cluster,
    policies: sorted,
    assume,
    subject: (pod, direction) => {
      const known =
        subjects[direction].get(pod) ?? subjectOf(selecting(byNamespace.get(pod.namespace) ?? [], pod.labels, direction), direction)
      subjects[direction].set(pod, known)
      return known
    },
  }
}

/** Those of the policies of a namespace that select a pod with these labels and list the direction. */
function selecting(policies: readonly Policy[], labels: Labels, direction: Direction): readonly Policy[] {
  return policies.filter(({ podSelector, rules }) => rules[direction] !== undefined && matchesSelector(podSelector.selector, labels))
}

function subjectOf(policies: readonly Policy[], direction: Direction): Subject {
  const peers = policies.flatMap(({ rules }) => (rules[direction] ?? []).flatMap((rule) => rule.peers))
  const ranges = peers.flatMap((peer) => (peer.form === 'Addresses' ? [peer.addresses] : []))
  return { policies, cuts: [...new Set(ranges.flat())].sort((a, b) => (a < b ? -1 : 1)), namesAddresses: ranges.length > 0 }
}

/**
 * The ports on which the policies let `subject` reach (Egress), or be reached by (Ingress), what `other` looks like. The replies to
 * a connection need nothing of their own, so only the side that opens it is asked.
 */
export function sidePorts(network: Network, subject: Endpoint, direction: Direction, other: View, reading: Reading): PortSet {
  if (subject.kind === 'Outside' || (subject.hostNetwork && reading.hostNetwork === 'Node')) return ALL_PORTS
  const { policies } = network.subject(subject, direction)
  if (policies.length === 0) return ALL_PORTS
  const target: View = direction === 'Ingress' ? { as: 'Pod', pod: subject } : other
  let ports = NO_PORTS
  for (const policy of policies) {
    for (const rule of policy.rules[direction] ?? []) {
      if (isPeerOfRule(network, policy.namespace, rule, other, reading)) ports = unionPorts(ports, rulePorts(rule, target, reading))
    }
  }
  return ports
}

/** Whether a rule of a policy in `namespace` names `other`: by one of its peers, or because it names nobody and so means everybody. */
function isPeerOfRule(network: Network, namespace: string, { peers }: Rule, other: View, reading: Reading): boolean {
  return peers.length === 0 || peers.some((peer) => isPeer(network, namespace, peer, other, reading))
}

export function isPeer({ cluster }: Network, namespace: string, peer: Peer, other: View, reading: Reading): boolean {
  if (peer.form === 'Addresses') {
    if (other.as === 'Address') return hasAddress(peer.addresses, other.place)
    return reading.ipBlocks === 'Pods' && holdsPod(peer.addresses, other.pod, cluster, reading)
  }
  if (other.as === 'Address') return false
  const { pod } = other
  const rightNamespace = peer.namespaceSelector
    ? matchesSelector(peer.namespaceSelector.selector, cluster.namespaces.get(pod.namespace) ?? {})
    : pod.namespace === namespace
  return rightNamespace && (peer.podSelector === undefined || matchesSelector(peer.podSelector.selector, pod.labels))
}

/** Whether an address of the pod is in the set. Of one that is not known, when all that it may have are, or as the reading says. */
function holdsPod(addresses: AddressSet, { places }: Pod, { podRanges = ALL_ADDRESSES }: Cluster, { unknownAddresses }: Reading): boolean {
  if (places.length > 0) return places.some((place) => hasAddress(addresses, place))
  const inside = intersectAddresses(podRanges, addresses)
  return equalAddresses(inside, podRanges) || (inside.length > 0 && unknownAddresses === 'Covered')
}

/** The ports that the rule opens on `target`, who is reached: a name is looked up there, and an address has no names. */
export function rulePorts({ numbered, named }: Rule, target: View, reading: Reading): PortSet {
  if (named.length === 0 || target.as === 'Address') return numbered
  return unionPorts(numbered, ...named.map(({ protocol, name }) => namedPorts(target.pod, protocol, name, reading)))
}

function namedPorts({ ports }: Pod, protocol: string, name: string, { namedPorts: which }: Pick<Reading, 'namedPorts'>): PortSet {
  const found = ports.filter((port) => port.name === name && port.protocol === protocol)
  return unionPorts(...(which === 'First' ? found.slice(0, 1) : found).map((port) => portSet(port.protocol, port.port)))
}

/** Whether containers of the pod give one name to different ports. */
export function hasAmbiguousNames({ ports }: Pod): boolean {
  return ports.some((port) =>
    ports.some((other) => other.name === port.name && other.protocol === port.protocol && other.port !== port.port),
  )
}
