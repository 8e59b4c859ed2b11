/**
 * support/naive-readings.ts — one flow under every reading of what NetworkPolicy leaves open, by trying all of them.
 *
 * Like naive-network.ts, it uses no code of src/ but types: the readings are those that the concept page and the API leave to the network
 * plugin, and an address that is not known is every address at which a rule begins or ends, and those beside it.
 */

import type { ClusterInput, PodInput } from '../../src/reachability/model.ts'
import { addressesAround } from './flows.ts'
import { type AnyPeer, type AnyPolicy, type Direction, holds, isInBlock, isPeer, policiesAllow } from './naive-network.ts'

export type NaivePod = PodInput
/** An address; one of a range stands for nobody in the cluster, even where a node has it. */
export type NaiveEnd = NaivePod | { readonly address: string; readonly ofRange?: true }
export type NaiveCluster = ClusterInput
export type NaiveFlow = { readonly from: NaiveEnd; readonly to: NaiveEnd; readonly protocol: string; readonly port: number }

type World = {
  readonly hostNetworkIsNode: boolean
  readonly blocksMatchPods: boolean
  readonly unknownIsCovered: boolean
  readonly ownNodeIsFree: boolean
  readonly itselfIsFree: boolean
  readonly everyName: boolean
}

/** All answers that some reading gives: one when they agree. */
export function naiveAnswers(cluster: NaiveCluster, policies: readonly AnyPolicy[], flow: NaiveFlow): ReadonlySet<boolean> {
  const { from, to } = flow
  const borders = bordersOf(cluster, policies)
  const answers = new Set<boolean>()
  // A question that nothing in the flow raises has one answer: both would be the same.
  const [no, both] = [[false], [false, true]]
  const pods = [from, to].filter(isPod)
  const host = pods.some(({ hostNetwork }) => hostNetwork) ? both : no
  const unknown = pods.some(({ addresses }) => addresses.length === 0) ? both : no
  const itself = from === to ? both : no
  const names = isPod(to) && to.ports.length > 1 ? both : no
  for (const hostNetworkIsNode of host)
    for (const blocksMatchPods of both)
      for (const unknownIsCovered of unknown)
        for (const ownNodeIsFree of both)
          for (const itselfIsFree of itself)
            for (const everyName of names) {
              const world = { hostNetworkIsNode, blocksMatchPods, unknownIsCovered, ownNodeIsFree, itselfIsFree, everyName }
              for (const source of addressesFrom(cluster, from, world, borders))
                for (const destination of addressesTo(to, world, borders)) {
                  answers.add(passes(cluster, policies, flow, world, source, destination, borders))
                  if (answers.size === 2) return answers
                }
            }
  return answers
}

function isPod(end: NaiveEnd): end is NaivePod {
  return 'labels' in end
}

/** Every address at which something begins or ends, and some that nothing names. */
function bordersOf({ podRanges = [] }: NaiveCluster, policies: readonly AnyPolicy[]): readonly string[] {
  const blocks = policies.flatMap(({ spec }) =>
    [...(spec?.ingress ?? []), ...(spec?.egress ?? [])].flatMap((rule) =>
      [...(rule.from ?? []), ...(rule.to ?? [])].flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : [])),
    ),
  )
  return [...new Set([...[...blocks, ...podRanges].flatMap(addressesAround), '0.0.0.0', '255.255.255.255', '9.9.9.9', '::', '2a00::1'])]
}

function nodeAddresses({ pods }: NaiveCluster): readonly string[] {
  return pods.flatMap((pod) => [...pod.nodeAddresses, ...(pod.hostNetwork ? pod.addresses : [])])
}

function isNodeAddress(cluster: NaiveCluster, { address, ofRange }: Exclude<NaiveEnd, NaivePod>): boolean {
  return !ofRange && nodeAddresses(cluster).includes(address)
}

function isNodeIn(end: NaiveEnd, { hostNetworkIsNode }: World): boolean {
  return isPod(end) ? end.hostNetwork && hostNetworkIsNode : true
}

