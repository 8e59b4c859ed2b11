/** cli/notes.ts — PURE: what a person should know about what the operator would keep: what is left alone, unknown or claimed twice. */

import { matchesSelector } from '../api/selectors.ts'
import type { DesiredState } from '../reconcile/desired-state.ts'
import type { Tenant } from '../reconcile/tenants.ts'
import { NO_UID, NOT_YET_CREATED } from './input/kinds/tenant-isolation.ts'
import type { Source } from './input/options.ts'
import type { Snapshot } from './input/snapshot.ts'

export type Noted = {
  readonly state: DesiredState
  readonly snapshot: Snapshot
  readonly source: Source
  readonly namespace?: string | undefined
}

/** Sentences, in the order of tenants. With a namespace, only about the tenant that has it. */
export function notesOf(noted: Noted): readonly string[] {
  return [...flowNotesOf(noted), ...defaultingNotesOf(noted), ...aboutOwners(tenantsIn(noted))]
}

/** Those of them that matter to which pods are let in. */
export function defaultingNotesOf(noted: Noted): readonly string[] {
  return noted.snapshot.canMutate === undefined && tenantsIn(noted).some(wantsDefaults)
    ? [
        'whether the API server can fill in defaults depends on its version; give it with --kubernetes-version. Until then that binding is left out',
      ]
    : []
}

/** Those of them that matter to who reaches whom. */
export function flowNotesOf(noted: Noted): readonly string[] {
  const tenants = tenantsIn(noted)
  const gaps = tenants.some(({ intent }) => intent?.unresolved.some(({ gap }) => gap === 'DNSNotFound' || gap === 'KubeAPIServerNotFound'))
  return [
    ...tenants.flatMap((tenant) => aboutTenant(tenant, noted)),
    ...(gaps && noted.source === 'files'
      ? ['where DNS and the API server are follows from their Services and EndpointSlices; give them with -f or --facts']
      : []),
  ]
}

function tenantsIn({ state, namespace }: Noted): readonly Tenant[] {
  return [...state.tenants.values()].filter(
    ({ resource }) => namespace === undefined || state.membership.selectedBy(namespace).includes(resource.metadata.name),
  )
}

function aboutTenant(tenant: Tenant, { state, snapshot, namespace }: Noted): string[] {
  const { resource, intent, violations } = tenant
  const { name, deletionTimestamp } = resource.metadata
  const who = `TenantIsolation ${name}`
  if (!intent) return [`${who} breaks its schema, so the operator leaves what is there as it is: ${violations.join('; ')}`]
  if (deletionTimestamp !== undefined) return [`${who} is being deleted: nothing is kept for it`]
  if (intent.suspended) return [`${who} is suspended: the operator leaves what is there as it is`]
  const owned = state.membership.namespacesOf(name)
  return [
    ...(intent.mode === 'Enforce' ? [] : [`${who} has network.mode ${intent.mode}: no NetworkPolicies are kept for it`]),
    ...(owned.size === 0 && namespace === undefined ? [`${who} has no namespaces: none has the labels of its spec.namespaceSelector`] : []),
    ...(intent.mode === 'Disabled'
      ? []
      : intent.unresolved.map(({ rule, message }) => `${who}, ${rule}: ${message}; what it would allow stays closed`)),
    ...(snapshot.canMutate === false && wantsDefaults(tenant)
      ? [`${who} asks for podSecurity.defaulting, which needs Kubernetes 1.36: nothing is filled in`]
      : []),
    ...[...state.membership.contestedBy(name)].sort().map((contested) => contestedText(contested, who, state)),
    ...[...state.protectedNamespaces]
      .sort()
      .filter((known) =>
        snapshot.namespaces.some((found) => found.name === known && matchesSelector(tenant.namespaceSelector, found.labels)),
      )
      .map((known) => `namespace ${known} is protected, and left alone although ${who} selects it`),
  ]
}

function contestedText(namespace: string, who: string, { membership, tenants }: DesiredState): string {
  const owner = membership.ownerOf(namespace) ?? ''
  const age = tenants.get(owner)?.resource.metadata.creationTimestamp
  const why = age === NOT_YET_CREATED ? `${owner}, which comes first by its name: neither is in a cluster yet` : `the older tenant ${owner}`
  return `namespace ${namespace} belongs to ${why}, although ${who} selects it, too; change one of the selectors, or the labels of the namespace`
}

function wantsDefaults({ resource, intent }: Tenant): boolean {
  return intent !== undefined && resource.spec.podSecurity?.defaulting === 'Enabled'
}

function aboutOwners(tenants: readonly Tenant[]): string[] {
  const unknown = tenants
    .filter(({ resource, intent }) => intent && resource.metadata.uid === NO_UID)
    .map(({ resource }) => resource.metadata.name)
  if (unknown.length === 0) return []
  return [
    `ownerReferences are left out for ${unknown.join(', ')}: only the cluster that holds ${unknown.length === 1 ? 'it' : 'them'} knows the uid`,
  ]
}
