/** desired/pod-security/bindings.ts — where the admission policies of pod security hold, and with whose resource as their parameter. */

import { GROUP } from '../../api/labels.ts'
import type { PodSecurity } from '../../api/pod-security/pod-security.ts'
import { type LabelSelector, withoutNamespaces } from '../../api/selectors.ts'
import { type Marks, marksOf } from '../managed.ts'
import type { SecuredTenant } from './tenant.ts'

export type ValidationAction = 'Deny' | 'Warn' | 'Audit'

type Spec = {
  readonly policyName: string
  /** When the resource is not there, nothing is let in. */
  readonly paramRef: { readonly name: string; readonly parameterNotFoundAction: 'Deny' }
  readonly matchResources: { readonly namespaceSelector: LabelSelector }
}

type PolicyBinding<Kind extends string, S extends Spec = Spec> = {
  readonly apiVersion: 'admissionregistration.k8s.io/v1'
  readonly kind: Kind
  readonly metadata: Marks & { readonly name: string }
  readonly spec: S
}

export type ValidatingBinding = PolicyBinding<
  'ValidatingAdmissionPolicyBinding',
  Spec & { readonly validationActions: readonly ValidationAction[] }
>
export type MutatingBinding = PolicyBinding<'MutatingAdmissionPolicyBinding'>

export type PodSecurityBindings = {
  readonly validating: readonly ValidatingBinding[]
  /** At most one; needs Kubernetes 1.36. */
  readonly mutating: readonly MutatingBinding[]
}

/**
 * The bindings of the tenant. `exceptNamespaces` are those that its selector matches and that are not its own: protected ones, and those
 * that an older resource has.
 */
export function podSecurityBindings(tenant: SecuredTenant, exceptNamespaces: readonly string[]): PodSecurityBindings {
  const { podSecurity, namespaceSelector } = tenant.spec
  if (podSecurity === undefined) return { validating: [], mutating: [] }
  const specFor = (policy: string): Spec => ({
    policyName: `${policy}.${GROUP}`,
    paramRef: { name: tenant.name, parameterNotFoundAction: 'Deny' },
    matchResources: { namespaceSelector: withoutNamespaces(namespaceSelector, exceptNamespaces) },
  })
  const head = <const Kind extends string>(kind: Kind, policy: string) => ({
    apiVersion: 'admissionregistration.k8s.io/v1' as const,
    kind,
    metadata: { name: bindingName(tenant.name, policy), ...marksOf(tenant) },
  })
  const validating = (policy: string, validationActions: readonly ValidationAction[]): readonly ValidatingBinding[] =>
    validationActions.length === 0
      ? []
      : [{ ...head('ValidatingAdmissionPolicyBinding', policy), spec: { ...specFor(policy), validationActions } }]
  return {
    validating: [...validating('pod-security', podActions(podSecurity)), ...validating('workload-security', workloadActions(podSecurity))],
    mutating: writesDefaults(podSecurity)
      ? [{ ...head('MutatingAdmissionPolicyBinding', 'pod-defaults'), spec: specFor('pod-defaults') }]
      : [],
  }
}

/** A tenant's name has no dots. */
export function bindingName(tenant: string, policy: string): string {
  return `${tenant}.${policy}.${GROUP}`
}

/** Whether it is one of those bindings by which pods are refused for want of a profile. */
export function refusesPods({
  kind,
  metadata: { name },
}: {
  readonly kind: string
  readonly metadata: { readonly name: string }
}): boolean {
  return kind === 'ValidatingAdmissionPolicyBinding' && REFUSING.some((policy) => name.endsWith(`.${policy}.${GROUP}`))
}

const REFUSING = ['pod-security', 'workload-security'] as const

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
