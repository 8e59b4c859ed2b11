/**
 * reconcile/world.ts — everything the operator knows, from watches only, and which keys a change concerns.
 *
 * Watches and our own writes come in; keys go out. Reconciling reads from here and never waits.
 */

import { canonicalJson } from '../api/canonical.ts'
import type { Configuration } from '../api/configuration.ts'
import { BASELINE_POLICY } from '../api/labels.ts'
import { type LabelSelector, type Labels, matchesSelector } from '../api/selectors.ts'
import type { TenantIsolation } from '../api/tenant-isolation.ts'
import type { Facts } from '../desired/facts.ts'
import type { ManagedPolicy } from '../desired/managed.ts'
import { type KubeObject, type StoredObject, splitKey } from '../kube/objects.ts'
import { type Change, createStore, type Store } from '../kube/store.ts'
import { mayBelong, protectedBy } from './desired-state.ts'
import { DriftLog } from './drift.ts'
import { Extras } from './extras.ts'
import { Services } from './facts.ts'
import { Others } from './foreign/others.ts'
import { GATES_KEY, type Key, namespaceKey, tenantKey } from './keys.ts'
import { Membership, type NamespaceChange } from './membership.ts'
import { type NamespaceEntry, namespaceEntry } from './namespace-entry.ts'
import { type NamespaceOutcome, Outcomes } from './outcomes.ts'
import { isPolicyName, type NetworkPolicy, type PolicyEntry, policyEntry, unowned } from './policy-entry.ts'
import { PolicyMemory } from './policy-memory.ts'
import { objectText } from './repairs.ts'
import { Gates } from './served.ts'
import { claimOf, policiesOf, selectorOf, standingOf, type Tenant, tenantOf } from './tenants.ts'

/** Monotonic milliseconds, and the time of day in milliseconds since 1970. */
export type Now = { readonly monotonic: () => number; readonly wall: () => number }

type TenantEntry = { readonly resourceVersion: string; readonly uid: string; readonly resource: TenantIsolation }
type Priority = 'fresh' | 'initial'

export type WorldOptions = {
  readonly configuration: Configuration
  readonly ownNamespace: string
  readonly now: Now
  readonly enqueue: (key: Key, priority: Priority) => void
}

/** A namespace that we saw come into being so recently that nothing in it can have been used to talk yet. */
const NEWBORN_MS = 5_000

const NO_POLICIES: ReadonlyMap<string, PolicyEntry> = new Map()

export class World {
  readonly tenants = new Map<string, Tenant>()
  readonly membership = new Membership()
  readonly outcomes = new Outcomes()
  readonly drift = new DriftLog()
  readonly services = new Services()
  readonly gates = new Gates()
  readonly extras: Extras
  /** Whether the API server has MutatingAdmissionPolicy v1; known once the sources have started. */
  canMutate = false
  readonly resources: Store<TenantIsolation & StoredObject, TenantEntry>
  readonly namespaces: Store<StoredObject & KubeObject, NamespaceEntry>
  readonly policies: Store<NetworkPolicy, PolicyEntry>
  readonly others: Others
  facts: Facts
  readonly #selectors = new Map<string, LabelSelector>()
  /** Which tenants name a tenant as a peer: they have to be understood anew when its selector changes. */
  readonly #referencedBy = new Map<string, Set<string>>()
  readonly #options: WorldOptions
  #protected: ReadonlySet<string>
  readonly #newborn = new Set<string>()
  /** Since when a namespace has waited for its first conclusion. */
  readonly #unsettledSince = new Map<string, number>()
  readonly #memory = new PolicyMemory()

