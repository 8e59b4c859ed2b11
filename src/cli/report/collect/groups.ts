/** cli/report/collect/groups.ts — PURE: the boxes of a report, and in which of them each pod is. */

import { matchesSelector } from '../../../api/selectors.ts'
import type { Cluster, Pod } from '../../../reachability/reachability.ts'
import type { DesiredState } from '../../../reconcile/desired-state.ts'
import { dnsServices } from '../../../reconcile/facts.ts'
import type { Tenant } from '../../../reconcile/tenants.ts'
import type { Snapshot } from '../../input/snapshot.ts'
import { NO_TENANT } from '../../network/networks.ts'
import type { Group } from '../model.ts'

export const DNS = 'DNS'
/** Pods in the network of their node, of no tenant: most network plugins see only the node there. */
export const NODES = 'Nodes'

export type Grouping = {
  /** The name of the group; names of tenants are in small letters, and these are not. */
  readonly groupOf: (pod: Pick<Pod, 'namespace' | 'labels' | 'hostNetwork'>) => string
  /** Tenants, the rest, DNS; in the order of names. */
  readonly groups: readonly Group[]
}

/** The pods behind the DNS Service are a group of their own: everybody reaches them, and it should not look as if it were their neighbours. */
export function groupingOf(snapshot: Snapshot, state: DesiredState, cluster: Cluster): Grouping {
  const dns = dnsServices(snapshot.configuration).flatMap(({ namespace, name }) => {
    const service = snapshot.services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
    const { selector = {} } = service?.spec ?? {}
    return Object.keys(selector).length > 0 ? [{ namespace, selector: { matchLabels: selector }, service: `${namespace}/${name}` }] : []
  })[0]
  const groupOf: Grouping['groupOf'] = ({ namespace, labels, hostNetwork }) => {
    if (dns?.namespace === namespace && matchesSelector(dns.selector, labels)) return DNS
    return state.membership.ownerOf(namespace) ?? (hostNetwork ? NODES : NO_TENANT)
  }
  const members = Map.groupBy(cluster.pods, groupOf)
  const named = (name: string, kind: Group['kind'], namespaces: Iterable<string>, about = ''): Group => {
    const pods = Map.groupBy(members.get(name) ?? [], ({ namespace }) => namespace)
    const all = [...new Set([...namespaces, ...pods.keys()])].sort()
    return {
      kind,
      name,
      about,
      namespaces: all.map((one) => ({ name: one, pods: pods.get(one)?.length ?? 0 })),
      pods: members.get(name)?.length ?? 0,
    }
  }
  return {
    groupOf,
    groups: [
      ...[...state.tenants].map(([name, tenant]) => named(name, 'tenant', state.membership.namespacesOf(name), aboutTenant(tenant))),
      ...(members.has(NO_TENANT) ? [named(NO_TENANT, 'rest', [])] : []),
      ...(members.has(DNS) ? [named(DNS, 'platform', [], dns?.service)] : []),
      ...(members.has(NODES) ? [named(NODES, 'platform', [], 'pods in the network of their node')] : []),
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
