/** demo/policies.ts — the NetworkPolicies of the story, as its observer sees them. */

import type { Observer, Policy } from './observer.ts'

/** What the book's tenant gets in each namespace: the baseline, and one policy for each of its three kinds of pods. */
export const MANNING_POLICIES = 4
export const ACME_POLICIES = 1

/** Those of the namespace that the operator has written. */
export function ours(observer: Observer, namespace: string): readonly Policy[] {
  return observer.policiesIn(namespace).filter(({ metadata: { labels } }) => labels?.['tenant-isolation.dev/tenant'] !== undefined)
}

/** Closed in both directions by a policy for all pods, without the rule that lets everything pass on the way in. */
export function isSealed(observer: Observer, namespace: string): boolean {
  const baseline = ours(observer, namespace).find(({ metadata }) => metadata.name === 'tenant-isolation')
  const rules = (baseline?.spec?.ingress ?? []) as readonly object[]
  return baseline?.spec?.policyTypes?.length === 2 && rules.every((rule) => Object.keys(rule).length > 0)
}

export function namespaceOf(tenant: string, name: string) {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { tenant } } }
}
