/** reachability/worlds.ts — every way in which one flow can be read: the undefined questions that matter for its two ends, with all their answers. */

import type { Direction } from '../api/network.ts'
import {
  type AddressPart,
  type AddressPlace,
  type AddressSet,
  cutAddresses,
  familyAddresses,
  familyOf,
  unionAddresses,
} from './addresses.ts'
import { type Endpoint, nodePlaceOf, type Pod } from './model.ts'
import { hasAmbiguousNames, type Network } from './network.ts'
import { type Reading, type ReasonCode, STRICT } from './readings.ts'

/** A reading, and the addresses that the two ends show where they are not seen as pods. */
export type World = Reading & { readonly fromPlace: AddressPlace; readonly toPlace: AddressPlace }

/**
 * All worlds; the first one is that of STRICT. An edge leads from one world to another that differs in nothing but the answer to one
 * question, and all worlds hang together by edges: where two worlds have different results, so have the ends of some edge.
 */
export type Worlds = {
  readonly all: readonly World[]
  readonly edges: readonly { readonly code: ReasonCode; readonly ends: readonly [number, number] }[]
}

/** The two ends of a flow. `place` is which address of an outside end is meant. */
export type Ends = {
  readonly from: Endpoint
  readonly to: Endpoint
  readonly place: AddressPlace
  /** Whether the source may have been replaced by the address of a node or a load balancer on the way. */
  readonly rewritten: boolean
}

/** A question whose answer may matter, with its answers; the one that STRICT gives comes first. */
type Question = { readonly code: ReasonCode; readonly answers: readonly Partial<World>[] }

export function worldsOf(network: Network, ends: Ends): Worlds {
  const readings = hostNetworkReadings(network, ends)
  const branches = readings.map((hostNetwork) => {
    const first = { ...firstWorld(network, ends), hostNetwork }
    return combine(first, questionsIn(network, ends, first))
  })
  const [one, other] = branches
  if (!one || !other) return one ?? { all: [], edges: [] }
  const offset = one.all.length
  return {
    all: [...one.all, ...other.all],
    edges: [
      ...one.edges,
      ...other.edges.map(({ code, ends: [a, b] }) => ({ code, ends: [a + offset, b + offset] as const })),
      // What only one of the two readings asks makes no difference in the other: each world there stands beside the first one here.
      ...one.all.map((_, index) => ({ code: 'HostNetwork' as const, ends: [index, offset] as const })),
      ...other.all.map((_, index) => ({ code: 'HostNetwork' as const, ends: [0, offset + index] as const })),
    ],
  }
}

/** The world in which every question has the answer that is assumed, or else that of STRICT. */
function firstWorld({ assume }: Network, { place }: Pick<Ends, 'place'>): World {
  return { ...STRICT, ...assume, fromPlace: place, toPlace: place }
}

/** The questions on which it depends which of `results` holds, which has one for each world. */
export function codesThatMatter({ edges }: Worlds, results: readonly boolean[]): readonly ReasonCode[] {
  return [...new Set(edges.flatMap(({ code, ends: [a, b] }) => (results[a] === results[b] ? [] : [code])))]
}

/** All combinations of answers, with edges to the world that has the first answer to one question instead. */
function combine(first: World, questions: readonly Question[]): Worlds {
  const all: World[] = [first]
  const edges: { readonly code: ReasonCode; readonly ends: readonly [number, number] }[] = []
  for (const { code, answers } of questions) {
    const before = all.length
    const edgesBefore = edges.length
    for (let answer = 1; answer < answers.length; answer++) {
      const offset = all.length
      for (let index = 0; index < before; index++) {
        all.push({ ...(all[index] as World), ...answers[answer] })
        edges.push({ code, ends: [index, offset + index] })
      }
      for (const edge of edges.slice(0, edgesBefore)) edges.push({ code: edge.code, ends: [edge.ends[0] + offset, edge.ends[1] + offset] })
    }
    for (let index = 0; index < before; index++) all[index] = { ...(all[index] as World), ...answers[0] }
  }
  return { all, edges }
}

function hostNetworkReadings({ assume }: Network, { from, to }: Ends): readonly Reading['hostNetwork'][] {
  if (!isOnHostNetwork(from) && !isOnHostNetwork(to)) return [assume.hostNetwork ?? STRICT.hostNetwork]
  return assume.hostNetwork ? [assume.hostNetwork] : ['Node', 'Pod']
}

/** What may matter besides, given how pods in the network of their node are seen. */
function questionsIn(network: Network, ends: Ends, first: World): readonly Question[] {
  const { from, to, rewritten } = ends
  const questions: Question[] = []
  const ask = (code: ReasonCode, question: keyof Reading, values: readonly Reading[keyof Reading][]) => {
    if (network.assume[question] === undefined) questions.push({ code, answers: values.map((value) => ({ [question]: value })) })
  }
  if (!isNode(from, first) && !isNode(to, first) && rangesMayMeetPods(network, from, to)) {
    ask('IPBlockOnPods', 'ipBlocks', ['Pods', 'Outside'])
    if (isUnknown(from) || isUnknown(to)) ask('AddressUnknown', 'unknownAddresses', ['Covered', 'Elsewhere'])
  }
  if (mayShareNode(network, ends, first)) ask(rewritten ? 'SourceRewritten' : 'OwnNode', 'ownNode', ['Allowed', 'ByRule'])
  if (from === to) ask('ToItself', 'itself', ['Allowed', 'ByRule'])
  if (to.kind === 'Pod' && hasAmbiguousNames(to)) ask('NamedPortTwice', 'namedPorts', ['First', 'Every'])
  return [...questions, ...sourceQuestions(network, ends, first), ...destinationQuestions(network, ends, first)]
}

