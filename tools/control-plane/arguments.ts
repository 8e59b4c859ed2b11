/** control-plane/arguments.ts — the command lines of the three processes, and why each flag is there. */
import { stringify } from 'yaml'

import type { Layout } from './layout.ts'

const SERVICE_CIDR = '10.96.0.0/16'

/**
 * The address in the EndpointSlice of default/kubernetes. Nobody connects to it. A loopback address is not valid there,
 * and the machine's own one would make test results depend on its network, or fail without one.
 */
export const ADVERTISED_ADDRESS = '172.18.0.2'

/** A control plane has one etcd member; the name is how we know that it is ours that answers on the port. */
export type Etcd = { readonly name: string; readonly clientPort: number }

export function etcdArguments({ name, clientPort }: Etcd, layout: Layout): readonly string[] {
  const client = `http://127.0.0.1:${clientPort}`
  // Nobody else joins: any port will do, and etcd never has to say which.
  const peer = 'http://127.0.0.1:0'
  return [
    `--name=${name}`,
    `--data-dir=${layout.data}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=${name}=${peer}`,
    // Nothing here has to survive the machine.
    '--unsafe-no-fsync',
    // A benchmark with 50,000 policies keeps every revision of five minutes; at the default of 2 GB etcd refuses writes.
    `--quota-backend-bytes=${8 * 1024 ** 3}`,
    '--log-level=warn',
  ]
}

export type ApiServer = { readonly port: number; readonly etcdPort: number; readonly audit: boolean; readonly extra: readonly string[] }

export function apiServerArguments({ port, etcdPort, audit, extra }: ApiServer, layout: Layout): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--advertise-address=${ADVERTISED_ADDRESS}`,
    `--cert-dir=${layout.certificates}`,
    `--token-auth-file=${layout.tokens}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${layout.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${layout.serviceAccountKey}`,
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    // Or the API server itself refuses the privileged pods that profiles are about.
    '--allow-privileged=true',
    '--profiling=false',
    ...(audit ? auditArguments(layout) : []),
    // Last, because the last one wins.
    ...extra,
  ]
}

function auditArguments(layout: Layout): readonly string[] {
  return [
    `--audit-policy-file=${layout.auditPolicy}`,
    `--audit-log-path=${layout.auditLog}`,
    // In megabytes. Whoever counts requests must not lose the first of them to a rotation.
    `--audit-log-maxsize=${1024 ** 2}`,
  ]
}

/** One line per request, when it is answered; watches are written when they end. */
export const AUDIT_POLICY = stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [{ level: 'Metadata' }],
})

/** There is no kubelet: to these, every node is dead and every pod on it is an orphan. */
const DESTRUCTIVE_CONTROLLERS = ['node-lifecycle-controller', 'taint-eviction-controller', 'pod-garbage-collector-controller']

export function controllerManagerArguments(layout: Layout): readonly string[] {
  return [
    `--kubeconfig=${layout.controllerManagerKubeconfig}`,
    // It serves nothing that is read here: one port less that could be taken.
    '--secure-port=0',
    '--leader-elect=false',
    // At the default of 20 it spends four seconds on making the service accounts of its own controllers.
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    '--use-service-account-credentials',
    // Publishes kube-root-ca.crt in every namespace.
    `--root-ca-file=${layout.certificateAuthority}`,
    `--service-account-private-key-file=${layout.serviceAccountKey}`,
    `--controllers=${['*', ...DESTRUCTIVE_CONTROLLERS.map((name) => `-${name}`)].join(',')}`,
  ]
}
