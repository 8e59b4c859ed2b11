/** support/standard-pods.ts — the rows of standards.ts as requests: pods in which everything is safe but what the row changes, in one list of containers. */

import type { Answer, People, Person } from './people.ts'
import { createPod, type PodManifest } from './pod-security.ts'
import type { Row } from './standards.ts'

// biome-ignore lint/suspicious/noExplicitAny: parts of pods
type Any = any

export const LISTS = ['containers', 'initContainers', 'ephemeralContainers'] as const
export type ContainerList = (typeof LISTS)[number]

const SAFE = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

/** Whether the row's container may be in that list at all: API servers take no ports and probes in ephemeral containers, and few in init containers. */
function goesInto({ container: change = {} }: Row, list: ContainerList): boolean {
  if ('restartPolicy' in change) return list === 'initContainers'
  const special = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'].filter((field) => field in change)
  return list === 'containers' || special.length === 0 || (list === 'initContainers' && special.join() === 'ports')
}

/** The container of the row; `safe` in every other list. */
function containerOf({ container: change = {}, spec = {} }: Row, name: string): Any {
  // A Windows pod takes none of what makes a container safe on Linux.
  const base = spec.os === undefined ? SAFE : {}
  const securityContext =
    'securityContext' in change && change.securityContext === undefined ? undefined : { ...base, ...change.securityContext }
  return { name, image: 'none', ...change, securityContext }
}

function safeContainer({ spec = {} }: Row, name: string): Any {
  return { name, image: 'none', securityContext: spec.os === undefined ? SAFE : { runAsNonRoot: true } }
}

/** An ephemeral container comes into a pod that is there already, which has to be one that fits. */
export function isPossible(row: Row, list: ContainerList): boolean {
  if (!goesInto(row, list)) return false
  return (
    list !== 'ephemeralContainers' || (row.container !== undefined && Object.keys(row.spec ?? {}).every((field) => field === 'hostUsers'))
  )
}

/** Asks whether it may be created in the namespace, or come into one of its old pods. */
export function attempt(people: People, who: Person, namespace: string, row: Row, list: ContainerList): Promise<Answer> {
  if (list !== 'ephemeralContainers') return createPod(people, who, namespace, podOf(row, list))
  return people.as(who, {
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/pods/${row.spec?.hostUsers === false ? OLD.inUserNamespace : OLD.plain}/ephemeralcontainers?dryRun=All`,
    body: { spec: { ephemeralContainers: [containerOf(row, 'debugger')] } },
    contentType: 'application/strategic-merge-patch+json',
  })
}

const OLD = { plain: 'old', inUserNamespace: 'old-user-namespace' } as const

/** Those that ephemeral containers come into. */
export async function createOldPods(people: People, who: Person, namespace: string): Promise<void> {
  for (const [name, spec] of [
    [OLD.plain, {}],
    [OLD.inUserNamespace, { hostUsers: false }],
  ] as const) {
    const { code, body } = await createPod(people, who, namespace, podOf({ name: '', level: 'restricted', spec }, 'containers', name), {
      dryRun: false,
    })
    if (code !== 201) throw new Error(`${namespace}/${name}: ${body.message}`)
  }
}

/** With the row's container in that list, which is none of the ephemeral ones; named `pod` unless it has to be another. */
export function podOf(row: Row, list: ContainerList, name = 'pod'): PodManifest {
  const main = list === 'containers' ? containerOf(row, 'main') : safeContainer(row, 'main')
  return {
    metadata: { name, annotations: row.annotations ?? {} },
    spec: { containers: [main], ...(list === 'initContainers' && { initContainers: [containerOf(row, 'first')] }), ...row.spec },
  }
}
