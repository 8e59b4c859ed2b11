/** cli/check/lines/kubernetes.ts — PURE: whether the API server can do what is asked of it. */

import { type ClusterFacts, isInstalled, isMutating } from '../facts.ts'
import { type Line, someOf } from '../line.ts'

/** The oldest that the tests are run against (kubeVersion of the chart). */
export const OLDEST = { major: 1, minor: 34 } as const
/** The first with MutatingAdmissionPolicy v1. */
const MUTATING_SINCE = 36

export function kubernetesLine({ kubernetes }: ClusterFacts): Line {
  const oldest = `${OLDEST.major}.${OLDEST.minor}`
  const { major, minor } = versionOf(kubernetes)
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor))
    return { check: 'kubernetes', mark: 'ok', reason: `${kubernetes} is ${oldest} or newer` }
  return {
    check: 'kubernetes',
    mark: 'missing',
    reason: `${kubernetes} is older than ${oldest}`,
    advice: `upgrade the cluster to Kubernetes ${oldest} or newer; the chart refuses to be installed on an older one`,
  }
}

/** Without it nothing is refused: no profiles, and nothing keeps a tenant from opening its own boundary. */
export function validatingPoliciesLine({ serves, kubernetes }: ClusterFacts): Line {
  const check = 'validating-policies'
  if (serves.validatingPolicies) return { check, mark: 'ok', reason: 'the API server has ValidatingAdmissionPolicy v1' }
  return {
    check,
    mark: 'missing',
    reason: `the API server (${kubernetes}) does not serve ValidatingAdmissionPolicy v1, so no guard and no profile can hold`,
    advice:
      'take admissionregistration.k8s.io/v1 out of --runtime-config, and ValidatingAdmissionPolicy out of --disable-admission-plugins of kube-apiserver',
  }
}

export function mutatingPoliciesLine(facts: ClusterFacts): Line {
  const check = 'mutating-policies'
  const lack = lackOfMutation(facts)
  if (!lack) return { check, mark: 'ok', reason: 'the API server has MutatingAdmissionPolicy v1: defaulting works' }
  const { tenants } = facts.installation
  const wanting = (Array.isArray(tenants) ? tenants : [])
    .filter(({ spec }) => spec.podSecurity?.defaulting === 'Enabled')
    .map(({ metadata }) => metadata.name)
  if (wanting.length === 0)
    return {
      check,
      mark: 'warning',
      reason: `${lack.reason}; nothing but podSecurity.defaulting needs it`,
      advice: `for defaulting, ${lack.advice}`,
    }
  return {
    check,
    mark: 'missing',
    reason: `${lack.reason}, and podSecurity.defaulting of ${someOf(wanting)} asks for it`,
    advice: `${lack.advice}, or set podSecurity.defaulting to Disabled`,
  }
}

/** Why nothing can be filled in, and what to do about it; undefined when it can. */
function lackOfMutation(facts: ClusterFacts): { readonly reason: string; readonly advice: string } | undefined {
  const { serves, kubernetes, installation } = facts
  if (serves.mutatingPolicies) {
    const ours = installation.policies.find(isMutating)
    if (!isInstalled(facts) || ours === undefined || ours.stored !== undefined) return undefined
    return { reason: `${ours.name} is not installed, though the API server could have it`, advice: 'run helm upgrade once' }
  }
  if (versionOf(kubernetes).minor < MUTATING_SINCE)
    return {
      reason: `there is no MutatingAdmissionPolicy v1: it comes with Kubernetes 1.${MUTATING_SINCE}, and this is ${kubernetes}`,
      advice: `upgrade to Kubernetes 1.${MUTATING_SINCE}`,
    }
  return {
    reason: `there is no MutatingAdmissionPolicy v1: it is switched off in the API server (${kubernetes})`,
    advice:
      'take MutatingAdmissionPolicy and its bindings out of --runtime-config, --feature-gates and --disable-admission-plugins of kube-apiserver, then run helm upgrade once',
  }
}

/** Zeros when it is not to be understood, so that it counts as too old. */
function versionOf(text: string): { readonly major: number; readonly minor: number } {
  const [, major = 0, minor = 0] = /^v?(\d+)\.(\d+)/.exec(text) ?? []
  return { major: Number(major), minor: Number(minor) }
}
