/** reconcile/namespace.ts — one namespace: look, compare, write, remember. Costs the same in a tenant of 3 namespaces and of 3,000. */

import { FINALIZER } from '../api/labels.ts'
import type { Outcome } from '../controller/workers.ts'
import type { ManagedPolicy } from '../desired/managed.ts'
import { type Applied, applyPlan, type Writer } from './apply.ts'
import type { NamespaceOutcome } from './outcomes.ts'
import { OvertakenError } from './overtaken.ts'
import { type Plan, planPolicies, type Step } from './plan.ts'
import type { PolicyEntry } from './policy-entry.ts'
import { PODS } from './resources.ts'
import type { Intent, Tenant } from './tenants.ts'
import type { Now, World } from './world.ts'

/** A policy that was put back: it had been as it should be, and somebody changed it. */
export type Repair = {
  readonly tenant: string
  readonly uid: string
  readonly namespace: string
  readonly policy: string
  readonly change: 'edited' | 'deleted' | 'added'
  /** The field manager that had changed it; nobody signs a deletion. */
  readonly by: string | undefined
  /** From the watch event that showed it to the answer of the write that put it back. */
  readonly ms: number
}

export type NamespaceReconciler = {
  readonly world: World
  readonly writer: Writer & {
    readonly list: <T>(resource: typeof PODS, options: { namespace: string; limit: number }) => Promise<{ readonly items: readonly T[] }>
  }
  readonly now: Now
  readonly onRepair: (repair: Repair) => void
  /** A namespace has all its policies for the first time, so many milliseconds after it was first seen to need them. */
  readonly onIsolated: (ms: number) => void
}

const DONE: Outcome = { outcome: 'done' }

/** How long to leave a name alone that somebody else has taken; no watch tells us when it is free. */
const NAME_TAKEN_MS = 10_000

export async function reconcileNamespace(name: string, context: NamespaceReconciler): Promise<Outcome> {
  const { world } = context
  const namespace = world.namespaces.get(name)
  if (!namespace || namespace.terminating) return forget(name, world)
  const owner = world.ownerOf(name)
  if (mustWait(owner, name, world)) {
    world.settle(name, owner && unchanged(owner, name, world))
    return DONE
  }
  const gated = lettingGo(owner, world, context.now)
  if (gated > 0) return { outcome: 'requeueAfter', ms: gated }
  const desired = owner?.intent?.mode === 'Enforce' ? owner.intent.policiesFor(namespace.labels) : []
  const observed = relevant(world.policiesIn(name), desired, world)
  const repairing = isSettled(name, owner, world)
  const wait = repairing ? repairDelay(name, desired, observed, context) : 0
  if (wait > 0) return { outcome: 'requeueAfter', ms: wait }
  const plan = planPolicies({
    observed,
    desired,
    empty: await isEmpty(name, desired, observed, context),
    former: world.formerBaseline(name),
  })
  const repairs = repairing && owner ? repairsIn(plan, name, owner, context) : []
  const applied = await applyPlan(plan, name, world, context.writer)
  if (applied.result === 'done') {
    for (const repair of repairs) context.onRepair(repair())
    if (!repairing && plan.length > 0 && desired.length > 0) context.onIsolated(world.unsettledForMs(name))
  }
  return conclude(name, owner, applied, world)
}

function forget(name: string, world: World): Outcome {
  world.settle(name, undefined)
  return DONE
}

/**
 * Whether nothing may be written: the owner is suspended, cannot be understood, or does not hold its finalizer yet, without which a
 * deletion would let go in no order. The same goes for a namespace that a suspended tenant has left.
 */
function mustWait(owner: Tenant | undefined, namespace: string, world: World): boolean {
  if (owner) return !owner.intent || owner.intent.suspended || !isHeld(owner)
  const former = [...world.policiesIn(namespace).values()].map(({ tenant }) => world.tenants.get(tenant))
  return former.some((tenant) => tenant?.intent?.suspended === true)
}

/** How long the policies of a tenant that lets go still have to stay, because pods are asked for them. */
function lettingGo(owner: Tenant | undefined, { gates }: World, now: Now): number {
  return owner?.intent && owner.intent.mode !== 'Enforce' ? gates.waitMs(owner.resource.metadata.name, now.monotonic()) : 0
}

function isHeld({ resource: { metadata } }: Tenant): boolean {
  return metadata.deletionTimestamp !== undefined || metadata.finalizers?.includes(FINALIZER) === true
}

function isSettled(namespace: string, owner: Tenant | undefined, world: World): boolean {
  const outcome = world.outcomes.of(namespace)
  return outcome !== undefined && owner?.intent !== undefined && outcome.intent === owner.intent && !outcome.problem
}

