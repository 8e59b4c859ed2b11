/** support/standards.ts — the controls of the Pod Security Standards, each with pods that keep it and pods that do not. */

// biome-ignore lint/suspicious/noExplicitAny: parts of pods
type Any = any

/** The sternest standard that the pod fits. */
export type Level = 'restricted' | 'baseline' | 'privileged'

/** What is changed of a container that fits Restricted, tried in all three lists; or of the spec or the annotations of its pod. */
export type Row = {
  readonly name: string
  readonly level: Level
  readonly container?: Any
  readonly spec?: Any
  readonly annotations?: Any
}

const context = (securityContext: Any) => ({ securityContext })
const podContext = (securityContext: Any) => ({ securityContext })
const row = (name: string, level: Level, rest: Omit<Row, 'name' | 'level'>): Row => ({ name, level, ...rest })
const container = (name: string, level: Level, change: Any) => row(name, level, { container: change })
/** An init container that goes on. */
const sidecar = (name: string, level: Level, change: Any) =>
  container(`${name}, of a sidecar`, level, { restartPolicy: 'Always', ...change })
const pod = (name: string, level: Level, change: Any) => row(name, level, { spec: change })

const capability = (name: string, level: Level) =>
  container(`capability ${name}`, level, context({ capabilities: { add: [name], drop: ['ALL'] } }))

/** `none` takes a field away. */
const none = undefined

const handlers = (host: string | undefined) => {
  const httpGet = { httpGet: { port: 80, ...(host !== undefined && { host }) } }
  const tcpSocket = { tcpSocket: { port: 80, ...(host !== undefined && { host }) } }
  return {
    'an HTTP liveness probe': { livenessProbe: httpGet },
    'a TCP liveness probe': { livenessProbe: tcpSocket },
    'an HTTP readiness probe': { readinessProbe: httpGet },
    'a TCP readiness probe': { readinessProbe: tcpSocket },
    'an HTTP startup probe': { startupProbe: httpGet },
    'a TCP startup probe': { startupProbe: tcpSocket },
    'an HTTP hook after start': { lifecycle: { postStart: httpGet } },
    'an HTTP hook before stop': { lifecycle: { preStop: httpGet } },
    'a TCP hook after start': { lifecycle: { postStart: tcpSocket } },
    'a TCP hook before stop': { lifecycle: { preStop: tcpSocket } },
  }
}

const volume = (name: string, level: Level, source: Any) =>
  pod(`a volume of type ${name}`, level, { volumes: [{ name: 'v', [name]: source }] })
const claim = { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } }

const sysctl = (name: string, level: Level) => pod(`sysctl ${name}`, level, podContext({ sysctls: [{ name, value: '1' }] }))
const appArmor = (value: string, level: Level) =>
  row(`AppArmor annotation "${value}"`, level, { annotations: { 'container.apparmor.security.beta.kubernetes.io/main': value } })

const MIRROR = { 'kubernetes.io/config.mirror': 'x', 'kubernetes.io/config.source': 'file' }
/** Older API servers know none, and take an init container that starts again always or never. */
const RESTARTS = {
  restartPolicy: 'Never',
  restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
}

