/** cli/input/cluster-objects.ts — which lists a command reads from a cluster, and what is kept of their objects. */

import { type Configuration, DEFAULT_CONFIGURATION } from '../../api/configuration.ts'
import type { TenantIsolation } from '../../api/tenant-isolation.ts'
import { keyOf } from '../../kube/objects.ts'
import { apiVersionOf, type Resource } from '../../kube/resources.ts'
import { API_SERVER_SERVICE, dnsServices, SERVICE_NAME_LABEL } from '../../reconcile/facts.ts'
import { KEPT_KINDS } from '../../reconcile/kept/kinds.ts'
import { ENDPOINT_SLICES, NAMESPACES, NETWORK_POLICIES, PODS, SERVICES, TENANT_ISOLATIONS } from '../../reconcile/resources.ts'
import { UsageError } from '../usage-error.ts'
import { type Cluster, type Selection, together } from './cluster.ts'
import { INGRESSES } from './kinds/kinds.ts'
import type { Reading } from './kinds/metadata.ts'
import { readNamespace } from './kinds/namespace.ts'
import { readNetworkPolicy } from './kinds/network-policy.ts'
import { readPod, readWholePod } from './kinds/pod.ts'
import { readEndpointSlice, readIngress, readService } from './kinds/service.ts'
import { noObjects, type Objects } from './objects.ts'

/** `wholePods`: pods with everything that is in them, for what more than the network goes by. */
export type Need = 'networkPolicies' | 'pods' | 'wholePods' | 'services' | 'endpointSlices' | 'ingresses'

export type ClusterReading = {
  readonly needs: readonly Need[]
  /** Only this namespace. */
  readonly scope: string | undefined
  readonly configuration: Configuration | undefined
  /** A kind without which there is still something to say is not known to the API server. */
  readonly onMissingKind: (sentence: string) => void
}

export async function readCluster(
  cluster: Cluster,
  { needs, scope, configuration = DEFAULT_CONFIGURATION, onMissingKind }: ClusterReading,
): Promise<{ readonly objects: Objects; readonly canMutate: boolean }> {
  const wants = (...any: readonly Need[]) => any.some((need) => needs.includes(need))
  const inScope: Selection = { namespace: scope, rightIn: scope }
  const mapOf = async <T>(resource: Resource, read: (object: unknown) => Reading<T>, selection: Selection = inScope) =>
    new Map(await listed(cluster, resource, read, selection))
  const none = <T>(): Promise<Map<string, T>> => Promise.resolve(new Map<string, T>())
  const facts = [API_SERVER_SERVICE, ...dnsServices(configuration)]
  const [tenants, namespaces, services, slices, networkPolicies, pods, ingresses, canMutate] = await together([
    tenantsIn(cluster, onMissingKind),
    namespacesIn(cluster, scope),
    wants('services')
      ? mapOf(SERVICES, readService, {})
      : joined(facts.map(({ namespace, name }) => mapOf(SERVICES, readService, { namespace, name }))),
    wants('endpointSlices')
      ? mapOf(ENDPOINT_SLICES, readEndpointSlice, {})
      : joined(
          facts.map(({ namespace, name }) =>
            mapOf(ENDPOINT_SLICES, readEndpointSlice, { namespace, labelSelector: `${SERVICE_NAME_LABEL}=${name}` }),
          ),
        ),
    wants('networkPolicies') ? mapOf(NETWORK_POLICIES, readNetworkPolicy) : none<never>(),
    wants('pods', 'wholePods') ? mapOf(PODS, wants('wholePods') ? readWholePod : readPod) : none<never>(),
    wants('ingresses') ? mapOf(INGRESSES, readIngress) : none<never>(),
    cluster.serves(KEPT_KINDS.MutatingAdmissionPolicyBinding),
  ])
  return {
    objects: { ...noObjects(), tenants, namespaces, services, endpointSlices: slices, networkPolicies, pods, ingresses },
    canMutate,
  }
}

type Keyed<T> = readonly [key: string, object: T]

/** Throws a UsageError when the cluster holds what cannot be understood, such as a policy with a field of a newer Kubernetes. */
async function listed<T>(
  cluster: Cluster,
  resource: Resource,
  read: (object: unknown) => Reading<T>,
  selection: Selection,
): Promise<readonly Keyed<T>[]> {
  const taken = await cluster.list<Keyed<T>>(
    resource,
    (item) => {
      // Items of a list leave their kind out.
      const object = {
        apiVersion: apiVersionOf(resource),
        kind: resource.kind,
        ...(item as { readonly metadata: { readonly name: string } }),
      }
      const reading = read(object)
      const key = keyOf(object)
      if ('value' in reading) return [key, reading.value]
      throw new UsageError(`${resource.kind} ${key} in the cluster is not understood: ${reading.violations.join('; ')}`)
    },
    selection,
  )
  return taken ?? []
}

async function joined<T>(maps: readonly Promise<ReadonlyMap<string, T>>[]): Promise<ReadonlyMap<string, T>> {
  return new Map((await together<readonly ReadonlyMap<string, T>[]>(maps)).flatMap((map) => [...map]))
}

/** As they are: what the operator makes of one that breaks its schema is for `desiredState` to say. */
async function tenantsIn(cluster: Cluster, onMissingKind: ClusterReading['onMissingKind']): Promise<ReadonlyMap<string, TenantIsolation>> {
  // Asked first: a kind that is not there is forbidden before it is missing.
  const all = (await cluster.serves(TENANT_ISOLATIONS))
    ? await cluster.list(TENANT_ISOLATIONS, (item) => item as TenantIsolation)
    : undefined
  if (!all) onMissingKind('the cluster knows no TenantIsolations yet: the operator is not installed')
  return new Map((all ?? []).map((tenant) => [tenant.metadata.name, tenant]))
}

/** One by its name, so that somebody who may only see their own namespace can ask about it. */
async function namespacesIn(cluster: Cluster, scope: string | undefined): Promise<Objects['namespaces']> {
  if (scope === undefined) return new Map(await listed(cluster, NAMESPACES, readNamespace, {}))
  const found = await cluster.get<unknown>(NAMESPACES, { name: scope }, scope)
  const reading = found === undefined ? undefined : readNamespace(found)
  return new Map(reading && 'value' in reading ? [[scope, reading.value]] : [])
}
