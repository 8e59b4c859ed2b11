/** cli/input/pods.ts — PURE: the pods that there are, and those that the workloads of files would make. */

import type { Labels } from '../../api/selectors.ts'
import type { Owner, Pod, Workload } from './kinds/pod.ts'
import type { Objects } from './objects.ts'

/**
 * The pods of `cluster`, as they will be once the workloads of `files` have rolled out; the pods of `files`; and one for each workload of
 * which no pod is known.
 */
export function podsOf(files: Pick<Objects, 'pods' | 'workloads'>, cluster: Pick<Objects, 'pods'>): ReadonlyMap<string, Pod> {
  const workloads = new Map([...files.workloads.values()].map((workload) => [idOf(workload.namespace, workload), workload]))
  const speaking = new Map([...workloads].filter(([, { namespace, owner }]) => !owner || !workloads.has(idOf(namespace, owner))))
  const known = new Set<string>()
  const pods = new Map<string, Pod>()
  for (const [key, pod] of cluster.pods) {
    const workload = workloadOf(pod, speaking)
    pods.set(key, workload && !files.pods.has(key) ? rolledOut(pod, workload) : pod)
  }
  for (const [key, pod] of files.pods) pods.set(key, pod)
  for (const { namespace, workload } of pods.values()) if (workload) known.add(idOf(namespace, workload))
  for (const [id, { namespace, kind, name, pod }] of speaking) {
    // Two workloads of different kinds may have one name.
    if (!known.has(id)) pods.set(`${namespace}/${kind} ${name}`, pod)
  }
  return pods
}

function idOf(namespace: string, { kind, name }: Owner): string {
  return `${kind} ${namespace}/${name}`
}

function workloadOf({ namespace, workload }: Pod, workloads: ReadonlyMap<string, Workload>): Workload | undefined {
  return workload && workloads.get(idOf(namespace, workload))
}

/** A pod of the same name and place, made from the template. What controllers add to its labels stays. */
function rolledOut(pod: Pod, { pod: template }: Workload): Pod {
  const { name, node, nodeAddresses, addresses, phase, labels, workload } = pod
  return {
    ...template,
    origin: 'pod',
    name,
    node,
    nodeAddresses,
    addresses,
    phase,
    workload,
    labels: { ...ofControllers(labels), ...template.labels },
  }
}

function ofControllers(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => isControllerLabel(key)))
}

/** Whether a controller puts it on its pods, so that it is another one with the next of them. */
export function isControllerLabel(key: string): boolean {
  return CONTROLLER_LABELS.test(key)
}

/** pod-template-hash, controller-revision-hash, statefulset.kubernetes.io/pod-name, batch.kubernetes.io/job-name, job-name and the like. */
const CONTROLLER_LABELS =
  /^(pod-template-(hash|generation)|controller-(revision-hash|uid)|job-name|(apps|batch|statefulset)\.kubernetes\.io\/.*)$/
