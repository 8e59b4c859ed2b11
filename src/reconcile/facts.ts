/** reconcile/facts.ts — the Services from which the facts of a cluster follow, as they are seen. */

import type { Configuration } from '../api/configuration.ts'
import type { Destination } from '../desired/facts.ts'
import { apiServerDestination, dnsDestination, type EndpointSlice, type Service } from '../desired/network/discovery.ts'
import type { ObjectName } from '../kube/client.ts'

export type ServiceName = { readonly namespace: string; readonly name: string }

export const API_SERVER_SERVICE: ServiceName = { namespace: 'default', name: 'kubernetes' }

/** Where DNS is looked for unless the configuration names it; the first that is there is taken. */
const DNS_SERVICES: readonly ServiceName[] = [
  { namespace: 'kube-system', name: 'kube-dns' },
  { namespace: 'openshift-dns', name: 'dns-default' },
]

/** Every EndpointSlice carries the name of its Service in this label (discovery.k8s.io/v1). */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'

export function dnsServices({ dns }: Configuration): readonly ServiceName[] {
  return dns.service ? [dns.service] : DNS_SERVICES
}

/** What is known of one Service. */
type Seen = { service: Service | undefined; readonly slices: Map<string, EndpointSlice> }

export class Services {
  readonly #seen = new Map<string, Seen>()

  setService(name: ServiceName, service: Service | undefined): void {
    this.#of(name).service = service
  }

  setSlice(name: ServiceName, slice: string, value: EndpointSlice | undefined): void {
    const { slices } = this.#of(name)
    if (value) slices.set(slice, value)
    else slices.delete(slice)
  }

  forget(name: ServiceName): void {
    this.#seen.delete(textOf(name))
  }

  dns(configuration: Configuration): Destination | undefined {
    for (const name of dnsServices(configuration)) {
      const { service, slices } = this.#of(name)
      const found = dnsDestination(service, [...slices.values()], configuration.dns.nodeLocalCaches)
      if (found) return found
    }
    return undefined
  }

  apiServer(): Destination | undefined {
    const { service, slices } = this.#of(API_SERVER_SERVICE)
    return apiServerDestination(service, [...slices.values()])
  }

  #of(name: ServiceName): Seen {
    const known = this.#seen.get(textOf(name))
    if (known) return known
    const seen: Seen = { service: undefined, slices: new Map() }
    this.#seen.set(textOf(name), seen)
    return seen
  }
}

function textOf({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`
}
