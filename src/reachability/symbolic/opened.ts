/**
 * reachability/symbolic/opened.ts — what a policy of somebody else opens beyond ours, said of selectors: for whoever has to know without
 * having seen a pod.
 *
 * The answer is whether some pods could be there, with labels, names of ports and addresses of any kind, between which a flow passes
 * under all policies and not under ours alone. Namespaces and their labels are as they are (docs/decisions/0018).
 */

import { NAMESPACE_NAME_LABEL } from '../../api/labels.ts'
import { DIRECTIONS, type Direction } from '../../api/network.ts'
import type { Labels } from '../../api/selectors.ts'
import type { Policy } from '../policy.ts'
import { type Box, type Dimension, intersectBoxes, subtractBoxes } from './boxes.ts'
import { inDomain } from './domains.ts'
import { boxesOf, type RuleBox, SAME_NAMESPACE } from './policy-boxes.ts'

/** A namespace as it is, with every policy in it. */
export type Space = { readonly name: string; readonly labels: Labels; readonly policies: readonly Policy[] }

/** What one peer of one rule opens beyond ours on its own side; what the other side says is not asked yet. */
export type Opened = Omit<RuleBox, 'box'> & {
  readonly direction: Direction
  readonly boxes: readonly Box[]
  /** False when ours are too many to be taken away one by one: then it may be less. */
  readonly exact: boolean
}

/**
 * What `foreign` lets pass in its namespace that `ours`, the policies of the operator there, keep closed. Nothing for pods that ours do
 * not isolate. Independent of all namespaces, so that it may be remembered for as long as the two are the same.
 */
export function openedBeyond(foreign: Policy, ours: readonly Policy[]): readonly Opened[] {
  return DIRECTIONS.flatMap((direction) => {
    const own = ours.map((policy) => boxesOf(policy, direction))
    const closed = own.flatMap(({ selects }) => (selects ? [selects] : []))
    const allowed = own.flatMap(({ opens }) => opens)
    return boxesOf(foreign, direction).opens.flatMap(({ box, ...opening }): Opened[] => {
      const where = allowed.filter(({ outside }) => outside === opening.outside).map((other) => other.box)
      const { boxes, exact } = subtractBoxes(isolated(box, closed), where)
      return boxes.length > 0 ? [{ ...opening, direction, boxes, exact }] : []
    })
  })
}

/** The part of the box whose own pods are closed by one of these; the parts may overlap. */
function isolated(box: Box, closed: readonly Box[]): readonly Box[] {
  if (closed.some(({ labels }) => labels.size === 0)) return [box]
  return closed.flatMap(({ labels }) => intersectBoxes(box, { ...box, labels }) ?? [])
}

/**
 * The flows between pods of `here`, where the policy is, and pods of another namespace that pass the other side, too, under all policies.
 * Namespaces whose policies are the same list, and of which the boxes ask the same, share an answer.
 */
export function passingFrom({ direction, outside, boxes }: Opened, here: Space): (there: Space) => readonly Box[] {
  const known = new Map<readonly Policy[], Map<string, readonly Box[]>>()
  const shut = new Map<readonly Policy[], boolean>()
  return (there) => {
    if (outside) return NOTHING
    const same = here.name === there.name
    // Thousands of namespaces may be meant, and nearly all of them let nothing of this through.
    const isShut = shut.get(there.policies) ?? isShutTo(here, there, direction)
    if (!same) shut.set(there.policies, isShut)
    if (isShut) return NOTHING
    const fitting = boxes.map((box) => inSpace(box, there, same))
    const candidates = fitting.filter((box) => box !== undefined)
    if (candidates.length === 0) return NOTHING
    if (same) return throughOtherSide(candidates, direction, here, there)
    const answers = known.get(there.policies) ?? new Map<string, readonly Box[]>()
    known.set(there.policies, answers)
    const which = fitting.map((box) => (box ? '1' : '0')).join('')
    const answer = answers.get(which) ?? throughOtherSide(candidates, direction, here, there)
    answers.set(which, answer)
    return answer
  }
}

const NOTHING: readonly Box[] = []

/** Whether the policies there close the other side for every pod, and name no namespace like `here`. */
function isShutTo(here: Space, { name, policies }: Space, direction: Direction): boolean {
  const { closed, opens } = sideOf(policies, opposite(direction))
  return closed.some(({ labels }) => labels.size === 0) && !opens.some((box) => fits(box, here, here.name === name))
}

/** All policies of a namespace in one direction: the pods that they close, and what they let pass between pods. */
type Side = { readonly closed: readonly Box[]; readonly opens: readonly Box[] }

const sides = new WeakMap<readonly Policy[], Readonly<Record<Direction, Side>>>()

function sideOf(policies: readonly Policy[], direction: Direction): Side {
  const found = sides.get(policies)
  if (found) return found[direction]
  const sideIn = (one: Direction): Side => {
    const boxes = policies.map((policy) => boxesOf(policy, one))
    return {
      closed: boxes.flatMap(({ selects }) => selects ?? []),
      opens: boxes.flatMap(({ opens }) => opens.flatMap(({ outside, box }) => (outside ? [] : [box]))),
    }
  }
  const both = { Ingress: sideIn('Ingress'), Egress: sideIn('Egress') }
  sides.set(policies, both)
  return both[direction]
}

function opposite(direction: Direction): Direction {
  return direction === 'Ingress' ? 'Egress' : 'Ingress'
}

function throughOtherSide(candidates: readonly Box[], direction: Direction, here: Space, there: Space): readonly Box[] {
  const { closed, opens } = sideOf(there.policies, opposite(direction))
  if (closed.length === 0) return candidates
  const same = here.name === there.name
  const allowed = opens.flatMap((box) => inSpace(box, here, same) ?? []).map(mirrored)
  return [
    ...subtractBoxes(candidates, closed.map(mirrored)).boxes,
    ...candidates.flatMap((candidate) => allowed.flatMap((box) => intersectBoxes(candidate, box) ?? [])),
  ]
}

/** The box without what it asks of the namespace at the other end, if that namespace has it. */
function inSpace(box: Box, space: Space, same: boolean): Box | undefined {
  if (!fits(box, space, same)) return undefined
  const rest = [...box.labels].filter(([dimension]) => dimension !== SAME_NAMESPACE && !dimension.startsWith(SPACE))
  return { ...box, labels: new Map(rest) }
}

function fits({ labels }: Box, space: Space, same: boolean): boolean {
  for (const [dimension, domain] of labels) {
    if (dimension === SAME_NAMESPACE) {
      if (!inDomain(domain, same ? '' : undefined)) return false
    } else if (dimension.startsWith(SPACE) && !inDomain(domain, labelOf(space.name, space.labels, dimension.slice(SPACE.length))))
      return false
  }
  return true
}

const SPACE = 'space '

/** The API server sets the label with the name on every namespace, whatever anybody writes. */
function labelOf(name: string, labels: Labels, key: string): string | undefined {
  if (key === NAMESPACE_NAME_LABEL) return name
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}

/** As the other end sees it. The names of a port are always those of the pod that is reached. */
function mirrored(box: Box): Box {
  return { ...box, labels: new Map([...box.labels].map(([dimension, domain]) => [mirror(dimension), domain])) }
}

function mirror(dimension: Dimension): Dimension {
  if (dimension.startsWith('own ')) return `peer ${dimension.slice('own '.length)}`
  return dimension.startsWith('peer ') ? `own ${dimension.slice('peer '.length)}` : dimension
}
