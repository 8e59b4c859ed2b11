/** support/plugin-kinds.ts — network plugins' own kinds of policies, as far as the API server knows them: any content at all. */

import { networkGuard } from '../../src/admission/guards/network-guard.ts'
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

/** Every kind that network-guard names, but for NetworkPolicy itself. What they are really called does not matter here. */
export const PLUGIN_KINDS: readonly Resource[] = networkGuard.spec.matchConstraints.resourceRules
  .filter(({ apiGroups }) => !apiGroups.includes('networking.k8s.io'))
  .flatMap(({ apiGroups: [group = ''], resources }) =>
    resources.map((plural) =>
      plural === CILIUM.plural ? CILIUM : { group, version: 'v2', plural, kind: `Kind${plural.replaceAll('-', '')}`, namespaced: true },
    ),
  )

const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}

/** Goes when the cluster is cleared. */
export async function installKind(cluster: GuardedCluster, { group, version, plural, kind }: Resource): Promise<void> {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
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
export function pluginPolicy(namespace: string, { group, version, kind }: Resource = CILIUM, name = 'own'): KubeObject {
  const specs = [{ endpointSelector: {}, ingress: [{ fromEntities: ['all'] }] }]
  return { apiVersion: `${group}/${version}`, kind, metadata: { namespace, name }, specs } as KubeObject
}
