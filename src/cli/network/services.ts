/** cli/network/services.ts — PURE: Services and Ingresses, resolved to the pods behind them and the ports on which those listen. */

import { compareText } from '../../api/canonical.ts'
import { isEmptySelector, matchesSelector } from '../../api/selectors.ts'
import {
  type Cluster,
  type Endpoint,
  findPod,
  isProtocol,
  outside,
  type Pod,
  type Protocol,
  portsNamed,
} from '../../reachability/reachability.ts'
import { SERVICE_NAME_LABEL } from '../../reconcile/facts.ts'
import type { EndpointSlice, Ingress, Service } from '../input/kinds/service.ts'
import type { Snapshot } from '../input/snapshot.ts'

export type Backend = { readonly to: Endpoint; readonly port: number }

/** One port of a Service, and who answers behind it. */
export type ServicePort = {
  readonly namespace: string
  readonly service: string
  /** ClusterIP, NodePort, LoadBalancer. */
  readonly type: string
  /** Cluster IPs; empty for a headless Service. */
  readonly addresses: readonly string[]
  readonly name: string | undefined
  readonly protocol: Protocol
  readonly port: number
  readonly backends: readonly Backend[]
  /** "shop/front": the Ingresses that lead to this port. */
  readonly ingresses: readonly string[]
}

/** By namespace, name and port. Services that only stand for a name elsewhere (ExternalName) lead to no pods, and are left out. */
export function servicePorts({ services, endpointSlices, ingresses }: Snapshot, cluster: Cluster): readonly ServicePort[] {
  const pods = Map.groupBy(cluster.pods, ({ namespace }) => namespace)
  const slices = Map.groupBy(endpointSlices, ({ metadata: { namespace, labels } }) => `${namespace}/${labels[SERVICE_NAME_LABEL]}`)
  return services
    .filter(({ spec }) => spec.type !== 'ExternalName')
    .flatMap((service) => {
      const { namespace = '', name } = service.metadata
      const own = slices.get(`${namespace}/${name}`) ?? []
      return portsOf(service).map((port): ServicePort => {
        const { protocol = 'TCP' } = port
        return {
          namespace,
          service: name,
          type: service.spec.type,
          addresses: (service.spec.clusterIPs ?? [service.spec.clusterIP ?? 'None']).filter((ip) => ip !== 'None' && ip !== ''),
          name: port.name,
          protocol: isProtocol(protocol) ? protocol : 'TCP',
          port: port.port,
          backends: backendsOf(service, port, pods.get(namespace) ?? [], own, cluster),
          ingresses: ingresses
            .filter((ingress) => leadsTo(ingress, namespace, name, port))
            .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
            .sort(compareText),
        }
      })
    })
}

type Port = NonNullable<Service['spec']['ports']>[number]

function portsOf({ spec: { ports = [] } }: Service): readonly Port[] {
  return ports.filter(({ protocol = 'TCP' }) => isProtocol(protocol))
}

/** By the Service's own selector, which holds for pods that are yet to come as well; without one, by its EndpointSlices. */
function backendsOf(
  { spec: { selector = {} } }: Service,
  port: Port,
  pods: readonly Pod[],
  slices: readonly EndpointSlice[],
  cluster: Cluster,
): readonly Backend[] {
  if (isEmptySelector({ matchLabels: selector })) return slices.flatMap((slice) => endpointsIn(slice, port, cluster))
  return pods
    .filter(({ labels }) => matchesSelector({ matchLabels: selector }, labels))
    .flatMap((to) => targetPorts(port, to).map((number) => ({ to, port: number })))
}

/** A name that the pod does not have leads nowhere. */
function targetPorts({ port, targetPort = port, protocol = 'TCP' }: Port, pod: Pod): readonly number[] {
  if (typeof targetPort === 'number') return [targetPort || port]
  return portsNamed(pod, targetPort)
    .filter((named) => named.protocol === protocol)
    .slice(0, 1)
    .map((named) => named.port)
}

function endpointsIn({ addressType, endpoints, ports, metadata }: EndpointSlice, { name = '', protocol = 'TCP' }: Port, cluster: Cluster) {
  if (addressType === 'FQDN') return []
  const numbers = ports.flatMap((port) =>
    (port.name ?? '') === name && (port.protocol ?? 'TCP') === protocol && port.port !== undefined ? [port.port] : [],
  )
  return endpoints.flatMap(({ addresses, targetRef }): readonly Backend[] => {
    const pod =
      targetRef?.kind === 'Pod' ? findPod(cluster, targetRef.namespace ?? metadata.namespace ?? '', targetRef.name ?? '') : undefined
    const ends = pod ? [pod] : addresses.flatMap((address) => outside(address, [address]) ?? [])
    return ends.flatMap((to) => numbers.map((port) => ({ to, port })))
  })
}

function leadsTo({ metadata, spec: { defaultBackend, rules } }: Ingress, namespace: string, service: string, port: Port): boolean {
  const backends = [
    ...(defaultBackend ? [defaultBackend] : []),
    ...rules.flatMap(({ http }) => http?.paths.map(({ backend }) => backend) ?? []),
  ]
  return (
    metadata.namespace === namespace &&
    backends.some((backend) => {
      const wanted = backend.service
      return (
        wanted?.name === service && (wanted.port.name === undefined ? wanted.port.number === port.port : wanted.port.name === port.name)
      )
    })
  )
}
