/** desired/pod-security/bindings.ts — where the admission policies of pod security hold, and with whose resource as their parameter. */

import {
  type MutatingBinding,
  mutatingBinding,
  type ValidatingBinding,
  type ValidationAction,
  validatingBinding,
} from '../../admission/binding.ts'
import { POD_DEFAULTS } from '../../admission/pods/pod-defaults.ts'
import { POD_SECURITY } from '../../admission/pods/pod-security.ts'
import { WORKLOAD_SECURITY } from '../../admission/pods/workload-security.ts'
import { policyName } from '../../admission/policy.ts'
import type { PodSecurity } from '../../api/pod-security/pod-security.ts'
import { withoutNamespaces } from '../../api/selectors.ts'
import type { SecuredTenant } from './tenant.ts'

export type PodSecurityBindings = {
  readonly validating: readonly ValidatingBinding[]
  /** At most one. */
  readonly mutating: readonly MutatingBinding[]
}

/**
 * The bindings of the tenant. `exceptNamespaces` are those that its selector matches and that are not its own: protected ones, and those
 * that an older resource has.
 */
export function podSecurityBindings(
  { name, spec: { podSecurity, namespaceSelector } }: SecuredTenant,
  exceptNamespaces: readonly string[],
): PodSecurityBindings {
  if (podSecurity === undefined) return { validating: [], mutating: [] }
  const text = (policy: string) => ({
    // A tenant's name has no dots.
    name: policyName(`${name}.${policy}`),
    policy: policyName(policy),
    tenant: name,
    // When the resource is not there, nothing is let in.
    param: { name, missing: 'Deny' as const },
    namespaceSelector: withoutNamespaces(namespaceSelector, exceptNamespaces),
  })
  const validating = (policy: string, validationActions: readonly ValidationAction[]) =>
    validationActions.length === 0 ? [] : [validatingBinding({ ...text(policy), validationActions })]
  return {
    validating: [...validating(POD_SECURITY, podActions(podSecurity)), ...validating(WORKLOAD_SECURITY, workloadActions(podSecurity))],
    mutating: writesDefaults(podSecurity) ? [mutatingBinding(text(POD_DEFAULTS))] : [],
  }
}

/** Whether it is one of those bindings by which pods are refused for want of a profile. */
export function refusesPods({
  kind,
  metadata: { name },
}: {
  readonly kind: string
  readonly metadata: { readonly name: string }
}): boolean {
  return kind === 'ValidatingAdmissionPolicyBinding' && REFUSING.some((policy) => name.endsWith(`.${policyName(policy)}`))
}

const REFUSING = [POD_SECURITY, WORKLOAD_SECURITY]

function podActions({ mode = 'Enforce' }: PodSecurity): readonly ValidationAction[] {
  return { Enforce: ['Deny', 'Audit'], Warn: ['Warn', 'Audit'], Audit: ['Audit'], Disabled: [] }[mode] as readonly ValidationAction[]
}

/** Never sterner than the mode: with Warn and Audit nothing is refused. */
function workloadActions(podSecurity: PodSecurity): readonly ValidationAction[] {
  const { mode = 'Enforce', workloads = 'Warn' } = podSecurity
  if (workloads === 'Ignore') return []
  if (mode !== 'Enforce') return podActions(podSecurity)
  return workloads === 'Deny' ? ['Deny', 'Audit'] : ['Warn', 'Audit']
}

/** Whoever only wants to be warned wants nothing written into his pods. */
function writesDefaults({ mode = 'Enforce', defaulting = 'Disabled' }: PodSecurity): boolean {
  return mode === 'Enforce' && defaulting === 'Enabled'
}
