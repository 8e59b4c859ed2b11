/** cli/check/facts.ts — what `check` goes by: a cluster as far as whoever asks may see it. */

import type { OperatorAccount } from '../../admission/guards/identities.ts'
import type { Configuration } from '../../api/configuration.ts'
import type { TenantIsolation } from '../../api/tenant-isolation.ts'
import type { Lease } from '../../controller/lease.ts'
import type { Destination } from '../../desired/facts.ts'
import type { KubeObject } from '../../kube/objects.ts'
import type { Right } from '../input/rights.ts'

/** `unseen`: whoever asks may not look. */
export type Seen<T> = T | 'unseen'

export type Container = {
  readonly name: string
  readonly image?: string
  readonly args?: readonly string[]
  readonly command?: readonly string[]
}
export type DaemonSet = KubeObject<{ readonly template: { readonly spec: { readonly containers: readonly Container[] } } }>
export type Deployment = KubeObject<
  {
    readonly replicas?: number
    readonly template: { readonly spec: { readonly serviceAccountName?: string; readonly containers: readonly Container[] } }
  },
  { readonly observedGeneration?: number; readonly readyReplicas?: number; readonly updatedReplicas?: number }
>
export type CustomResourceDefinition = KubeObject<
  unknown,
  { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] | null }
>

/** An object as this version makes it, and as it is in the cluster; undefined where it is not. */
export type Compared = {
  readonly kind: string
  readonly name: string
  readonly expected: unknown
  readonly stored: Seen<{ readonly spec?: unknown } | undefined>
}

export type Installation = {
  readonly crd: Seen<CustomResourceDefinition | undefined>
  readonly policies: readonly Compared[]
  readonly bindings: readonly Compared[]
  /** Those that the operator needs and does not have. */
  readonly missingRights: Seen<readonly string[]>
  /** As the ConfigMap says it; the reasons why it cannot be used; undefined when there is none. */
  readonly configuration: Seen<{ readonly configuration: Configuration } | { readonly violations: readonly string[] } | undefined>
  readonly namespace: Seen<KubeObject | undefined>
  readonly deployment: Seen<Deployment | undefined>
  readonly lease: Seen<Lease | undefined>
  /** Whether it was renewed while we looked, or its time is this machine's present. */
  readonly leaseIsRecent: boolean
  readonly tenants: Seen<readonly TenantIsolation[] | undefined>
}

export type ClusterFacts = {
  /** Of this program. */
  readonly version: string
  /** The API server's: v1.36.3. */
  readonly kubernetes: string
  readonly serves: { readonly validatingPolicies: boolean; readonly mutatingPolicies: boolean; readonly tenants: boolean }
  /** Where the operator is, or would be, and as whom. */
  readonly account: OperatorAccount
  readonly daemonSets: Seen<readonly DaemonSet[]>
  readonly dns: Seen<Destination | undefined>
  /** The ranges of Services, and those of pods, as far as the nodes say. */
  readonly serviceRanges: Seen<readonly string[] | undefined>
  readonly podRanges: Seen<readonly string[]>
  readonly installation: Installation
  /** What whoever asks may not do of what an installation does; not asked once it is installed. */
  readonly installer: readonly string[] | undefined
  /** Who asks, and what they may not look at. */
  readonly user: string
  readonly unseen: readonly Right[]
}

/** Whether there is anything of ours, as far as can be seen. */
export function isInstalled({ serves, installation: { policies, deployment, crd } }: ClusterFacts): boolean {
  const there = (stored: Seen<unknown>) => stored !== undefined && stored !== 'unseen'
  return serves.tenants || there(crd) || there(deployment) || policies.some(({ stored }) => there(stored))
}

/** A policy that fills in; the line `mutating-policies` says whether it has to be there. */
export function isMutating({ kind }: Compared): boolean {
  return kind === 'MutatingAdmissionPolicy'
}
