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
  /** One for each entry of spec.access, in every namespace of the tenant. */
  RoleBinding: { ...RBAC, plural: 'rolebindings', kind: 'RoleBinding', namespaced: true },
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

/** Where an object is, or would be. */
export type Place = { readonly kind: KeptKind; readonly namespace?: string; readonly name: string }

/** "RoleBinding shop/tenant-isolation:manning:edit" */
export function placeText({ kind, namespace, name }: Place): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`
}
