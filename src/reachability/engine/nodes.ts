/** reachability/engine/nodes.ts — which pods run on one node. */

import type { AddressPlace } from '../addresses.ts'
import type { Member, Space } from '../classes.ts'
import type { Endpoint } from '../model.ts'

/** A node by number; undefined while it is not known: then it may be any. */
export type Node = number | undefined

/** On which node a pod runs, or which node an address is that of, as the last network knows it. */
export function nodesOf(space: Space): (member: Member) => Node {
  const numbers = new Map<AddressPlace, number>()
  const nodes = new Map<Member, Node>()
  for (const member of space.classes.flatMap(({ members }) => members)) {
    const places = placesOf(member.in.findLast((endpoint) => endpoint !== undefined))
    // Addresses that stand together once belong to one node.
    const number = places.map((place) => numbers.get(place)).find((known) => known !== undefined) ?? numbers.size
    for (const place of places) numbers.set(place, number)
    nodes.set(member, places.length > 0 ? number : undefined)
  }
  return (member) => nodes.get(member)
}

/** Of what is neither a pod nor a single address, no node is asked for. */
function placesOf(endpoint: Endpoint | undefined): readonly AddressPlace[] {
  if (!endpoint) return []
  if (endpoint.kind === 'Outside') return endpoint.single === undefined ? [] : [endpoint.single]
  return [...endpoint.nodePlaces, ...(endpoint.hostNetwork ? endpoint.places : [])]
}

function mayBeOneNode(a: Node, b: Node): boolean {
  return a === undefined || b === undefined || a === b
}

export type ByNode = ReadonlyMap<Node, readonly Member[]>

export function membersByNode(members: readonly Member[], nodeOf: (member: Member) => Node): ByNode {
  return Map.groupBy(members, nodeOf)
}

/** Two different members that may run on one node, that do not, or, when that is undefined, any two. */
export function findPair(sources: ByNode, destinations: ByNode, oneNode: boolean | undefined): readonly [Member, Member] | undefined {
  for (const [sourceNode, from] of sources) {
    for (const [destinationNode, to] of destinations) {
      if (oneNode !== undefined && mayBeOneNode(sourceNode, destinationNode) !== oneNode) continue
      for (const one of from) for (const other of to) if (one !== other) return [one, other]
    }
  }
  return undefined
}
