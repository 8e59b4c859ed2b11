/** admission/guards/objects.ts — ValidatingAdmissionPolicies and their bindings as plain objects (admissionregistration.k8s.io/v1). */

import { API_VERSION, KIND, MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL } from '../../api/labels.ts'
import type { LabelSelector } from '../../api/selectors.ts'
import type { Cel } from '../cel.ts'
import type { ResourceRule } from '../policy.ts'

const ADMISSION_API = 'admissionregistration.k8s.io/v1'

export type ParamKind = { readonly apiVersion: string; readonly kind: string }

/** The tenant's own resource: an edit of it counts at once, with or without the operator. */
export const TENANT_PARAM: ParamKind = { apiVersion: API_VERSION, kind: KIND }

export type PolicyText = {
  readonly name: string
  readonly paramKind?: ParamKind
  readonly rules: readonly ResourceRule[]
  /** Matched against the old and the new object: one of them is enough. */
  readonly objectSelector?: LabelSelector
  /** By name; all must hold, or the request is none of the policy's business. They may not use the variables. */
  readonly conditions?: Readonly<Record<string, Cel>>
  /** By name; each is worked out when it is first used, and may use those before it. */
  readonly variables?: Readonly<Record<string, Cel>>
  readonly validations: readonly Validation[]
  /**
   * By key; a text for the audit log, or null. Never from a variable that asks the authorizer: it has none here, and the error
   * would refuse the request (apiserver pkg/admission/plugin/policy/validating/validator.go).
   */
  readonly auditAnnotations?: Readonly<Record<string, Cel>>
}

export type Validation = {
  readonly expression: Cel
  /** When `says` cannot be worked out. */
  readonly message: string
  /** The sentence for the user. Never from a variable that asks the authorizer, as above: `message` would be shown instead. */
  readonly says?: Cel
}

export type AdmissionPolicy = {
  readonly apiVersion: string
  readonly kind: 'ValidatingAdmissionPolicy'
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: Readonly<Record<string, unknown>>
}

export function admissionPolicy(text: PolicyText): AdmissionPolicy {
  const { name, paramKind, rules, objectSelector, conditions = {}, variables = {}, validations, auditAnnotations = {} } = text
  return {
    apiVersion: ADMISSION_API,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, labels: { 'app.kubernetes.io/name': MANAGED_BY } },
    spec: {
      failurePolicy: 'Fail',
      ...(paramKind && { paramKind }),
      matchConstraints: { resourceRules: rules, ...(objectSelector && { objectSelector }) },
      ...ifAny('matchConditions', named(conditions)),
      ...ifAny('variables', named(variables)),
      validations: validations.map(({ expression, message, says }) => ({
        expression: expression.cel,
        message,
        ...(says && { messageExpression: says.cel }),
        reason: 'Forbidden',
      })),
      ...ifAny(
        'auditAnnotations',
        Object.entries(auditAnnotations).map(([key, value]) => ({ key, valueExpression: value.cel })),
      ),
    },
  }
}

function named(expressions: Readonly<Record<string, Cel>>) {
  return Object.entries(expressions).map(([name, expression]) => ({ name, expression: expression.cel }))
}

function ifAny(field: string, items: readonly unknown[]) {
  return items.length > 0 ? { [field]: items } : {}
}

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
