/** cli/input/snapshot.ts — PURE: a cluster at one moment, as commands see it, and what the operator would know of it. */

import { OPERATOR_ACCOUNT } from '../../admission/guards/identities.ts'
import { compareText } from '../../api/canonical.ts'
import { type Configuration, DEFAULT_CONFIGURATION } from '../../api/configuration.ts'
import type { TenantIsolation } from '../../api/tenant-isolation.ts'
import type { Facts } from '../../desired/facts.ts'
import type * as discovery from '../../desired/network/discovery.ts'
import { type DesiredState, desiredState } from '../../reconcile/desired-state.ts'
import { API_SERVER_SERVICE, dnsServices, SERVICE_NAME_LABEL, Services } from '../../reconcile/facts.ts'
import type { Place } from './documents.ts'
import { impliedNamespace, type Namespace } from './kinds/namespace.ts'
import type { NetworkPolicy } from './kinds/network-policy.ts'
import type { Pod } from './kinds/pod.ts'
import type { EndpointSlice, Ingress, Service } from './kinds/service.ts'
import { type Objects, placeOf } from './objects.ts'

export const OPERATOR_NAMESPACE = OPERATOR_ACCOUNT.namespace

/** Everything in the order of namespaces and names. What a command did not ask for is empty. */
export type Snapshot = {
  readonly tenants: readonly TenantIsolation[]
  /** Those too of which only the name is known, because something is in them. */
  readonly namespaces: readonly Namespace[]
  readonly networkPolicies: readonly NetworkPolicy[]
  readonly pods: readonly Pod[]
  readonly services: readonly Service[]
  readonly endpointSlices: readonly EndpointSlice[]
  readonly ingresses: readonly Ingress[]
  /** What the operator's configuration says; its defaults when there is none. */
  readonly configuration: Configuration
  /** The namespace of the operator. */
  readonly ownNamespace: string
  /** Whether the API server has MutatingAdmissionPolicy v1 (Kubernetes 1.36); undefined when nobody said. */
  readonly canMutate: boolean | undefined
  /** `file:line` of an object, or of a field of it, or "the cluster". */
  readonly where: (object: object, field?: string) => string
}

export type SnapshotInput = Pick<Snapshot, 'canMutate' | 'ownNamespace'> & {
  readonly objects: Omit<Objects, 'workloads' | 'configurations'>
  readonly places: ReadonlyMap<unknown, Place>
  readonly configuration: Configuration | undefined
}

export function snapshotOf({ objects, places, configuration, ownNamespace, canMutate }: SnapshotInput): Snapshot {
  const namespaces = new Map(objects.namespaces)
  const { pods, networkPolicies, services, endpointSlices, ingresses } = objects
  for (const key of [pods, networkPolicies, services, endpointSlices, ingresses].flatMap((all) => [...all.keys()])) {
    const name = key.slice(0, key.indexOf('/'))
    if (!namespaces.has(name)) namespaces.set(name, impliedNamespace(name))
  }
  return {
    tenants: inOrder(objects.tenants),
    namespaces: inOrder(namespaces),
    networkPolicies: inOrder(networkPolicies),
    pods: inOrder(pods),
    services: inOrder(services),
    endpointSlices: inOrder(endpointSlices),
    ingresses: inOrder(ingresses),
    configuration: configuration ?? DEFAULT_CONFIGURATION,
    ownNamespace,
    canMutate,
    where: (object, field) => {
      const place = places.get(object)
      return place ? placeOf(place, field) : 'the cluster'
    },
  }
}

function inOrder<T>(all: ReadonlyMap<string, T>): readonly T[] {
  return [...all].sort(([a], [b]) => compareText(a, b)).map(([, object]) => object)
}

/** Where DNS and the API server are, as the operator would find them. */
export function factsOf({ services, endpointSlices, configuration }: Snapshot): Omit<Facts, 'tenants'> {
  const seen = new Services()
  const wanted = new Set([API_SERVER_SERVICE, ...dnsServices(configuration)].map(({ namespace, name }) => `${namespace}/${name}`))
  for (const service of services) {
    const { namespace = '', name } = service.metadata
    if (wanted.has(`${namespace}/${name}`)) seen.setService({ namespace, name }, service as discovery.Service)
  }
  for (const slice of endpointSlices) {
    const { namespace = '', name: own, labels } = slice.metadata
    const name = labels[SERVICE_NAME_LABEL] ?? ''
    if (wanted.has(`${namespace}/${name}`)) seen.setSlice({ namespace, name }, own, slice as discovery.EndpointSlice)
  }
  return { configuration, dns: seen.dns(configuration), apiServer: seen.apiServer() }
}

/** Everything that the operator would keep in this cluster. */
export function desiredIn(snapshot: Snapshot): DesiredState {
  const { tenants, namespaces, ownNamespace, canMutate } = snapshot
  return desiredState({ ...factsOf(snapshot), resources: tenants, namespaces, ownNamespace, canMutate: canMutate ?? false })
}
