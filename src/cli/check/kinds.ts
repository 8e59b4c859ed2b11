/** cli/check/kinds.ts — the kinds that only `check` looks at. */

import type { Resource } from '../../kube/resources.ts'
import { KEPT_KINDS } from '../../reconcile/kept/kinds.ts'

const clusterWide = (group: string, plural: string, kind: string): Resource => ({ group, version: 'v1', plural, kind, namespaced: false })
const namespaced = (group: string, plural: string, kind: string): Resource => ({ group, version: 'v1', plural, kind, namespaced: true })

const ADMISSION = 'admissionregistration.k8s.io'
const AUTHORIZATION = 'authorization.k8s.io'

export const VALIDATING_POLICIES = clusterWide(ADMISSION, 'validatingadmissionpolicies', 'ValidatingAdmissionPolicy')
export const MUTATING_POLICIES = clusterWide(ADMISSION, 'mutatingadmissionpolicies', 'MutatingAdmissionPolicy')
export const ADMISSION_KINDS = {
  ValidatingAdmissionPolicy: VALIDATING_POLICIES,
  MutatingAdmissionPolicy: MUTATING_POLICIES,
  ValidatingAdmissionPolicyBinding: KEPT_KINDS.ValidatingAdmissionPolicyBinding,
} as const satisfies Readonly<Record<string, Resource>>

export const CUSTOM_RESOURCE_DEFINITIONS = clusterWide('apiextensions.k8s.io', 'customresourcedefinitions', 'CustomResourceDefinition')
export const SUBJECT_ACCESS_REVIEWS = clusterWide(AUTHORIZATION, 'subjectaccessreviews', 'SubjectAccessReview')
export const SELF_SUBJECT_ACCESS_REVIEWS = clusterWide(AUTHORIZATION, 'selfsubjectaccessreviews', 'SelfSubjectAccessReview')
export const SERVICE_CIDRS = clusterWide('networking.k8s.io', 'servicecidrs', 'ServiceCIDR')
export const NODES = clusterWide('', 'nodes', 'Node')
export const CONFIG_MAPS = namespaced('', 'configmaps', 'ConfigMap')
export const DAEMON_SETS = namespaced('apps', 'daemonsets', 'DaemonSet')
export const DEPLOYMENTS = namespaced('apps', 'deployments', 'Deployment')
export const LEASES = namespaced('coordination.k8s.io', 'leases', 'Lease')
