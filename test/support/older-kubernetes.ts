/** support/older-kubernetes.ts — what the Kubernetes that is tested against does not have yet: `make test KUBERNETES=1.34`. */

import type { Resource } from '../../src/kube/resources.ts'
import { KEPT_KINDS, type KeptKind } from '../../src/reconcile/kept/kinds.ts'
import type { ControlPlane } from '../../tools/control-plane/control-plane.ts'
import { hasMutatingPolicies } from '../../tools/control-plane/install.ts'
import { sharedControlPlane } from './cluster.ts'

export async function canMutate(): Promise<boolean> {
  return hasMutatingPolicies(await sharedControlPlane())
}

/** The kinds that are kept for a tenant, as far as the API server has them. */
export async function keptKinds(): Promise<readonly (readonly [KeptKind, Resource])[]> {
  const known = await canMutate()
  return (Object.entries(KEPT_KINDS) as [KeptKind, Resource][]).filter(([kind]) => known || kind !== 'MutatingAdmissionPolicyBinding')
}

/** A command that names kinds, or folders of ours, as the pages say that it is for an API server of this version. */
export function asHere(controlPlane: Pick<ControlPlane, 'version'>, text: string): string {
  if (hasMutatingPolicies(controlPlane)) return text
  return text
    .replaceAll(/,mutatingadmissionpolic(ies|ybindings)/g, '')
    .replaceAll(/config\/admission(?=\s|$)/g, 'config/admission-without-mutating')
    .replaceAll('config/default', 'config/without-mutating-policies')
}

/** For a test that is about what defaulting fills in: skipped where nothing can, and its title says why. */
export async function needsDefaulting(test: Mocha.Context): Promise<void> {
  if (await canMutate()) return
  const runnable = test.runnable()
  runnable.title += ' (not here: MutatingAdmissionPolicy is a part of Kubernetes since 1.36)'
  test.skip()
}

/** Pod Security Admission knows user namespaces since 1.35 (pod-security-admission v0.35 policy/check_*.go); before, by an alpha feature only. */
export async function standardsKnowUserNamespaces(): Promise<boolean> {
  const [, minor = 0] = /^v1\.(\d+)/.exec((await sharedControlPlane()).version) ?? []
  return Number(minor) >= 35
}

/** What PodSecurityEnforced says of a tenant that asks for defaulting, when everything is in place. */
export async function enforcedWithDefaulting(): Promise<'True Enforced' | 'True DefaultingUnavailable'> {
  return (await canMutate()) ? 'True Enforced' : 'True DefaultingUnavailable'
}
