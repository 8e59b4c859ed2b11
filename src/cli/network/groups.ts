/** cli/network/groups.ts — PURE: pods under the names by which flows are shown: tenants, namespaces, workloads. */

import { byNamespace, byWorkload, type Cluster, type GroupOf, type Pod } from '../../reachability/reachability.ts'
import type { DesiredState } from '../../reconcile/desired-state.ts'
import { dnsServices } from '../../reconcile/facts.ts'
import type { Snapshot } from '../input/snapshot.ts'
import type { ServicePort } from './services.ts'

export const LEVELS = ['tenant', 'namespace', 'workload'] as const
export type Level = (typeof LEVELS)[number]

/** The group of the pods that are in no tenant's namespace. */
export const NO_TENANT = 'no tenant'

/** The group of the pods that answer DNS, where pods are shown by tenant. */
export const DNS = 'DNS'

/** Pods in the network of their node: NetworkPolicy does not isolate them, so that they would blur what is said of the others. */
export const HOST_NETWORK = 'host network'

/** Tenants and namespaces, whose names have no spaces and no capitals, before the groups that are neither. */
export function tenantsFirst(names: readonly string[]): readonly string[] {
  const isName = (name: string) => !/[A-Z ]/.test(name)
  return [...names.filter(isName), ...names.filter((name) => !isName(name))]
}

/** The tenant that has the pod's namespace, as the operator sees it; DNS by itself; everybody else together. */
export function byTenantOrDns(
  { membership }: DesiredState,
  { configuration }: Pick<Snapshot, 'configuration'>,
  services: readonly ServicePort[],
): GroupOf {
  const names = dnsServices(configuration).map(({ namespace, name }) => `${namespace}/${name}`)
  const answering = services.filter(({ namespace, service }) => names.includes(`${namespace}/${service}`))
  const pods = new Set(answering.flatMap(({ backends }) => backends.map(({ to }) => to)))
  return (pod) => membership.ownerOf(pod.namespace) ?? (pods.has(pod) ? DNS : pod.hostNetwork ? HOST_NETWORK : NO_TENANT)
}

export function groupAt(level: Level, byTenant: GroupOf): GroupOf {
  switch (level) {
    case 'tenant':
      return ownNetworksApart(byTenant)
    case 'namespace':
      return ownNetworksApart(byNamespace)
    case 'workload':
      return byWorkload
  }
}

function ownNetworksApart(groupOf: GroupOf): GroupOf {
  return (pod) => {
    const group = groupOf(pod)
    return pod.hostNetwork && group !== undefined && group !== HOST_NETWORK ? `${group} (${HOST_NETWORK})` : group
  }
}

/** Pods of these namespaces as `near` groups them, the others by `far`. */
export function within(namespaces: ReadonlySet<string>, near: GroupOf, far: GroupOf): GroupOf {
  return (pod) => (namespaces.has(pod.namespace) ? near(pod) : far(pod))
}

/** How many groups there are. */
export function countGroups({ pods }: Pick<Cluster, 'pods'>, groupOf: (pod: Pod) => string | undefined): number {
  return new Set(pods.map(groupOf)).size
}

/** Those with a single pod. */
export function groupsOfOne({ pods }: Cluster, groupOf: GroupOf): ReadonlySet<string> {
  const byGroup = Map.groupBy(pods, groupOf)
  return new Set([...byGroup].flatMap(([name, some]) => (name !== undefined && some.length === 1 ? [name] : [])))
}
