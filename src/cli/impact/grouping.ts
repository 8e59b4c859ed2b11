/** cli/impact/grouping.ts — PURE: pods grouped so that each group has one name, and one set of Services that lead to it. */

import { type Cluster, type GroupOf, type Pod, portSet, unionPorts } from '../../reachability/reachability.ts'
import type { Snapshot } from '../input/snapshot.ts'
import { countGroups } from '../network/groups.ts'
import type { ServicePort } from '../network/services.ts'
import type { Target } from './parts.ts'

export type Grouping = {
  readonly groupOf: GroupOf
  /** The name under which a group is shown: the same for pods that differ only in their Services. */
  readonly nameOf: (group: string) => string
  /** The tenant, or whatever else stands for many of them. */
  readonly coarseNameOf: (group: string) => string
  /** Nothing when there are too many groups to tell pods apart by the Services that lead to them. */
  readonly targets: ReadonlyMap<string, Target>
}

export type Grouped = {
  readonly cluster: Cluster
  readonly groupOf: GroupOf
  readonly coarse: GroupOf
  readonly services: readonly ServicePort[]
  readonly pods: Snapshot['pods']
}

/** Groups that a comparison takes: in an open cluster, each is connected with each. */
const MOST_GROUPS = 1_000

export function groupingOf({ cluster, groupOf, coarse, services, pods }: Grouped): Grouping {
  const leading = new Map<unknown, ServicePort[]>()
  for (const service of services) {
    for (const { to } of service.backends) {
      const known = leading.get(to)
      if (known) known.push(service)
      else leading.set(to, [service])
    }
  }
  const parts = (pod: Pod) => [
    groupOf(pod),
    coarse(pod),
    ...new Set(leading.get(pod)?.map(({ namespace, service }) => `${namespace}/${service}`)),
  ]
  const finer: GroupOf = (pod) => (groupOf(pod) === undefined ? undefined : JSON.stringify(parts(pod)))
  if (countGroups(cluster, finer) > MOST_GROUPS) return { groupOf, nameOf: itself, coarseNameOf: itself, targets: new Map() }

  const declared = new Map(pods.map(({ namespace, name, ports }) => [`${namespace}/${name}`, ports]))
  const targets = new Map<string, Target>()
  const names = new Map<string, readonly (string | undefined)[]>()
  for (const pod of cluster.pods) {
    const group = finer(pod)
    if (group === undefined) continue
    const own = (declared.get(`${pod.namespace}/${pod.name}`) ?? []).map(({ protocol, port }) => portSet(protocol, port))
    const known = targets.get(group) ?? { services: leading.get(pod) ?? [], declared: [] }
    targets.set(group, { ...known, declared: unionPorts(known.declared, ...own) })
    names.set(group, [groupOf(pod), coarse(pod)])
  }
  return {
    groupOf: finer,
    nameOf: (group) => names.get(group)?.[0] ?? group,
    coarseNameOf: (group) => names.get(group)?.[1] ?? group,
    targets,
  }
}

function itself(group: string): string {
  return group
}
