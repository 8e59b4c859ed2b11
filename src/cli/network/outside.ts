/** cli/network/outside.ts — PURE: ends of flows that are no pods: the Internet, the API server, and every other address. */

import type { Destination } from '../../desired/facts.ts'
import { internetPeers } from '../../desired/network/internet.ts'
import type { PolicyPeer, PolicyPort } from '../../desired/network/policy.ts'
import {
  type AddressSet,
  ALL_ADDRESSES,
  addressesText,
  isProtocol,
  type Outside,
  onlyAddress,
  type PortSet,
  parseAddresses,
  portSet,
  subtractAddresses,
  unionAddresses,
  unionPorts,
} from '../../reachability/reachability.ts'
import { factsOf, type Snapshot } from '../input/snapshot.ts'

export const INTERNET = 'Internet'
export const API_SERVER = 'API server'
/** Private ranges and the like: whatever is neither the Internet nor the platform's. */
export const ELSEWHERE = 'Elsewhere'

export type Outsides = {
  /** Where there are any: the Internet, each address of the API server by itself, and the rest. Their addresses do not overlap. */
  readonly all: readonly Outside[]
  /** The ports of the API server. */
  readonly apiServerPorts: PortSet
}

/** What is outside of the pods of a snapshot. Of `Elsewhere`, those of pods, Services and nodes are not meant. */
export function outsidesOf(snapshot: Snapshot): Outsides {
  const { configuration } = snapshot
  const { apiServer } = factsOf(snapshot)
  const internet = unionAddresses(...internetPeers(configuration).map(addressesIn))
  // As the API server is reached, behind the address of its Service: most networks judge there.
  const servers = (apiServer?.origins ?? []).map(addressesIn)
  const own = unionAddresses(
    ...servers,
    ...configuration.cluster.ranges.map(rangeOf),
    ...snapshot.services.flatMap(({ spec: { clusterIP = 'None', clusterIPs = [clusterIP] } }) => clusterIPs.map(rangeOf)),
  )
  const elsewhere = subtractAddresses(subtractAddresses(ALL_ADDRESSES, internet), own)
  return {
    all: [
      { kind: 'Outside' as const, name: INTERNET, addresses: subtractAddresses(internet, own), single: undefined },
      ...servers.map((addresses) => ({ kind: 'Outside' as const, name: API_SERVER, addresses, single: onlyAddress(addresses) })),
      { kind: 'Outside' as const, name: ELSEWHERE, addresses: elsewhere, single: undefined },
    ].filter(({ addresses }) => addresses.length > 0),
    apiServerPorts: apiServer ? portsBehind(apiServer) : [],
  }
}

/** The ports on which the destination is reached where it really is, not those of its Service. */
function portsBehind({ endpoints, origins }: Destination): PortSet {
  const real = unionAddresses(...origins.map(addressesIn))
  const direct = endpoints.filter(({ peers }) => peers.some((peer) => subtractAddresses(addressesIn(peer), real).length === 0))
  return unionPorts(...direct.flatMap(({ ports }) => ports.map(portsIn)))
}

/** Named ports are of pods, and these are not. */
function portsIn({ protocol, port, endPort }: PolicyPort): PortSet {
  return isProtocol(protocol) && typeof port === 'number' ? portSet(protocol, port, endPort) : []
}

function addressesIn(peer: PolicyPeer): AddressSet {
  if (!('ipBlock' in peer)) return []
  return (peer.ipBlock.except ?? []).reduce((left, range) => subtractAddresses(left, rangeOf(range)), rangeOf(peer.ipBlock.cidr))
}

function rangeOf(text: string): AddressSet {
  return parseAddresses(text) ?? []
}

/** "for 192.168.1.0/24", "but 192.168.1.0/24": which of the addresses under a name are meant; undefined for all of them. */
export function partText(part: AddressSet, whole: AddressSet): string | undefined {
  const missing = subtractAddresses(whole, part)
  if (missing.length === 0) return undefined
  const [positive, negative] = [`for ${addressesText(part)}`, `but ${addressesText(missing)}`]
  return negative.length < positive.length ? negative : positive
}

/** All addresses under each name. */
export function addressesByName(all: readonly Outside[]): ReadonlyMap<string, AddressSet> {
  const byName = Map.groupBy(all, ({ name }) => name)
  return new Map([...byName].map(([name, some]) => [name, unionAddresses(...some.map(({ addresses }) => addresses))]))
}
