/** admission/policy.ts — the objects of admissionregistration.k8s.io/v1, as far as we write them. */

import { API_VERSION, GROUP, KIND, MANAGED_BY } from '../api/labels.ts'
import type { Cel } from './cel.ts'

export type Variable = { readonly name: string; readonly expression: Cel }
export type Validation = { readonly expression: Cel; readonly messageExpression: Cel; readonly message: string }
export type MatchCondition = { readonly name: string; readonly expression: Cel }

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE'
export type ResourceRule = {
  readonly apiGroups: readonly string[]
  /** Where the policy is long, all: types of versions that are named cost kube-controller-manager minutes (docs/decisions/0014). */
  readonly apiVersions: readonly string[]
  readonly operations: readonly Operation[]
  readonly resources: readonly string[]
  readonly scope?: 'Namespaced' | 'Cluster'
}

export type PolicyObject = {
  readonly apiVersion: 'admissionregistration.k8s.io/v1'
  readonly kind: 'ValidatingAdmissionPolicy' | 'MutatingAdmissionPolicy'
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: object
}

type Common = {
  /** Without our group behind it. */
  readonly name: string
  readonly resourceRules: readonly ResourceRule[]
  readonly matchConditions: readonly MatchCondition[]
  readonly variables: readonly Variable[]
}

/** A policy that refuses. Its parameter is the tenant's resource; what goes wrong in it is a refusal. */
export function validatingPolicy(policy: Common & { readonly validations: readonly Validation[] }): PolicyObject {
  const validations = policy.validations.map(({ expression, messageExpression, message }) => ({
    expression: expression.cel,
    messageExpression: messageExpression.cel,
    message,
    reason: 'Forbidden',
  }))
  return { ...head('ValidatingAdmissionPolicy', policy.name), spec: { ...common(policy), validations } }
}

/** A policy that writes into pods: `patch` gives a list of JSONPatch. Whatever other plugins add afterwards is looked at again. */
export function mutatingPolicy(policy: Common & { readonly patch: Cel }): PolicyObject {
  const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression: policy.patch.cel } }]
  return { ...head('MutatingAdmissionPolicy', policy.name), spec: { ...common(policy), reinvocationPolicy: 'IfNeeded', mutations } }
}

/** The full name of one of our policies. */
export function policyName(name: string): string {
  return `${name}.${GROUP}`
}

function head<Kind extends PolicyObject['kind']>(kind: Kind, name: string) {
  const metadata = { name: policyName(name), labels: { 'app.kubernetes.io/name': MANAGED_BY } }
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata } as const
}

function common({ resourceRules, matchConditions, variables }: Common) {
  return {
    failurePolicy: 'Fail',
    paramKind: { apiVersion: API_VERSION, kind: KIND },
    matchConstraints: { matchPolicy: 'Equivalent', resourceRules },
    matchConditions: matchConditions.map(({ name, expression }) => ({ name, expression: expression.cel })),
    variables: variables.map(({ name, expression }) => ({ name, expression: expression.cel })),
  }
}