/** A node's traffic may come from its own addresses, or from any other of their families. */
function addressesFrom(cluster: NaiveCluster, from: NaiveEnd, world: World, borders: readonly string[]): readonly string[] {
  if (!isNodeIn(from, world)) return ['']
  const own = isPod(from) ? [...from.addresses, ...from.nodeAddresses] : [from.address]
  if (!isPod(from) && !isNodeAddress(cluster, from)) return own
  const like = (address: string) => own.length === 0 || own.some((one) => one.includes(':') === address.includes(':'))
  return [...own, ...borders.filter(like)]
}

function addressesTo(to: NaiveEnd, world: World, borders: readonly string[]): readonly string[] {
  if (!isNodeIn(to, world)) return ['']
  if (!isPod(to)) return [to.address]
  return to.addresses.length > 0 ? to.addresses : borders
}

function passes(
  cluster: NaiveCluster,
  policies: readonly AnyPolicy[],
  { from, to, protocol, port }: NaiveFlow,
  world: World,
  source: string,
  destination: string,
  borders: readonly string[],
): boolean {
  if (from === to && world.itselfIsFree) return true
  if (world.ownNodeIsFree && (isOwnNode(cluster, from, to, world) || isOwnNode(cluster, to, from, world))) return true
  const side = (subject: NaiveEnd, direction: Direction, other: NaiveEnd, address: string) => {
    if (!isPod(subject) || isNodeIn(subject, world)) return true
    const specs = policies.flatMap(({ metadata, spec }) => (metadata.namespace === subject.namespace ? [spec ?? {}] : []))
    const target = direction === 'Ingress' ? subject : isNodeIn(other, world) ? undefined : other
    const portNames = target && isPod(target) ? namesOf(target, protocol, port, world) : []
    const seen = { other: { address }, protocol, port, portNames }
    return policiesAllow(specs, subject.labels, direction, seen, (peer) => means(cluster, peer, subject, other, address, world, borders))
  }
  return side(from, 'Egress', to, destination) && side(to, 'Ingress', from, source)
}

function means(
  { namespaces, podRanges }: NaiveCluster,
  peer: AnyPeer,
  subject: NaivePod,
  other: NaiveEnd,
  address: string,
  world: World,
  borders: readonly string[],
): boolean {
  if (!isPod(other) || isNodeIn(other, world)) return isPeer(peer, { address })
  if (!peer.ipBlock) {
    const written = namespaces.find(({ name }) => name === other.namespace)?.labels
    const namespace = { ...written, 'kubernetes.io/metadata.name': other.namespace }
    return isPeer(peer, { pod: other.labels, namespace, sameNamespace: other.namespace === subject.namespace })
  }
  if (!world.blocksMatchPods) return false
  const { ipBlock } = peer
  if (other.addresses.length > 0) return other.addresses.some((one) => isInBlock(ipBlock, one))
  const possible = borders.filter((one) => !podRanges || podRanges.some((range) => holds(range, one)))
  const covered = possible.filter((one) => isInBlock(ipBlock, one))
  return covered.length === possible.length || (covered.length > 0 && world.unknownIsCovered)
}

/** Whether `node` is, or may be, the node on which the pod runs, which has a network of its own. */
function isOwnNode(cluster: NaiveCluster, node: NaiveEnd, pod: NaiveEnd, world: World): boolean {
  if (!isPod(pod) || pod.hostNetwork || !isNodeIn(node, world)) return false
  if (!isPod(node)) {
    return isNodeAddress(cluster, node) && (pod.nodeAddresses.length === 0 || pod.nodeAddresses.includes(node.address))
  }
  const own = [...node.addresses, ...node.nodeAddresses]
  return own.length === 0 || pod.nodeAddresses.length === 0 || pod.nodeAddresses.some((address) => own.includes(address))
}

/** The names under which the pod knows the port. */
function namesOf({ ports }: NaivePod, protocol: string, port: number, { everyName }: World): readonly string[] {
  const own = ports.filter((one) => one.protocol === protocol)
  const counts = own.filter((one, index) => everyName || own.findIndex(({ name }) => name === one.name) === index)
  return counts.filter((one) => one.port === port).map(({ name }) => name)
}
