/** reconcile/foreign/foreign-policy.ts — what is remembered of a NetworkPolicy of somebody else: what it means, and nothing of how it is written. */

import type { StoredObject } from '../../kube/objects.ts'
import { type Policy, problemText, readPolicies } from '../../reachability/reachability.ts'

/** Its meaning; or, as text, why it could not be understood, so that nobody knows what it opens. */
export type ForeignPolicy = { readonly name: string } & (
  | { readonly policy: Policy; readonly problem?: undefined }
  | { readonly policy?: undefined; readonly problem: string }
)

export type ForeignEntry = { readonly resourceVersion: string; readonly uid: string; readonly foreign: ForeignPolicy }

type Written = StoredObject & { readonly spec?: unknown }

export function foreignEntry(object: Written): ForeignEntry {
  const { resourceVersion, uid } = object.metadata
  return { resourceVersion, uid, foreign: foreignPolicy(object) }
}

/** Labels, annotations and owners say nothing about flows. */
export function foreignPolicy({ metadata: { namespace = '', name }, spec }: Written): ForeignPolicy {
  const { policies, problems } = readPolicies([{ metadata: { namespace, name }, spec }])
  const [policy] = policies
  return policy ? { name, policy } : { name, problem: problems.map(problemText).join('; ') }
}
