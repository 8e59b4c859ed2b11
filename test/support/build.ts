/** support/build.ts — small builders: a test says only what it is about. */

import { type Configuration, DEFAULT_CONFIGURATION } from '../../src/api/configuration.ts'
import { API_VERSION, KIND } from '../../src/api/labels.ts'
import type { EgressRule, IngressRule, Network, Peer } from '../../src/api/network.ts'
import type { LabelSelector, Labels } from '../../src/api/selectors.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import type { Destination, Facts } from '../../src/desired/facts.ts'
import { type TenantPolicies, tenantPolicies } from '../../src/desired/network/policies.ts'
import type { DesiredPolicy, PolicySpec } from '../../src/desired/network/policy.ts'

/** What a user applies: no uid, no status, nothing that the API server adds. */
export type Manifest = { apiVersion: string; kind: string; metadata: { name: string }; spec: Spec }

/** The selector that asks for these labels. */
export function labelled(matchLabels: Record<string, string>): LabelSelector {
  return { matchLabels }
}

/** The namespaces of tenant `name`, as all our examples label them. */
export function namespacesOf(name: string): LabelSelector {
  return labelled({ tenant: name })
}

/** The pods of application `name`, in the namespace of the policy. */
export function app(name: string): Peer {
  return { podSelector: labelled({ app: name }) }
}

export function tenantIsolation(spec: Partial<Spec> = {}, name = 'manning'): Manifest {
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name }, spec: { namespaceSelector: namespacesOf(name), ...spec } }
}

export function withNetwork(network: Network): Manifest {
  return tenantIsolation({ network })
}

export function ingressRule(rule: Partial<IngressRule> = {}): IngressRule {
  return { name: 'rule', from: [app('webserver')], ...rule }
}

export function egressRule(rule: Partial<EgressRule> = {}): EgressRule {
  return { name: 'rule', to: [app('database')], ...rule }
}

/** DNS as kubeadm sets it up. */
export const KUBE_DNS: Destination = {
  source: 'Service kube-system/kube-dns',
  addresses: ['10.96.0.10/32'],
  endpoints: [
    {
      peers: [
        { namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'kube-system' }), podSelector: labelled({ 'k8s-app': 'kube-dns' }) },
        { ipBlock: { cidr: '10.96.0.10/32' } },
      ],
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    },
  ],
  origins: [
    { namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'kube-system' }), podSelector: labelled({ 'k8s-app': 'kube-dns' }) },
  ],
}

/** An API server on one control plane node. */
export const API_SERVER: Destination = {
  source: 'Service default/kubernetes',
  addresses: ['10.96.0.1/32', '172.18.0.2/32'],
  endpoints: [
    { peers: [{ ipBlock: { cidr: '10.96.0.1/32' } }], ports: [{ protocol: 'TCP', port: 443 }] },
    { peers: [{ ipBlock: { cidr: '172.18.0.2/32' } }], ports: [{ protocol: 'TCP', port: 6443 }] },
  ],
  origins: [{ ipBlock: { cidr: '172.18.0.2/32' } }],
}

export function configurationWith(configuration: Partial<Configuration> = {}): Configuration {
  return { ...DEFAULT_CONFIGURATION, ...configuration }
}

/** A cluster in which DNS and the API server were found, and tenants manning and acme exist. */
export function factsWith(facts: Partial<Facts> = {}): Facts {
  return {
    configuration: DEFAULT_CONFIGURATION,
    tenants: new Map([
      ['manning', namespacesOf('manning')],
      ['acme', namespacesOf('acme')],
    ]),
    dns: KUBE_DNS,
    apiServer: API_SERVER,
    ...facts,
  }
}

/** What `network` means for tenant manning. */
export function meaningOf(network: Network, facts: Facts = factsWith()): TenantPolicies {
  return tenantPolicies(network, namespacesOf('manning'), facts)
}

/** The policies in a namespace of tenant manning, the baseline first. */
export function policiesFor(
  network: Network,
  { facts, labels = { tenant: 'manning' } }: { readonly facts?: Facts; readonly labels?: Labels } = {},
): readonly DesiredPolicy[] {
  return meaningOf(network, facts).of(labels)
}

/** The policy that selects all pods, when DNS is nobody's concern. */
export function baselineFor(network: Network, facts?: Facts): PolicySpec {
  const [baseline] = policiesFor({ dns: { mode: 'Disabled' }, ...network }, facts ? { facts } : {})
  if (!baseline) throw new Error('there is always a baseline')
  return baseline.spec
}

export const TCP = (port?: number | string) => ({ protocol: 'TCP', ...(port !== undefined && { port }) }) as const
export const UDP = (port?: number | string) => ({ protocol: 'UDP', ...(port !== undefined && { port }) }) as const
