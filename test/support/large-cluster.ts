/** support/large-cluster.ts — a cluster of many tenants as files have it: resources, namespaces, pods, DNS, and here and there a policy of somebody else. */

import { API_VERSION, KIND } from '../../src/api/labels.ts'

const NAMESPACES_PER_TENANT = 10
const APPS = ['web', 'web', 'web', 'api', 'api', 'database', 'cache', 'worker', 'worker', 'cart']

const number = (index: number) => String(index).padStart(4, '0')
const labelled = (matchLabels: Record<string, string>) => ({ matchLabels })

/** As JSON for -f. Ten pods in each namespace, ten namespaces in each tenant; each tenant serves the one before it. */
export function largeCluster(namespaces: number): string {
  const tenants = Math.ceil(namespaces / NAMESPACES_PER_TENANT)
  const name = (tenant: number) => `tenant-${number((tenant + tenants) % tenants)}`
  const resources = Array.from({ length: tenants }, (_, index) => ({
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: name(index) },
    spec: {
      namespaceSelector: labelled({ tenant: name(index) }),
      network: {
        ingress: [
          {
            name: 'database',
            appliesTo: { podSelector: labelled({ app: 'database' }) },
            from: [{ podSelector: labelled({ app: 'api' }) }],
            ports: [{ port: 5432 }],
          },
          {
            name: 'neighbour',
            appliesTo: { podSelector: labelled({ app: 'api' }) },
            from: [{ tenant: name(index - 1) }],
            ports: [{ port: 8080 }],
          },
        ],
        egress: [
          {
            name: 'database',
            appliesTo: { podSelector: labelled({ app: 'api' }) },
            to: [{ podSelector: labelled({ app: 'database' }) }],
            ports: [{ port: 5432 }],
          },
          {
            name: 'neighbour',
            appliesTo: { podSelector: labelled({ app: 'web' }) },
            to: [{ tenant: name(index + 1) }],
            ports: [{ port: 8080 }],
          },
          { name: 'https', to: [{ preset: 'Internet' }], ports: [{ port: 443 }] },
        ],
      },
    },
  }))
  const inNamespaces = Array.from({ length: namespaces }, (_, index) => {
    const namespace = `ns-${number(index)}`
    return [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { tenant: name(Math.floor(index / NAMESPACES_PER_TENANT)) } },
      },
      ...APPS.map((app, pod) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: `${app}-${pod}`,
          namespace,
          labels: { app },
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: app, uid: app, controller: true }],
        },
        spec: { containers: [{ name: app }] },
        status: {
          phase: 'Running',
          podIPs: [{ ip: `10.${(index >> 8) & 255}.${index & 255}.${pod + 1}` }],
          hostIPs: [{ ip: `172.16.0.${index % 100}` }],
        },
      })),
      ...(index % 100 === 0
        ? [
            {
              apiVersion: 'networking.k8s.io/v1',
              kind: 'NetworkPolicy',
              metadata: { name: 'open', namespace },
              spec: { podSelector: {}, ingress: [{}], egress: [{}], policyTypes: ['Ingress', 'Egress'] },
            },
          ]
        : []),
    ]
  })
  const dns = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace: 'kube-system' },
      spec: { clusterIP: '10.255.0.10', selector: { 'k8s-app': 'kube-dns' }, ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'coredns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
      spec: { containers: [{ name: 'coredns' }] },
      status: { phase: 'Running', podIPs: [{ ip: '10.254.0.2' }], hostIPs: [{ ip: '172.16.0.1' }] },
    },
  ]
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...resources, ...inNamespaces.flat(), ...dns] })
}
