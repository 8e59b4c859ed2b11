/** support/random-pods.ts — pods at random, of everything that the Pod Security Standards look at and of what might be mistaken for it. */

import fc from 'fast-check'
import type { PodManifest } from './pod-security.ts'

// biome-ignore lint/suspicious/noExplicitAny: parts of pods
type Any = any
type Field = readonly [name: string, value: unknown]

const SAFE = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

const values = (name: string, ...of: readonly unknown[]): Field[] => of.map((value) => [name, value])
const none = undefined

const CONFINED = [{ type: 'Unconfined' }, { type: 'RuntimeDefault' }, { type: 'Localhost', localhostProfile: 'x' }]
const SE_LINUX = [{}, { type: '' }, { type: 'spc_t' }, { type: 'container_t', level: 's0' }, { user: 'u' }, { role: 'r' }]

/** Of security contexts: of the pod and its containers, of the pod, and of containers. */
const BOTH: readonly Field[] = [
  ...values('runAsNonRoot', true, false, none),
  ...values('runAsUser', 0, 1),
  ...values('runAsGroup', 0),
  ...values('seccompProfile', none, ...CONFINED),
  ...values('appArmorProfile', ...CONFINED),
  ...values('seLinuxOptions', ...SE_LINUX),
  ...values('windowsOptions', { hostProcess: true, runAsUserName: 'x' }, { hostProcess: false }, { runAsUserName: 'x' }),
]
const OF_POD: readonly Field[] = [
  ...BOTH,
  ...values('supplementalGroups', [0]),
  ...values('supplementalGroupsPolicy', 'Strict', 'Merge'),
  ...values('fsGroup', 0),
  ...[
    'kernel.msgmax',
    'kernel/msgmax',
    'net.ipv4.tcp_syncookies',
    'net/ipv4/tcp_syncookies',
    'net.ipv4/tcp_syncookies',
    'net.ipv4.ip_unprivileged_port_start',
  ].map((name): Field => ['sysctls', [{ name, value: '1' }]]),
]
const OF_CONTAINER: readonly Field[] = [
  ...BOTH,
  ...values('privileged', true, false),
  ...values('allowPrivilegeEscalation', true, none),
  ...values('procMount', 'Unmasked', 'Default'),
  ...values('readOnlyRootFilesystem', true),
  ...values('capabilities', none, {}, { drop: [] }, { drop: ['ALL', 'NET_RAW'] }, { drop: ['CAP_ALL'] }, { drop: ['all'] }),
  ...['ALL', 'NET_BIND_SERVICE', 'CHOWN', 'NET_RAW', 'CAP_NET_BIND_SERVICE', ''].map(
    (name): Field => ['capabilities', { add: [name], drop: ['ALL'] }],
  ),
]

