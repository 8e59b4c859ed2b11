/**
 * reconcile/plan.ts — PURE: from the policies that are there to those that should be, in an order in which no step is tighter or
 * looser than both ends: at every moment a flow that both ends allow passes, and one that neither allows does not (DESIGN section 4, 2).
 *
 * Why the order: policies only add up, and the first that selects a pod closes it for all that none allows. So what a policy will
 * allow is added before what another allowed is taken away. A policy that does both is written twice, as a union in between; the last
 * of those can turn in one write, for by then all others allow what is needed. Where the two ends close different directions (a
 * namespace is taken in, let go, or defaultDeny changes), the baseline opens first and seals last. Where one direction takes away what the
 * other one would meet with something new, it goes first (halfway.ts).
 */

import { BASELINE_POLICY } from '../api/labels.ts'
import { DIRECTIONS } from '../api/network.ts'
import { type ManagedPolicy, withSpec } from '../desired/managed.ts'
import type { PolicySpec } from '../desired/network/policy.ts'
import { allowsAll, baselineUnion, closes, policyUnion } from '../desired/network/union.ts'
import { type Change, firstDirection, halfway, type Standing, selectsOthers } from './halfway.ts'

export type Step =
  | { readonly action: 'create' | 'update'; readonly name: string; readonly policy: ManagedPolicy }
  | { readonly action: 'delete'; readonly name: string }

/** Steps of one stage may run at the same time; a stage begins when the one before is done. */
export type Plan = readonly (readonly Step[])[]

export type Situation = {
  /** What is there under our names, by name. */
  readonly observed: ReadonlyMap<string, Standing>
  /** What should be there; undefined when nothing should. */
  readonly desired: readonly ManagedPolicy[]
  /** Nothing runs in the namespace, so that no flow can be cut: it is sealed in the first write. */
  readonly empty: boolean
  /** The baseline of the tenant that lets the namespace go: under its marks the way out is opened. */
  readonly former?: ManagedPolicy | undefined
}

export function planPolicies({ observed, desired, empty, former }: Situation): Plan {
  const changes = changesBetween(observed, desired)
  if (changes.length <= 1) return stages(changes.map(directly))
  const baseline = {
    before: observed.get(BASELINE_POLICY)?.spec,
    after: desired.find(({ name }) => name === BASELINE_POLICY)?.spec,
  }
  const first = firstDirection(changes, baseline)
  const [marks] = desired
  if (first && marks) {
    const between = halfway(first, observed, changes, marks)
    return [
      ...planPolicies({ observed, desired: between.desired, empty, former }),
      ...planPolicies({ observed: between.observed, desired, empty, former }),
    ]
  }
  const sameDirections = DIRECTIONS.every((direction) => closes(baseline.before, direction) === closes(baseline.after, direction))
  if (sameDirections) return inOrder(changes)
  const others = changes.filter(({ name }) => name !== BASELINE_POLICY)
  const own = changes.find(({ name }) => name === BASELINE_POLICY)
  // Directions can only differ by the baseline itself.
  if (!own) return inOrder(others)
  if (empty) return stages([directly(own)], others.map(directly))
  return stages(bridge(own, baselineUnion(baseline), former), ...inOrder(others), [finish(own)])
}

function changesBetween(observed: ReadonlyMap<string, Standing>, desired: readonly ManagedPolicy[]): Change[] {
  const wanted = new Map(desired.map((policy) => [policy.name, policy]))
  const changed = desired
    .map((after): Change => ({ name: after.name, before: observed.get(after.name), after }))
    .filter(({ before, after }) => before?.fingerprint !== after?.fingerprint)
  const surplus = [...observed].filter(([name, { ours }]) => ours && !wanted.has(name))
  return [...changed, ...surplus.map(([name, before]): Change => ({ name, before, after: undefined }))]
}

/** For changes under a baseline that closes the same directions before and after: add, turn, take away. */
function inOrder(changes: readonly Change[]): Plan {
  const adds: Step[] = []
  const takes: Step[] = []
  const turns: (Change & { readonly before: Standing; readonly after: ManagedPolicy })[] = []
  for (const change of changes) {
    const { before, after } = change
    if (!before || (after && allowsAll(after.spec, before.spec))) adds.push(directly(change))
    else if (!after || allowsAll(before.spec, after.spec)) takes.push(directly(change))
    else turns.push({ ...change, before, after })
  }
  const last = turns.at(-1)
  const others = turns.slice(0, -1)
  const bridged = others.filter((change) => !selectsOthers(change))
  const widened = bridged.map(
    ({ name, before, after }): Step => ({ action: 'update', name, policy: withSpec(after, policyUnion(before.spec, after.spec)) }),
  )
  const rest = others.filter((change) => !bridged.includes(change))
  return stages([...adds, ...widened, ...rest.map(directly)], last ? [directly(last)] : [], [...takes, ...bridged.map(finish)])
}

function directly({ name, before, after }: Change): Step {
  if (!after) return { action: 'delete', name }
  return { action: before ? 'update' : 'create', name, policy: after }
}

function finish({ name, after }: Change): Step {
  return after ? { action: 'update', name, policy: after } : { action: 'delete', name }
}

/** The baseline's first step: the union of both ends. None where it stands already, after a way that was broken off. */
function bridge({ name, before, after }: Change, spec: PolicySpec, former: ManagedPolicy | undefined): Step[] {
  const marks = after ?? former
  // A tenant that is gone without a trace leaves its policies to the garbage collector, which knows no order either.
  if (!marks) return []
  const policy = withSpec(marks, spec)
  return before?.fingerprint === policy.fingerprint ? [] : [{ action: before ? 'update' : 'create', name, policy }]
}

function stages(...all: readonly (readonly Step[])[]): Plan {
  return all.filter((steps) => steps.length > 0)
}
