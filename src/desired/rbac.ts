/** desired/rbac.ts — what the RBAC objects of a tenant have in common. */

import { compareText } from '../api/canonical.ts'
import type { Subject } from '../api/subjects.ts'

export const RBAC = 'rbac.authorization.k8s.io'

export type RbacSubject = { readonly kind: string; readonly name: string; readonly apiGroup?: string; readonly namespace?: string }

/** A reference to a ClusterRole: the only kind of role that we bind. */
export type RoleRef = { readonly apiGroup: string; readonly kind: 'ClusterRole'; readonly name: string }

export function roleRef(name: string): RoleRef {
  return { apiGroup: RBAC, kind: 'ClusterRole', name }
}

/** `tenant-isolation:TENANT:WHAT`. No tenant has a colon in its name, so that nobody can doubt where it ends. */
export function rbacName(tenant: string, what: string): string {
  return `tenant-isolation:${tenant}:${what}`
}

/** In an order that does not depend on that of the resource. */
export function rbacSubjects(subjects: readonly Subject[]): readonly RbacSubject[] {
  return subjects
    .map(({ kind, name, namespace }): RbacSubject => (namespace === undefined ? { kind, name, apiGroup: RBAC } : { kind, name, namespace }))
    .sort((a, b) => compareText(textOf(a), textOf(b)))
}

/** Neither kinds nor namespaces have a slash in them. */
function textOf({ kind, namespace = '', name }: RbacSubject): string {
  return `${kind}/${namespace}/${name}`
}
