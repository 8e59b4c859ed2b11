/** reconcile/tenants.ts — PURE: the tenants as the operator understands them: each resource with what follows from it. */

import { hashOf } from '../api/canonical.ts'
import { FINALIZER } from '../api/labels.ts'
import type { NETWORK_MODES, Network } from '../api/network.ts'
import { isEmptySelector, type LabelSelector, type Labels } from '../api/selectors.ts'
import { type Spec, type TenantIsolation, violations } from '../api/tenant-isolation.ts'
import { type TenantAccess, tenantAccess } from '../desired/access/bindings.ts'
import type { Facts } from '../desired/facts.ts'
import { type ManagedPolicy, managedPolicy } from '../desired/managed.ts'
import { type TenantPolicies, tenantPolicies } from '../desired/network/policies.ts'
import type { DesiredPolicy, NonEmpty } from '../desired/network/policy.ts'
import { standardLabels } from '../desired/pod-security/standard.ts'
import { fingerprintOf } from './kept/entry.ts'
import type { Claimant } from './membership.ts'

export type Mode = (typeof NETWORK_MODES)[number]

/** What the resource asks for, ready to be compared with what is there. Equal for two resources exactly when `fingerprint` is. */
export type Intent = {
  readonly fingerprint: string
  /** Enforce: keep the policies. Audit and Disabled: keep none. */
  readonly mode: Mode
  readonly suspended: boolean
  /** The policies of a namespace with these labels, the baseline first, if the mode is Enforce. */
  readonly policiesFor: (labels: Labels) => NonEmpty<ManagedPolicy>
  readonly unresolved: TenantPolicies['unresolved']
}

/** The RoleBindings of each of its namespaces; none when it is being deleted. Equal exactly when `fingerprint` is. */
export type Access = TenantAccess & { readonly fingerprint: string; readonly fingerprints: ReadonlyMap<string, string> }

/** The Pod Security labels of each of its namespaces; none when it is being deleted. Equal exactly when `fingerprint` is. */
export type Standard = { readonly fingerprint: string; readonly labels: Labels }

export type Tenant = {
  readonly resource: TenantIsolation
  readonly namespaceSelector: LabelSelector
  readonly access: Access
  readonly standard: Standard
  /** Undefined when the resource breaks its own schema, which a CRD of another version may let through; `violations` says how. */
  readonly intent: Intent | undefined
  readonly violations: readonly string[]
  /** The other tenants that its rules name as peers. */
  readonly references: readonly string[]
  /**
   * It is being deleted and its policies stay. Remembered for as long as it is the same resource: the garbage collector takes its finalizer
   * off as soon as it is done, and our own may still be there then.
   */
  readonly orphaning: boolean
}

/** The tenant that `resource` describes; shares the intent of `previous` when nothing of it changed, so that nothing is worked out again. */
export function tenantOf(resource: TenantIsolation, facts: Facts, previous: Tenant | undefined): Tenant {
  // What another version left in status is no reason not to understand the spec.
  const broken = violations({ ...resource, status: undefined })
  const namespaceSelector = selectorOf(resource)
  const orphaning = isOrphaning(resource, previous)
  const understood = broken.length === 0
  const access = same(previous?.access, accessOf(understood ? resource : undefined, facts))
  const standard = same(previous?.standard, standardOf(understood ? resource : undefined))
  if (!understood)
    return { resource, namespaceSelector, access, standard, intent: undefined, violations: broken, references: [], orphaning }
  return {
    resource,
    namespaceSelector,
    access,
    standard,
    intent: same(previous?.intent, intentOf(resource, facts, orphaning)),
    violations: [],
    references: referencesOf(resource),
    orphaning,
  }
}

/** The one that was there, so that whoever compares sees that nothing changed. */
function same<T extends { readonly fingerprint: string }>(previous: T | undefined, now: T): T {
  return previous?.fingerprint === now.fingerprint ? previous : now
}

function accessOf(resource: TenantIsolation | undefined, { configuration }: Facts): Access {
  const { name, uid, deletionTimestamp } = resource?.metadata ?? NOBODY
  const spec = deletionTimestamp === undefined && resource ? resource.spec : {}
  const access = tenantAccess({ name, uid, spec }, configuration.access.clusterRoles)
  const fingerprints = new Map(access.bindings.map((binding) => [binding.metadata.name, fingerprintOf(binding)]))
  return { ...access, fingerprints, fingerprint: hashOf([name, [...fingerprints], access.notAllowed], 24) }
}

