/** reconcile/tenant.ts — one tenant: its finalizer, and its status. Its policies are the business of its namespaces. */

import { canonicalJson } from '../api/canonical.ts'
import { FINALIZER } from '../api/labels.ts'
import type { Status } from '../api/status.ts'
import type { TenantIsolation } from '../api/tenant-isolation.ts'
import type { Outcome } from '../controller/workers.ts'
import { isTenantObjectName, tenantObjects } from '../desired/tenant-objects.ts'
import type { Client } from '../kube/client.ts'
import { isConflict, isNotFound } from '../kube/errors.ts'
import type { KubeObject, StoredObject } from '../kube/objects.ts'
import { type Keep, type KeepWriter, keepObjects } from './kept/keep.ts'
import type { Problem } from './outcomes.ts'
import { OvertakenError } from './overtaken.ts'
import { TENANT_ISOLATIONS } from './resources.ts'
import { pendingIn, statusOf } from './status.ts'
import type { Tenant } from './tenants.ts'
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
    const kept = await this.#keep(name)
    if (kept?.result === 'again') return { outcome: 'retry', error: new OvertakenError(`tenant ${name}`) }
    const told = await this.#tell(name, kept?.result === 'failed' ? { problem: kept.problem } : {})
    return kept?.result === 'failed' && told.outcome === 'done' ? { outcome: 'requeueAfter', ms: REFUSED_MS } : told
  }

  /** The tenant's cluster-scoped objects as they should be; those of a suspended or broken resource stay as they are. */
  async #keep(name: string): Promise<Keep | undefined> {
    const { world, writer } = this.#context
    const tenant = world.tenants.get(name)
    if (!tenant?.intent || tenant.intent.suspended) return undefined
    const { metadata, spec } = tenant.resource
    const wanted =
      metadata.deletionTimestamp === undefined
        ? tenantObjects({
            owner: { name, uid: metadata.uid },
            spec,
            protectedNamespaces: world.protectedNamespaces(),
            contestedNamespaces: [...world.membership.contestedBy(name)],
            canMutate: world.canMutate,
          })
        : []
    return await keepObjects({
      objects: world.kept,
      writer,
      tenant: name,
      wanted,
      isOurs: (kind, object) => isTenantObjectName(name, kind, object),
    })
  }

  /** The resource may go when nothing of its policies is left, or when they are to stay (`kubectl delete --cascade=orphan`). */
  async #letGo(tenant: Tenant): Promise<Outcome> {
    const { world, now } = this.#context
    const { name, finalizers = [] } = tenant.resource.metadata
    if (!finalizers.includes(FINALIZER)) return { outcome: 'done' }
    const [left] = world.namespacesWithPoliciesOf(name)
    if (left !== undefined && !tenant.orphaning) {
      // The last policy to go brings us back; what takes longer than a moment is worth a word.
      const patience = LONG_MS - (now.wall() - Date.parse(tenant.resource.metadata.deletionTimestamp ?? ''))
      return patience > 0 ? { outcome: 'requeueAfter', ms: patience } : await this.#tell(name, { waitingFor: left })
    }
    if (!tenant.orphaning) {
      const kept = await this.#keep(name)
      if (kept?.result === 'again') return { outcome: 'retry', error: new OvertakenError(`tenant ${name}`) }
      if (kept?.result === 'failed') return await this.#tell(name, { problem: kept.problem })
    }
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
    world.resources.written(written)
  }

  /** `problem` is in the way of the cluster-scoped objects; `waitingFor` is a namespace whose policies a deletion waits for. */
  async #tell(name: string, { problem, waitingFor }: { readonly problem?: Problem; readonly waitingFor?: string } = {}): Promise<Outcome> {
    const { world, writer, now, onStatus } = this.#context
    const tenant = world.tenants.get(name)
    if (!tenant) return { outcome: 'done' }
    const selected = world.membership.namespacesOf(name).size
    const summary = world.outcomes.summaryOf(name)
    const patience = this.#patience(name, tenant, pendingIn({ tenant, selected, summary }))
    if (patience > 0) return { outcome: 'requeueAfter', ms: patience }
    const { repeated, forMs } = world.drift.fightsOf(name, now.monotonic())
    const status = statusOf({
      tenant,
      selected,
      summary,
      contested: [...world.membership.contestedBy(name)].map((namespace) => ({
        namespace,
        owner: world.membership.ownerOf(namespace) ?? '',
      })),
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
