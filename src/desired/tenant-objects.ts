/** desired/tenant-objects.ts — PURE: the cluster-scoped objects of a tenant: who may use which profile, and where the admission policies hold. */

import { tenantBindings } from '../admission/guards/guards.ts'
import type { Spec } from '../api/tenant-isolation.ts'
import { marksOf, type Owner } from './managed.ts'
import { profileAccess } from './pod-security/access.ts'
import { podSecurityBindings } from './pod-security/bindings.ts'

export type TenantObjectsInput = {
  readonly owner: Owner
  readonly spec: Spec
  /** Never taken by any tenant. */
  readonly protectedNamespaces: readonly string[]
  /** Those that an older tenant has, although our selector matches them. */
  readonly contestedNamespaces: readonly string[]
  /** Whether the API server has MutatingAdmissionPolicy v1 (Kubernetes 1.36). */
  readonly canMutate: boolean
}

/** In no particular order: the order in which they are written follows from their kinds. */
export function tenantObjects({ owner, spec, protectedNamespaces, contestedNamespaces, canMutate }: TenantObjectsInput) {
  const tenant = { ...owner, spec }
  const { ownerReferences } = marksOf(owner)
  const access = profileAccess(tenant)
  const { validating, mutating } = podSecurityBindings(tenant, [...protectedNamespaces, ...contestedNamespaces])
  const guards = tenantBindings({ name: owner.name, spec }, protectedNamespaces).map((binding) => ({
    ...binding,
    metadata: { ...binding.metadata, ownerReferences },
  }))
  return [...access.flatMap(({ role, binding }) => [role, binding]), ...(canMutate ? mutating : []), ...validating, ...guards]
}

/** Whether an object of this name is one that a tenant's objects could have been: only such are ever deleted. */
export function isTenantObjectName(tenant: string, kind: string, name: string): boolean {
  if (kind === 'ClusterRole' || kind === 'ClusterRoleBinding') return name.startsWith(`tenant-isolation:${tenant}:`)
  return name.endsWith('.tenant-isolation.dev') && name.split('.').includes(tenant)
}
