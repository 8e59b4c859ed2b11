/** reconcile/tenant.ts — one tenant: its finalizer, and its status. Its policies are the business of its namespaces. */

import { setImmediate } from 'node:timers/promises'
import { canonicalJson } from '../api/canonical.ts'
import { FINALIZER } from '../api/labels.ts'
import type { Status } from '../api/status.ts'
import type { TenantIsolation } from '../api/tenant-isolation.ts'
import type { Outcome } from '../controller/workers.ts'
import { dependsOnResource, isHeldUpBy, isTenantObjectName } from '../desired/tenant-objects.ts'
import type { Client } from '../kube/client.ts'
import { isConflict, isNotFound } from '../kube/errors.ts'
import type { KubeObject, StoredObject } from '../kube/objects.ts'
import { clusterWideOf } from './desired-state.ts'
import { isMarked, placeOf } from './kept/entry.ts'
import { type Keep, type KeepWriter, keepObjects } from './kept/keep.ts'
import type { Ledger } from './ledger.ts'
import type { Problem } from './outcomes.ts'
import { OvertakenError } from './overtaken.ts'
import { TENANT_ISOLATIONS } from './resources.ts'
import { pendingIn, type StatusInput, statusOf } from './status.ts'
import type { ExtraSummary } from './status-extras.ts'
import { asksForAccess, asksForStandard, type Tenant } from './tenants.ts'
import type { Now, World } from './world.ts'

export type TenantReconciler = {
  readonly world: World
  readonly writer: Pick<Client, 'patch' | 'updateStatus'> & KeepWriter
  readonly now: Now
  /** What status says now, for metrics; undefined when the tenant is gone. */
  readonly onStatus: (tenant: string, status: Status | undefined) => void
}

/** How long to leave a refused object alone: what was in its way may be gone by then. */
const REFUSED_MS = 10_000

type Stored = TenantIsolation & StoredObject & KubeObject

/**
 * While namespaces are being worked on, status waits for them so long, in milliseconds: what takes a moment is told in one write, and
 * what takes longer is told on the way.
 */
const PATIENCE_MS = 1_000

/** After so many milliseconds of work whoever waits has a turn. */
const BREATH_MS = 5

/** A deletion that takes longer than this, in milliseconds, says what it waits for. */
const LONG_MS = 5_000

export class TenantStatusReconciler {
  readonly #context: TenantReconciler
  /** Since when, in monotonic milliseconds, namespaces of a tenant have been pending. */
  readonly #pendingSince = new Map<string, number>()

  constructor(context: TenantReconciler) {
    this.#context = context
  }

  async reconcile(name: string): Promise<Outcome> {
    try {
      return await this.#reconcile(name)
    } catch (error) {
      // A conflict means that the watch is about to tell us more, a missing resource that it is gone.
      if (isNotFound(error)) return { outcome: 'done' }
      if (isConflict(error)) return { outcome: 'retry', error: new OvertakenError(`TenantIsolation ${name}`) }
      throw error
    }
  }

  async #reconcile(name: string): Promise<Outcome> {
    const { world, onStatus } = this.#context
    const tenant = world.tenants.get(name)
    if (!tenant) {
      this.#pendingSince.delete(name)
      onStatus(name, undefined)
      return { outcome: 'done' }
    }
    if (tenant.resource.metadata.deletionTimestamp !== undefined) return await this.#letGo(tenant)
    if (!tenant.resource.metadata.finalizers?.includes(FINALIZER))
      await this.#setFinalizers(tenant, [...(tenant.resource.metadata.finalizers ?? []), FINALIZER])
    return (await this.#obstacle(name)) ?? (await this.#tell(name))
  }

