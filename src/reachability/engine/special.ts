/** reachability/engine/special.ts — pairs with what is not judged by its rules alone: pods in the network of their node, and nodes. */

import type { Direction } from '../../api/network.ts'
import type { EndpointClass, Member, Space } from '../classes.ts'
import type { Endpoint } from '../model.ts'
import type { Network } from '../network.ts'
import { type Reach, reachOf } from '../reach.ts'
import type { Ends } from '../worlds.ts'
import { type ByNode, findPair, membersByNode, nodesOf } from './nodes.ts'

export type SpecialPair = {
  readonly destination: EndpointClass
  /** Whether this is about those of the two classes that may run on one node, or about the others; undefined: about all of them. */
  readonly oneNode: boolean | undefined
  /** A pair that stands for them, and what holds between the two, for each network; undefined where it lacks one of them. */
  readonly ends: readonly (Ends | undefined)[]
  readonly reaches: readonly (Reach | undefined)[]
}

/** A function that judges a class with others; at most two answers for each, by whether the pods may run on one node. */
export function specialPairsOf(space: Space): (source: EndpointClass, destinations: readonly EndpointClass[]) => readonly SpecialPair[] {
  const nodeOf = nodesOf(space)
  const byNode = new Map<number, ByNode>()
  const nodesIn = (one: EndpointClass) => {
    const known = byNode.get(one.id) ?? membersByNode(one.members, nodeOf)
    byNode.set(one.id, known)
    return known
  }
  return (source, destinations) =>
    destinations.flatMap((destination) =>
      cases(source, destination).flatMap((oneNode) => {
        const pair = findPair(nodesIn(source), nodesIn(destination), oneNode)
        if (!pair) return []
        const ends = space.networks.map((_, index) => endsIn(index, pair))
        const reaches = reachesOf(space, ends)
        return [{ destination, oneNode, ends, reaches }]
      }),
    )
}

/** On which node they run only matters between a node and a pod with a network of its own. */
function cases(source: EndpointClass, destination: EndpointClass): readonly (boolean | undefined)[] {
  if (isOutside(source) && isOutside(destination)) return []
  return isNode(source) === isNode(destination) ? [undefined] : isOutsideRange(source, destination) ? [undefined] : [true, false]
}

function isOutsideRange(...classes: readonly EndpointClass[]): boolean {
  return classes.some((one) => isOutside(one) && !one.special)
}

function isOutside({ in: endpoints }: EndpointClass): boolean {
  return endpoints.some((endpoint) => endpoint?.kind === 'Outside')
}

function isNode({ in: endpoints, special }: EndpointClass): boolean {
  return special && endpoints.some((endpoint) => endpoint && (endpoint.kind === 'Outside' || endpoint.hostNetwork))
}

/** Networks that say the same of the two ends share an answer: ours and all, nearly everywhere. */
function reachesOf({ networks }: Space, ends: readonly (Ends | undefined)[]): readonly (Reach | undefined)[] {
  const reaches: (Reach | undefined)[] = []
  for (const [index, network] of networks.entries()) {
    const own = ends[index]
    const before = networks.findIndex((other, earlier) => earlier < index && sayTheSame(other, ends[earlier], network, own))
    reaches.push(before < 0 ? own && reachOf(network, own) : reaches[before])
  }
  return reaches
}

function sayTheSame(one: Network, first: Ends | undefined, other: Network, second: Ends | undefined): boolean {
  if (one.cluster !== other.cluster || one.assume !== other.assume || !first || first.from !== second?.from || first.to !== second.to)
    return false
  const same = (endpoint: Endpoint, direction: Direction) =>
    endpoint.kind === 'Outside' || equalLists(one.subject(endpoint, direction).policies, other.subject(endpoint, direction).policies)
  return same(first.from, 'Egress') && same(first.to, 'Ingress')
}

function equalLists<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}

function endsIn(index: number, [source, destination]: readonly [Member, Member]): Ends | undefined {
  const from = source.in[index]
  const to = destination.in[index]
  return from && to && { from, to, place: placeOf(from) ?? placeOf(to) ?? 0n, rewritten: false }
}

function placeOf(endpoint: Endpoint): bigint | undefined {
  return endpoint.kind === 'Outside' ? endpoint.addresses[0] : undefined
}