/**
 * Whether no flow can be cut by sealing the namespace at once. Only asked when it matters: neither the baseline nor all others are there.
 * A namespace that we saw being made holds nothing that talks.
 */
async function isEmpty(
  namespace: string,
  desired: readonly ManagedPolicy[],
  observed: ReadonlyMap<string, PolicyEntry>,
  { world, writer }: NamespaceReconciler,
): Promise<boolean> {
  const [baseline, ...others] = desired
  if (!baseline || observed.has(baseline.name)) return false
  if (others.every(({ name, fingerprint }) => observed.get(name)?.fingerprint === fingerprint)) return false
  if (world.isNewborn(namespace)) return true
  const { items } = await writer.list(PODS, { namespace, limit: 1 })
  return items.length === 0
}

/** A fight is fought slowly: see drift.ts. */
function repairDelay(
  namespace: string,
  desired: readonly ManagedPolicy[],
  observed: ReadonlyMap<string, PolicyEntry>,
  { world, now }: NamespaceReconciler,
): number {
  const differing = desired.filter(({ name, fingerprint }) => observed.get(name)?.fingerprint !== fingerprint)
  return Math.max(0, ...differing.map(({ name }) => world.drift.delay(`${namespace}/${name}`, now.monotonic())))
}

/**
 * The policies that we answer for: those with a name that is wanted here, and those of tenants that exist. Where the tenant is unknown,
 * because it is gone or because our picture of tenants has a hole, they are the garbage collector's: a hole never deletes anything.
 */
function relevant(
  observed: ReadonlyMap<string, PolicyEntry>,
  desired: readonly ManagedPolicy[],
  world: World,
): ReadonlyMap<string, PolicyEntry> {
  const wanted = new Set(desired.map(({ name }) => name))
  const answered = [...observed].filter(
    ([name, { tenant, terminating }]) => wanted.has(name) || (world.tenants.has(tenant) && !terminating),
  )
  return answered.length === observed.size ? observed : new Map(answered)
}

/** What will have been put back once the plan is done; each measures its time when it is asked. */
function repairsIn(plan: Plan, namespace: string, owner: Tenant, { world, now }: NamespaceReconciler): (() => Repair)[] {
  return plan.flat().map((step) => {
    const entry = world.policiesIn(namespace).get(step.name)
    const since = now.monotonic() - world.differsForMs(`${namespace}/${step.name}`)
    const by = entry?.changedBy
    return () => {
      world.repaired({ object: `${namespace}/${step.name}`, tenant: owner.resource.metadata.name, by, now: now.monotonic() })
      return {
        tenant: owner.resource.metadata.name,
        uid: owner.resource.metadata.uid,
        namespace,
        policy: step.name,
        change: CHANGES[step.action],
        by,
        ms: now.monotonic() - since,
      }
    }
  })
}

const CHANGES: Readonly<Record<Step['action'], Repair['change']>> = { create: 'deleted', update: 'edited', delete: 'added' }

function conclude(name: string, owner: Tenant | undefined, applied: Applied, world: World): Outcome {
  switch (applied.result) {
    case 'leaving':
      return DONE
    case 'again':
      return { outcome: 'retry', error: new OvertakenError(`namespace ${name}`) }
    case 'done':
      world.settle(name, owner && settled(owner, name, world))
      return DONE
    case 'failed':
      world.settle(name, owner && { ...settled(owner, name, world), policies: 0, problem: applied.problem })
      if (!applied.passing) return { outcome: 'requeueAfter', ms: NAME_TAKEN_MS }
      return { outcome: 'retry', error: applied.error }
  }
}

function settled(owner: Tenant, namespace: string, world: World): NamespaceOutcome {
  const { intent } = owner
  const policies = intent ? intent.policiesFor(world.membership.labelsOf(namespace) ?? {}).length : 0
  return {
    ...about(owner, intent),
    policies: intent?.mode === 'Enforce' ? policies : 0,
    wouldWrite: intent?.mode === 'Audit' ? policies : 0,
  }
}

/** As it was: nothing was looked at closely, and nothing was written. */
function unchanged(owner: Tenant, namespace: string, world: World): NamespaceOutcome {
  const policies = [...world.policiesIn(namespace).values()].filter(({ ours }) => ours).length
  return { ...about(owner, isHeld(owner) ? owner.intent : undefined), policies, wouldWrite: 0 }
}

function about(owner: Tenant, intent: Intent | undefined): Pick<NamespaceOutcome, 'tenant' | 'intent' | 'problem'> {
  return { tenant: owner.resource.metadata.name, intent, problem: undefined }
}
