/** desired/network/policies.ts — the exact set of NetworkPolicies of a tenant, for each of its namespaces. */

import { canonicalJson, compareText, hashOf } from '../../api/canonical.ts'
import { BASELINE_POLICY } from '../../api/labels.ts'
import { DIRECTIONS, type Direction, type Network } from '../../api/network.ts'
import { isEmptySelector, type LabelSelector, type Labels, matchesSelector } from '../../api/selectors.ts'
import type { Facts } from '../facts.ts'
import { canonicalSelector } from './canonical.ts'
import { mergeRules } from './merge.ts'
import { type DesiredPolicy, isNonEmpty, type NonEmpty, type PolicySpec, type Rule } from './policy.ts'
import { type Allowance, allowancesOf, DEFAULT_DENY, type Unresolved } from './rules.ts'

/** Hexadecimal digits in a policy's name: 48 bits, for at most 128 selectors in a tenant. */
const NAME_DIGITS = 12

const FINGERPRINT_DIGITS = 24

export type TenantPolicies = {
  /** The baseline first, then one policy per distinct pod selector, by name. The same array for namespaces to which the same rules apply. */
  readonly of: (namespaceLabels: Labels) => NonEmpty<DesiredPolicy>
  readonly unresolved: readonly Unresolved[]
  /** Equal for equal policies in every namespace. */
  readonly fingerprint: string
}

/** What `network` means for the namespaces of a tenant. Pure, but for remembering what it worked out before. */
export function tenantPolicies(network: Network, namespaceSelector: LabelSelector, facts: Facts): TenantPolicies {
  const closed = DIRECTIONS.filter((direction) => (network.defaultDeny ?? DEFAULT_DENY).includes(direction))
  const { allowances, unresolved } = allowancesOf(network, namespaceSelector, facts)
  const selectors = [
    ...new Map(allowances.flatMap(({ namespaceSelector: selector }) => (selector ? [[canonicalJson(selector), selector]] : []))),
  ]
  const known = new Map<string, NonEmpty<DesiredPolicy>>()
  return {
    unresolved,
    fingerprint: hashOf([closed, allowances, unresolved], FINGERPRINT_DIGITS),
    of: (labels) => {
      const matching = new Set(selectors.filter(([, selector]) => matchesSelector(selector, labels)).map(([text]) => text))
      const key = [...matching].join()
      const policies =
        known.get(key) ??
        policiesOf(
          allowances.filter(({ namespaceSelector: selector }) => !selector || matching.has(canonicalJson(selector))),
          isNonEmpty(closed) ? closed : DEFAULT_DENY,
        )
      known.set(key, policies)
      return policies
    },
  }
}

function policiesOf(allowances: readonly Allowance[], closed: NonEmpty<Direction>): NonEmpty<DesiredPolicy> {
  const forAll: Allowance[] = []
  const forSome = new Map<string, { podSelector: LabelSelector; allowances: Allowance[] }>()
  for (const allowance of allowances) {
    const podSelector = canonicalSelector(allowance.podSelector ?? {})
    if (isEmptySelector(podSelector)) {
      forAll.push(allowance)
      continue
    }
    // By the selector itself: if two names were ever equal, one policy would be missing, and none would be for other pods.
    const text = canonicalJson(podSelector)
    const group = forSome.get(text) ?? { podSelector, allowances: [] }
    group.allowances.push(allowance)
    forSome.set(text, group)
  }
  const baseline = policyOf(BASELINE_POLICY, {}, closed, forAll)
  const others = [...forSome.values()].map(({ podSelector, allowances: own }) => {
    const types = DIRECTIONS.filter((direction) => own.some((allowance) => allowance.direction === direction))
    const name = `${BASELINE_POLICY}-${hashOf(podSelector, NAME_DIGITS)}`
    return policyOf(name, podSelector, isNonEmpty(types) ? types : closed, own)
  })
  return [baseline, ...others.sort((a, b) => compareText(a.name, b.name))]
}

function policyOf(
  name: string,
  podSelector: LabelSelector,
  policyTypes: NonEmpty<Direction>,
  allowances: readonly Allowance[],
): DesiredPolicy {
  const allowed = (direction: Direction) =>
    mergeRules(allowances.filter((allowance) => allowance.direction === direction).map(({ allows }) => allows))
  const ingress = allowed('Ingress').map(({ peers, ports }) => ({ from: peers, ...portsOf(ports) }))
  const egress = allowed('Egress').map(({ peers, ports }) => ({ to: peers, ...portsOf(ports) }))
  const spec: PolicySpec = { podSelector, policyTypes, ...(isNonEmpty(ingress) && { ingress }), ...(isNonEmpty(egress) && { egress }) }
  return { name, rules: [...new Set(allowances.map(({ rule }) => rule))].sort(compareText), spec }
}

function portsOf(ports: Rule['ports']): Pick<Rule, 'ports'> {
  return ports ? { ports } : {}
}
