/** cli/input/kinds/kinds.ts — PURE: which kinds are understood, and under which names they are asked for and collected. */

import { KIND } from '../../../api/labels.ts'
import { apiVersionOf, type Resource } from '../../../kube/resources.ts'
import { ENDPOINT_SLICES, NAMESPACES, NETWORK_POLICIES, PODS, SERVICES, TENANT_ISOLATIONS } from '../../../reconcile/resources.ts'
import type { Reading } from './metadata.ts'
import { readNamespace } from './namespace.ts'
import { readNetworkPolicy } from './network-policy.ts'
import { readWholePod, workloadReader } from './pod.ts'
import { readEndpointSlice, readIngress, readService } from './service.ts'
import { readOperatorConfiguration, readTenantIsolation } from './tenant-isolation.ts'

export type Kind = {
  readonly resource: Resource
  /** Under which name of `Objects` they are kept. */
  readonly collection: Collection
  readonly read: (object: unknown) => Reading<unknown>
}

export type Collection =
  | 'tenants'
  | 'namespaces'
  | 'networkPolicies'
  | 'pods'
  | 'workloads'
  | 'services'
  | 'endpointSlices'
  | 'ingresses'
  | 'configurations'

export const INGRESSES: Resource = { group: 'networking.k8s.io', version: 'v1', plural: 'ingresses', kind: 'Ingress', namespaced: true }

const CONFIGURATIONS: Resource = { ...TENANT_ISOLATIONS, plural: 'operatorconfigurations', kind: 'OperatorConfiguration' }

const WORKLOADS: readonly Resource[] = [
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => workload('apps', kind)),
  ...['Job', 'CronJob'].map((kind) => workload('batch', kind)),
  workload('', 'ReplicationController'),
]

function workload(group: string, kind: string): Resource {
  return { group, version: 'v1', plural: `${kind.toLowerCase()}s`, kind, namespaced: true }
}

export const KINDS: readonly Kind[] = [
  { resource: TENANT_ISOLATIONS, collection: 'tenants', read: readTenantIsolation },
  { resource: NAMESPACES, collection: 'namespaces', read: readNamespace },
  { resource: NETWORK_POLICIES, collection: 'networkPolicies', read: readNetworkPolicy },
  { resource: PODS, collection: 'pods', read: readWholePod },
  ...WORKLOADS.map((resource): Kind => ({ resource, collection: 'workloads', read: workloadReader(resource.kind) })),
  { resource: SERVICES, collection: 'services', read: readService },
  { resource: ENDPOINT_SLICES, collection: 'endpointSlices', read: readEndpointSlice },
  { resource: INGRESSES, collection: 'ingresses', read: readIngress },
  { resource: CONFIGURATIONS, collection: 'configurations', read: readOperatorConfiguration },
]

/**
 * The kind of an object with this apiVersion and kind; undefined when it is none of ours. Where it has to be one of ours, in a version that
 * we do not know or without any, `violation` says so: passed over, a policy that counts would be missing.
 */
export function kindOf(apiVersion: string, kind: string): Kind | { readonly violation: string } | undefined {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  const known = KINDS.find(({ resource }) => resource.kind === kind)
  if (!known) return undefined
  const { resource } = known
  if (resource.group === group && resource.version === version) return known
  const isOurs = resource.group === group || apiVersion === '' || FORMER_GROUPS.has(group) || kind === KIND
  if (!isOurs) return undefined
  return { violation: `apiVersion: ${apiVersion ? `${apiVersion} is not understood` : 'Required value'}; write ${apiVersionOf(resource)}` }
}

/** What NetworkPolicy, Ingress, Deployment and others were part of before 1.22. */
const FORMER_GROUPS = new Set(['extensions'])
