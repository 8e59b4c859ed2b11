/** reachability/objects.ts — from the objects of an API server or a YAML file to what has to be known of pods and namespaces. */

import type { ContainerPort, NamespaceInput, PodInput, Workload } from './model.ts'
import { isProtocol } from './ports.ts'
import { type Fields, fieldsOf, listOf, stringsOf } from './problems.ts'

/** The API server vouches for the shape of pods; what a file has in another shape is read as if it was not there. */
const quietly = () => {}

/** A core/v1 Pod. Undefined for one that has ended, and for what has no name. */
export function podOf(object: unknown): PodInput | undefined {
  const pod = fieldsOf(object, '', quietly)
  const metadata = fieldsOf(pod.metadata, 'metadata', quietly)
  const status = fieldsOf(pod.status, 'status', quietly)
  const name = textIn(metadata, 'name')
  if (name === undefined || status.phase === 'Succeeded' || status.phase === 'Failed') return undefined
  const labels = stringsOf(metadata.labels, 'labels', quietly)
  const workload = workloadOf(metadata, labels['pod-template-hash'])
  return {
    namespace: textIn(metadata, 'namespace') ?? 'default',
    name,
    labels,
    addresses: addressesIn(status, 'podIPs', 'podIP'),
    nodeAddresses: addressesIn(status, 'hostIPs', 'hostIP'),
    ...inPodSpec(pod.spec),
    ...(workload && { workload }),
  }
}

/**
 * What the pods of a Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job or CronJob will be: one pod that
 * stands for all of them, under the name of the workload, without an address. Undefined for what has no template.
 */
export function podOfWorkload(object: unknown): PodInput | undefined {
  const workload = fieldsOf(object, '', quietly)
  const metadata = fieldsOf(workload.metadata, 'metadata', quietly)
  const spec = fieldsOf(workload.spec, 'spec', quietly)
  const job = fieldsOf(fieldsOf(spec.jobTemplate, 'jobTemplate', quietly).spec, 'spec', quietly)
  const template = fieldsOf(workload.kind === 'CronJob' ? job.template : spec.template, 'template', quietly)
  const [kind, name] = [textIn(workload, 'kind'), textIn(metadata, 'name')]
  if (kind === undefined || name === undefined || template.spec === undefined) return undefined
  return {
    namespace: textIn(metadata, 'namespace') ?? 'default',
    name,
    labels: stringsOf(fieldsOf(template.metadata, 'metadata', quietly).labels, 'labels', quietly),
    addresses: [],
    nodeAddresses: [],
    ...inPodSpec(template.spec),
    workload: { kind, name },
  }
}

/** A core/v1 Namespace; undefined for what has no name. */
export function namespaceOf(object: unknown): NamespaceInput | undefined {
  const metadata = fieldsOf(fieldsOf(object, '', quietly).metadata, 'metadata', quietly)
  const name = textIn(metadata, 'name')
  return name === undefined ? undefined : { name, labels: stringsOf(metadata.labels, 'labels', quietly) }
}

function inPodSpec(value: unknown): Pick<PodInput, 'hostNetwork' | 'ports'> {
  const spec = fieldsOf(value, 'spec', quietly)
  const initContainers = objectsIn(spec, 'initContainers').filter(({ restartPolicy }) => restartPolicy === 'Always')
  return {
    hostNetwork: spec.hostNetwork === true,
    // Those that keep running come first, as they do in the pod.
    ports: [...initContainers, ...objectsIn(spec, 'containers')].flatMap((container) => objectsIn(container, 'ports').flatMap(namedPort)),
  }
}

function namedPort({ name, containerPort, protocol = 'TCP' }: Fields): readonly ContainerPort[] {
  if (typeof name !== 'string' || typeof containerPort !== 'number' || typeof protocol !== 'string' || !isProtocol(protocol)) return []
  return [{ name, protocol, port: containerPort }]
}

/** A list of addresses, or, from an API server or a file without it, the single one. */
function addressesIn(status: Fields, list: string, single: string): readonly string[] {
  const all = objectsIn(status, list).flatMap((entry) => textIn(entry, 'ip') ?? [])
  return all.length > 0 ? all : [textIn(status, single) ?? []].flat()
}

/** The owner that people know: the Deployment behind a ReplicaSet, whose name is that of the Deployment and the hash of its template. */
function workloadOf(metadata: Fields, templateHash: string | undefined): Workload | undefined {
  const owner = objectsIn(metadata, 'ownerReferences').find(({ controller }) => controller === true)
  const [kind, name] = owner ? [textIn(owner, 'kind'), textIn(owner, 'name')] : []
  if (kind === undefined || name === undefined) return undefined
  const suffix = `-${templateHash}`
  if (kind === 'ReplicaSet' && templateHash !== undefined && name.endsWith(suffix))
    return { kind: 'Deployment', name: name.slice(0, -suffix.length) }
  return { kind, name }
}

function objectsIn(fields: Fields, key: string): readonly Fields[] {
  return listOf(fields[key], key, quietly).map((item) => fieldsOf(item, key, quietly))
}

function textIn(fields: Fields, key: string): string | undefined {
  const value = fields[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}
