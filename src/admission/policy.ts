/** admission/policy.ts — admission policies as plain objects (admissionregistration.k8s.io/v1), as far as we write them. */

import { API_VERSION, GROUP, KIND, MANAGED_BY } from '../api/labels.ts'
import type { LabelSelector } from '../api/selectors.ts'
import type { Cel } from './cel.ts'

export const ADMISSION_API = 'admissionregistration.k8s.io/v1'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE'
export type ResourceRule = {
  readonly apiGroups: readonly string[]
  /** Where the policy is long, all: types of versions that are named cost kube-controller-manager minutes (docs/decisions/0014). */
  readonly apiVersions: readonly string[]
  readonly operations: readonly Operation[]
  readonly resources: readonly string[]
  readonly scope?: 'Namespaced' | 'Cluster'
}

export type ParamKind = { readonly apiVersion: string; readonly kind: string }

/** The tenant's own resource: an edit of it counts at once, with or without the operator. */
export const TENANT_PARAM: ParamKind = { apiVersion: API_VERSION, kind: KIND }

/** All must hold, or the request is none of the policy's business. They may not use the variables. */
export type MatchCondition = { readonly name: string; readonly expression: Cel }

/** Worked out when it is first used; it may use those before it. */
export type Variable = { readonly name: string; readonly expression: Cel }

export type Validation = {
  readonly expression: Cel
  /**
   * The sentence for the user. Never from a variable that asks the authorizer: it has none here, and `message` would be shown instead
   * (apiserver pkg/admission/plugin/policy/validating/validator.go).
   */
  readonly messageExpression?: Cel
  /** When the sentence cannot be worked out, or there is none. */
  readonly message: string
}

type Common = {
  /** As `policyName` makes it. */
  readonly name: string
  readonly paramKind?: ParamKind
  readonly resourceRules: readonly ResourceRule[]
  /** Matched against the old and the new object: one of them is enough. */
  readonly objectSelector?: LabelSelector
  readonly matchConditions?: readonly MatchCondition[]
  readonly variables?: readonly Variable[]
}

export type ValidatingPolicyText = Common & {
  readonly validations: readonly Validation[]
  /**
   * By key; a text for the audit log, or null. Never from a variable that asks the authorizer: it has none here either, and the error
   * would refuse the request.
   */
  readonly auditAnnotations?: Readonly<Record<string, Cel>>
}

type Written = { readonly name: string; readonly expression: string }

type PolicyObject<Kind extends string, Verdict> = {
  readonly apiVersion: typeof ADMISSION_API
  readonly kind: Kind
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: Verdict & {
    readonly failurePolicy: 'Fail' | 'Ignore'
    readonly paramKind?: ParamKind
    readonly matchConstraints: {
      readonly matchPolicy: 'Equivalent'
      readonly resourceRules: readonly ResourceRule[]
      readonly objectSelector?: LabelSelector
    }
    readonly matchConditions?: readonly Written[]
    readonly variables?: readonly Written[]
  }
}

export type ValidatingPolicy = PolicyObject<
  'ValidatingAdmissionPolicy',
  {
    readonly validations: readonly {
      readonly expression: string
      readonly messageExpression?: string
      readonly message: string
      readonly reason: 'Forbidden'
    }[]
    readonly auditAnnotations?: readonly { readonly key: string; readonly valueExpression: string }[]
  }
>

export type MutatingPolicy = PolicyObject<
  'MutatingAdmissionPolicy',
  {
    readonly reinvocationPolicy: 'IfNeeded'
    readonly mutations: readonly { readonly patchType: 'JSONPatch'; readonly jsonPatch: { readonly expression: string } }[]
  }
>

/** A policy that refuses. What goes wrong in it is a refusal, too. */
export function validatingPolicy(text: ValidatingPolicyText): ValidatingPolicy {
  const validations = text.validations.map(({ expression, messageExpression, message }) => ({
    expression: expression.cel,
    ...(messageExpression && { messageExpression: messageExpression.cel }),
    message,
    reason: 'Forbidden' as const,
  }))
  const auditAnnotations =
    text.auditAnnotations && Object.entries(text.auditAnnotations).map(([key, { cel }]) => ({ key, valueExpression: cel }))
  return policyObject('ValidatingAdmissionPolicy', text, { validations, ...(auditAnnotations && { auditAnnotations }) })
}

/** A policy that writes into objects: `patch` gives a list of JSONPatch. Whatever other plugins add afterwards is looked at again. */
export function mutatingPolicy({ patch, ...text }: Common & { readonly patch: Cel }): MutatingPolicy {
  const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression: patch.cel } }] as const
  return policyObject('MutatingAdmissionPolicy', text, { reinvocationPolicy: 'IfNeeded', mutations })
}

/** The full name of one of our policies, or of a binding. */
export function policyName(name: string): string {
  return `${name}.${GROUP}`
}

/** Variables, or match conditions, by their names; in the order in which they are written. */
export function named(expressions: Readonly<Record<string, Cel>>): readonly Variable[] {
  return Object.entries(expressions).map(([name, expression]) => ({ name, expression }))
}

function policyObject<Kind extends string, Verdict>(kind: Kind, text: Common, verdict: Verdict): PolicyObject<Kind, Verdict> {
  const { name, paramKind, resourceRules, objectSelector, matchConditions, variables } = text
  return {
    apiVersion: ADMISSION_API,
    kind,
    metadata: { name, labels: { 'app.kubernetes.io/name': MANAGED_BY } },
    spec: {
      failurePolicy: 'Fail',
      ...(paramKind && { paramKind }),
      matchConstraints: { matchPolicy: 'Equivalent', resourceRules, ...(objectSelector && { objectSelector }) },
      ...(matchConditions && { matchConditions: matchConditions.map(written) }),
      ...(variables && { variables: variables.map(written) }),
      ...verdict,
    },
  }
}

function written({ name, expression }: Variable): Written {
  return { name, expression: expression.cel }
}
