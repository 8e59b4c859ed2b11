/** cli/check/expected.ts — PURE: what this version installs, and whether what is stored is that. */

import { guardBindings, guardPolicies } from '../../admission/guards/guards.ts'
import type { OperatorAccount } from '../../admission/guards/identities.ts'
import { mutatingPolicies, validatingPolicies } from '../../admission/policies.ts'
import { customResourceDefinition } from '../../api/crd.ts'
import { fieldChanges } from '../diff/fields.ts'

export type Expected = { readonly kind: string; readonly metadata: { readonly name: string }; readonly spec?: unknown }

export function expectedPolicies(account: OperatorAccount, canMutate: boolean): readonly Expected[] {
  return [...validatingPolicies(), ...guardPolicies(account), ...(canMutate ? mutatingPolicies() : [])]
}

export function expectedBindings(account: OperatorAccount): readonly Expected[] {
  return guardBindings(account)
}

export function expectedCrd(): Expected {
  return customResourceDefinition() as unknown as Expected
}

/** The first field in which they differ, or undefined. What the API server fills in is no difference. */
export function firstDifference(stored: unknown, expected: unknown): string | undefined {
  return fieldChanges(withoutDefaults(stored), withoutDefaults(expected), 'spec')[0]?.path
}

/**
 * What the API server (1.36) writes where nothing was said: admissionregistration.k8s.io/v1 defaults.go, apiextensions v1 defaults.go. By
 * name and value, for the same value under another name is somebody's wish.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  namespaceSelector: '{}',
  objectSelector: '{}',
  matchPolicy: '"Equivalent"',
  scope: '"*"',
  conversion: '{"strategy":"None"}',
  matchResources: '{}',
}

function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, withoutDefaults(member)] as const)
      .filter(([name, member]) => member !== undefined && !isEmptyList(member) && DEFAULTS[name] !== JSON.stringify(member)),
  )
}

/** Which is not stored: these lists are `omitempty`, and one that is empty means what none means. */
function isEmptyList(member: unknown): boolean {
  return Array.isArray(member) && member.length === 0
}
