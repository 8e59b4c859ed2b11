/** cli/impact/unknowns.ts — PURE: what no look at policies can say, for the cluster at hand. */

import type { Cluster } from '../../reachability/reachability.ts'
import type { Snapshot } from '../input/snapshot.ts'
import type { ServicePort } from '../network/services.ts'

/** Sentences. */
export function unknownsIn({ tenants }: Snapshot, { pods }: Cluster, services: readonly ServicePort[]): readonly string[] {
  const hosts = pods.filter(({ hostNetwork }) => hostNetwork).length
  const external = [
    ...new Set(services.filter(({ type }) => type !== 'ClusterIP').map(({ namespace, service }) => `${namespace}/${service}`)),
  ]
  const profiles = tenants
    .filter(({ spec }) => spec.podSecurity !== undefined && spec.podSecurity.mode !== 'Disabled')
    .map(({ metadata }) => metadata.name)
  return [
    'which of these flows are used: policies say what may be, not what is',
    'what becomes of connections that are open: some network plugins cut them, others let them end by themselves',
    'pods that are not there now: Jobs to come, and what will be scaled up',
    ...(hosts > 0 ? [`${hosts} pods in the network of their node: most network plugins do not isolate them`] : []),
    ...(external.length > 0
      ? [`from which address clients of NodePort and LoadBalancer Services seem to come: their own, or a node's (${listed(external)})`]
      : []),
    ...(profiles.length > 0
      ? [`who may use a profile by other rights than its subjects, and what else an API server has against a pod (${listed(profiles)})`]
      : []),
  ]
}

const LISTED = 5

function listed(names: readonly string[]): string {
  const more = names.length - LISTED
  return `${names.slice(0, LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
