/** reconcile/namespace.ts — one namespace: look, compare, write, remember. Costs the same in a tenant of 3 namespaces and of 3,000. */

import type { Outcome } from '../controller/workers.ts'
import type { ManagedPolicy } from '../desired/managed.ts'
import { type Applied, applyPlan, type Writer } from './apply.ts'
import type { NamespaceOutcome, Problem } from './outcomes.ts'
import { OvertakenError } from './overtaken.ts'
import { type Plan, planPolicies, type Step } from './plan.ts'
import type { PolicyEntry } from './policy-entry.ts'
import { objectText, type PossibleRepair, possibleRepair, type Repair } from './repairs.ts'
import { PODS } from './resources.ts'
import { isHeld, isWritable, type Tenant } from './tenants.ts'
import type { Now, World } from './world.ts'

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
  const frozen = mustWait(owner, name, world)
  const observed = frozen ? ofDeleted(world.policiesIn(name), owner, world) : undefined
  if (frozen && observed?.size === 0) {
    world.settle(name, owner && unchanged(owner, name, world))
    return DONE
  }
  const gated = lettingGo(owner, world, context.now)
  if (gated > 0) return { outcome: 'requeueAfter', ms: gated }
  return await bringAbout({ name, owner: frozen ? undefined : owner, frozen: frozen ? owner : undefined, observed }, context)
}

type Situation = {
  readonly name: string
  readonly owner: Tenant | undefined
  /** The owner, when nothing may be written for it: only what deleted tenants have left here is let go. */
  readonly frozen: Tenant | undefined
  readonly observed: ReadonlyMap<string, PolicyEntry> | undefined
}

async function bringAbout({ name, owner, frozen, observed: only }: Situation, context: NamespaceReconciler): Promise<Outcome> {
  const { world } = context
  const desired = wantedOf(owner, name, world)
  const observed = only ?? relevant(world.policiesIn(name), desired, owner, world)
  const repairing = isSettled(name, owner, desired, world)
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
  for (const repair of repairs) if (applied.written.has(repair.name)) context.onRepair(repair.told())
  if (applied.result === 'done' && !repairing && plan.length > 0 && desired.length > 0) context.onIsolated(world.unsettledForMs(name))
  if (frozen && applied.result === 'done') world.settle(name, unchanged(frozen, name, world))
  return frozen && applied.result === 'done' ? DONE : conclude(name, owner, applied, world)
}

function forget(name: string, world: World): Outcome {
  world.settle(name, undefined)
  return DONE
}

/** Whether nothing may be written: for the owner, or because a suspended tenant has left the namespace. */
function mustWait(owner: Tenant | undefined, namespace: string, world: World): boolean {
  if (owner) return !isWritable(owner)
  const former = [...world.policiesIn(namespace).values()].map(({ tenant }) => world.tenants.get(tenant))
  return former.some((tenant) => tenant?.intent?.suspended === true)
}

/** How long the policies of a tenant that lets go still have to stay, because pods are asked for them. */
function lettingGo(owner: Tenant | undefined, { gates }: World, now: Now): number {
  return owner?.intent && owner.intent.mode !== 'Enforce' ? gates.waitMs(owner.resource.metadata.name, now.monotonic()) : 0
}

/** What deleted tenants have left in a namespace whose owner may not be written for. */
function ofDeleted(observed: ReadonlyMap<string, PolicyEntry>, owner: Tenant | undefined, world: World): ReadonlyMap<string, PolicyEntry> {
  const gone = ({ tenant, ours, terminating }: PolicyEntry) =>
    ours &&
    !terminating &&
    tenant !== owner?.resource.metadata.name &&
    world.tenants.get(tenant)?.resource.metadata.deletionTimestamp !== undefined
  return new Map([...observed].filter(([, entry]) => gone(entry)))
}

function wantedOf(owner: Tenant | undefined, namespace: string, world: World): readonly ManagedPolicy[] {
  return owner?.intent?.mode === 'Enforce' ? owner.intent.policiesFor(world.membership.labelsOf(namespace) ?? {}) : NOTHING
}

const NOTHING: readonly ManagedPolicy[] = []

/** Whether the same was asked for when it was looked at last: then what differs now was changed by somebody else. */
function isSettled(namespace: string, owner: Tenant | undefined, desired: readonly ManagedPolicy[], world: World): boolean {
  const outcome = world.outcomes.of(namespace)
  return outcome !== undefined && owner?.intent !== undefined && outcome.intent === owner.intent && outcome.wanted === desired
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
  return Math.max(
    0,
    ...differing.map(({ name }) => world.drift.delay(objectText({ kind: 'NetworkPolicy', namespace, name }), now.monotonic())),
  )
}

