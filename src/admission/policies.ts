/** admission/policies.ts — the policies that are installed once, for all tenants. */

import { podDefaultsPolicy } from './pods/pod-defaults.ts'
import { podSecurityPolicy } from './pods/pod-security.ts'
import { workloadSecurityPolicy } from './pods/workload-security.ts'
import type { MutatingPolicy, ValidatingPolicy } from './policy.ts'

/** Kubernetes 1.30 and newer. */
export function validatingPolicies(): readonly ValidatingPolicy[] {
  return [podSecurityPolicy(), workloadSecurityPolicy()]
}

/** Kubernetes 1.36 and newer; older API servers do not know the kind. */
export function mutatingPolicies(): readonly MutatingPolicy[] {
  return [podDefaultsPolicy()]
}
