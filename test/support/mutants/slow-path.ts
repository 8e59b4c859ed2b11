/** support/mutants/slow-path.ts — pod-security without what lets a pod in before the rules are gone through for it. */

import { podSecurityPolicy } from '../../../src/admission/pods/pod-security.ts'
import type { ValidatingPolicy } from '../../../src/admission/policy.ts'

/** The condition that says which requests are looked at. Any other only spares work: it must not make a difference. */
const WHICH_REQUESTS = 'containers-are-new'

/** Under another name, so that it can stand beside the policy as it is. */
export function slowPath(name: string): ValidatingPolicy {
  const policy = podSecurityPolicy()
  const matchConditions = policy.spec.matchConditions?.filter((condition) => condition.name === WHICH_REQUESTS)
  if (matchConditions?.length !== 1) throw new Error(`pod-security has no condition ${WHICH_REQUESTS}`)
  return { ...policy, metadata: { ...policy.metadata, name }, spec: { ...policy.spec, matchConditions } }
}
