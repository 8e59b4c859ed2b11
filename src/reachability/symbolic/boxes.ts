/**
 * reachability/symbolic/boxes.ts — exact sets of flows between pods that nobody has seen: what the labels of both ends, the namespace of
 * the other end, the port and its names may be, each by itself.
 *
 * A selector asks one thing of each label, so a rule is a few boxes; what one box has and others have not is boxes again.
 */

import { type AddressSet, intersectAddresses, subtractAddresses } from '../addresses.ts'
import { intersectPorts, type PortSet, subtractPorts } from '../ports.ts'
import { ANYTHING, type Domain, intersectDomains, isEmptyDomain, subtractDomains } from './domains.ts'

/** Of what a label speaks: the pod that the policy selects, the pod at the other end, its namespace; `name`: how the pod that is reached calls the port. */
export type Whose = 'own' | 'peer' | 'space' | 'same' | 'name'

export type Dimension = `${Whose} ${string}`

/** Labels that are not named may be anything. Never empty. */
export type Box = {
  readonly labels: ReadonlyMap<Dimension, Domain>
  readonly ports: PortSet
  /** Of the other end, when it is outside; for pods the same one address in every box. */
  readonly addresses: AddressSet
}

/** Where the other end is a pod. */
export const A_POD: AddressSet = [0n, 1n]

export function intersectBoxes(a: Box, b: Box): Box | undefined {
  const ports = intersectPorts(a.ports, b.ports)
  const addresses = intersectAddresses(a.addresses, b.addresses)
  if (ports.length === 0 || addresses.length === 0) return undefined
  const labels = new Map(a.labels)
  for (const [dimension, domain] of b.labels) {
    const both = intersectDomains(labels.get(dimension) ?? ANYTHING, domain)
    if (isEmptyDomain(both)) return undefined
    labels.set(dimension, both)
  }
  return { labels, ports, addresses }
}

/** What is in `a` and not in `b`, as boxes that do not overlap. */
export function subtractBox(a: Box, b: Box): readonly Box[] {
  if (!intersectBoxes(a, b)) return [a]
  const pieces: Box[] = []
  let rest = a
  for (const [dimension, domain] of b.labels) {
    const own = rest.labels.get(dimension) ?? ANYTHING
    const outside = subtractDomains(own, domain)
    if (!isEmptyDomain(outside)) pieces.push({ ...rest, labels: new Map(rest.labels).set(dimension, outside) })
    rest = { ...rest, labels: new Map(rest.labels).set(dimension, intersectDomains(own, domain)) }
  }
  const ports = subtractPorts(rest.ports, b.ports)
  if (ports.length > 0) pieces.push({ ...rest, ports })
  const addresses = subtractAddresses(rest.addresses, b.addresses)
  if (addresses.length > 0) pieces.push({ ...rest, ports: intersectPorts(rest.ports, b.ports), addresses })
  return pieces
}

/** How many boxes a set may fall into before it is left as it is. */
const MOST_BOXES = 1_000

export type Difference = {
  readonly boxes: readonly Box[]
  /** False when it would have taken too many boxes: then there may be too much in them, never too little. */
  readonly exact: boolean
}

/** What is in some of `from` and in none of `without`. */
export function subtractBoxes(from: readonly Box[], without: readonly Box[]): Difference {
  let boxes = from
  let exact = true
  for (const one of without) {
    const left = boxes.flatMap((box) => subtractBox(box, one))
    if (left.length > Math.max(MOST_BOXES, from.length)) exact = false
    else boxes = left
    if (boxes.length === 0) break
  }
  return { boxes, exact }
}
