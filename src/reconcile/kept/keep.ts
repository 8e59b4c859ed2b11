/** reconcile/kept/keep.ts — makes kept objects what they should be: what allows first, what refuses last, and away in the reverse order. */

import type { Client } from '../../kube/client.ts'
import { isAlreadyExists, isConflict, isNamespaceTerminating, isNotFound } from '../../kube/errors.ts'
import type { Problem } from '../outcomes.ts'
import { type Kept, type KeptEntry, keptEntry, over, roleRefOf } from './entry.ts'
import { KEPT_KINDS, placeText } from './kinds.ts'
import type { KeptObjects } from './objects.ts'
import { refusalOf } from './refusal.ts'
import { holdsUp, type Situation, type Step, stepsOf } from './steps.ts'

export type KeepWriter = Pick<Client, 'create' | 'update' | 'delete' | 'get'>

export type Keeping = Omit<Situation, 'entryOf'> & {
  readonly objects: KeptObjects
  readonly writer: KeepWriter
  /** Whether something that has a name of ours, but that our watch does not show for want of our label, was made by us. */
  readonly recognises: (object: Kept) => boolean
}

type Done = { readonly result: 'done' } | { readonly result: 'again' } | { readonly result: 'failed'; readonly problem: Problem }

/** `written`: what was brought about, as `placeText` calls it. */
export type Keep = Done & { readonly written: ReadonlySet<string> }

/** What cannot be written is told, the first of it, and holds up nothing but what needs it. */
export async function keepObjects(keeping: Keeping): Promise<Keep> {
  const situation: Situation = { ...keeping, entryOf: (place) => keeping.objects.get(place) }
  const written = new Set<string>()
  const undone: { readonly step: Step; readonly why: Done }[] = []
  for (const step of stepsOf(situation)) {
    if (undone.some((other) => holdsUp(other.step, step, situation))) continue
    const why = await attempt(step, keeping)
    if (why.result === 'done') written.add(placeText(step))
    else undone.push({ step, why })
  }
  const { why = { result: 'done' as const } } = undone.find(({ why: { result } }) => result === 'again') ?? undone[0] ?? {}
  return { ...why, written }
}

/** `found` is what a look has shown to be there; otherwise the cache says. */
async function attempt(step: Step, keeping: Keeping, found?: KeptEntry): Promise<Done> {
  try {
    await write(step, found ?? keeping.objects.get(step), keeping)
    return { result: 'done' }
  } catch (error) {
    // Nothing can be made in it any more, and nothing has to.
    if (isNamespaceTerminating(error)) return { result: 'done' }
    if (isAlreadyExists(error)) return found ? { result: 'again' } : await takenName(step, keeping)
    const problem = refusalOf(step, error)
    if (problem) return { result: 'failed', problem }
    if (isConflict(error) || isNotFound(error)) return { result: 'again' }
    throw error
  }
}

async function write(step: Step, entry: KeptEntry | undefined, { objects, writer }: Keeping): Promise<void> {
  const { kind, namespace, name, wanted } = step
  const resource = KEPT_KINDS[kind]
  const remove = async () => {
    if (!entry) return
    const { uid, resourceVersion } = entry
    if ((await writer.delete(resource, { namespace, name }, { uid, resourceVersion })) === 'gone') objects.deleted(step, uid)
  }
  if (!wanted) return await remove()
  if (entry && entry.roleRef === roleRefOf(wanted)) {
    return objects.written(kind, (await writer.update(resource, over(entry, wanted))) as unknown as Kept)
  }
  await remove()
  objects.written(kind, (await writer.create(resource, wanted)) as unknown as Kept)
}

/** The name is taken by something that our watch does not show, for want of our label. Ours get it back; others' are left alone. */
async function takenName(step: Step, keeping: Keeping): Promise<Done> {
  const { kind, namespace, name } = step
  const object = await keeping.writer.get<Kept>(KEPT_KINDS[kind], { namespace, name }).catch(() => undefined)
  if (!object) return { result: 'again' }
  if (keeping.recognises(object)) return await attempt(step, keeping, keptEntry(object))
  const message = `${placeText(step)} is there, but was not made by the operator; delete or rename it`
  return { result: 'failed', problem: { reason: 'NameTaken', message } }
}