function isOnHostNetwork(endpoint: Endpoint): boolean {
  return endpoint.kind === 'Pod' && endpoint.hostNetwork
}

/** Whether nothing but an address is seen: of what is outside, and in that reading of a pod in the network of its node. */
export function isNode(endpoint: Endpoint, { hostNetwork }: Pick<Reading, 'hostNetwork'>): boolean {
  return endpoint.kind === 'Outside' || (endpoint.hostNetwork && hostNetwork === 'Node')
}

function isUnknown(endpoint: Endpoint): boolean {
  return endpoint.kind === 'Pod' && endpoint.places.length === 0
}

/** Whether the rules that could let the flow pass have an ipBlock. */
function rangesMayMeetPods(network: Network, from: Endpoint, to: Endpoint): boolean {
  return namesAddresses(network, from, 'Egress') || namesAddresses(network, to, 'Ingress')
}

function namesAddresses(network: Network, endpoint: Endpoint, direction: Direction): boolean {
  return endpoint.kind === 'Pod' && network.subject(endpoint, direction).namesAddresses
}

/**
 * Whether one end is a pod with a network of its own, and the other is, or may be, the node on which that pod runs. Where it is not
 * known on which node a pod runs, it may be on any.
 */
export function mayShareNode(network: Network, { from, to, rewritten }: Ends, reading: Pick<Reading, 'hostNetwork'>): boolean {
  if (to.kind === 'Pod' && !to.hostNetwork && (rewritten || (isNode(from, reading) && isNodeOf(network, from, to)))) return true
  return from.kind === 'Pod' && !from.hostNetwork && isNode(to, reading) && isNodeOf(network, to, from)
}

function isNodeOf(network: Network, node: Endpoint, pod: Pod): boolean {
  if (node.kind === 'Outside') {
    const place = nodePlaceOf(network.cluster, node)
    return place !== undefined && (pod.nodePlaces.length === 0 || pod.nodePlaces.includes(place))
  }
  if (pod.nodePlaces.length === 0) return true
  return pod.nodePlaces.some((place) => node.places.includes(place) || node.nodePlaces.includes(place)) || nodePlacesOf(node).length === 0
}

/** The addresses of the node of a pod in its network. */
function nodePlacesOf({ places, nodePlaces }: Pod): readonly AddressPlace[] {
  return [...new Set([...places, ...nodePlaces])]
}

/** From which address a node's traffic, or traffic that was rewritten on its way, comes. */
function sourceQuestions(network: Network, { from, to, place, rewritten }: Ends, first: World): readonly Question[] {
  const known = from.kind === 'Pod' || nodePlaceOf(network.cluster, from) !== undefined
  if (!isNode(from, first) || (!known && !rewritten) || isNode(to, first) || !namesAddresses(network, to, 'Ingress')) return []
  const own = from.kind === 'Pod' ? nodePlacesOf(from) : [place]
  const anyAddress = rewritten || network.assume.nodeSource !== 'Own' || own.length === 0
  const candidates = [...own, ...(anyAddress ? oneOfEachPart(network, to, 'Ingress', own) : [])]
  return [{ code: rewritten ? 'SourceRewritten' : 'NodeAddress', answers: candidates.map((fromPlace) => ({ fromPlace })) }]
}

/** On which of its addresses a node is reached. */
function destinationQuestions(network: Network, { from, to }: Ends, first: World): readonly Question[] {
  if (to.kind === 'Outside' || !isNode(to, first) || isNode(from, first) || !namesAddresses(network, from, 'Egress')) return []
  if (to.places.length > 0) return [{ code: 'AddressFamily', answers: to.places.map((toPlace) => ({ toPlace })) }]
  return [{ code: 'NodeAddress', answers: oneOfEachPart(network, from, 'Egress', []).map((toPlace) => ({ toPlace })) }]
}

/** An address out of each part into which the rules for the pod cut the addresses of these families; of both when none is given. */
function oneOfEachPart(network: Network, pod: Endpoint, direction: Direction, like: readonly AddressPlace[]): readonly AddressPlace[] {
  const families = like.length > 0 ? [...new Set(like.map(familyOf))] : ([4, 6] as const)
  const all = unionAddresses(...families.map(familyAddresses))
  return cutByRules(network, pod, direction, all).map(([start]) => start)
}

/** The parts of `addresses` between the places where a range in the rules for the endpoint begins or ends. */
export function cutByRules(network: Network, endpoint: Endpoint, direction: Direction, addresses: AddressSet): readonly AddressPart[] {
  return cutAddresses(addresses, endpoint.kind === 'Pod' ? network.subject(endpoint, direction).cuts : [])
}
