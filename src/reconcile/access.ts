/** reconcile/access.ts — one namespace: the RoleBindings by which spec.access is given, and nobody's any more. */

import type { Outcome } from '../controller/workers.ts'
import { rbacName } from '../desired/rbac.ts'
import { accessIn } from './desired-state.ts'
import { fingerprintOf, type KeptEntry, type Wanted } from './kept/entry.ts'
import { type Keep, type KeepWriter, keepObjects } from './kept/keep.ts'
import { placeText } from './kept/kinds.ts'
import type { Row } from './ledger.ts'
import { OvertakenError } from './overtaken.ts'
import { isOurController } from './policy-entry.ts'
import { objectText, type PossibleRepair, possibleRepair, type Repair } from './repairs.ts'
import { asksForAccess, isWritable, type Tenant } from './tenants.ts'
import type { Now, World } from './world.ts'

export type AccessReconciler = {
  readonly world: World
  readonly writer: KeepWriter
  readonly now: Now
  readonly onRepair: (repair: Repair) => void
}

const DONE: Outcome = { outcome: 'done' }

/** How long to leave a refused RoleBinding alone: what was in its way may be gone by then. */
const REFUSED_MS = 10_000

type Bindings = ReadonlyMap<string, KeptEntry>

type Situation = {
  readonly namespace: string
  /** The owner, when something may be written for it. */
  readonly owner: Tenant | undefined
  /** All RoleBindings with a tenant's label, by name, and those of them that go unless the owner wants them. */
  readonly there: Bindings
  readonly surplus: Bindings
  readonly wanted: readonly Wanted[]
  /** For how long what is missing has to wait for the guards; undefined while one of them is not there. */
  readonly waitMs: number | undefined
  /** The same was asked for when it was looked at last: then what differs now was changed by somebody else. */
  readonly repairing: boolean
}

/** Grants come before others are taken away, so that nobody who keeps access loses it on the way. */
export async function reconcileAccess(namespace: string, context: AccessReconciler): Promise<Outcome> {
  const { world, writer } = context
  const entry = world.namespaces.get(namespace)
  if (!entry || entry.terminating) return conclude(namespace, undefined, world)
  const situation = look(namespace, context)
  const delay = repairDelay(situation, context)
  if (delay > 0) return { outcome: 'requeueAfter', ms: delay }
  const repairs = repairsIn(situation, context)
  const kept = await keepObjects({
    objects: world.extras.kept,
    writer,
    wanted: situation.wanted,
    present: [...situation.surplus.keys()].map((name) => ({ kind: 'RoleBinding', namespace, name })),
    recognises: ({ metadata: { name, uid, ownerReferences } }) =>
      ownerReferences?.some(isOurController) === true || world.isLost(namespace, name, uid),
  })
  for (const { name, told } of repairs) if (kept.written.has(placeText({ kind: 'RoleBinding', namespace, name }))) context.onRepair(told())
  return afterwards(situation, kept, world)
}

function look(namespace: string, { world, now }: AccessReconciler): Situation {
  const of = world.ownerOf(namespace)
  const owner = of && isWritable(of) ? of : undefined
  const there = world.extras.kept.inNamespace('RoleBinding', namespace)
  const surplus = new Map([...there].filter(([name, binding]) => isToGo(name, binding, owner, world)))
  const repairing = owner !== undefined && isSettled(owner, namespace, world)
  const waitMs = owner && !repairing ? world.extras.guards.waitMs(owner.resource.metadata.name, now.monotonic()) : 0
  // Who has access already keeps it, whatever becomes of the guards.
  const wanted = owner ? accessIn(owner, namespace).filter(({ metadata: { name } }) => waitMs === 0 || there.has(name)) : []
  return { namespace, owner, there, surplus, wanted, waitMs, repairing }
}

function afterwards({ namespace, owner, surplus, wanted, waitMs }: Situation, kept: Keep, world: World): Outcome {
  if (kept.result === 'again') return { outcome: 'retry', error: new OvertakenError(`access to namespace ${namespace}`) }
  if (kept.result === 'failed') {
    conclude(namespace, rowOf(owner ?? formerOf(surplus, world), kept.problem), world)
    return { outcome: 'requeueAfter', ms: REFUSED_MS }
  }
  const missing = owner !== undefined && wanted.length < owner.access.bindings.length
  if (!missing) return conclude(namespace, owner && asksForAccess(owner) ? rowOf(owner, undefined) : undefined, world)
  // While a guard is not there, its coming brings us back.
  return waitMs === undefined ? DONE : { outcome: 'requeueAfter', ms: waitMs }
}

/**
 * Whether it goes unless the owner wants it. Only what was made for a tenant that exists: where that is unknown it is the garbage collector's,
 * for a hole in our picture must not delete anything. What a suspended tenant has left stays. What bears our marks but lost its owner, as
 * after a deletion that left it behind, is ours where its tenant owns the namespace.
 */
function isToGo(name: string, { tenant, ours, terminating }: KeptEntry, owner: Tenant | undefined, { tenants }: World): boolean {
  const of = tenants.get(tenant)
  if (!of || terminating || !isWritable(of) || !name.startsWith(rbacName(tenant, ''))) return false
  return ours || of === owner
}

function isSettled({ resource, access }: Tenant, namespace: string, world: World): boolean {
  const row = world.extras.access.of(namespace)
  return row !== undefined && row.tenant === resource.metadata.name && row.wanted === access.fingerprint && row.problem === undefined
}

/** A fight is fought slowly: see drift.ts. */
function repairDelay({ namespace, wanted, there, repairing }: Situation, { world, now }: AccessReconciler): number {
  const differing = repairing ? wanted.filter((object) => there.get(object.metadata.name)?.fingerprint !== fingerprintOf(object)) : []
  const delays = differing.map(({ metadata: { name } }) =>
    world.drift.delay(objectText({ kind: 'RoleBinding', namespace, name }), now.monotonic()),
  )
  return Math.max(0, ...delays)
}

function repairsIn({ namespace, owner, wanted, there, surplus, repairing }: Situation, context: AccessReconciler): PossibleRepair[] {
  if (!owner || !repairing) return []
  const repair = (name: string, change: Repair['change']) =>
    possibleRepair({ kind: 'RoleBinding', namespace, name, change, by: there.get(name)?.changedBy }, owner, context)
  const names = wanted.map(({ metadata: { name } }) => name)
  return [
    ...names.map((name) => repair(name, there.has(name) ? 'edited' : 'deleted')),
    ...[...surplus.keys()].filter((name) => !names.includes(name)).map((name) => repair(name, 'added')),
  ]
}

/** The tenant whose RoleBindings are here although the namespace is not its own any more. */
function formerOf(surplus: Bindings, { tenants }: World): Tenant | undefined {
  const [first] = surplus.values()
  return first && tenants.get(first.tenant)
}

function rowOf(tenant: Tenant | undefined, problem: Row['problem']): Row | undefined {
  return tenant && { tenant: tenant.resource.metadata.name, wanted: tenant.access.fingerprint, problem }
}

function conclude(namespace: string, row: Row | undefined, world: World): Outcome {
  world.extras.settle('access', namespace, row)
  return DONE
}
