/** reachability/reach.ts — what one endpoint may open to another: certainly, and depending on what the text leaves open. */

import type { Direction } from '../api/network.ts'
import { type AddressPart, type AddressPlace, type AddressSet, unionAddresses } from './addresses.ts'
import { type Endpoint, endpointName } from './model.ts'
import { type Network, sidePorts, type View } from './network.ts'
import { ALL_PORTS, equalPorts, intersectPorts, NO_PORTS, type PortSet, subtractPorts, unionPorts } from './ports.ts'
import { type Reading, type ReasonCode, reasonText } from './readings.ts'
import { cutByRules, type Ends, isNode, mayShareNode, type World, type Worlds, worldsOf } from './worlds.ts'

/** Why some ports are neither allowed nor denied. */
export type Reason = {
  readonly code: ReasonCode
  /** The ports on which the answer depends on this. */
  readonly ports: PortSet
  readonly message: string
}

/** What holds between two endpoints, or, where one of them is a range, between the other and a part of it. */
export type Reach = {
  /** The part of the range; undefined between two pods. */
  readonly addresses: AddressSet | undefined
  /** Ports that are open, however the text is read. */
  readonly allowed: PortSet
  /** Further ports that are open in some reading. All others are closed. */
  readonly depends: PortSet
  /** Of those, the ports that are open when the text is taken literally (readings.ts STRICT). */
  readonly strictly: PortSet
  readonly reasons: readonly Reason[]
}

export type ReachOptions = {
  /** Connections from outside come through a Service (NodePort, LoadBalancer), where the source may be replaced on the way. */
  readonly throughService?: boolean
}

/**
 * What `from` may open to `to`. One entry between pods and addresses; for a range as many as the policies make differences in it,
 * which together make up the range.
 */
export function reach(network: Network, from: Endpoint, to: Endpoint, { throughService = false }: ReachOptions = {}): readonly Reach[] {
  const rewritten = throughService && from.kind === 'Outside'
  if (from.kind === 'Pod' && to.kind === 'Pod') return [reachOf(network, { from, to, place: 0n, rewritten })]
  const parts = partsBetween(network, from, to)
  const reaches = parts.map((part) => ({ ...reachOf(network, { from, to, place: part[0], rewritten }), addresses: part as AddressSet }))
  return joinEqual(reaches)
}

/** The parts of the range at one end that the rules for the other end tell apart. Between two ranges, nothing is told apart. */
export function partsBetween(network: Network, from: Endpoint, to: Endpoint): readonly AddressPart[] {
  if (from.kind === 'Outside') return cutByRules(network, to, 'Ingress', from.addresses)
  return to.kind === 'Outside' ? cutByRules(network, from, 'Egress', to.addresses) : []
}

function joinEqual(reaches: readonly (Reach & { readonly addresses: AddressSet })[]): readonly Reach[] {
  const joined: (Reach & { readonly addresses: AddressSet })[] = []
  for (const one of reaches) {
    const index = joined.findIndex((other) => equalReach(one, other))
    const other = joined[index]
    if (other) joined[index] = { ...other, addresses: unionAddresses(other.addresses, one.addresses) }
    else joined.push(one)
  }
  return joined
}

function equalReach(a: Reach, b: Reach): boolean {
  return equalPorts(a.allowed, b.allowed) && equalPorts(a.depends, b.depends) && equalPorts(a.strictly, b.strictly) && sameCodes(a, b)
}

function sameCodes(a: Reach, b: Reach): boolean {
  return a.reasons.length === b.reasons.length && a.reasons.every(({ code }, index) => code === b.reasons[index]?.code)
}

/** Under every reading that matters for these two ends. */
export function reachOf(network: Network, ends: Ends): Reach {
  const worlds = worldsOf(network, ends)
  const results = worlds.all.map((world) => worldPorts(network, ends, world))
  const strict = results[0] ?? NO_PORTS
  if (results.every((ports) => equalPorts(ports, strict))) return { ...CERTAIN, allowed: strict }
  const allowed = results.reduce(intersectPorts, ALL_PORTS)
  const depends = subtractPorts(unionPorts(...results), allowed)
  return { addresses: undefined, allowed, depends, strictly: intersectPorts(depends, strict), reasons: reasonsOf(worlds, results, ends) }
}

const CERTAIN = { addresses: undefined, depends: NO_PORTS, strictly: NO_PORTS, reasons: [] } as const

/** The ports that are open in one world: both sides let them pass. */
export function worldPorts(network: Network, ends: Ends, world: World): PortSet {
  if (isWaved(network, ends, world)) return ALL_PORTS
  const egress = sideInWorld(network, ends, 'Egress', world)
  return egress.length === 0 ? NO_PORTS : intersectPorts(egress, sideInWorld(network, ends, 'Ingress', world))
}

/** What one side lets pass in a world, whatever the other side says. */
export function sideInWorld(network: Network, { from, to }: Ends, direction: Direction, world: World): PortSet {
  return direction === 'Egress'
    ? sidePorts(network, from, direction, viewOf(to, world, world.toPlace), world)
    : sidePorts(network, to, direction, viewOf(from, world, world.fromPlace), world)
}

/** Whether no rule is asked for at all in this world: a pod and itself, a pod and its node. */
export function isWaved(network: Network, ends: Ends, world: World): boolean {
  if (ends.from === ends.to && world.itself === 'Allowed') return true
  return world.ownNode === 'Allowed' && mayShareNode(network, ends, world)
}

export function viewOf(endpoint: Endpoint, reading: Reading, place: AddressPlace): View {
  return endpoint.kind === 'Outside' || isNode(endpoint, reading) ? { as: 'Address', place } : { as: 'Pod', pod: endpoint }
}

/** For each question, the ports whose fate its answer alone can change while all others stay answered. */
function reasonsOf({ edges }: Worlds, results: readonly PortSet[], { from, to }: Ends): readonly Reason[] {
  const ports = new Map<ReasonCode, PortSet>()
  for (const { code, ends } of edges) {
    const [a, b] = ends.map((index) => results[index] ?? NO_PORTS) as [PortSet, PortSet]
    if (!equalPorts(a, b)) ports.set(code, unionPorts(ports.get(code) ?? NO_PORTS, subtractPorts(a, b), subtractPorts(b, a)))
  }
  const [fromName, toName] = [endpointName(from), endpointName(to)]
  return [...ports].map(([code, changed]) => ({ code, ports: changed, message: reasonText(code, fromName, toName) }))
}

/** Ports that are closed in one network and open in another: `surely`; and all that are open in more readings there: `any`. */
export function gainedPorts(before: Reach | undefined, after: Reach | undefined): { readonly surely: PortSet; readonly any: PortSet } {
  const [closed, open] = [before ?? NOTHING, after ?? NOTHING]
  const [couldBefore, couldAfter] = [closed, open].map(({ allowed, depends }) => unionPorts(allowed, depends)) as [PortSet, PortSet]
  return {
    surely: subtractPorts(open.allowed, couldBefore),
    any: unionPorts(subtractPorts(open.allowed, closed.allowed), subtractPorts(couldAfter, couldBefore)),
  }
}

const NOTHING = { allowed: NO_PORTS, depends: NO_PORTS }
