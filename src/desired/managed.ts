/** desired/managed.ts — a desired policy as an object of a tenant: its marks, and the fingerprint by which it is recognised. */

import { hashOf } from '../api/canonical.ts'
import { API_VERSION, KIND, MANAGED_BY, MANAGED_BY_LABEL, RULES_ANNOTATION, TENANT_LABEL } from '../api/labels.ts'
import type { DesiredPolicy, PolicySpec } from './network/policy.ts'

export type Owner = { readonly name: string; readonly uid: string }

/** What we own of a NetworkPolicy: exactly these labels, this annotation, these owners, and the whole spec. The rest is others'. */
export type Owned = {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly ownerReferences: readonly OwnerReference[]
  readonly spec: unknown
}

/**
 * The controller reference of the resource. Without blockOwnerDeletion, which would ask for rights on finalizers where
 * OwnerReferencesPermissionEnforcement is on, and change nothing: our own finalizer holds the resource until its policies are gone.
 */
export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

/** The same for all namespaces of a tenant to which the same rules apply, so that thousands of them share one. */
export type ManagedPolicy = Omit<Owned, 'spec'> & { readonly name: string; readonly spec: PolicySpec; readonly fingerprint: string }

/** Hexadecimal digits of a fingerprint: 96 bits. */
const FINGERPRINT_DIGITS = 24

/** What makes an object one of the tenant's. */
export type Marks = Pick<Owned, 'labels' | 'ownerReferences'>

export function marksOf(owner: Owner): Marks {
  return {
    labels: { [MANAGED_BY_LABEL]: MANAGED_BY, [TENANT_LABEL]: owner.name },
    ownerReferences: [{ apiVersion: API_VERSION, kind: KIND, name: owner.name, uid: owner.uid, controller: true }],
  }
}

export function managedPolicy({ name, rules, spec }: DesiredPolicy, owner: Owner): ManagedPolicy {
  const owned = { ...marksOf(owner), annotations: { [RULES_ANNOTATION]: rules.join(', ') }, spec }
  return { name, ...owned, fingerprint: fingerprintOf(owned) }
}

/** The same policy with another spec: for the way between two states. */
export function withSpec(policy: ManagedPolicy, spec: PolicySpec): ManagedPolicy {
  return { ...policy, spec, fingerprint: fingerprintOf({ ...policy, spec }) }
}

/** Equal for two objects exactly when everything that we own is equal. */
export function fingerprintOf({ labels, annotations, ownerReferences, spec }: Owned): string {
  return hashOf({ labels, annotations, ownerReferences, spec }, FINGERPRINT_DIGITS)
}