const HOSTS = [{}, { host: '' }, { host: '127.0.0.1' }, { host: 'example.com' }]
const ASKED = HOSTS.flatMap((host) => [{ httpGet: { port: 80, ...host } }, { tcpSocket: { port: 80, ...host } }])
const CONTAINER: readonly Any[] = [
  ...[...ASKED, { grpc: { port: 80 } }, { exec: { command: ['x'] } }].flatMap((handler) =>
    ['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => ({ [probe]: handler })),
  ),
  ...[...ASKED, { sleep: { seconds: 1 } }].flatMap((handler) =>
    ['postStart', 'preStop'].map((hook) => ({ lifecycle: { [hook]: handler } })),
  ),
  ...[0, 80, 8080].map((hostPort) => ({ ports: [{ containerPort: 80, hostPort }] })),
  { ports: [{ containerPort: 80, hostIP: '0.0.0.0' }] },
  { restartPolicy: 'Always' },
  { volumeDevices: [{ name: 'claim', devicePath: '/dev/x' }] },
  { resources: { claims: [{ name: 'device' }] } },
  ...['None', 'HostToContainer', 'Bidirectional'].map((mountPropagation) => ({
    volumeMounts: [{ name: 'empty', mountPath: '/x', mountPropagation }],
  })),
]

const POD: readonly Any[] = [
  ...['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'].flatMap((field) => [{ [field]: true }, { [field]: false }]),
  ...['windows', 'linux'].map((name) => ({ os: { name } })),
  { hostUsers: true },
  { hostnameOverride: 'example.com' },
  { hostAliases: [{ ip: '192.0.2.1', hostnames: ['x'] }] },
  { nodeName: 'node' },
  { resourceClaims: [{ name: 'device', resourceClaimName: 'x' }] },
  { schedulingGates: [{ name: 'x/y' }] },
]
const IN_USER_NAMESPACE = [{ hostUsers: false }, { hostUsers: false }, { hostUsers: false }]

const VOLUMES: readonly Any[] = [
  { hostPath: { path: '/' } },
  { hostPath: { path: '/x', type: 'Socket' } },
  { nfs: { server: 'x', path: '/' } },
  { iscsi: { targetPortal: 'x:1', iqn: 'iqn.2001-04.com.example:x', lun: 1 } },
  { flexVolume: { driver: 'x/y' } },
  { gitRepo: { repository: 'x' } },
  { rbd: { monitors: ['x'], image: 'x' } },
  { fc: { targetWWNs: ['x'], lun: 1 } },
  { awsElasticBlockStore: { volumeID: 'x' } },
  { csi: { driver: 'x' } },
  { image: { reference: 'x' } },
  { emptyDir: { medium: 'Memory' } },
  { configMap: { name: 'x' } },
  { secret: { secretName: 'x' } },
  ...[
    { serviceAccountToken: { path: 'x', audience: 'vault' } },
    { clusterTrustBundle: { name: 'x', path: 'x' } },
    { podCertificate: { signerName: 'example.com/x', keyType: 'ED25519', credentialBundlePath: 'x' } },
  ].map((source) => ({ projected: { sources: [source] } })),
]

const ANNOTATIONS: readonly Any[] = [
  { 'kubernetes.io/config.mirror': 'x' },
  ...['unconfined', 'runtime/default', 'localhost/x', ''].flatMap((value) =>
    ['main', 'second', 'first'].map((name) => ({ [`container.apparmor.security.beta.kubernetes.io/${name}`]: value })),
  ),
  ...['unconfined', 'runtime/default'].map((value) => ({ 'container.seccomp.security.alpha.kubernetes.io/main': value })),
]

/** A few of them, most often none or one. */
const few = <T>(of: readonly T[], most: number): fc.Arbitrary<T[]> =>
  fc.array(fc.constantFrom(...of), { maxLength: most, size: 'max' }).chain((some) => fc.constantFrom(some, some.slice(0, 1), []))

const merged = (parts: readonly object[]): Any => Object.assign({}, ...parts)
const contextOf = (base: object, fields: readonly Field[]) => ({ ...base, ...Object.fromEntries(fields) })

function container(name: string): fc.Arbitrary<Any> {
  const base = fc.oneof({ weight: 5, arbitrary: fc.constant(SAFE) }, { weight: 1, arbitrary: fc.constant({}) })
  return fc
    .tuple(base, few(OF_CONTAINER, 3), few(CONTAINER, 2))
    .map(([safe, fields, parts]) => ({ name, image: 'none', ...merged(parts), securityContext: contextOf(safe, fields) }))
}

const rarely = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 3, nil: undefined })

/** Some fit Restricted, some Baseline, some neither; some are nothing that the API server takes at all. */
export function randomPod({ userNamespaces }: { readonly userNamespaces: boolean }): fc.Arbitrary<PodManifest> {
  const fields = userNamespaces ? [...POD, ...IN_USER_NAMESPACE] : POD
  return fc
    .record({
      main: container('main'),
      second: rarely(container('second')),
      first: rarely(container('first')),
      context: few(OF_POD, 3),
      parts: few(fields, 2),
      volumes: few(VOLUMES, 2),
      annotations: few(ANNOTATIONS, 1),
    })
    .map(({ main, second, first, context, parts, volumes, annotations }) => ({
      metadata: { annotations: merged(annotations) },
      spec: {
        ...merged(parts),
        containers: second ? [main, second] : [main],
        ...(first && { initContainers: [first] }),
        ...(context.length > 0 && { securityContext: contextOf({}, context) }),
        volumes: [
          { name: 'empty', emptyDir: {} },
          { name: 'claim', persistentVolumeClaim: { claimName: 'x' } },
          ...volumes.map((source, index) => ({ name: `volume-${index}`, ...source })),
        ],
      },
    }))
}
