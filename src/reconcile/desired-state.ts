/**
 * reconcile/desired-state.ts — PURE: from all resources, all namespaces and the facts to everything that the operator keeps in the cluster.
 *
 * The operator works it out key by key, as changes come in; the command line at once, for a cluster or for files. What a namespace or a
 * tenant should have is the same functions for both, and test/cluster/render.test.ts compares the outcomes.
 */

import { gateBindings } from '../admission/guards/guards.ts'
import type { Configuration } from '../api/configuration.ts'
import { ALWAYS_PROTECTED_NAMESPACES } from '../api/labels.ts'
import type { Labels } from '../api/selectors.ts'
import type { Spec, TenantIsolation } from '../api/tenant-isolation.ts'
import type { Facts } from '../desired/facts.ts'
import type { ManagedPolicy, Marks } from '../desired/managed.ts'
import { type TenantObjectsInput, tenantObjects } from '../desired/tenant-objects.ts'
import { Membership } from './membership.ts'
import { policyObject } from './policy-entry.ts'
import { claimOf, policiesOf, selectorOf, type Tenant, tenantOf } from './tenants.ts'

export type ClusterView = Omit<Facts, 'tenants'> & {
  readonly resources: readonly TenantIsolation[]
  readonly namespaces: readonly { readonly name: string; readonly labels: Labels; readonly terminating: boolean }[]
  /** The namespace of the operator. */
  readonly ownNamespace: string
  /** Whether the API server has MutatingAdmissionPolicy v1 (Kubernetes 1.36). */
  readonly canMutate: boolean
}

/** An object as it is written. Other members than these are its kind's own. */
export type DesiredObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Partial<Marks> & { readonly name: string; readonly namespace?: string; readonly annotations?: Labels }
}

export type DesiredState = {
  /** By name, in the order of names. */
  readonly tenants: ReadonlyMap<string, Tenant>
  /** Who has which namespace, and who would like to. */
  readonly membership: Membership
  readonly protectedNamespaces: ReadonlySet<string>
  /** The NetworkPolicies that the operator keeps in a namespace; undefined when it leaves what is there as it is (suspended, or not understood). */
  readonly policiesIn: (namespace: string) => readonly ManagedPolicy[] | undefined
  /** Everything else that the operator keeps for a tenant, in a namespace or in none; undefined when it leaves what is there as it is. */
  readonly objectsOf: (tenant: string) => readonly DesiredObject[] | undefined
  /** Those that serve several tenants at once. */
  readonly gates: readonly DesiredObject[]
}

export function desiredState({ resources, namespaces, ownNamespace, canMutate, ...known }: ClusterView): DesiredState {
  const facts: Facts = { ...known, tenants: new Map(resources.map((resource) => [resource.metadata.name, selectorOf(resource)])) }
  const protectedNamespaces = protectedBy(known.configuration, ownNamespace)
  const membership = new Membership()
  for (const namespace of namespaces) {
    if (mayBelong(namespace, protectedNamespaces)) membership.setNamespace(namespace.name, namespace.labels)
  }
  const tenants = new Map<string, Tenant>()
  for (const resource of resources.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    const tenant = tenantOf(resource, facts, undefined)
    tenants.set(resource.metadata.name, tenant)
    const claim = claimOf(tenant)
    if (claim) membership.setTenant(claim)
  }
  const isLeftAlone = (tenant: Tenant | undefined) => tenant !== undefined && (!tenant.intent || tenant.intent.suspended)
  const sortedProtected = [...protectedNamespaces].sort()
  return {
    tenants,
    membership,
    protectedNamespaces,
    policiesIn: (namespace) => {
      const owner = tenants.get(membership.ownerOf(namespace) ?? '')
      return isLeftAlone(owner) ? undefined : policiesOf(owner, membership.labelsOf(namespace) ?? {})
    },
    objectsOf: (name) => {
      const tenant = tenants.get(name)
      if (isLeftAlone(tenant)) return undefined
      if (!tenant) return []
      const clusterWide = clusterWideOf(tenant, { membership, protectedNamespaces: sortedProtected, canMutate })
      return [...clusterWide, ...[...membership.namespacesOf(name)].flatMap((namespace) => accessIn(tenant, namespace))]
    },
    gates: gateBindings(gatedTenants(tenants.values()), sortedProtected),
  }
}

type Surroundings = Pick<TenantObjectsInput, 'protectedNamespaces' | 'canMutate'> & { readonly membership: Membership }

/** What a tenant that is not left alone should have in no namespace; nothing when it is being deleted. */
export function clusterWideOf({ resource: { metadata, spec } }: Tenant, { membership, ...cluster }: Surroundings) {
  const { name, uid, deletionTimestamp } = metadata
  if (deletionTimestamp !== undefined) return []
  return tenantObjects({ owner: { name, uid }, spec, ...cluster, contestedNamespaces: [...membership.contestedBy(name)] })
}

/** The RoleBindings of one of its namespaces, the same in each; none when it is being deleted. */
export function accessIn({ access: { bindings } }: Tenant, namespace: string) {
  return bindings.map((binding) => ({ ...binding, metadata: { ...binding.metadata, namespace } }))
}

/** Every object that the operator keeps, in no particular order. */
export function* desiredObjects({ tenants, membership, policiesIn, objectsOf, gates }: DesiredState): Iterable<DesiredObject> {
  for (const tenant of tenants.keys()) {
    yield* objectsOf(tenant) ?? []
    for (const namespace of membership.namespacesOf(tenant)) {
      for (const policy of policiesIn(namespace) ?? []) yield policyObject(policy, namespace, undefined)
    }
  }
  yield* gates
}

/** The namespaces that no tenant may take. */
export function protectedBy(configuration: Configuration, ownNamespace: string): ReadonlySet<string> {
  return new Set([...ALWAYS_PROTECTED_NAMESPACES, ownNamespace, ...configuration.protectedNamespaces])
}

/** A terminating namespace belongs to nobody: nothing can be made in it any more, and it empties itself. */
export function mayBelong(
  { name, terminating }: { readonly name: string; readonly terminating: boolean },
  protectedNamespaces: ReadonlySet<string>,
): boolean {
  return !terminating && !protectedNamespaces.has(name)
}

/** The name of every gate begins so: it is what a user reads while there is no baseline. */
export const GATE_PREFIX = 'namespace-is-not-isolated-yet.'

/**
 * The tenants whose pods wait for the baseline. None that is being deleted: its baselines open before they go. Those of a suspended one
 * stay as they are, and so does its gate.
 */
export function gatedTenants(tenants: Iterable<Tenant>): readonly { readonly name: string; readonly spec: Spec }[] {
  return [...tenants]
    .filter(
      ({ resource, intent }) =>
        resource.metadata.deletionTimestamp === undefined && (intent?.mode === 'Enforce' || intent?.suspended === true),
    )
    .map(({ resource: { metadata, spec } }) => ({ name: metadata.name, spec }))
}
