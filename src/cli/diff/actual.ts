/** cli/diff/actual.ts — what is in the cluster under the names and the marks of the operator. */

import { TENANT_LABEL } from '../../api/labels.ts'
import type { KubeObject } from '../../kube/objects.ts'
import { apiVersionOf, type Resource } from '../../kube/resources.ts'
import type { Kept } from '../../reconcile/kept/entry.ts'
import { KEPT_KINDS, type KeptKind } from '../../reconcile/kept/kinds.ts'
import { isPolicyName, type NetworkPolicy } from '../../reconcile/policy-entry.ts'
import { NETWORK_POLICIES } from '../../reconcile/resources.ts'
import { type Cluster, together } from '../input/cluster.ts'

export type Actual = {
  /** Those with a name of our making, and those with our label. */
  readonly policies: readonly NetworkPolicy[]
  /** All objects of these kinds; undefined for kinds that were not looked at. */
  readonly kept: ReadonlyMap<KeptKind, readonly Kept[]>
}

/** With `namespace`, only what is in it. */
export async function readActual(cluster: Cluster, namespace: string | undefined): Promise<Actual> {
  const scope = { namespace, rightIn: namespace }
  // The API server asks for a right also to kinds that it does not know, and nobody can be given that by kubectl.
  const canMutate = namespace === undefined && (await cluster.serves(KEPT_KINDS.MutatingAdmissionPolicyBinding))
  const kinds = (Object.entries(KEPT_KINDS) as [KeptKind, Resource][]).filter(
    ([kind, { namespaced }]) => namespaced || (namespace === undefined && (canMutate || kind !== 'MutatingAdmissionPolicyBinding')),
  )
  const [policies, ...kept] = await together<readonly [readonly NetworkPolicy[], ...(readonly [KeptKind, readonly Kept[]])[]]>([
    cluster.list(NETWORK_POLICIES, (item) => concerns(typed(item, NETWORK_POLICIES)), scope).then((found) => found ?? []),
    ...kinds.map(async ([kind, resource]): Promise<readonly [KeptKind, readonly Kept[]]> => {
      const found = await cluster.list(resource, (item) => typed(item, resource) as Kept, resource.namespaced ? scope : {})
      return [kind, found ?? []]
    }),
  ])
  return { policies, kept: new Map(kept) }
}

/** Items of a list leave out what they are. */
function typed(item: unknown, resource: Resource): KubeObject {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...(item as Omit<KubeObject, 'apiVersion' | 'kind'>) }
}

function concerns(policy: KubeObject): NetworkPolicy | undefined {
  const { name, labels = {} } = policy.metadata
  return isPolicyName(name) || labels[TENANT_LABEL] !== undefined ? (policy as NetworkPolicy) : undefined
}
