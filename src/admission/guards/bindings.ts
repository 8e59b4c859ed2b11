/**
 * admission/guards/bindings.ts — PURE: from tenants to the bindings that put the guards to work for them.
 *
 * Same input in any order, same objects. The operator writes them: the owner references are its own to add. When they are written and taken
 * away is the reconciler's business; what is said here is only which there should be.
 */

import { compareText, hashOf } from '../../api/canonical.ts'
import { BASELINE_POLICY } from '../../api/labels.ts'
import { DIRECTIONS, type Direction } from '../../api/network.ts'
import { type LabelSelector, withoutNamespaces } from '../../api/selectors.ts'
import type { Spec } from '../../api/tenant-isolation.ts'
import { type ValidatingBinding, validatingBinding } from '../binding.ts'
import { policyName } from '../policy.ts'
import { isolatedBeforePodsName } from './isolated-before-pods.ts'
import { MEMBERSHIP_GUARD } from './membership-guard.ts'
import { networkGuard } from './network-guard.ts'
import { trustFilters } from './trust.ts'

/** What the bindings of a tenant follow from. */
export type GuardedTenant = { readonly name: string; readonly spec: Pick<Spec, 'namespaceSelector' | 'network'> }

const HASH_DIGITS = 12

/**
 * `isolated-before-pods` for all tenants that are enforced: one binding for all whose selector is one label with certain values, one
 * for each that selects otherwise. Give it no tenant that is being let go, for its baseline opens before it goes. The binding's name is
 * what a user reads while there is no baseline at all, so it says what is wrong.
 */
export function gateBindings(tenants: readonly GuardedTenant[], protectedNamespaces: readonly string[]): ValidatingBinding[] {
  const groups = new Map<string, { readonly closed: readonly Direction[]; readonly key: string; readonly values: Set<string> }>()
  const bindings: ValidatingBinding[] = []
  // None bears a tenant's label, not even one that serves a single tenant: all are looked after together.
  const gate = (suffix: string, closed: readonly Direction[], selector: LabelSelector) =>
    validatingBinding({
      name: policyName(`namespace-is-not-isolated-yet.try-again-in-a-moment.${suffix}`),
      policy: isolatedBeforePodsName(closed),
      param: { name: BASELINE_POLICY, missing: 'Deny' },
      // No tenant takes kube-system, so nobody isolates it: a selector that happens to match it must not stop its pods.
      namespaceSelector: withoutNamespaces(selector, protectedNamespaces),
    })
  for (const { name, spec } of tenants) {
    if ((spec.network?.mode ?? 'Enforce') !== 'Enforce') continue
    const closed = DIRECTIONS.filter((direction) => (spec.network?.defaultDeny ?? DIRECTIONS).includes(direction))
    const one = oneLabel(spec.namespaceSelector)
    if (!one) {
      bindings.push(gate(name, closed, spec.namespaceSelector))
      continue
    }
    const id = hashOf([one.key, closed], HASH_DIGITS)
    const group = groups.get(id) ?? { closed, key: one.key, values: new Set<string>() }
    for (const value of one.values) group.values.add(value)
    groups.set(id, group)
  }
  for (const [id, { closed, key, values }] of groups) {
    // With a dot, which the name of a tenant never has: no tenant is called like a group.
    bindings.push(gate(`group.${id}`, closed, { matchExpressions: [{ key, operator: 'In', values: [...values].sort(compareText) }] }))
  }
  return byName(bindings)
}

/**
 * `network-guard` and `membership-guard` for one tenant, in every mode: what they refuse follows from the resource, the moment that it
 * changes. Membership has one binding for the tenant's own selector, and one for each label by which its rules name other namespaces.
 *
 * Where the resource is gone there is nothing to guard, and they let pass: the API server goes by a binding for about a second after it
 * is deleted, and would otherwise refuse the namespaces of everybody in that second.
 */
export function tenantBindings({ name, spec }: GuardedTenant, protectedNamespaces: readonly string[]): ValidatingBinding[] {
  const own = spec.namespaceSelector
  const membership = (suffix: string, objectSelector?: LabelSelector) =>
    validatingBinding({
      name: policyName(`membership-guard.${name}${suffix}`),
      policy: MEMBERSHIP_GUARD,
      tenant: name,
      param: { name, missing: 'Allow' },
      ...(objectSelector && { objectSelector }),
    })
  return byName([
    validatingBinding({
      name: policyName(`network-guard.${name}`),
      policy: networkGuard.metadata.name,
      tenant: name,
      param: { name, missing: 'Allow' },
      namespaceSelector: withoutNamespaces(own, protectedNamespaces),
    }),
    membership('', own),
    ...trustFilters(spec.network ?? {}, own).map((filter) =>
      filter === 'any' ? membership('.any') : membership(`.${hashOf(keyOf(filter), HASH_DIGITS)}`, filter),
    ),
  ])
}

/** The one label whose values the selector lists, if that is all it says. */
function oneLabel({ matchLabels = {}, matchExpressions = [] }: LabelSelector) {
  const [[key, value] = [], ...others] = Object.entries(matchLabels)
  const [expression, ...further] = matchExpressions
  if (others.length > 0 || further.length > 0) return undefined
  if (key !== undefined && value !== undefined) return expression ? undefined : { key, values: [value] }
  return expression?.operator === 'In' ? { key: expression.key, values: expression.values ?? [] } : undefined
}

function keyOf({ matchExpressions = [] }: LabelSelector): string {
  return matchExpressions[0]?.key ?? ''
}

function byName(bindings: readonly ValidatingBinding[]): ValidatingBinding[] {
  return bindings.toSorted((a, b) => compareText(a.metadata.name, b.metadata.name))
}
