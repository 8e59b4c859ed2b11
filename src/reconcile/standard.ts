/**
 * reconcile/standard.ts — one namespace: the labels of Pod Security Admission that spec.podSecurity.standard asks for.
 *
 * They are applied server-side, with a field manager for each tenant, so that the API server itself remembers which labels are ours: it takes
 * them off when they are not applied any more, and leaves those that somebody else has set as well (docs/decisions/0015).
 */

import type { Outcome } from '../controller/workers.ts'
import type { Client } from '../kube/client.ts'
import { isConflict, isForbidden, isInvalid, isNotFound } from '../kube/errors.ts'
import type { KubeObject, StoredObject } from '../kube/objects.ts'
import { managerOf } from './managers.ts'
import type { Problem } from './outcomes.ts'
import { OvertakenError } from './overtaken.ts'
import { objectText, possibleRepair, type Repair } from './repairs.ts'
import { NAMESPACES } from './resources.ts'
import type { StandardStep } from './standard-step.ts'
import { asksForStandard, isWritable, type Tenant } from './tenants.ts'
import type { Now, World } from './world.ts'

export type StandardReconciler = {
  readonly world: World
  readonly writer: Pick<Client, 'patch'>
  readonly now: Now
  readonly onRepair: (repair: Repair) => void
}

const DONE: Outcome = { outcome: 'done' }

/** How long to leave a namespace alone whose labels may not be written. */
const REFUSED_MS = 10_000

export async function reconcileStandard(namespace: string, context: StandardReconciler): Promise<Outcome> {
  const { world, now } = context
  const entry = world.namespaces.get(namespace)
  if (!entry || entry.terminating) return conclude(namespace, undefined, undefined, world)
  const delay = world.drift.delay(objectText({ kind: 'Namespace', namespace, name: namespace }), now.monotonic())
  if (delay > 0) return { outcome: 'requeueAfter', ms: delay }
  const owner = world.ownerOf(namespace)
  // At most once for each that has labels here: what comes back at once is a fight, and fought slowly.
  for (let left = entry.applied.size + 1; left > 0; left--) {
    const step = world.extras.standardStep(namespace)
    if (!step) break
    const repair = repairOf(step, namespace, context)
    try {
      world.namespaces.written(await apply(step, namespace, context))
    } catch (error) {
      if (isNotFound(error)) return DONE
      if (isConflict(error)) return { outcome: 'retry', error: new OvertakenError(`namespace ${namespace}`) }
      if (!isForbidden(error) && !isInvalid(error)) throw error
      const message = `the API server refuses the Pod Security labels of namespace ${namespace}: ${(error as Error).message}`
      conclude(namespace, step.tenant, { reason: 'Refused', message }, world)
      return { outcome: 'requeueAfter', ms: REFUSED_MS }
    }
    if (repair) context.onRepair(repair.told())
  }
  if (world.extras.standardStep(namespace)) return { outcome: 'retry', error: new OvertakenError(`namespace ${namespace}`) }
  const asked = owner && isWritable(owner) && asksForStandard(owner)
  return conclude(namespace, asked ? owner : undefined, undefined, world)
}

/** Nothing but the labels, at the version that was looked at; what the API server adds to the object is none of our business. */
async function apply(
  { tenant, labels }: StandardStep,
  namespace: string,
  { world, writer }: StandardReconciler,
): Promise<StoredObject & KubeObject> {
  const { uid, resourceVersion } = world.namespaces.get(namespace) ?? {}
  const metadata = { name: namespace, uid, resourceVersion, ...(Object.keys(labels).length > 0 && { labels }) }
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata }
  const fieldManager = managerOf(tenant.resource.metadata.name)
  return await writer.patch<KubeObject>(NAMESPACES, { name: namespace }, { type: 'apply', body, force: true }, { fieldManager })
}

/** What will have been put back, or put in the place of what somebody else had set before: neither happens without a word. */
function repairOf({ tenant, labels: wanted }: StandardStep, namespace: string, context: StandardReconciler) {
  const { world } = context
  const { labels = {}, applied = new Map<string, readonly string[]>(), securedBy: by } = world.namespaces.get(namespace) ?? {}
  const row = world.extras.standards.of(namespace)
  const settled = row?.wanted === tenant.standard.fingerprint && row.tenant === tenant.resource.metadata.name && !row.problem
  const differing = Object.keys(wanted).filter((label) => labels[label] !== wanted[label])
  const own = [...applied.values()].flat()
  const replaced = differing.filter((label) => labels[label] !== undefined && !own.includes(label))
  if (replaced.length === 0 && (!settled || differing.length === 0)) return undefined
  const was = differing.map((label) => (labels[label] === undefined ? `no ${label}` : `${label}=${labels[label]}`)).join(', ')
  const change = replaced.length > 0 ? 'edited' : 'deleted'
  return possibleRepair(
    { kind: 'Namespace', namespace, name: namespace, change, by: replaced.length > 0 ? by : undefined, was },
    tenant,
    context,
  )
}

function conclude(namespace: string, tenant: Tenant | undefined, problem: Problem | undefined, world: World): Outcome {
  const row = tenant && { tenant: tenant.resource.metadata.name, wanted: tenant.standard.fingerprint, problem }
  world.extras.settle('standards', namespace, row)
  return DONE
}
