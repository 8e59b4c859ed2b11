/** cli/input/kinds/pod.ts — PURE: pods, and the workloads that make them; of each what matters to who reaches whom. */

import { z } from 'zod'
import type { Labels } from '../../../api/selectors.ts'
import type { PodManifest } from '../../../judge/as-created.ts'
import { type Metadata, metadata, type Reading, reader } from './metadata.ts'

export type ContainerPort = {
  readonly container: string
  readonly name?: string
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly port: number
  readonly hostPort?: number
}

export type Owner = { readonly kind: string; readonly name: string }

/** A pod that is there, or one as a workload's template makes it. */
export type Pod = {
  readonly namespace: string
  /** The workload's, for a pod that only a template speaks of. */
  readonly name: string
  readonly labels: Labels
  /** What it belongs to in the end, a Deployment rather than its ReplicaSet. */
  readonly workload: Owner | undefined
  readonly origin: 'pod' | 'template'
  readonly hostNetwork: boolean
  readonly serviceAccount: string
  readonly node: string | undefined
  /** Of that node; empty while they are not known. */
  readonly nodeAddresses: readonly string[]
  /** None while it has none. */
  readonly addresses: readonly string[]
  /** Pending, Running, Succeeded, Failed, Unknown; undefined for what was never started. */
  readonly phase: string | undefined
  /** Of its containers, and of init containers that keep running beside them. */
  readonly ports: readonly ContainerPort[]
  /** All that was said of it, where that was asked for. */
  readonly whole?: PodManifest
}

const protocol = z.enum(['TCP', 'UDP', 'SCTP']).default('TCP')

const container = z.object({
  name: z.string(),
  ports: z
    .array(z.object({ name: z.string().optional(), protocol, containerPort: z.number().int(), hostPort: z.number().int().optional() }))
    .default([]),
  restartPolicy: z.string().optional(),
})

const podSpec = z.object({
  hostNetwork: z.boolean().default(false),
  serviceAccountName: z.string().optional(),
  nodeName: z.string().optional(),
  containers: z.array(container),
  initContainers: z.array(container).default([]),
})
type PodSpec = z.output<typeof podSpec>

const addressList = z.array(z.object({ ip: z.string() }))

const pod = z.object({
  metadata,
  spec: podSpec,
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      podIPs: addressList.optional(),
      hostIP: z.string().optional(),
      hostIPs: addressList.optional(),
    })
    .default({}),
})

export const readPod = reader(
  pod.transform(({ metadata: { namespace = '', name, labels, ownerReferences }, spec, status }): Pod => {
    const { phase, podIP, podIPs, hostIP, hostIPs } = status
    const controller = ownerReferences.find((owner) => owner.controller === true)
    return {
      namespace,
      name,
      labels,
      workload: controller && workloadBehind(controller, labels),
      origin: 'pod',
      ...ofSpec(spec),
      addresses: allAddresses(podIPs, podIP),
      nodeAddresses: allAddresses(hostIPs, hostIP),
      phase,
    }
  }),
)

/** The same, with all that is said of it. */
export function readWholePod(object: unknown): Reading<Pod> {
  const reading = readPod(object)
  return 'value' in reading ? { value: { ...reading.value, whole: wholeOf(object as WholePod, reading.value) } } : reading
}

type WholePod = { readonly metadata?: { readonly annotations?: Labels } | null; readonly spec: PodManifest['spec'] }

function wholeOf({ metadata: own, spec }: WholePod, { namespace, name }: Pick<Pod, 'namespace' | 'name'>): PodManifest {
  return { metadata: { namespace, name, annotations: own?.annotations ?? {} }, spec }
}

/** The list, or, of an API server without it, the single one. */
function allAddresses(list: z.output<typeof addressList> | undefined, single: string | undefined): readonly string[] {
  return list?.map(({ ip }) => ip) ?? (single ? [single] : [])
}

function ofSpec({ hostNetwork, serviceAccountName, nodeName, containers, initContainers }: PodSpec) {
  // A sidecar is an init container that is restarted for as long as the pod lives.
  const running = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')]
  return {
    hostNetwork,
    serviceAccount: serviceAccountName || 'default',
    node: nodeName || undefined,
    ports: running.flatMap(({ name: owner, ports }) =>
      ports.map(
        ({ name, protocol: own, containerPort, hostPort }): ContainerPort => ({
          container: owner,
          ...(name && { name }),
          protocol: own,
          port: containerPort,
          ...(hostPort && { hostPort }),
        }),
      ),
    ),
  }
}

/** A ReplicaSet of a Deployment is called like it, with the hash that its pods bear; a Job of a CronJob, with a time in minutes. */
function workloadBehind({ kind, name }: Owner, labels: Labels): Owner {
  const hash = labels['pod-template-hash']
  if (kind === 'ReplicaSet' && hash && name.endsWith(`-${hash}`)) return { kind: 'Deployment', name: name.slice(0, -hash.length - 1) }
  const [, cronJob] = (kind === 'Job' && /^(.+)-\d{8,}$/.exec(name)) || []
  return cronJob === undefined ? { kind, name } : { kind: 'CronJob', name: cronJob }
}

/** One of the kinds that make pods; `pod` is what each of them is like. */
export type Workload = {
  readonly namespace: string
  readonly name: string
  readonly kind: string
  /** Another workload that made it. */
  readonly owner: Owner | undefined
  readonly pod: Pod
}

const template = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }).default({ labels: {} }),
  spec: podSpec,
})

const workload = z.object({ metadata, spec: z.object({ template }) })
const cronJob = z.object({ metadata, spec: z.object({ jobTemplate: z.object({ spec: z.object({ template }) }) }) })

/** With all that is said of its pods. */
export function workloadReader(kind: string): (object: unknown) => Reading<Workload> {
  const read =
    kind === 'CronJob'
      ? reader(cronJob.transform(({ metadata: own, spec }) => workloadOf(kind, own, spec.jobTemplate.spec.template)))
      : reader(workload.transform(({ metadata: own, spec }) => workloadOf(kind, own, spec.template)))
  return (object) => {
    const reading = read(object)
    if (!('value' in reading)) return reading
    const { pod: own } = reading.value
    return { value: { ...reading.value, pod: { ...own, whole: wholeOf(templateIn(object as WholeWorkload), own) } } }
  }
}

/** What has been read is of that shape. */
type WholeWorkload = { readonly spec: { readonly template: WholePod } | { readonly jobTemplate: WholeWorkload } }

function templateIn({ spec }: WholeWorkload): WholePod {
  return 'jobTemplate' in spec ? templateIn(spec.jobTemplate) : spec.template
}

function workloadOf(
  kind: string,
  { namespace = '', name, ownerReferences }: Metadata,
  { metadata: own, spec }: z.output<typeof template>,
): Workload {
  return {
    namespace,
    name,
    kind,
    owner: ownerReferences.find(({ controller }) => controller === true),
    pod: {
      namespace,
      name,
      labels: own.labels,
      workload: { kind, name },
      origin: 'template',
      ...ofSpec(spec),
      addresses: [],
      nodeAddresses: [],
      phase: undefined,
    },
  }
}