export const ROWS: readonly Row[] = [
  row('nothing special', 'restricted', {}),

  ...['hostNetwork', 'hostPID', 'hostIPC'].flatMap((field) => [
    pod(field, 'privileged', { [field]: true }),
    pod(`${field} false`, 'restricted', { [field]: false }),
  ]),
  container('privileged', 'privileged', context({ privileged: true, allowPrivilegeEscalation: none })),
  container('privileged false', 'restricted', context({ privileged: false })),

  ...[
    'AUDIT_WRITE',
    'CHOWN',
    'DAC_OVERRIDE',
    'FOWNER',
    'FSETID',
    'KILL',
    'MKNOD',
    'SETFCAP',
    'SETGID',
    'SETPCAP',
    'SETUID',
    'SYS_CHROOT',
  ].map((name) => capability(name, 'baseline')),
  capability('NET_BIND_SERVICE', 'restricted'),
  ...['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'SYS_TIME', 'ALL', 'CAP_CHOWN', 'chown'].map((name) => capability(name, 'privileged')),
  container('no capability dropped', 'baseline', context({ capabilities: none })),
  container('another one dropped than ALL', 'baseline', context({ capabilities: { drop: ['NET_RAW'] } })),
  container('all in small letters dropped', 'baseline', context({ capabilities: { drop: ['all'] } })),

  volume('hostPath', 'privileged', { path: '/' }),
  volume('emptyDir', 'restricted', {}),
  volume('configMap', 'restricted', { name: 'x' }),
  volume('secret', 'restricted', { secretName: 'x' }),
  volume('downwardAPI', 'restricted', { items: [{ path: 'x', fieldRef: { fieldPath: 'metadata.name' } }] }),
  volume('projected', 'restricted', { sources: [{ configMap: { name: 'x' } }] }),
  volume('persistentVolumeClaim', 'restricted', { claimName: 'x' }),
  volume('ephemeral', 'restricted', claim),
  volume('csi', 'restricted', { driver: 'x' }),
  volume('image', 'restricted', { reference: 'x' }),
  volume('nfs', 'baseline', { server: 'x', path: '/' }),
  volume('iscsi', 'baseline', { targetPortal: 'x:1', iqn: 'iqn.2001-04.com.example:x', lun: 1 }),
  volume('flexVolume', 'baseline', { driver: 'x/y' }),

  container('a hostPort', 'privileged', { ports: [{ containerPort: 80, hostPort: 8080 }] }),
  container('a port', 'restricted', { ports: [{ containerPort: 80 }] }),

  ...Object.entries(handlers('example.com')).map(([name, change]) => container(`${name} at a host`, 'privileged', change)),
  ...Object.entries(handlers('127.0.0.1'))
    .slice(0, 1)
    .map(([name, change]) => container(`${name} at itself`, 'privileged', change)),
  ...Object.entries(handlers(undefined)).map(([name, change]) => container(name, 'restricted', change)),
  ...Object.entries(handlers('example.com')).map(([name, change]) => sidecar(`${name} at a host`, 'privileged', change)),
  ...Object.entries(handlers(undefined)).map(([name, change]) => sidecar(name, 'restricted', change)),

  container('AppArmor Unconfined', 'privileged', context({ appArmorProfile: { type: 'Unconfined' } })),
  container('AppArmor RuntimeDefault', 'restricted', context({ appArmorProfile: { type: 'RuntimeDefault' } })),
  container('AppArmor Localhost', 'restricted', context({ appArmorProfile: { type: 'Localhost', localhostProfile: 'x' } })),
  pod('AppArmor Unconfined of the pod', 'privileged', podContext({ appArmorProfile: { type: 'Unconfined' } })),
  pod('AppArmor RuntimeDefault of the pod', 'restricted', podContext({ appArmorProfile: { type: 'RuntimeDefault' } })),
  appArmor('unconfined', 'privileged'),
  appArmor('runtime/default', 'restricted'),
  appArmor('localhost/x', 'restricted'),

  ...['spc_t', 'unconfined_t'].flatMap((type) => [
    container(`SELinux type ${type}`, 'privileged', context({ seLinuxOptions: { type } })),
    pod(`SELinux type ${type} of the pod`, 'privileged', podContext({ seLinuxOptions: { type } })),
  ]),
  ...['container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'].map((type) =>
    container(`SELinux type ${type}`, 'restricted', context({ seLinuxOptions: { type } })),
  ),
  container('an SELinux level', 'restricted', context({ seLinuxOptions: { level: 's0:c1,c2' } })),
  container('an SELinux user', 'privileged', context({ seLinuxOptions: { user: 'u' } })),
  container('an SELinux role', 'privileged', context({ seLinuxOptions: { role: 'r' } })),
  pod('an SELinux user of the pod', 'privileged', podContext({ seLinuxOptions: { user: 'u' } })),

  row('unmasked /proc in a user namespace', 'baseline', { container: context({ procMount: 'Unmasked' }), spec: { hostUsers: false } }),
  container('masked /proc', 'restricted', context({ procMount: 'Default' })),

  container('seccomp Unconfined', 'privileged', context({ seccompProfile: { type: 'Unconfined' } })),
  container('seccomp Localhost', 'restricted', context({ seccompProfile: { type: 'Localhost', localhostProfile: 'x' } })),
  container('no seccomp profile', 'baseline', context({ seccompProfile: none })),
  pod('seccomp Unconfined of the pod', 'privileged', podContext({ seccompProfile: { type: 'Unconfined' } })),
  row('seccomp RuntimeDefault of the pod alone', 'restricted', {
    container: context({ seccompProfile: none }),
    spec: podContext({ seccompProfile: { type: 'RuntimeDefault' } }),
  }),

  ...[
    'kernel.shm_rmid_forced',
    'net.ipv4.ip_local_port_range',
    'net.ipv4.tcp_syncookies',
    'net.ipv4.ping_group_range',
    'net.ipv4.ip_unprivileged_port_start',
    'net.ipv4.ip_local_reserved_ports',
    'net.ipv4.tcp_keepalive_time',
    'net.ipv4.tcp_fin_timeout',
    'net.ipv4.tcp_keepalive_intvl',
    'net.ipv4.tcp_keepalive_probes',
    'net.ipv4.tcp_rmem',
    'net.ipv4.tcp_wmem',
  ].map((name) => sysctl(name, 'restricted')),
  ...['net.core.somaxconn', 'kernel.msgmax', 'kernel.shm_rmid_force', 'net/ipv4/tcp_syncookies', 'net.ipv4/tcp_syncookies'].map((name) =>
    sysctl(name, 'privileged'),
  ),

  container('allowPrivilegeEscalation', 'baseline', context({ allowPrivilegeEscalation: true })),
  container('nothing said about allowPrivilegeEscalation', 'baseline', context({ allowPrivilegeEscalation: none })),

  container('runAsNonRoot false', 'baseline', context({ runAsNonRoot: false })),
  container('nothing said about runAsNonRoot', 'baseline', context({ runAsNonRoot: none })),
  row('runAsNonRoot of the pod alone', 'restricted', {
    container: context({ runAsNonRoot: none }),
    spec: podContext({ runAsNonRoot: true }),
  }),
  pod('runAsNonRoot false of the pod, made good by its containers', 'baseline', podContext({ runAsNonRoot: false })),
  row('no word of runAsNonRoot in a user namespace', 'restricted', {
    container: context({ runAsNonRoot: none }),
    spec: { hostUsers: false },
  }),

  container('runAsUser 0', 'baseline', context({ runAsUser: 0 })),
  container('runAsUser 1', 'restricted', context({ runAsUser: 1 })),
  row('runAsUser 0 of the pod, made good by its containers', 'baseline', {
    container: context({ runAsUser: 1 }),
    spec: podContext({ runAsUser: 0 }),
  }),
  row('runAsUser 0 in a user namespace', 'restricted', { container: context({ runAsUser: 0 }), spec: { hostUsers: false } }),

  row('a Windows pod, which cannot say what Linux pods must', 'restricted', {
    container: { securityContext: { runAsNonRoot: true } },
    spec: { os: { name: 'windows' } },
  }),
  row('a Windows pod that may be an administrator', 'baseline', {
    container: { securityContext: none },
    spec: { os: { name: 'windows' } },
  }),
  row('a Windows host process of a container', 'privileged', {
    container: { securityContext: { runAsNonRoot: true, windowsOptions: { hostProcess: true, runAsUserName: 'x' } } },
    spec: { os: { name: 'windows' }, hostNetwork: true, securityContext: { windowsOptions: { hostProcess: true, runAsUserName: 'x' } } },
  }),
  row('a Windows host process', 'privileged', {
    container: { securityContext: { runAsNonRoot: true } },
    spec: { os: { name: 'windows' }, hostNetwork: true, securityContext: { windowsOptions: { hostProcess: true, runAsUserName: 'x' } } },
  }),

  // A user namespace makes up for running as root, and for little else.
  row('privileged in a user namespace', 'privileged', {
    container: context({ privileged: true, allowPrivilegeEscalation: none }),
    spec: { hostUsers: false },
  }),
  row('capability NET_ADMIN in a user namespace', 'privileged', {
    container: context({ capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } }),
    spec: { hostUsers: false },
  }),

  // What PodSecurityPolicy did not know, and no standard minds.
  volume('gitRepo', 'baseline', { repository: 'x' }),
  row('a token for somebody else', 'restricted', {
    spec: { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'x', audience: 'vault' } }] } }] },
  }),
  row('a claim as a block device', 'restricted', {
    container: { volumeDevices: [{ name: 'v', devicePath: '/dev/sda' }] },
    spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x' } }] },
  }),
  row('a claimed device', 'restricted', {
    container: { resources: { claims: [{ name: 'x' }] } },
    spec: { resourceClaims: [{ name: 'x', resourceClaimName: 'x' }] },
  }),
  pod("somebody else's host name", 'restricted', { hostnameOverride: 'kubernetes.default.svc' }),
  pod('processes that containers share', 'restricted', { shareProcessNamespace: true }),
  pod('groups merged with those of the image', 'restricted', podContext({ supplementalGroups: [0], supplementalGroupsPolicy: 'Merge' })),
  container('hostPort 0', 'restricted', { ports: [{ containerPort: 80, hostPort: 0 }] }),
  container('a gRPC probe', 'restricted', { livenessProbe: { grpc: { port: 80 } } }),
  container('a probe that asks for a host by a header', 'restricted', {
    livenessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'Host', value: 'example.com' }] } },
  }),
  container('a hook that sleeps', 'restricted', { lifecycle: { preStop: { sleep: { seconds: 1 } } } }),
  container('a look at the processes of another container', 'restricted', { targetContainerName: 'main' }),
  container('a privileged look at the processes of another container', 'privileged', {
    targetContainerName: 'main',
    ...context({ privileged: true, allowPrivilegeEscalation: none }),
  }),
  row('the mark of a static pod', 'restricted', { annotations: MIRROR, spec: { nodeName: 'node' } }),
  row('the mark of a static pod, privileged', 'privileged', {
    container: context({ privileged: true, allowPrivilegeEscalation: none }),
    annotations: MIRROR,
    spec: { nodeName: 'node' },
  }),
  ...(process.env.KUBERNETES === '1.34' ? [] : [container('rules for its restart', 'restricted', RESTARTS)]),
]

/** What no API server of today takes for safe yet. */
export const ROWS_OF_NEWER_STANDARDS: readonly Row[] = ['net.ipv4.tcp_slow_start_after_idle', 'net.ipv4.tcp_notsent_lowat'].map((name) =>
  sysctl(name, 'restricted'),
)
