/** reconcile/kept/steps.ts — PURE: what is to be written and taken away, in which order, and what holds up what. */

import { fingerprintOf, type KeptEntry, placeOf, type Wanted } from './entry.ts'
import { KEPT_ORDER, type Place, placeText } from './kinds.ts'

export type Situation = {
  readonly wanted: readonly Wanted[]
  /** What we would have made and is there: it goes unless it is wanted. */
  readonly present: Iterable<Place>
  readonly entryOf: (place: Place) => KeptEntry | undefined
  /** Whether `object`, which is `there` or not, may not be written while `other` is not as it should be. */
  readonly needs?: (object: Wanted, other: Wanted, there: boolean) => boolean
}

/** Without `wanted` the object is taken away. */
export type Step = Place & { readonly wanted: Wanted | undefined }

export function stepsOf({ wanted, present, entryOf }: Situation): readonly Step[] {
  const writes = wanted
    .filter((object) => entryOf(placeOf(object))?.fingerprint !== fingerprintOf(object))
    .map((object): Step => ({ ...placeOf(object), wanted: object }))
  const names = new Set(wanted.map((object) => placeText(placeOf(object))))
  const removals = [...present].filter((place) => !names.has(placeText(place))).map((place): Step => ({ ...place, wanted: undefined }))
  return [...writes.sort((a, b) => orderOf(a) - orderOf(b)), ...removals.sort((a, b) => orderOf(b) - orderOf(a))]
}

/** Whether `step` has to wait because `undone` could not be done: what is needed comes first, and goes last. */
export function holdsUp(undone: Step, step: Step, { needs, entryOf }: Situation): boolean {
  if (!undone.wanted || !step.wanted) return !undone.wanted && !step.wanted && orderOf(undone) > orderOf(step)
  return needs?.(step.wanted, undone.wanted, entryOf(step) !== undefined) === true
}

function orderOf({ kind }: Place): number {
  return KEPT_ORDER.indexOf(kind)
}
