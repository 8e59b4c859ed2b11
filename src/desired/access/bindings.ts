/** desired/access/bindings.ts — who may do what in the tenant's namespaces, as RBAC. */

import { compareText } from '../../api/canonical.ts'
import type { Spec } from '../../api/tenant-isolation.ts'
import { type Marks, marksOf, type Owner } from '../managed.ts'
import { RBAC, type RbacSubject, type RoleRef, rbacName, rbacSubjects, roleRef } from '../rbac.ts'

/** A RoleBinding as it is in every namespace of the tenant; its namespace is added where it is written. */
export type AccessBinding = {
  readonly apiVersion: string
  readonly kind: 'RoleBinding'
  readonly metadata: Marks & { readonly name: string }
  readonly roleRef: RoleRef
  readonly subjects: readonly RbacSubject[]
}

export type TenantAccess = {
  readonly bindings: readonly AccessBinding[]
  /** The ClusterRoles that are asked for and that the configuration does not allow: nobody gets them. */
  readonly notAllowed: readonly string[]
}

/** One RoleBinding for each entry of `spec.access` whose ClusterRole is among `allowed`. */
export function tenantAccess(tenant: Owner & { readonly spec: Pick<Spec, 'access'> }, allowed: readonly string[]): TenantAccess {
  const entries = [...(tenant.spec.access ?? [])].sort((a, b) => compareText(a.clusterRole, b.clusterRole))
  const marks = marksOf(tenant)
  return {
    bindings: entries
      .filter(({ clusterRole }) => allowed.includes(clusterRole))
      .map(({ clusterRole, subjects }) => ({
        apiVersion: `${RBAC}/v1`,
        kind: 'RoleBinding',
        metadata: { name: rbacName(tenant.name, clusterRole), ...marks },
        roleRef: roleRef(clusterRole),
        subjects: rbacSubjects(subjects),
      })),
    notAllowed: entries.map(({ clusterRole }) => clusterRole).filter((clusterRole) => !allowed.includes(clusterRole)),
  }
}
