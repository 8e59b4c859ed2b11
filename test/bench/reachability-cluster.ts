/** bench/reachability-cluster.ts — a cluster of tenants as the operator isolates them, of any size. */

import type { PodInput } from '../../src/reachability/reachability.ts'

const PODS_PER_NAMESPACE = 10
const NAMESPACES_PER_TENANT = 10
const PODS_PER_NODE = 100
const DAEMON_SETS = ['kube-proxy', 'network', 'storage', 'logs', 'metrics']
const APPS = ['web', 'web', 'web', 'api', 'api', 'database', 'cache', 'worker', 'worker', 'cart']

export function tenantOf(namespace: number): string {
  return `tenant-${String(Math.floor(namespace / NAMESPACES_PER_TENANT)).padStart(3, '0')}`
}

/** Those of the tenants, DNS, and on each node one of each DaemonSet. */
export function podsOf(namespaces: number): readonly PodInput[] {
  const nodes = Math.ceil((namespaces * PODS_PER_NAMESPACE) / PODS_PER_NODE)
  const pod = (namespace: string, name: string, number: number, labels: Record<string, string>): PodInput => ({
    namespace,
    name,
    // As a Deployment labels them: a hash that no selector looks at.
    labels: { ...labels, 'pod-template-hash': `hash-${number % 7}` },
    addresses: [`10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`],
    hostNetwork: false,
    nodeAddresses: [nodeAddress(number % nodes)],
    ports: [{ name: 'http', protocol: 'TCP', port: labels.app === 'api' ? 8080 : 80 }],
  })
  const tenants = Array.from({ length: namespaces }, (_, namespace) =>
    APPS.map((app, index) => pod(`ns-${namespace}`, `${app}-${index}`, namespace * PODS_PER_NAMESPACE + index + 1, { app })),
  ).flat()
  const dns = [0, 1].map((index) => pod('kube-system', `coredns-${index}`, 1_000_000 + index, { 'k8s-app': 'kube-dns' }))
  const daemons = DAEMON_SETS.flatMap((name) =>
    Array.from(
      { length: nodes },
      (_, node): PodInput => ({
        namespace: 'kube-system',
        name: `${name}-${node}`,
        labels: { 'k8s-app': name },
        addresses: [nodeAddress(node)],
        hostNetwork: true,
        nodeAddresses: [nodeAddress(node)],
        ports: [],
      }),
    ),
  )
  // Names of pods are unique in a namespace; the first one of each app is called app-0.
  return [...renamed(tenants), ...dns, ...daemons]
}

function renamed(pods: readonly PodInput[]): readonly PodInput[] {
  const counts = new Map<string, number>()
  return pods.map((pod) => {
    const key = `${pod.namespace}/${pod.labels.app}`
    const count = counts.get(key) ?? 0
    counts.set(key, count + 1)
    return { ...pod, name: `${pod.labels.app}-${count}` }
  })
}

function nodeAddress(node: number): string {
  return `172.16.${node >> 8}.${node & 255}`
}

/** Five of ours in each namespace, and in every hundredth one of somebody else that opens all of it. */
export function policiesIn(namespace: number): readonly object[] {
  const tenant = { namespaceSelector: { matchLabels: { tenant: tenantOf(namespace) } } }
  const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } })
  const port = (...ports: readonly (number | string)[]) => ports.map((one) => ({ protocol: 'TCP', port: one }))
  const own = (name: string, spec: object) => ({
    metadata: {
      namespace: `ns-${namespace}`,
      name,
      labels: { 'tenant-isolation.dev/tenant': tenantOf(namespace) },
      annotations: { 'tenant-isolation.dev/rules': 'dns' },
      ownerReferences: [
        { apiVersion: 'tenant-isolation.dev/v1alpha1', kind: 'TenantIsolation', name: tenantOf(namespace), uid: 'u', controller: true },
      ],
    },
    spec,
  })
  const dns = {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      },
      { ipBlock: { cidr: '10.96.0.10/32' } },
    ],
    ports: [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
  }
  const internet = { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] } }], ports: port(443) }
  const neighbour = { namespaceSelector: { matchLabels: { tenant: tenantOf(namespace + NAMESPACES_PER_TENANT) } } }
  const both = ['Ingress', 'Egress']
  return [
    own('tenant-isolation', { podSelector: {}, policyTypes: both, egress: [dns] }),
    own('tenant-isolation-web', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: both,
      ingress: [{ from: [tenant], ports: port(80) }],
      egress: [{ to: [app('api'), app('database')], ports: port('http', 5432) }, internet],
    }),
    own('tenant-isolation-database', {
      podSelector: { matchLabels: { app: 'database' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [app('web'), app('api')], ports: port(5432) }],
    }),
    own('tenant-isolation-api', {
      podSelector: { matchLabels: { app: 'api' } },
      policyTypes: both,
      ingress: [{ from: [tenant, neighbour], ports: port('http') }],
      egress: [{ to: [tenant], ports: port(80, 6379) }],
    }),
    own('tenant-isolation-cart', {
      podSelector: { matchLabels: { app: 'cart' } },
      policyTypes: both,
      ingress: [{ from: [{ ipBlock: { cidr: '192.168.1.0/24' } }, neighbour], ports: port(80) }],
      egress: [{ to: [neighbour], ports: port('http') }],
    }),
    ...(namespace % 100 === 0
      ? [
          {
            metadata: { namespace: `ns-${namespace}`, name: 'open' },
            spec: { podSelector: {}, policyTypes: both, ingress: [{}], egress: [{}] },
          },
        ]
      : []),
  ]
}