  /** What becomes of the tenant's key when its cluster-scoped objects are not as they should be. */
  async #obstacle(name: string): Promise<Outcome | undefined> {
    const kept = await this.#keep(name)
    if (kept?.result === 'again') return { outcome: 'retry', error: new OvertakenError(`tenant ${name}`) }
    if (kept?.result !== 'failed') return undefined
    const told = await this.#tell(name, { problem: kept.problem })
    return told.outcome === 'done' ? { outcome: 'requeueAfter', ms: REFUSED_MS } : told
  }

  /** The tenant's cluster-scoped objects as they should be; those of a suspended or broken resource stay as they are until it is deleted. */
  async #keep(name: string): Promise<Keep | undefined> {
    const { world, writer } = this.#context
    const tenant = world.tenants.get(name)
    if (!tenant) return undefined
    const leaving = tenant.resource.metadata.deletionTimestamp !== undefined
    if (!leaving && (!tenant.intent || tenant.intent.suspended)) return undefined
    const { membership, canMutate } = world
    const wanted = clusterWideOf(tenant, { membership, protectedNamespaces: world.protectedNamespaces(), canMutate })
    const objects = world.extras.kept
    const ours = [...objects.clusterWide(name)].filter((place) => isTenantObjectName(name, place.kind, place.name))
    const present = tenant.orphaning ? ours.filter(({ kind }) => dependsOnResource(kind)) : ours
    const kept = await keepObjects({ objects, writer, wanted, present, needs: isHeldUpBy, recognises: isMarked })
    const guards = wanted.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding').map(placeOf)
    world.extras.guard(name, guards.every((guard) => objects.get(guard)) ? guards.map((guard) => guard.name) : [])
    return kept
  }

  /**
   * The resource may go when nothing of it is left in any namespace. When what was written is to stay (`kubectl delete --cascade=orphan`),
   * only that goes which means nothing without the resource.
   */
  async #letGo(tenant: Tenant): Promise<Outcome> {
    const { world, now } = this.#context
    const { name, finalizers = [] } = tenant.resource.metadata
    if (!finalizers.includes(FINALIZER)) return { outcome: 'done' }
    const [left] = world.placesOf(name)
    if (left !== undefined && !tenant.orphaning) {
      // What goes last brings us back; what takes longer than a moment is worth a word.
      const patience = LONG_MS - (now.wall() - Date.parse(tenant.resource.metadata.deletionTimestamp ?? ''))
      return patience > 0 ? { outcome: 'requeueAfter', ms: patience } : await this.#tell(name, { waitingFor: left })
    }
    const obstacle = await this.#obstacle(name)
    if (obstacle) return obstacle
    await this.#setFinalizers(
      tenant,
      finalizers.filter((finalizer) => finalizer !== FINALIZER),
    )
    return { outcome: 'done' }
  }

  /** A patch of nothing but finalizers, at the version that was looked at: the spec is the user's and is never sent. */
  async #setFinalizers({ resource: { metadata } }: Tenant, finalizers: readonly string[]): Promise<void> {
    const { world, writer } = this.#context
    const body = { metadata: { resourceVersion: metadata.resourceVersion, finalizers } }
    const written = await writer.patch<Stored>(TENANT_ISOLATIONS, { name: metadata.name }, { type: 'merge', body })
    // With its last finalizer a deleted resource is gone. The answer shows it at the version before, from which nobody could tell.
    const isGone = metadata.deletionTimestamp !== undefined && (written.metadata.finalizers ?? []).length === 0
    if (isGone) world.resources.deleted(metadata.name, metadata.uid)
    else world.resources.written(written)
  }

  /** `problem` is in the way of the cluster-scoped objects; `waitingFor` is a namespace whose policies a deletion waits for. */
  async #tell(name: string, { problem, waitingFor }: { readonly problem?: Problem; readonly waitingFor?: string } = {}): Promise<Outcome> {
    const { world, writer, now, onStatus } = this.#context
    await this.#lookAtOthers(name)
    const tenant = world.tenants.get(name)
    if (!tenant) return { outcome: 'done' }
    const selected = world.membership.namespacesOf(name).size
    const summary = world.outcomes.summaryOf(name)
    const extras = extrasOf(tenant, selected, world)
    const patience = this.#patience(name, tenant, pendingIn({ tenant, selected, summary, ...extras }))
    if (patience > 0) return { outcome: 'requeueAfter', ms: patience }
    const { repeated, forMs } = world.drift.fightsOf(name, now.monotonic())
    const status = statusOf({
      tenant,
      selected,
      summary,
      ...extras,
      allowedRoles: world.facts.configuration.access.clusterRoles,
      contested: [...world.membership.contestedBy(name)].map((namespace) => ({
        namespace,
        owner: world.membership.ownerOf(namespace) ?? '',
      })),
      widened: world.others.wideningsOf(name),
      audit: world.others.auditOf(tenant),
      oneSided: world.others.oneSidedOf(name),
      protectedMatches: world.protectedMatches(tenant),
      dns: world.facts.dns,
      problem,
      canMutate: world.canMutate,
      waitingFor,
      repeated,
      now: new Date(now.wall()).toISOString().replace(/\.\d+Z$/, 'Z'),
    })
    if (canonicalJson(status) !== canonicalJson(tenant.resource.status)) {
      world.resources.written(await writer.updateStatus(TENANT_ISOLATIONS, { ...tenant.resource, status } as Stored))
    }
    onStatus(name, status)
    return forMs > 0 ? { outcome: 'requeueAfter', ms: forMs } : { outcome: 'done' }
  }

  /** What policies of others open; a tenant with thousands of them must not hold up a repair meanwhile. */
  async #lookAtOthers(name: string): Promise<void> {
    const { world, now } = this.#context
    let began = now.monotonic()
    for (const _ of world.others.settle(name)) {
      if (now.monotonic() - began < BREATH_MS) continue
      await setImmediate()
      began = now.monotonic()
    }
  }

  /** For how many milliseconds status may still wait for namespaces; 0 when it is to be written. */
  #patience(name: string, tenant: Tenant, pending: number): number {
    const now = this.#context.now.monotonic()
    if (pending <= 0 || !tenant.intent) {
      this.#pendingSince.delete(name)
      return 0
    }
    const since = this.#pendingSince.get(name) ?? now
    this.#pendingSince.set(name, since)
    // Without any status a resource passes for current (kstatus), so the first word is said at once.
    if (tenant.resource.status?.conditions === undefined || tenant.resource.metadata.deletionTimestamp !== undefined) return 0
    const left = since + PATIENCE_MS - now
    if (left <= 0) this.#pendingSince.set(name, now)
    return Math.max(0, left)
  }
}

/** How its namespaces fare besides their policies: what is asked for is done in each of them, or nothing is left in any. */
function extrasOf(tenant: Tenant, selected: number, { extras }: World): Pick<StatusInput, 'access' | 'standard'> {
  const { name } = tenant.resource.metadata
  const left = extras.countsOf(name)
  const summary = (ledger: Ledger, asked: boolean, { fingerprint }: { readonly fingerprint: string }, places: number): ExtraSummary => ({
    pending: asked ? Math.abs(selected - ledger.settled(name, fingerprint)) : places,
    problems: ledger.problemsOf(name),
  })
  return {
    access: summary(extras.access, asksForAccess(tenant), tenant.access, left.access),
    standard: summary(extras.standards, asksForStandard(tenant), tenant.standard, left.standards),
  }
}
