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
  readonly targets: ReadonlyMap<string, Target>
  /** Whether flows are told by every Service; otherwise only by DNS and, if that is possible, by Services to which an Ingress leads. */
  readonly complete: boolean
}

export type Grouped = {
  readonly cluster: Cluster
  readonly groupOf: GroupOf
  readonly coarse: GroupOf
  readonly services: readonly ServicePort[]
  readonly isDns: (service: ServicePort) => boolean
  /** Where only one namespace is of interest, pods elsewhere are not told apart by their Services, but for DNS. */
  readonly namespace: string | undefined
  readonly pods: Snapshot['pods']
}

/** Groups that a comparison takes: in an open cluster, each is connected with each. */
const MOST_GROUPS = 1_000

/** By as many Services as there may be groups. */
export function groupingOf(grouped: Grouped): Grouping {
  const { cluster, groupOf, coarse, services, isDns, namespace, pods } = grouped
  const near = services.filter((service) => namespace === undefined || service.namespace === namespace || isDns(service))
  const choices = [near, near.filter((service) => isDns(service) || service.ingresses.length > 0), near.filter(isDns)]
  const leadings = choices.map(leadingTo)
  const enough = leadings.findIndex((leading) => countGroups(cluster, groupBy(groupOf, coarse, leading)) <= MOST_GROUPS)
  const leading = leadings.at(enough) ?? new Map()
  const finer = groupBy(groupOf, coarse, leading)

  const declared = new Map(pods.map(({ namespace: where, name, ports }) => [`${where}/${name}`, ports]))
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
    complete: enough === 0,
  }
}

type Leading = ReadonlyMap<unknown, readonly ServicePort[]>

/** By pod, the Services that lead there. */
function leadingTo(services: readonly ServicePort[]): Leading {
  const leading = new Map<unknown, ServicePort[]>()
  for (const service of services) {
    for (const { to } of service.backends) {
      const known = leading.get(to)
      if (known) known.push(service)
      else leading.set(to, [service])
    }
  }
  return leading
}

function groupBy(groupOf: GroupOf, coarse: GroupOf, leading: Leading): GroupOf {
  return (pod: Pod) => {
    const name = groupOf(pod)
    if (name === undefined) return undefined
    const own = leading.get(pod)?.map(({ namespace, service }) => `${namespace}/${service}`)
    return JSON.stringify([name, coarse(pod), ...new Set(own)])
  }
}
