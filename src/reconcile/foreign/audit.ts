/** reconcile/foreign/audit.ts — PURE: what Enforce would change, in numbers that can be known without a look at pods. */

import type { Direction } from '../../api/network.ts'
import { isEmptySelector, type Labels, matchesSelector } from '../../api/selectors.ts'
import type { AuditCounts } from '../../api/status.ts'
import type { Grant } from '../../lint/grants.ts'
import type { ForeignPolicy } from './foreign-policy.ts'
import type { Heard } from './listeners.ts'

export type AuditQuestion = {
  /** The directions that the resource would close. */
  readonly closed: readonly Direction[]
  /** Of the tenant, with the policies that are there. */
  readonly namespaces: readonly { readonly labels: Labels; readonly policies: readonly ForeignPolicy[] }[]
  /** What the resource says. */
  readonly grants: readonly Grant[]
  /** Whether any namespace of the cluster is taken. */
  readonly isAnywhere: (selector: Heard) => boolean
  /** Policies of others that would open more than the rules. */
  readonly widened: number
}

export function auditCounts({ closed, namespaces, grants, isAnywhere, widened }: AuditQuestion): AuditCounts {
  const newlyClosed = (direction: Direction) =>
    closed.includes(direction) ? namespaces.filter(({ policies }) => !isClosed(policies, direction)).length : 0
  const idle = grants.filter(
    ({ called, direction, parts, namespaceSelector }) =>
      // What stands for everybody inside, and DNS, is not a rule that somebody could have mistyped.
      called.includes('/') &&
      closed.includes(direction) &&
      (!parts.some((part) => namesSomebody(part, isAnywhere)) ||
        (namespaceSelector !== undefined && !namespaces.some(({ labels }) => matchesSelector(namespaceSelector, labels)))),
  )
  return {
    namespacesClosedForIngress: newlyClosed('Ingress'),
    namespacesClosedForEgress: newlyClosed('Egress'),
    rulesForNobody: idle.length,
    policiesThatWiden: widened,
  }
}

/** Whether a policy that is there closes the direction for every pod already, but for what policies allow. */
function isClosed(policies: readonly ForeignPolicy[], direction: Direction): boolean {
  return policies.some(({ policy }) => policy?.rules[direction] !== undefined && isEmptySelector(policy.podSelector.selector))
}

/** A range is somebody, and so are pods of the same namespace, whether they are there or not. */
function namesSomebody({ rules }: Grant['parts'][number], isAnywhere: AuditQuestion['isAnywhere']): boolean {
  return rules.some(({ peers }) =>
    peers.some((peer) => peer.form === 'Addresses' || !peer.namespaceSelector || isAnywhere(peer.namespaceSelector)),
  )
}
