/** desired/tenant-objects.ts — PURE: the cluster-scoped objects of a tenant: who may use which profile, and where the admission policies hold. */

import { tenantBindings } from '../admission/guards/guards.ts'
import type { Spec } from '../api/tenant-isolation.ts'
import { marksOf, type Owner } from './managed.ts'
import { profileAccess } from './pod-security/access.ts'
import { podSecurityBindings, refusesPods } from './pod-security/bindings.ts'

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
  const guards = tenantBindings({ name: owner.name, spec }, protectedNamespaces)
  const bindings = [...(canMutate ? mutating : []), ...validating, ...guards]
  return [
    ...access.flatMap(({ role, binding }) => [role, binding]),
    ...bindings.map((binding) => ({ ...binding, metadata: { ...binding.metadata, ownerReferences } })),
  ]
}

/**
 * Whether objects of the kind mean nothing without the resource: it is the parameter of the policies that they bind. Left behind, those of
 * pod security would refuse every pod for ever.
 */
export function dependsOnResource(kind: string): boolean {
  return kind === 'ValidatingAdmissionPolicyBinding' || kind === 'MutatingAdmissionPolicyBinding'
}

type Named = { readonly kind: string; readonly metadata: { readonly name: string } }

/**
 * Whether `object`, which is `there` or not, may not be written while `other` is not as it should be. A binding of roles never binds what
 * somebody else has put under the name of its role; and pods are not refused for the first time before everything is there by which they
 * pass. From then on what refuses them is kept, whatever becomes of a single grant.
 */
export function isHeldUpBy(object: Named, other: Named, there: boolean): boolean {
  if (object.kind === 'ClusterRoleBinding') return other.kind === 'ClusterRole' && other.metadata.name === object.metadata.name
  return refusesPods(object) && !there && other.kind !== 'ValidatingAdmissionPolicyBinding'
}

/** Whether an object of this name is one that a tenant's objects could have been: only such are ever deleted. */
export function isTenantObjectName(tenant: string, kind: string, name: string): boolean {
  if (['ClusterRole', 'ClusterRoleBinding', 'RoleBinding'].includes(kind)) return name.startsWith(`tenant-isolation:${tenant}:`)
  return name.endsWith('.tenant-isolation.dev') && name.split('.').includes(tenant)
}