/**
 * The policies that we answer for: those with a name that is wanted here, and those of tenants that exist. Where the tenant is unknown,
 * because it is gone or because our picture of tenants has a hole, they are the garbage collector's: a hole never deletes anything.
 * What bears all our marks but the owner, as after a deletion that left its policies behind, is ours where its tenant owns the namespace.
 */
export function relevant(
  observed: ReadonlyMap<string, PolicyEntry>,
  desired: readonly ManagedPolicy[],
  owner: Tenant | undefined,
  world: { readonly tenants: ReadonlyMap<string, Tenant> },
): ReadonlyMap<string, PolicyEntry> {
  const wanted = new Set(desired.map(({ name }) => name))
  const known = [...observed].filter(([name, { tenant, terminating }]) => wanted.has(name) || (world.tenants.has(tenant) && !terminating))
  const orphans = known.some(([, { ours, marked, tenant }]) => !ours && marked && tenant === owner?.resource.metadata.name)
  if (known.length === observed.size && !orphans) return observed
  return new Map(
    known.map(([name, entry]) => [name, entry.marked && entry.tenant === owner?.resource.metadata.name ? { ...entry, ours: true } : entry]),
  )
}

/** What will have been put back once the plan is done. */
function repairsIn(plan: Plan, namespace: string, owner: Tenant, context: NamespaceReconciler): readonly PossibleRepair[] {
  const { world } = context
  // What could not be made so far was not deleted by anybody.
  const waiting = world.outcomes.of(namespace)?.problem !== undefined
  const steps = plan.flat().filter(({ action }) => !(waiting && action === 'create'))
  return steps.map(({ action, name }) => {
    const by = world.policiesIn(namespace).get(name)?.changedBy
    return possibleRepair({ kind: 'NetworkPolicy', namespace, name, change: CHANGES[action], by }, owner, context)
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
      world.settle(name, failing(owner ?? formerOf(name, world), name, applied.problem, world))
      if (!applied.passing) return { outcome: 'requeueAfter', ms: NAME_TAKEN_MS }
      return { outcome: 'retry', error: applied.error }
  }
}

function settled(owner: Tenant, namespace: string, world: World): NamespaceOutcome {
  const { intent } = owner
  const policies = intent ? intent.policiesFor(world.membership.labelsOf(namespace) ?? {}).length : 0
  const enforced = intent?.mode === 'Enforce'
  return {
    ...about(owner, namespace, world),
    isolated: enforced,
    policies: enforced ? policies : 0,
    wouldWrite: intent?.mode === 'Audit' ? policies : 0,
  }
}

/** A namespace that has left, too, is a row of its tenant for as long as it cannot be let go. */
function failing(tenant: Tenant | undefined, namespace: string, problem: Problem, world: World): NamespaceOutcome | undefined {
  return tenant && { ...about(tenant, namespace, world), isolated: false, policies: 0, wouldWrite: 0, problem }
}

/** The tenant whose policies are here although the namespace is not its own any more. */
function formerOf(namespace: string, world: World): Tenant | undefined {
  const [entry] = [...world.policiesIn(namespace).values()].filter(({ ours }) => ours)
  return entry && world.tenants.get(entry.tenant)
}

/** As it was: nothing was looked at closely, and nothing was written. */
function unchanged(owner: Tenant, namespace: string, world: World): NamespaceOutcome {
  const { name } = owner.resource.metadata
  const observed = world.policiesIn(namespace)
  const wanted = owner.intent?.policiesFor(world.membership.labelsOf(namespace) ?? {}) ?? []
  return {
    ...about(owner, namespace, world),
    ...(!isHeld(owner) && { intent: undefined }),
    isolated: wanted.length > 0 && wanted.every((policy) => observed.get(policy.name)?.fingerprint === policy.fingerprint),
    policies: [...observed.values()].filter(({ ours, tenant }) => ours && tenant === name).length,
    wouldWrite: 0,
  }
}

function about(owner: Tenant, namespace: string, world: World): Pick<NamespaceOutcome, 'tenant' | 'intent' | 'wanted' | 'problem'> {
  return { tenant: owner.resource.metadata.name, intent: owner.intent, wanted: wantedOf(owner, namespace, world), problem: undefined }
}
