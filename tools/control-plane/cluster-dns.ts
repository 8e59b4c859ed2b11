/**
 * control-plane/cluster-dns.ts — cluster DNS as the API server sees it on a real cluster.
 *
 * Nothing answers there. But the Service, its pod and their EndpointSlice exist, and the slice is written by
 * kube-controller-manager itself, so that what looks for cluster DNS finds what it would find elsewhere.
 */
import type { ControlPlane } from './control-plane.ts'
import { apply, kubectl } from './kubectl.ts'
import { until } from './readiness.ts'

export const DNS_SERVICE_ADDRESS = '10.96.0.10'
export const DNS_POD_ADDRESS = '10.244.0.2'
const NAMESPACE = 'kube-system'
const NODE = 'embedded'
const LABELS = { 'k8s-app': 'kube-dns' }

const PORTS = [
  { name: 'dns', protocol: 'UDP', port: 53 },
  { name: 'dns-tcp', protocol: 'TCP', port: 53 },
  { name: 'metrics', protocol: 'TCP', port: 9153 },
] as const

/** Returns when the EndpointSlice has a ready address. May be called again. */
export async function createClusterDNS(controlPlane: ControlPlane): Promise<void> {
  // No pod without it, and kube-controller-manager makes it when it comes to it.
  await kubectl(controlPlane, ['wait', '--for=create', 'serviceaccount/default', `--namespace=${NAMESPACE}`, '--timeout=30s'])
  await apply(controlPlane, [node(), service(), pod()])
  await patchStatus(controlPlane, ['node', NODE], { conditions: [{ type: 'Ready', status: 'True', reason: 'Embedded' }] })
  await patchStatus(controlPlane, ['pod', 'coredns-0', `--namespace=${NAMESPACE}`], podStatus())
  await until({ what: 'the EndpointSlice of cluster DNS', servers: [], timeout: 30_000, interval: 100 }, () =>
    hasReadyAddress(controlPlane),
  )
}

/** The endpoints of a pod whose node does not exist are not published. */
function node() {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE, labels: { 'kubernetes.io/hostname': NODE } } }
}

function service() {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: NAMESPACE, labels: { ...LABELS, 'kubernetes.io/name': 'CoreDNS' } },
    spec: { selector: LABELS, clusterIP: DNS_SERVICE_ADDRESS, ports: PORTS.map((port) => ({ ...port, targetPort: port.port })) },
  }
}

function pod() {
  const ports = PORTS.map(({ name, protocol, port }) => ({ name, protocol, containerPort: port }))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'coredns-0', namespace: NAMESPACE, labels: LABELS },
    spec: { nodeName: NODE, automountServiceAccountToken: false, containers: [{ name: 'coredns', image: 'coredns', ports }] },
  }
}

/** What a kubelet would write. */
function podStatus() {
  return {
    phase: 'Running',
    podIP: DNS_POD_ADDRESS,
    podIPs: [{ ip: DNS_POD_ADDRESS }],
    containerStatuses: [
      { name: 'coredns', image: 'coredns', imageID: '', ready: true, started: true, restartCount: 0, state: { running: {} } },
    ],
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({ type, status: 'True' })),
  }
}

async function patchStatus(controlPlane: ControlPlane, object: readonly string[], status: object): Promise<void> {
  await kubectl(controlPlane, ['patch', ...object, '--subresource=status', `--patch=${JSON.stringify({ status })}`])
}

type EndpointSlice = {
  readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[]
}

async function hasReadyAddress(controlPlane: ControlPlane): Promise<true | undefined> {
  const selector = '--selector=kubernetes.io/service-name=kube-dns'
  const text = await kubectl(controlPlane, ['get', 'endpointslices', `--namespace=${NAMESPACE}`, selector, '--output=json'])
  const { items } = JSON.parse(text) as { items: readonly EndpointSlice[] }
  const ready = items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready)
  return ready.some(({ addresses }) => addresses.includes(DNS_POD_ADDRESS)) ? true : undefined
}
