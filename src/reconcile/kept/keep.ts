/** reconcile/kept/keep.ts — makes kept objects what they should be: what allows first, what refuses last, and away in the reverse order. */

import { MANAGED_BY, MANAGED_BY_LABEL } from '../../api/labels.ts'
import type { Client } from '../../kube/client.ts'
import { isAlreadyExists, isConflict, isForbidden, isInvalid, isNotFound } from '../../kube/errors.ts'
import type { Problem } from '../outcomes.ts'
import { isOurController } from '../policy-entry.ts'
import { fingerprintOf, type Kept, type KeptEntry, keptEntry, over, roleRefOf, type Wanted } from './entry.ts'
import { KEPT_KINDS, KEPT_ORDER, type KeptKind } from './kinds.ts'
import type { KeptObjects } from './objects.ts'

export type KeepWriter = Pick<Client, 'create' | 'update' | 'delete' | 'get'>

export type Keeping = {
  readonly objects: KeptObjects
  readonly writer: KeepWriter
  /** Whose objects these are: the value of the tenant label. */
  readonly tenant: string
  readonly wanted: readonly Wanted[]
  /** Whether an object of that name, which nobody wants any more, is one that we would have made. */
  readonly isOurs: (kind: KeptKind, name: string) => boolean
}

export type Keep = { readonly result: 'done' } | { readonly result: 'again' } | { readonly result: 'failed'; readonly problem: Problem }

/** Stops at the first refusal: what comes later may need what was refused. */
export async function keepObjects(keeping: Keeping): Promise<Keep> {
  for (const step of [...writes(keeping), ...removals(keeping)]) {
    const done = await attempt(step, keeping)
    if (done.result !== 'done') return done
  }
  return { result: 'done' }
}

type Step = { readonly kind: KeptKind; readonly name: string; readonly wanted: Wanted | undefined }

function* writes({ wanted, objects }: Keeping): Iterable<Step> {
  const order = (object: Wanted) => KEPT_ORDER.indexOf(object.kind as KeptKind)
  for (const object of [...wanted].sort((a, b) => order(a) - order(b))) {
    const kind = object.kind as KeptKind
    const { name } = object.metadata
    if (objects.get(kind, name)?.fingerprint !== fingerprintOf(object)) yield { kind, name, wanted: object }
  }
}

function* removals({ wanted, objects, tenant, isOurs }: Keeping): Iterable<Step> {
  const names = new Set(wanted.map(({ kind, metadata }) => `${kind} ${metadata.name}`))
  for (const kind of KEPT_ORDER.toReversed()) {
    for (const name of objects.namesOf(tenant, kind)) {
      if (!names.has(`${kind} ${name}`) && isOurs(kind, name)) yield { kind, name, wanted: undefined }
    }
  }
}

/** `found` is what a look has shown to be there; otherwise the cache says. */
async function attempt(step: Step, keeping: Keeping, found?: KeptEntry): Promise<Keep> {
  try {
    await write(step, found ?? keeping.objects.get(step.kind, step.name), keeping)
    return { result: 'done' }
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return { result: 'again' }
    if (isAlreadyExists(error)) return found ? { result: 'again' } : await takenName(step, keeping)
    if (!isForbidden(error) && !isInvalid(error)) throw error
    return {
      result: 'failed',
      problem: { reason: 'Refused', message: `the API server refuses ${step.kind} ${step.name}: ${(error as Error).message}` },
    }
  }
}

async function write({ kind, name, wanted }: Step, entry: KeptEntry | undefined, { objects, writer }: Keeping): Promise<void> {
  const resource = KEPT_KINDS[kind]
  const remove = async () => {
    if (!entry) return
    const { uid, resourceVersion } = entry
    if ((await writer.delete(resource, { name }, { uid, resourceVersion })) === 'gone') objects.deleted(kind, name, uid)
  }
  if (!wanted) return await remove()
  if (entry && entry.roleRef === roleRefOf(wanted)) {
    return objects.written(kind, (await writer.update(resource, over(entry, wanted))) as unknown as Kept)
  }
  await remove()
  objects.written(kind, (await writer.create(resource, wanted)) as unknown as Kept)
}

/** The name is taken by something that our watch does not show, for want of our label. Ours get it back; others' are left alone. */
async function takenName(step: Step, keeping: Keeping): Promise<Keep> {
  const { kind, name } = step
  const object = await keeping.writer.get<Kept>(KEPT_KINDS[kind], { name }).catch(() => undefined)
  if (!object) return { result: 'again' }
  if (object.metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY || object.metadata.ownerReferences?.some(isOurController))
    return await attempt(step, keeping, keptEntry(object))
  return {
    result: 'failed',
    problem: { reason: 'NameTaken', message: `${kind} ${name} is there, but was not made by the operator; delete or rename it` },
  }
}
