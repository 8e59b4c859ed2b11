/** lint/input.ts — what lint rules look at: resources and policies as they are written, and the network that follows from them. */

import type { Direction, Network as NetworkSpec } from '../api/network.ts'
import { isEmptySelector, type Labels } from '../api/selectors.ts'
import type { TenantIsolation } from '../api/tenant-isolation.ts'
import type { Facts } from '../desired/facts.ts'
import { DEFAULT_DENY } from '../desired/network/rules.ts'
import { isOurs, type Network, type Pod, type Policy } from '../reachability/reachability.ts'
import type { Found, ObjectRef, Severity } from './finding.ts'
import type { Grant } from './grants.ts'

export type LintTenant = {
  readonly resource: TenantIsolation
  /** The namespaces that it owns, by name, in their order. */
  readonly namespaces: readonly string[]
  /** Whether its policies are written, or would be: mode Enforce, neither suspended nor broken nor on its way out. */
  readonly enforced: boolean
}

export type LintService = {
  readonly namespace: string
  readonly name: string
  readonly type: string
  readonly clusterIPs: readonly string[]
  readonly externalTrafficPolicy: string | undefined
}

export type LintInput = {
  /** By name. Only those that keep their schema. */
  readonly tenants: readonly LintTenant[]
  readonly services: readonly LintService[]
  /** All policies and pods: those of the operator as it would write them, and those of others as they are. */
  readonly network: Network
  readonly facts: Facts
  /** What rules of resources, and of policies that are not ours, allow. */
  readonly grants: readonly Grant[]
  /** Whether a namespace that is not here does not exist. Files may leave some out: then nothing is said for want of them. */
  readonly knowsNamespaces: boolean
}

export type LintRule = {
  readonly code: string
  readonly name: string
  readonly severity: Severity
  /** One line, for lists of rules. */
  readonly summary: string
  readonly check: (input: LintInput) => Iterable<Found>
}

export function tenantRef({ resource }: Pick<LintTenant, 'resource'>): ObjectRef {
  return { kind: 'TenantIsolation', name: resource.metadata.name }
}

export function policyRefOf({ namespace, name }: Pick<Policy, 'namespace' | 'name'>): ObjectRef {
  return { kind: 'NetworkPolicy', namespace, name }
}

export function networkOfTenant({ resource }: LintTenant): NetworkSpec {
  return resource.spec.network ?? {}
}

/** Whether nothing passes in this direction without a rule. */
export function closes(tenant: LintTenant, direction: Direction): boolean {
  return tenant.enforced && (networkOfTenant(tenant).defaultDeny ?? DEFAULT_DENY).includes(direction)
}

export function labelsOf({ network }: LintInput, namespace: string): Labels {
  return network.cluster.namespaces.get(namespace) ?? {}
}

/** The tenant that owns the namespace. */
export function tenantWith({ tenants }: LintInput, namespace: string): LintTenant | undefined {
  return tenants.find(({ namespaces }) => namespaces.includes(namespace))
}

/** The policies of others. */
export function foreignPolicies({ network }: LintInput): readonly Policy[] {
  return network.policies.filter((policy) => !isOurs(policy))
}

/** The namespaces in which some policy isolates every pod in this direction, with those policies. */
export function isolatedIn({ network }: LintInput, direction: Direction): ReadonlyMap<string, readonly Policy[]> {
  const closing = network.policies.filter((policy) => policy.rules[direction] !== undefined && isEmptySelector(policy.podSelector.selector))
  return Map.groupBy(closing, ({ namespace }) => namespace)
}

export function podsIn({ network }: LintInput, namespaces: ReadonlySet<string>): readonly Pod[] {
  return network.cluster.pods.filter(({ namespace }) => namespaces.has(namespace))
}
