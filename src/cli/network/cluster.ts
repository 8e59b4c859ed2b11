/** cli/network/cluster.ts — PURE: the pods and namespaces of a snapshot, as the evaluator knows them. */

import { type Cluster, type PodInput, problemText, readCluster } from '../../reachability/reachability.ts'
import type { Pod } from '../input/kinds/pod.ts'
import type { Snapshot } from '../input/snapshot.ts'

export type ClusterRead = {
  readonly cluster: Cluster
  /** What could not be read of the pods, such as an address that is none; each a sentence. */
  readonly notes: readonly string[]
}

/** Pods that have ended are left out: they reach nobody. Pods without an address may have any of `cluster.ranges` of the configuration. */
export function clusterOf({ pods, namespaces, configuration }: Pick<Snapshot, 'pods' | 'namespaces' | 'configuration'>): ClusterRead {
  const { cluster, problems } = readCluster({
    pods: podInputs(pods),
    namespaces,
    podRanges: configuration.cluster.ranges,
  })
  return { cluster, notes: problems.map(problemText) }
}

/** Those that have not ended. */
export function living(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(({ phase }) => phase !== 'Succeeded' && phase !== 'Failed')
}

/** Of two workloads of one name that have no pods yet, both stand for theirs, under names that differ. */
function podInputs(pods: readonly Pod[]): readonly PodInput[] {
  const running = living(pods)
  const taken = new Set<string>()
  return [...running.filter(({ origin }) => origin === 'pod'), ...running.filter(({ origin }) => origin === 'template')].map((pod) => {
    const id = `${pod.namespace}/${pod.name}`
    const name = taken.has(id) && pod.workload ? `${pod.workload.kind.toLowerCase()}/${pod.name}` : pod.name
    taken.add(id)
    return podInput(pod, name)
  })
}

function podInput(pod: Pod, name: string): PodInput {
  const { namespace, labels, addresses, nodeAddresses, hostNetwork, workload } = pod
  return {
    namespace,
    name,
    labels,
    addresses,
    hostNetwork,
    nodeAddresses,
    ports: pod.ports.flatMap((port) => (port.name === undefined ? [] : [{ name: port.name, protocol: port.protocol, port: port.port }])),
    ...(workload && { workload }),
  }
}
