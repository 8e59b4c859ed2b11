/** desired/network/discovery.ts — where the DNS and the API server of the cluster are, from their Services and EndpointSlices. */

import { canonicalJson, compareText } from '../../api/canonical.ts'
import { formatCidr, hostCidr } from '../../api/cidr.ts'
import { NAMESPACE_NAME_LABEL } from '../../api/labels.ts'
import { isEmptySelector, type Labels } from '../../api/selectors.ts'
import type { Destination, Endpoint } from '../facts.ts'
import { canonicalPeers } from './canonical.ts'
import { mergeRules } from './merge.ts'
import { isNonEmpty, type PolicyPeer, type PolicyPort } from './policy.ts'

/** The part of a core/v1 Service that is read. */
export type Service = {
  readonly metadata: { readonly namespace?: string; readonly name: string }
  readonly spec?: {
    readonly selector?: Labels
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly ports?: readonly {
      readonly name?: string
      readonly protocol?: string
      readonly port: number
      readonly targetPort?: number | string
    }[]
  }
}

/** The part of a discovery.k8s.io/v1 EndpointSlice that is read. */
export type EndpointSlice = {
  readonly addressType: string
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[] | null
  readonly ports?: readonly { readonly name?: string; readonly protocol?: string; readonly port?: number }[] | null
}

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number]

const DNS_PORT_NAMES = new Set(['dns', 'dns-tcp'])

/**
 * DNS: its pods by the Service's own selector, on the ports where they really listen (OpenShift's listen on 5353 behind port 53);
 * the address of the Service, for networks that judge before translation; and the configured caches on the nodes, which no pod
 * selector finds. Metrics ports of the same Service stay closed. Undefined when there is no Service, or no DNS port in it.
 */
export function dnsDestination(
  service: Service | undefined,
  slices: readonly EndpointSlice[],
  nodeLocalCaches: readonly string[],
): Destination | undefined {
  if (!service?.spec) return undefined
  const ports = (service.spec.ports ?? []).filter(({ name, port }) => port === 53 || (name !== undefined && DNS_PORT_NAMES.has(name)))
  const servicePorts = ports.map(({ protocol, port }) => policyPort(protocol, port))
  const targetPorts = ports.flatMap((port) => targetPortsOf(port, slices))
  const namespace = service.metadata.namespace ?? 'default'
  const { selector = {} } = service.spec
  // A Service without a selector selects no pods; a NetworkPolicy with an empty one would select all of them.
  const backends = isEmptySelector({ matchLabels: selector })
    ? addressPeers(endpointAddresses(slices))
    : [{ namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: namespace } }, podSelector: { matchLabels: selector } }]
  const clusterAddresses = clusterIPs(service)
  return destination({
    source: `Service ${namespace}/${service.metadata.name}`,
    addresses: [...rangesOf(clusterAddresses), ...nodeLocalCaches],
    endpoints: [
      endpoint(backends, targetPorts),
      endpoint(addressPeers(clusterAddresses), servicePorts),
      endpoint(nodeLocalCaches.map(rangePeer), DNS_CACHE_PORTS),
    ],
    origins: backends,
  })
}

const DNS_CACHE_PORTS: readonly PolicyPort[] = [
  { protocol: 'UDP', port: 53 },
  { protocol: 'TCP', port: 53 },
]

/**
 * The API server: every address in the EndpointSlices of Service default/kubernetes with its port, and the address of the Service
 * with the Service's, for networks that judge before translation. Undefined without endpoints: never a guess, never 0.0.0.0/0.
 */
export function apiServerDestination(service: Service | undefined, slices: readonly EndpointSlice[]): Destination | undefined {
  const direct = slices.map((slice) =>
    endpoint(
      addressPeers(endpointAddresses([slice])),
      (slice.ports ?? []).flatMap(({ protocol, port }) => (port === undefined ? [] : [policyPort(protocol, port)])),
    ),
  )
  const origins = addressPeers(endpointAddresses(slices))
  if (origins.length === 0) return undefined
  const clusterAddresses = service ? clusterIPs(service) : []
  return destination({
    source: 'Service default/kubernetes',
    addresses: rangesOf([...endpointAddresses(slices), ...clusterAddresses]),
    endpoints: [
      ...direct,
      endpoint(
        addressPeers(clusterAddresses),
        (service?.spec?.ports ?? []).map(({ protocol, port }) => policyPort(protocol, port)),
      ),
    ],
    origins,
  })
}

type Found = {
  readonly source: string
  readonly addresses: readonly string[]
  readonly endpoints: readonly (Endpoint | undefined)[]
  readonly origins: readonly PolicyPeer[]
}

function destination({ source, addresses, endpoints, origins }: Found): Destination | undefined {
  const merged = mergeRules(endpoints.filter((found) => found !== undefined)).flatMap(({ peers, ports }) =>
    ports ? [{ peers, ports }] : [],
  )
  if (!isNonEmpty(merged) || !isNonEmpty(origins)) return undefined
  return { source, addresses: [...new Set(addresses)].sort(compareText), endpoints: merged, origins: canonicalPeers(origins) }
}

function endpoint(peers: readonly PolicyPeer[], ports: readonly PolicyPort[]): Endpoint | undefined {
  return isNonEmpty(peers) && isNonEmpty(ports) ? { peers, ports } : undefined
}

/** The ports behind a port of the Service: as its EndpointSlices have them, and while there are none, as the Service says. */
function targetPortsOf({ name, protocol, port, targetPort }: ServicePort, slices: readonly EndpointSlice[]): PolicyPort[] {
  const listening = slices
    .flatMap(({ ports }) => ports ?? [])
    .filter((candidate) => (candidate.name ?? '') === (name ?? '') && (candidate.protocol ?? 'TCP') === (protocol ?? 'TCP'))
    .flatMap((candidate) => (candidate.port === undefined ? [] : [policyPort(protocol, candidate.port)]))
  return listening.length > 0 ? uniquePorts(listening) : [policyPort(protocol, targetPort ?? port)]
}

function uniquePorts(ports: readonly PolicyPort[]): PolicyPort[] {
  return [...new Map(ports.map((port) => [canonicalJson(port), port])).values()]
}

function policyPort(protocol: string | undefined, port: number | string): PolicyPort {
  return { protocol: protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP', port }
}

function clusterIPs({ spec }: Service): string[] {
  return (spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : [])).filter((address) => address !== 'None' && address !== '')
}

/** Slices of names (addressType FQDN) hold no addresses: NetworkPolicy cannot say them. */
function endpointAddresses(slices: readonly EndpointSlice[]): string[] {
  return slices.flatMap(({ addressType, endpoints }) =>
    addressType === 'FQDN' ? [] : (endpoints ?? []).flatMap(({ addresses }) => addresses),
  )
}

function addressPeers(addresses: readonly string[]): PolicyPeer[] {
  return rangesOf(addresses).map(rangePeer)
}

/** /32 for IPv4, /128 for IPv6; what is not an address is left out. */
function rangesOf(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].flatMap((address) => {
    const range = hostCidr(address)
    return range ? [formatCidr(range)] : []
  })
}

function rangePeer(cidr: string): PolicyPeer {
  return { ipBlock: { cidr } }
}
