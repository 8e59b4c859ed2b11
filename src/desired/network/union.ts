/**
 * desired/network/union.ts — a policy for the way between two states, and which of two policies allows more.
 *
 * NetworkPolicy has no transaction over several objects. A policy that allows what is allowed before and what is allowed after
 * keeps every flow that both ends allow, while the others are written.
 */

import { DIRECTIONS, type Direction } from '../../api/network.ts'
import { coversPeers, coversPorts } from './merge.ts'
import { type EgressRule, type IngressRule, isNonEmpty, type Open, type PolicySpec, type Rule } from './policy.ts'

/** `before` is undefined for a policy that is not there yet, `after` for one that goes: without a baseline, everything is open. */
export type Ends = { readonly before: PolicySpec | undefined; readonly after: PolicySpec | undefined }

/**
 * The baseline on the way: in each direction that either end closes, it allows what either end allows. Where one end is open, that
 * is everything: the only rules without peers that we ever write, and only for as long as the way takes.
 */
export function baselineUnion({ before, after }: Ends): PolicySpec {
  const types = DIRECTIONS.filter((direction) => closes(before, direction) || closes(after, direction))
  const open = (direction: Direction) => !closes(before, direction) || !closes(after, direction)
  return assemble({
    types: isNonEmpty(types) ? types : DIRECTIONS,
    podSelector: {},
    ingress: open('Ingress') ? [{}] : [...ingressOf(before), ...ingressOf(after)],
    egress: open('Egress') ? [{}] : [...egressOf(before), ...egressOf(after)],
  })
}

/** Both policies at once, for two that select the same pods under a baseline that closes the same directions at both ends. */
export function policyUnion(before: PolicySpec, after: PolicySpec): PolicySpec {
  const types = DIRECTIONS.filter((direction) => closes(before, direction) || closes(after, direction))
  return assemble({
    types: isNonEmpty(types) ? types : after.policyTypes,
    podSelector: after.podSelector,
    ingress: [...ingressOf(before), ...ingressOf(after)],
    egress: [...egressOf(before), ...egressOf(after)],
  })
}

export function closes(spec: PolicySpec | undefined, direction: Direction): boolean {
  return spec?.policyTypes.includes(direction) ?? false
}

/**
 * Whether `wider` allows all that `narrower` allows, under a baseline that closes the same directions at both ends. May say no where
 * a finer look would say yes, never the other way round.
 */
export function allowsAll(wider: PolicySpec, narrower: PolicySpec): boolean {
  return DIRECTIONS.every((direction) => allowsAllIn(direction, [wider], narrower))
}

/** The same for one direction, and several policies that together allow more; one that is not there allows nothing. */
export function allowsAllIn(direction: Direction, wider: readonly (PolicySpec | undefined)[], narrower: PolicySpec | undefined): boolean {
  const outer = wider.flatMap((spec) => rulesIn(direction, spec))
  return rulesIn(direction, narrower).every((rule) => outer.some((candidate) => coversRule(candidate, rule)))
}

/** What `one` says of the first direction and `other` of the other one; undefined where neither says anything. Both select the same pods. */
export function partsOfBoth(first: Direction, one: PolicySpec | undefined, other: PolicySpec | undefined): PolicySpec | undefined {
  const from = (direction: Direction) => (direction === first ? one : other)
  const types = DIRECTIONS.filter((direction) => closes(from(direction), direction))
  const podSelector = (one ?? other)?.podSelector
  if (!isNonEmpty(types) || !podSelector) return undefined
  return assemble({ types, podSelector, ingress: ingressOf(from('Ingress')), egress: egressOf(from('Egress')) })
}

type AnyRule = IngressRule | EgressRule | Open

/** The rules that have an effect. Those of a direction that policyTypes does not list have none; only a foreign edit leaves such. */
function ingressOf(spec: PolicySpec | undefined): readonly (IngressRule | Open)[] {
  return closes(spec, 'Ingress') ? (spec?.ingress ?? []) : []
}

function egressOf(spec: PolicySpec | undefined): readonly (EgressRule | Open)[] {
  return closes(spec, 'Egress') ? (spec?.egress ?? []) : []
}

function rulesIn(direction: Direction, spec: PolicySpec | undefined): readonly AnyRule[] {
  return direction === 'Ingress' ? ingressOf(spec) : egressOf(spec)
}

function coversRule(outer: AnyRule, inner: AnyRule): boolean {
  const [wide, narrow] = [partsOf(outer), partsOf(inner)]
  const everybody = wide.peers === undefined
  return coversPorts(wide.ports, narrow.ports) && (everybody || (narrow.peers !== undefined && coversPeers(wide.peers, narrow.peers)))
}

/** No peers mean everybody, no ports every port; of ours, only the open rule has no peers, but others write what they like. */
function partsOf(rule: AnyRule): { readonly peers: Rule['peers'] | undefined; readonly ports: Rule['ports'] } {
  const { from, to, ports } = rule as { from?: Rule['peers']; to?: Rule['peers']; ports?: Rule['ports'] }
  return { peers: from ?? to, ports }
}

type Parts = {
  readonly types: PolicySpec['policyTypes']
  readonly podSelector: PolicySpec['podSelector']
  readonly ingress: readonly (IngressRule | Open)[]
  readonly egress: readonly (EgressRule | Open)[]
}

function assemble({ types, podSelector, ingress, egress }: Parts): PolicySpec {
  return {
    podSelector,
    policyTypes: types,
    ...(types.includes('Ingress') && isNonEmpty(ingress) && { ingress }),
    ...(types.includes('Egress') && isNonEmpty(egress) && { egress }),
  }
}
