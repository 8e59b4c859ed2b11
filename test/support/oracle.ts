/** support/oracle.ts — 2,000 verdicts of the genuine PodSecurityPolicy plugin of Kubernetes 1.20, and their sets of policies as tenants. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '../../src/convert/psp.ts'
import { convertPodSecurityPolicies } from '../../src/convert/psp.ts'
import { account, type Person, person } from './people.ts'

/** Beside the checkout, wherever that is. */
const FILE = [join(import.meta.dirname, '../../../shared/oracle/psp-verdicts.jsonl')].find((file) => existsSync(file))

// biome-ignore lint/suspicious/noExplicitAny: random pods, as they are
export type Pod = any

export type OracleCase = {
  readonly user: string
  readonly pod: Pod
  readonly create: { readonly allowed: boolean; readonly policy?: string; readonly pod?: Pod; readonly error?: string }
  readonly validateOnly: { readonly allowed: boolean }
}

type Grant = { readonly group?: string; readonly user?: string; readonly policy: string }

export type OracleSet = {
  readonly policies: readonly { readonly metadata: { readonly name: string }; readonly spec: object }[]
  readonly grants: readonly Grant[]
  readonly cases: readonly OracleCase[]
}

export function oracleSets(): readonly OracleSet[] {
  if (FILE === undefined) throw new Error('psp-verdicts.jsonl is not beside the checkout (../shared/oracle)')
  return readFileSync(FILE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as OracleSet)
}

/** What the converter makes of the set. Where nobody was granted anything, somebody is who never comes: a tenant needs a profile. */
export function tenantOf({ policies, grants }: OracleSet, name: string): Manifest {
  const granted = grants.length > 0 ? grants : policies.map(({ metadata }) => ({ user: 'nobody', policy: metadata.name }))
  const documents = [
    ...policies.map((policy) => ({ apiVersion: 'policy/v1beta1', kind: 'PodSecurityPolicy', ...policy })),
    ...policies.map(({ metadata }) => ({
      kind: 'ClusterRole',
      metadata: { name: metadata.name },
      rules: [{ apiGroups: ['policy'], resources: ['podsecuritypolicies'], resourceNames: [metadata.name], verbs: ['use'] }],
    })),
    ...granted.map(({ group, user, policy }: Grant, index) => ({
      kind: 'ClusterRoleBinding',
      metadata: { name: `binding-${index}` },
      roleRef: { kind: 'ClusterRole', name: policy },
      subjects: [group === undefined ? { kind: 'User', name: user?.replace(':ns:', `:${name}:`) } : { kind: 'Group', name: group }],
    })),
  ]
  const conversion = convertPodSecurityPolicies(documents, { name, namespaceLabel: { key: 'tenant', value: name } })
  if ('refusals' in conversion) throw new Error(conversion.refusals.join('\n'))
  return conversion.resource
}

export function requesterOf({ user }: OracleCase): Person {
  const [, , namespace, name] = user.split(':')
  return namespace !== undefined && name !== undefined ? account(namespace, name) : person(user)
}

/**
 * The pod with what today's API server asks for and no rule of PodSecurityPolicy looks at: no token is mounted into it, claims say how much
 * they want, and unmasked /proc comes with a user namespace, where it can.
 */
export function asSent({ pod }: OracleCase): Pod {
  const { spec } = pod
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  const unmasked = containers.some(({ securityContext }: Pod) => securityContext?.procMount === 'Unmasked')
  const onHost = spec.hostNetwork || spec.hostPID || spec.hostIPC
  return {
    ...pod,
    spec: {
      ...spec,
      automountServiceAccountToken: false,
      ...(unmasked && !onHost && { hostUsers: false }),
      ...(spec.volumes && { volumes: spec.volumes.map((volume: Pod) => (volume.ephemeral ? sized(volume) : volume)) }),
    },
  }
}

function sized(volume: Pod): Pod {
  const { spec } = volume.ephemeral.volumeClaimTemplate
  return { ...volume, ephemeral: { volumeClaimTemplate: { spec: { ...spec, resources: { requests: { storage: '1Gi' } } } } } }
}

/** What PodSecurityPolicy may fill in, and nothing else. */
export function securityOf(pod: Pod): unknown {
  const { spec } = pod
  return sortedKeys({
    profile: pod.metadata.annotations?.['kubernetes.io/psp'] ?? pod.metadata.annotations?.['tenant-isolation.dev/profile'],
    runtimeClassName: spec.runtimeClassName,
    pod: spec.securityContext ?? {},
    containers: [...(spec.initContainers ?? []), ...spec.containers].map(({ name, securityContext = {} }: Pod) => ({
      name,
      ...securityContext,
      ...(securityContext.capabilities && { capabilities: capabilities(securityContext.capabilities) }),
    })),
  })
}

/** The genuine plugin sorts the capabilities when it adds to them; the order means nothing. */
function capabilities({ add = [], drop = [] }: { readonly add?: readonly string[]; readonly drop?: readonly string[] }) {
  return { add: [...new Set(add)].sort(), drop: [...new Set(drop)].sort() }
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sortedKeys(member)]),
  )
}