function standardOf(resource: TenantIsolation | undefined): Standard {
  const { deletionTimestamp } = resource?.metadata ?? NOBODY
  const labels = standardLabels(deletionTimestamp === undefined ? resource?.spec.podSecurity?.standard : undefined)
  return { labels, fingerprint: hashOf(labels, 24) }
}

const NOBODY: Pick<TenantIsolation['metadata'], 'name' | 'uid' | 'deletionTimestamp'> = { name: '', uid: '' }

/** Empty when the resource is so broken that it has none. */
export function selectorOf({ spec }: TenantIsolation): LabelSelector {
  return (spec as Spec | undefined)?.namespaceSelector ?? {}
}

/** What the resource claims: nothing with an empty selector, which would take the whole cluster, whoever let it through. */
export function claimOf(tenant: Tenant): Claimant | undefined {
  const { resource, namespaceSelector } = tenant
  const { name, creationTimestamp } = resource.metadata
  return isEmptySelector(namespaceSelector) ? undefined : { name, creationTimestamp, namespaceSelector, standing: standingOf(tenant) }
}

/** The policies that a namespace of the tenant with these labels should have, the baseline first. */
export function policiesOf(tenant: Tenant | undefined, labels: Labels): readonly ManagedPolicy[] {
  return tenant?.intent?.mode === 'Enforce' ? tenant.intent.policiesFor(labels) : NONE
}

const NONE: readonly ManagedPolicy[] = []

/** What its claim is worth while others claim the same: whoever is being deleted yields to those who can write. */
export function standingOf({ resource, intent }: Tenant): Claimant['standing'] {
  if (resource.metadata.deletionTimestamp !== undefined) return 'leaving'
  return intent && !intent.suspended ? 'active' : 'frozen'
}

/**
 * Whether anything may be written in its namespaces: not while it is suspended or cannot be understood, nor before it holds its
 * finalizer, without which a deletion would let go in no order.
 */
export function isWritable(tenant: Tenant): boolean {
  return tenant.intent !== undefined && !tenant.intent.suspended && isHeld(tenant)
}

/** Whether it says anything about access. */
export function asksForAccess({ access: { bindings, notAllowed } }: Tenant): boolean {
  return bindings.length + notAllowed.length > 0
}

/** Whether it keeps Pod Security labels. */
export function asksForStandard({ standard: { labels } }: Tenant): boolean {
  return Object.keys(labels).length > 0
}

export function isHeld({ resource: { metadata } }: Tenant): boolean {
  return metadata.deletionTimestamp !== undefined || metadata.finalizers?.includes(FINALIZER) === true
}

function referencesOf({ spec: { network: { dns, ingress = [], egress = [] } = {} } }: TenantIsolation): string[] {
  const peers = [...ingress.flatMap(({ from }) => from), ...egress.flatMap(({ to }) => to), ...(dns?.to ?? [])]
  return [...new Set(peers.flatMap(({ tenant }) => (tenant === undefined ? [] : [tenant])))]
}

function isOrphaning({ metadata }: TenantIsolation, previous: Tenant | undefined): boolean {
  const before = previous?.orphaning === true && previous.resource.metadata.uid === metadata.uid
  return metadata.deletionTimestamp !== undefined && (before || metadata.finalizers?.includes('orphan') === true)
}

function intentOf(resource: TenantIsolation, facts: Facts, orphaning: boolean): Intent {
  const { metadata, spec } = resource
  const network: Network = spec.network ?? {}
  const policies = tenantPolicies(network, spec.namespaceSelector, facts)
  const deleted = metadata.deletionTimestamp !== undefined
  // A deletion is carried out even if the resource is suspended: its policies would go with it anyhow, in no good order.
  const mode = deleted ? 'Disabled' : (network.mode ?? 'Enforce')
  // With --cascade=orphan the garbage collector is taking our marks off the policies, which stay: hands off.
  const suspended = orphaning || (spec.suspend === true && !deleted)
  const owner = { name: metadata.name, uid: metadata.uid }
  const managed = new WeakMap<NonEmpty<DesiredPolicy>, NonEmpty<ManagedPolicy>>()
  return {
    fingerprint: hashOf([owner, mode, suspended, policies.fingerprint], 24),
    mode,
    suspended,
    unresolved: policies.unresolved,
    policiesFor: (labels) => {
      const desired = policies.of(labels)
      const known = managed.get(desired)
      if (known) return known
      const [baseline, ...others] = desired
      const made: NonEmpty<ManagedPolicy> = [managedPolicy(baseline, owner), ...others.map((policy) => managedPolicy(policy, owner))]
      managed.set(desired, made)
      return made
    },
  }
}
