/** admission/binding.ts — the bindings of validating policies as plain objects (admissionregistration.k8s.io/v1), as far as we write them. */

import { MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL } from '../api/labels.ts'
import type { LabelSelector } from '../api/selectors.ts'
import { ADMISSION_API } from './policy.ts'

export type AdmissionBinding = {
  readonly apiVersion: string
  readonly kind: 'ValidatingAdmissionPolicyBinding'
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: BindingSpec
}

export type BindingSpec = {
  readonly policyName: string
  readonly validationActions: readonly ('Deny' | 'Audit')[]
  readonly paramRef?: { readonly name: string; readonly parameterNotFoundAction: 'Deny' | 'Allow' }
  readonly matchResources?: { readonly namespaceSelector?: LabelSelector; readonly objectSelector?: LabelSelector }
}

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

/** Refuses, and puts what was refused into the audit log. */
export function admissionBinding({ name, policy, tenant, param, namespaceSelector, objectSelector }: BindingText): AdmissionBinding {
  const matchResources = { ...(namespaceSelector && { namespaceSelector }), ...(objectSelector && { objectSelector }) }
  return {
    apiVersion: ADMISSION_API,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name, labels: { [MANAGED_BY_LABEL]: MANAGED_BY, ...(tenant !== undefined && { [TENANT_LABEL]: tenant }) } },
    spec: {
      policyName: policy,
      validationActions: ['Deny', 'Audit'],
      ...(param && { paramRef: { name: param.name, parameterNotFoundAction: param.missing } }),
      ...(Object.keys(matchResources).length > 0 && { matchResources }),
    },
  }
}
