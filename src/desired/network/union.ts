/**
 * desired/network/union.ts — a policy for the way between two states, and which of two policies allows more.
 *
 * NetworkPolicy has no transaction over several objects. A policy that allows what is allowed before and what is allowed after
 * keeps every flow that both ends allow, while the others are written.
 */

import { DIRECTIONS, type Direction } from '../../api/network.ts'
import { implies } from './merge.ts'
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
    ingress: open('Ingress') ? [{}] : [...(before?.ingress ?? []), ...(after?.ingress ?? [])],
    egress: open('Egress') ? [{}] : [...(before?.egress ?? []), ...(after?.egress ?? [])],
  })
}

/** Both policies at once, for two that select the same pods under a baseline that closes the same directions at both ends. */
export function policyUnion(before: PolicySpec, after: PolicySpec): PolicySpec {
  const types = DIRECTIONS.filter((direction) => closes(before, direction) || closes(after, direction))
  return assemble({
    types: isNonEmpty(types) ? types : after.policyTypes,
    podSelector: after.podSelector,
    ingress: [...(before.ingress ?? []), ...(after.ingress ?? [])],
    egress: [...(before.egress ?? []), ...(after.egress ?? [])],
  })
}

export function closes(spec: PolicySpec | undefined, direction: Direction): boolean {
  return spec?.policyTypes.includes(direction) ?? false
}

/** Whether `wider` allows all that `narrower` allows. May say no where a finer look would say yes, never the other way round. */
export function allowsAll(wider: PolicySpec, narrower: PolicySpec): boolean {
  const covered = (outer: readonly (IngressRule | EgressRule | Open)[] = [], inner: readonly (IngressRule | EgressRule | Open)[] = []) =>
    inner.every((rule) => outer.some((candidate) => coversRule(candidate, rule)))
  return covered(wider.ingress, narrower.ingress) && covered(wider.egress, narrower.egress)
}

function coversRule(outer: IngressRule | EgressRule | Open, inner: IngressRule | EgressRule | Open): boolean {
  const [wide, narrow] = [ruleOf(outer), ruleOf(inner)]
  if (!wide) return true
  return narrow !== undefined && implies(wide, narrow)
}

/** Undefined for the rule that allows everything. */
function ruleOf(rule: IngressRule | EgressRule | Open): Rule | undefined {
  const { ports } = rule as { ports?: Rule['ports'] }
  const peers = 'from' in rule ? rule.from : 'to' in rule ? rule.to : undefined
  return peers && { peers, ...(ports && { ports }) }
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
