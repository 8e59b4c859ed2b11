/** cli/report/collect/groups.ts — PURE: the boxes of a report, and in which of them each pod is. */

import type { Cluster, Pod } from '../../../reachability/reachability.ts'
import type { DesiredState } from '../../../reconcile/desired-state.ts'
import { dnsServices } from '../../../reconcile/facts.ts'
import type { Tenant } from '../../../reconcile/tenants.ts'
import type { Snapshot } from '../../input/snapshot.ts'
import { byTenantOrDns, DNS, HOST_NETWORK, NO_TENANT } from '../../network/groups.ts'
import { servicePorts } from '../../network/services.ts'
import type { Group } from '../model.ts'

export type Grouping = {
  /** The name of the group, as all commands have it. */
  readonly groupOf: (pod: Pod) => string
  /** Tenants, those without one, DNS, those in the network of their node; tenants in the order of names. */
  readonly groups: readonly Group[]
}

export function groupingOf(snapshot: Snapshot, state: DesiredState, cluster: Cluster): Grouping {
  const byName = byTenantOrDns(state, snapshot, servicePorts(snapshot, cluster))
  const groupOf: Grouping['groupOf'] = (pod) => byName(pod) ?? NO_TENANT
  const members = Map.groupBy(cluster.pods, groupOf)
  const named = (name: string, kind: Group['kind'], namespaces: Iterable<string>, about = ''): Group => {
    const own = members.get(name) ?? []
    const pods = Map.groupBy(own, ({ namespace }) => namespace)
    const all = [...new Set([...namespaces, ...pods.keys()])].sort()
    return { kind, name, about, namespaces: all.map((one) => ({ name: one, pods: pods.get(one)?.length ?? 0 })), pods: own.length }
  }
  const others = (name: string, kind: Group['kind'], about?: string) => (members.has(name) ? [named(name, kind, [], about)] : [])
  const dns = dnsServices(snapshot.configuration).find((wanted) =>
    snapshot.services.some(({ metadata: { namespace, name } }) => namespace === wanted.namespace && name === wanted.name),
  )
  return {
    groupOf,
    groups: [
      ...[...state.tenants].map(([name, tenant]) => named(name, 'tenant', state.membership.namespacesOf(name), aboutTenant(tenant))),
      ...others(NO_TENANT, 'rest'),
      ...others(DNS, 'platform', dns && `${dns.namespace}/${dns.name}`),
      ...others(HOST_NETWORK, 'platform', 'pods that share that of their node'),
    ],
  }
}

/** What keeps its rules from being in force; nothing where they are. */
function aboutTenant({ resource, intent }: Tenant): string {
  if (!intent) return 'not understood: left as it is'
  if (resource.metadata.deletionTimestamp !== undefined) return 'being deleted'
  if (intent.suspended) return 'suspended: left as it is'
  return intent.mode === 'Enforce' ? '' : `mode ${intent.mode}: not enforced`
}
