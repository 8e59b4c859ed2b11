/** support/cilium.ts — a network plugin's own kind of policy, as far as the API server knows it: any content at all. */

import type { KubeObject } from '../../src/kube/objects.ts'
import type { Resource } from '../../src/kube/resources.ts'
import type { GuardedCluster } from './guards.ts'

export const CILIUM: Resource = {
  group: 'cilium.io',
  version: 'v2',
  plural: 'ciliumnetworkpolicies',
  kind: 'CiliumNetworkPolicy',
  namespaced: true,
}

const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}

/** Goes when the cluster is cleared. */
export async function installCilium(cluster: GuardedCluster): Promise<void> {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  const { group, version, plural, kind } = CILIUM
  await cluster.make(CRDS, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: CRDS.kind,
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural, singular: kind.toLowerCase() },
      scope: 'Namespaced',
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  })
}

/** Lets everything in, in the form that is a list. */
export function ciliumPolicy(namespace: string): KubeObject {
  const specs = [{ endpointSelector: {}, ingress: [{ fromEntities: ['all'] }] }]
  return { apiVersion: 'cilium.io/v2', kind: CILIUM.kind, metadata: { namespace, name: 'own' }, specs } as KubeObject
}
