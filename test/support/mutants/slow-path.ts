/** support/mutants/slow-path.ts — pod-security without what lets a pod in before the rules are gone through for it. */

import { podSecurityPolicy } from '../../../src/admission/pods/pod-security.ts'
import type { PolicyObject, ResourceRule } from '../../../src/admission/policy.ts'

type Named = { readonly name: string; readonly expression: string }

export type SlowPath = PolicyObject & {
  readonly spec: {
    readonly matchConstraints: { readonly resourceRules: readonly ResourceRule[] }
    readonly matchConditions: readonly Named[]
    readonly variables: readonly Named[]
    readonly validations: readonly { readonly expression: string; readonly messageExpression?: string }[]
  }
}

/** The condition that says which requests are looked at. Any other only spares work: it must not make a difference. */
const WHICH_REQUESTS = 'containers-are-new'

/** Under another name, so that it can stand beside the policy as it is. */
export function slowPath(name: string): SlowPath {
  const policy = podSecurityPolicy() as SlowPath
  const matchConditions = policy.spec.matchConditions.filter((condition) => condition.name === WHICH_REQUESTS)
  if (matchConditions.length !== 1) throw new Error(`pod-security has no condition ${WHICH_REQUESTS}`)
  return { ...policy, metadata: { ...policy.metadata, name }, spec: { ...policy.spec, matchConditions } }
}
