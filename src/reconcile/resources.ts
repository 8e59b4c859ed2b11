/** reconcile/resources.ts — the kinds that the operator reads and writes. */

import { GROUP, KIND, VERSION } from '../api/labels.ts'
import type { Resource } from '../kube/resources.ts'

export const TENANT_ISOLATIONS: Resource = { group: GROUP, version: VERSION, plural: 'tenantisolations', kind: KIND, namespaced: false }
export const NAMESPACES: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }
export const NETWORK_POLICIES: Resource = {
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'networkpolicies',
  kind: 'NetworkPolicy',
  namespaced: true,
}
export const PODS: Resource = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true }
export const SERVICES: Resource = { group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true }
export const ENDPOINT_SLICES: Resource = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
}
