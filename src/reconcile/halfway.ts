/**
 * reconcile/halfway.ts — PURE: whether the two directions of a namespace have to change one after the other, and what stands in between.
 *
 * A connection between two pods of the namespace passes when the one may send and the other may receive. Where the old state lets it be sent,
 * and the new one lets it be received, neither allows it; but while both directions change at the same time it would pass. So the direction
 * that takes away goes first, and the one that adds follows when that is done.
 */

import { canonicalJson } from '../api/canonical.ts'
import type { Direction } from '../api/network.ts'
import { type ManagedPolicy, withSpec } from '../desired/managed.ts'
import { allowsAllIn, closes, type Ends, partsOfBoth } from '../desired/network/union.ts'
import type { PolicyEntry } from './policy-entry.ts'

/** What a plan goes by of a policy that is there. */
export type Standing = Pick<PolicyEntry, 'ours' | 'fingerprint' | 'spec'>

export type Change = { readonly name: string; readonly before: Standing | undefined; readonly after: ManagedPolicy | undefined }

/**
 * The direction that has to be done before the other one begins. Undefined where it makes no difference, and where no order is right because
 * both directions take and add: then they change together.
 */
export function firstDirection(changes: readonly Change[], baseline: Ends): Direction | undefined {
  const [ingress, egress] = (['Ingress', 'Egress'] as const).map((direction) => effectOf(direction, changes, baseline)) as [Effect, Effect]
  const egressFirst = egress.takes && ingress.adds
  const ingressFirst = ingress.takes && egress.adds
  if (egressFirst === ingressFirst || changes.some(selectsOthers)) return undefined
  return egressFirst ? 'Egress' : 'Ingress'
}

/** The policies in between: `first` as it should be, the other direction as it is. `marks` are those of any policy of the tenant. */
export function halfway(
  first: Direction,
  observed: ReadonlyMap<string, Standing>,
  changes: readonly Change[],
  marks: ManagedPolicy,
): { readonly desired: readonly ManagedPolicy[]; readonly observed: ReadonlyMap<string, Standing> } {
  const desired = changes.flatMap(({ name, before, after }) => {
    const spec = partsOfBoth(first, after?.spec, before?.spec)
    if (!spec) return []
    const policy = withSpec(after ?? { ...marks, name }, spec)
    // What stays as it is needs no write, whatever its marks will be.
    return [before && canonicalJson(before.spec) === canonicalJson(spec) ? { ...policy, fingerprint: before.fingerprint } : policy]
  })
  const changing = new Set(changes.map(({ name }) => name))
  const untouched = [...observed].filter(([name]) => !changing.has(name))
  return {
    desired: [
      ...desired,
      ...untouched.flatMap(([name, { spec, fingerprint, ours }]) => (ours ? [{ ...marks, name, spec, fingerprint }] : [])),
    ],
    observed: new Map([...untouched, ...desired.map(({ name, spec, fingerprint }) => [name, { ours: true, spec, fingerprint }] as const)]),
  }
}

type Effect = { readonly takes: boolean; readonly adds: boolean }

function effectOf(direction: Direction, changes: readonly Change[], { before, after }: Ends): Effect {
  const [closed, closing] = [closes(before, direction), closes(after, direction)]
  // Without a baseline that closes it, a direction is open, whatever else is there.
  if (!closed || !closing) return { takes: !closed && closing, adds: closed && !closing }
  // The baseline is for all pods: what it allows, no other policy takes away or adds.
  return {
    takes: changes.some((change) => !allowsAllIn(direction, [change.after?.spec, after], change.before?.spec)),
    adds: changes.some((change) => !allowsAllIn(direction, [change.before?.spec, before], change.after?.spec)),
  }
}

/** After a foreign edit of the selector the two policies speak of different pods: then there is nothing in between, and ours is put back at once. */
export function selectsOthers({ before, after }: Change): boolean {
  return before !== undefined && after !== undefined && canonicalJson(before.spec.podSelector) !== canonicalJson(after.spec.podSelector)
}