  constructor(options: WorldOptions) {
    this.#options = options
    this.facts = { configuration: options.configuration, tenants: this.#selectors, dns: undefined, apiServer: undefined }
    this.#protected = protectedBy(options.configuration, options.ownNamespace)
    this.resources = createStore<TenantIsolation & StoredObject, TenantEntry>({
      ingest: (resource) => ({ resourceVersion: resource.metadata.resourceVersion, uid: resource.metadata.uid, resource }),
      onChange: (change) => this.#onResource(change),
    })
    this.namespaces = createStore<StoredObject & KubeObject, NamespaceEntry>({
      ingest: namespaceEntry,
      onChange: (change) => this.#onNamespace(change),
    })
    this.extras = new Extras({
      enqueue: options.enqueue,
      now: options.now.monotonic,
      memory: this.#memory,
      tenants: this.tenants,
      ownerOf: (namespace) => this.ownerOf(namespace),
      entryOf: (namespace) => this.namespaces.get(namespace),
      namespacesOf: (tenant) => this.membership.namespacesOf(tenant),
      onGone: (tenant) => this.#mayGo(tenant),
    })
    this.policies = createStore<NetworkPolicy, PolicyEntry>({
      ingest: (object, previous) =>
        policyEntry(object, previous, this.desiredPolicy(object.metadata.namespace ?? '', object.metadata.name)),
      onChange: (change) => this.#onPolicy(change),
    })
    this.others = new Others({
      facts: () => this.facts,
      tenants: this.tenants,
      namespacesOf: (tenant) => this.membership.namespacesOf(tenant),
      ownerOf: (namespace) => this.ownerOf(namespace),
      // The two watches tell of it in any order.
      isLost: (namespace, name, uid) => this.isLost(namespace, name, uid) || this.policiesIn(namespace).get(name)?.uid === uid,
      labelledIn: (namespace) => unowned(this.policiesIn(namespace), this.membership.ownerOf(namespace)),
      // Behind everything that closes or opens something.
      tell: (tenant) => options.enqueue(tenantKey(tenant), 'initial'),
    })
  }

  /** The tenant that the namespace belongs to. */
  ownerOf(namespace: string): Tenant | undefined {
    const owner = this.membership.ownerOf(namespace)
    return owner === undefined ? undefined : this.tenants.get(owner)
  }

  policiesIn(namespace: string): ReadonlyMap<string, PolicyEntry> {
    return this.policies.inNamespace(namespace) ?? NO_POLICIES
  }

  protectedNamespaces(): readonly string[] {
    return [...this.#protected].sort()
  }

  /** Protected namespaces that the tenant's selector matches, and that are left alone all the same. */
  protectedMatches(tenant: Tenant): string[] {
    return [...this.#protected].filter((name) => {
      const entry = this.namespaces.get(name)
      return entry !== undefined && matchesSelector(tenant.namespaceSelector, entry.labels)
    })
  }

  isNewborn(namespace: string): boolean {
    const entry = this.namespaces.get(namespace)
    return entry !== undefined && this.#newborn.has(namespace) && Math.abs(this.#options.now.wall() - entry.createdAt) < NEWBORN_MS
  }

  /** The policy of that name that the namespace should have. */
  desiredPolicy(namespace: string, name: string): ManagedPolicy | undefined {
    return policiesOf(this.ownerOf(namespace), this.membership.labelsOf(namespace) ?? {}).find((policy) => policy.name === name)
  }

  /** The baseline as the tenant would have it here, whatever its mode: under its marks a namespace is let go. */
  formerBaseline(namespace: string): ManagedPolicy | undefined {
    const label = this.policiesIn(namespace).get(BASELINE_POLICY)?.tenant
    return label === undefined ? undefined : this.tenants.get(label)?.intent?.policiesFor(this.membership.labelsOf(namespace) ?? {})[0]
  }

  /** Namespaces in which there is something that was written for the tenant; some more than once. */
  *placesOf(tenant: string): Iterable<string> {
    yield* this.#memory.placesOf(tenant)
    yield* this.extras.placesOf(tenant)
  }

  /** Whether `uid` is what we knew as ours under this name before its marks were taken off. */
  isLost(namespace: string, name: string, uid: string): boolean {
    return this.#memory.isLost(namespace, name, uid)
  }

  /** An object of ours was put back; when that becomes a fight, the tenant's status has to say so. */
  repaired(repair: Parameters<DriftLog['repaired']>[0]): void {
    if (this.drift.repaired(repair)) this.#options.enqueue(tenantKey(repair.tenant), 'fresh')
  }

  /** How many milliseconds ago the object, named as `objectText` does, was first seen to differ; 0 when it was not. */
  differsForMs(object: string): number {
    return this.#memory.differsFor(object, this.#options.now.monotonic())
  }

  /** How many milliseconds ago the namespace came to its tenant, if nothing was concluded about it since; otherwise 0. */
  unsettledForMs(namespace: string): number {
    const since = this.#unsettledSince.get(namespace)
    return since === undefined ? 0 : this.#options.now.monotonic() - since
  }

  settle(namespace: string, outcome: NamespaceOutcome | undefined): void {
    this.#newborn.delete(namespace)
    if (!outcome?.problem) this.#unsettledSince.delete(namespace)
    for (const tenant of this.outcomes.set(namespace, outcome)) this.#options.enqueue(tenantKey(tenant), 'fresh')
  }

  /** Something of the facts may have changed: Services, the configuration. Works out what follows, and only that. */
  refreshFacts(configuration: Configuration = this.facts.configuration): void {
    const { tenants, ...before } = this.facts
    const after = { configuration, dns: this.services.dns(configuration), apiServer: this.services.apiServer() }
    if (canonicalJson(before) === canonicalJson(after)) return
    this.facts = { ...after, tenants }
    const protectedBefore = this.#protected
    this.#protected = protectedBy(configuration, this.#options.ownNamespace)
    for (const name of new Set([...protectedBefore, ...this.#protected])) {
      const entry = this.namespaces.get(name)
      if (entry && protectedBefore.has(name) !== this.#protected.has(name)) this.#onMembership([this.#place(name, entry)], 'fresh')
    }
    for (const { resource } of [...this.tenants.values()]) this.#understand(resource, 'initial')
    if ([...protectedBefore].sort().join() === this.protectedNamespaces().join()) return
    // Bindings leave protected namespaces out.
    for (const name of this.tenants.keys()) this.#options.enqueue(tenantKey(name), 'initial')
    this.#options.enqueue(GATES_KEY, 'initial')
  }

  /** Every key there is, for a new leader. */
  enqueueEverything(): void {
    for (const name of this.tenants.keys()) this.#options.enqueue(tenantKey(name), 'initial')
    this.#options.enqueue(GATES_KEY, 'initial')
    const namespaces = new Set(this.policies.namespaces())
    for (const name of this.tenants.keys())
      for (const namespace of [...this.membership.namespacesOf(name), ...this.extras.placesOf(name)]) namespaces.add(namespace)
    for (const namespace of namespaces) this.#enqueueNamespace(namespace, 'initial')
  }

  /** Whatever is to be looked after in the namespace; most have nothing but policies. */
  #enqueueNamespace(namespace: string, priority: Priority): void {
    this.#options.enqueue(namespaceKey(namespace), priority)
    for (const key of this.extras.keysFor(namespace)) this.#options.enqueue(key, priority)
  }

  #onResource(change: Change<TenantEntry>): void {
    const priority = change.initial ? 'initial' : 'fresh'
    const before = this.#selectors.get(change.key)
    if (change.type === 'deleted') this.#forgetTenant(change.key, priority)
    else this.#understand(change.entry.resource, priority)
    this.#options.enqueue(tenantKey(change.key), priority)
    this.#options.enqueue(GATES_KEY, priority)
    if (canonicalJson(before) === canonicalJson(this.#selectors.get(change.key))) return
    for (const name of this.#referencedBy.get(change.key) ?? []) {
      const dependent = this.tenants.get(name)
      if (dependent && name !== change.key) this.#understand(dependent.resource, priority)
    }
  }

  #forgetTenant(name: string, priority: Priority): void {
    this.tenants.delete(name)
    this.#selectors.delete(name)
    this.others.understood(name, [])
    this.outcomes.forgetTenant(name)
    for (const referrers of this.#referencedBy.values()) referrers.delete(name)
    this.extras.guard(name, [])
    this.#onMembership(this.membership.removeTenant(name), priority)
    for (const namespace of new Set(this.placesOf(name))) this.#enqueueNamespace(namespace, priority)
  }

  #understand(resource: TenantIsolation, priority: Priority): void {
    const { name } = resource.metadata
    const previous = this.tenants.get(name)
    // Before it is understood: its rules may name the tenant itself.
    this.#selectors.set(name, selectorOf(resource))
    const tenant = tenantOf(resource, this.facts, previous)
    this.tenants.set(name, tenant)
    this.outcomes.setIntent(name, tenant.intent)
    for (const peer of tenant.references) {
      const referrers = this.#referencedBy.get(peer) ?? new Set()
      this.#referencedBy.set(peer, referrers.add(name))
    }
    const claim = claimOf(tenant)
    if (
      !previous ||
      canonicalJson(previous.namespaceSelector) !== canonicalJson(tenant.namespaceSelector) ||
      standingOf(previous) !== standingOf(tenant)
    )
      this.#onMembership(claim ? this.membership.setTenant(claim) : this.membership.removeTenant(name), priority)
    if (previous?.intent !== tenant.intent) this.others.understood(name, this.#referencedBy.get(name) ?? [])
    const same = previous?.intent === tenant.intent && previous?.access === tenant.access && previous.standard === tenant.standard
    if (same && previous?.resource.metadata.finalizers?.join() === resource.metadata.finalizers?.join()) return
    // Those too that left while the tenant was suspended: nobody else lets them go.
    const namespaces = new Set([...this.membership.namespacesOf(name), ...this.placesOf(name)])
    for (const namespace of namespaces) this.#enqueueNamespace(namespace, priority)
    this.#options.enqueue(tenantKey(name), priority)
  }

  #onNamespace(change: Change<NamespaceEntry>): void {
    const priority = change.initial ? 'initial' : 'fresh'
    if (change.type === 'added' && !change.initial) this.#newborn.add(change.key)
    this.extras.onNamespace(change)
    if (change.type === 'deleted') {
      this.#newborn.delete(change.key)
      this.#memory.forgetNamespace(change.key)
      const left = this.membership.removeNamespace(change.key)
      this.settle(change.key, undefined)
      this.#onMembership([left], priority)
      this.others.onNamespace(change)
      return
    }
    const { entry, previous } = change
    // Annotations and status of namespaces change often, and mean nothing to us.
    if (previous && entry.terminating === previous.terminating && canonicalJson(entry.labels) === canonicalJson(previous.labels)) return
    this.#onMembership([this.#place(change.key, entry)], priority)
    this.others.onNamespace(change)
    if (this.#protected.has(change.key)) this.#tellOfProtected([previous?.labels, entry.labels], priority)
    if (this.membership.ownerOf(change.key) !== undefined) this.#options.enqueue(namespaceKey(change.key), priority)
    this.extras.onLabels(change.key, priority)
  }

  /** Status names the protected namespaces that a selector matches. */
  #tellOfProtected(labels: readonly (Labels | undefined)[], priority: Priority): void {
    for (const [name, { namespaceSelector }] of this.tenants) {
      if (labels.some((own) => own && matchesSelector(namespaceSelector, own))) this.#options.enqueue(tenantKey(name), priority)
    }
  }

  #place(name: string, { labels, terminating }: NamespaceEntry): NamespaceChange {
    return mayBelong({ name, terminating }, this.#protected)
      ? this.membership.setNamespace(name, labels)
      : this.membership.removeNamespace(name)
  }

  #onMembership(changes: readonly NamespaceChange[], priority: Priority): void {
    for (const { namespace, before, after } of changes) {
      if (before.join() === after.join()) continue
      for (const tenant of new Set([...before, ...after])) this.#options.enqueue(tenantKey(tenant), priority)
      if (before[0] === after[0]) continue
      if (after[0] !== undefined) this.#unsettledSince.set(namespace, this.#options.now.monotonic())
      this.#enqueueNamespace(namespace, priority)
      this.others.changed(namespace)
    }
  }

  #onPolicy(change: Change<PolicyEntry>): void {
    const { namespace, name } = splitKey(change.key)
    const wasLast = this.#memory.count(namespace, change.previous, -1)
    this.#memory.count(namespace, change.entry, 1)
    if (wasLast && change.previous) this.#mayGo(change.previous.tenant)
    if (change.type !== 'deleted') this.#memory.find(namespace, name)
    else if (this.membership.ownerOf(namespace) !== undefined && isPolicyName(name)) this.#memory.lose(namespace, name, change.previous.uid)
    if (change.entry?.foreign || change.previous?.foreign) this.others.changed(namespace)
    const object = objectText({ kind: 'NetworkPolicy', namespace, name })
    const differs = this.desiredPolicy(namespace, name)?.fingerprint !== change.entry?.fingerprint
    if (this.#memory.note(object, differs, this.#options.now.monotonic()))
      this.#options.enqueue(namespaceKey(namespace), change.initial ? 'initial' : 'fresh')
  }

  /** Something of the tenant is gone: a resource that waits to be let go may go now. */
  #mayGo(tenant: string): void {
    if (this.tenants.get(tenant)?.resource.metadata.deletionTimestamp !== undefined) this.#options.enqueue(tenantKey(tenant), 'fresh')
  }
}
