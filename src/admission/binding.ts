/** admission/binding.ts — bindings of admission policies as plain objects (admissionregistration.k8s.io/v1), as far as we write them. */

import { MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL } from '../api/labels.ts'
import type { LabelSelector } from '../api/selectors.ts'
import { ADMISSION_API } from './policy.ts'

type BindingObject<Kind extends string, Verdict = object> = {
  readonly apiVersion: typeof ADMISSION_API
  readonly kind: Kind
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: Verdict & {
    readonly policyName: string
    readonly paramRef?: { readonly name: string; readonly parameterNotFoundAction: 'Deny' | 'Allow' }
    readonly matchResources?: { readonly namespaceSelector?: LabelSelector; readonly objectSelector?: LabelSelector }
  }
}

export type ValidationAction = 'Deny' | 'Warn' | 'Audit'

export type ValidatingBinding = BindingObject<
  'ValidatingAdmissionPolicyBinding',
  { readonly validationActions: readonly ValidationAction[] }
>
/** Needs Kubernetes 1.36. */
export type MutatingBinding = BindingObject<'MutatingAdmissionPolicyBinding'>

export type BindingText = {
  readonly name: string
  readonly policy: string
  /** The tenant that it serves; those of the chart serve all. */
  readonly tenant?: string
  /** The name of the parameter, and whether requests are refused or let through while there is none. */
  readonly param?: { readonly name: string; readonly missing: 'Deny' | 'Allow' }
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
}

/** Unless it is said otherwise, it refuses, and puts what was refused into the audit log. */
export function validatingBinding({
  validationActions = ['Deny', 'Audit'],
  ...text
}: BindingText & { readonly validationActions?: readonly ValidationAction[] }): ValidatingBinding {
  return bindingObject('ValidatingAdmissionPolicyBinding', text, { validationActions })
}

export function mutatingBinding(text: BindingText): MutatingBinding {
  return bindingObject('MutatingAdmissionPolicyBinding', text, {})
}

function bindingObject<Kind extends string, Verdict>(kind: Kind, text: BindingText, verdict: Verdict): BindingObject<Kind, Verdict> {
  const { name, policy, tenant, param, namespaceSelector, objectSelector } = text
  const matchResources = { ...(namespaceSelector && { namespaceSelector }), ...(objectSelector && { objectSelector }) }
  return {
    apiVersion: ADMISSION_API,
    kind,
    metadata: { name, labels: { [MANAGED_BY_LABEL]: MANAGED_BY, ...(tenant !== undefined && { [TENANT_LABEL]: tenant }) } },
    spec: {
      policyName: policy,
      ...verdict,
      ...(param && { paramRef: { name: param.name, parameterNotFoundAction: param.missing } }),
      ...(Object.keys(matchResources).length > 0 && { matchResources }),
    },
  }
}
