/** reconcile/kept/kinds.ts — the kinds of whole objects that are kept for a tenant, besides NetworkPolicies. */

import type { Resource } from '../../kube/resources.ts'

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' }
const ADMISSION = { group: 'admissionregistration.k8s.io', version: 'v1' }

/**
 * In the order in which they are made; they go in the reverse order. What allows comes before what refuses, so that nobody is refused
 * for want of a grant that is on its way.
 */
export const KEPT_KINDS = {
  ClusterRole: { ...RBAC, plural: 'clusterroles', kind: 'ClusterRole', namespaced: false },
  ClusterRoleBinding: { ...RBAC, plural: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false },
  MutatingAdmissionPolicyBinding: {
    ...ADMISSION,
    plural: 'mutatingadmissionpolicybindings',
    kind: 'MutatingAdmissionPolicyBinding',
    namespaced: false,
  },
  ValidatingAdmissionPolicyBinding: {
    ...ADMISSION,
    plural: 'validatingadmissionpolicybindings',
    kind: 'ValidatingAdmissionPolicyBinding',
    namespaced: false,
  },
} as const satisfies Readonly<Record<string, Resource>>

export type KeptKind = keyof typeof KEPT_KINDS

export const KEPT_ORDER = Object.keys(KEPT_KINDS) as readonly KeptKind[]
