/** support/custom-rules/host.ts — rules about the node, its kernel and its runtime. */

import { type Cases, container, context, main, plain, podContext, template, windowsPod } from './case.ts'

const probing = container({ livenessProbe: { httpGet: { port: 80, host: 'a' } } })
const withPorts = (ports: readonly object[], spec: object = {}) => container({ ports }, spec)
const hostPort = (...ports: readonly number[]) => withPorts(ports.map((port, index) => ({ containerPort: index + 1, hostPort: port })))
const sysctls = (...names: readonly string[]) => podContext({ sysctls: names.map((name) => ({ name, value: '1' })) })
const hostProcess = { windowsOptions: { hostProcess: true } }
const unmasked = context({ procMount: 'Unmasked' }, { hostUsers: false })

const OUTSIDE = /container main: hostPort is outside the allowed ranges: 8000-8001, 9000-9000$/
const WINDOWS = /windowsOptions.hostProcess is not allowed$/

export const HOST: Cases = {
  'privileges of the node': {
    rules: { privileged: true, hostNetwork: true, hostPID: true, hostIPC: true },
    fits: [
      template(withPorts([{ containerPort: 80 }])),
      template(withPorts([], { hostNetwork: true })),
      context({ privileged: true }),
      context({}, { hostPID: true }),
      context({}, { hostIPC: true }),
      context({}, { hostNetwork: true }),
    ],
    refused: [
      withPorts([{ containerPort: 80 }], { hostNetwork: true }),
      template(withPorts([{ containerPort: 80 }], { hostNetwork: true })),
    ].map((asked) => [asked, /container main: hostPort is outside the allowed ranges: none$/]),
  },
  'host ports': {
    rules: {
      hostNetwork: true,
      hostPorts: [
        { min: 8000, max: 8001 },
        { min: 9000, max: 9000 },
      ],
    },
    fits: [
      hostPort(8000),
      hostPort(8001),
      hostPort(9000),
      hostPort(8000, 9000),
      withPorts([{ containerPort: 8001 }], { hostNetwork: true }),
    ],
    refused: [
      ...[7999, 8002, 8500, 8999, 9001].map((port) => [hostPort(port), OUTSIDE] as const),
      [hostPort(8000, 80), OUTSIDE],
      [withPorts([{ containerPort: 80 }], { hostNetwork: true }), OUTSIDE],
      [template(withPorts([{ containerPort: 80 }], { hostNetwork: true })), OUTSIDE],
    ],
  },
  'windows host processes': {
    rules: { windowsHostProcess: true, hostNetwork: true },
    fits: [windowsPod({}, { hostNetwork: true, securityContext: hostProcess }), windowsPod(hostProcess, { hostNetwork: true })],
    refused: [],
  },
  'no windows host processes': {
    rules: { hostNetwork: true },
    fits: [windowsPod({}, { hostNetwork: true })],
    refused: [
      [windowsPod({}, { hostNetwork: true, securityContext: hostProcess }), WINDOWS],
      [windowsPod(hostProcess, { hostNetwork: true }), WINDOWS],
    ],
  },
  'user namespaces': {
    rules: { hostUsers: 'MustBeFalse' },
    fits: [context({}, { hostUsers: false }), windowsPod()],
    refused: [
      [plain, /hostUsers must be false$/],
      [context({}, { hostUsers: true }), /hostUsers must be false$/],
    ],
  },
  'any probe': { rules: { probeHosts: 'Any' }, fits: [probing], refused: [] },
  'no probe': {
    rules: {},
    fits: [],
    refused: [
      [probing, /container main: probes and lifecycle hooks may not name a host$/],
      [
        container({ livenessProbe: { httpGet: { port: 80 } }, readinessProbe: { tcpSocket: { port: 80, host: 'a' } } }),
        /container main: probes and lifecycle hooks may not name a host$/,
      ],
    ],
  },
  'safe sysctls': {
    rules: {},
    fits: [sysctls('net.ipv4.tcp_syncookies'), sysctls('net.ipv4.tcp_syncookies', 'kernel.shm_rmid_forced')],
    refused: [
      [sysctls('kernel.msgmax'), /sysctl "kernel\.msgmax" is not allowed$/],
      [sysctls('net.ipv4.tcp_syncookies', 'kernel/msgmax'), /sysctl "kernel\/msgmax" is not allowed$/],
      [sysctls('net/ipv4/tcp_syncookies'), /sysctl "net\/ipv4\/tcp_syncookies" is not allowed$/],
    ],
  },
  sysctls: {
    rules: { sysctls: { allowedUnsafe: ['kernel.msg*', 'net.core.somaxconn'], forbidden: ['kernel.shm_rmid_forced', 'net.ipv4.tcp_*'] } },
    fits: [
      sysctls('kernel.msgmax'),
      sysctls('net.core.somaxconn'),
      sysctls('net/core/somaxconn'),
      sysctls('net.ipv4.ip_local_port_range'),
      sysctls('kernel.msgmax', 'net.ipv4.ping_group_range'),
    ],
    refused: [
      [sysctls('kernel.shm_rmid_forced'), /sysctl "kernel\.shm_rmid_forced" is not allowed$/],
      [sysctls('net.ipv4.tcp_syncookies'), /sysctl "net\.ipv4\.tcp_syncookies" is not allowed$/],
      [sysctls('net/ipv4/tcp_syncookies'), /sysctl "net\/ipv4\/tcp_syncookies" is not allowed$/],
      [sysctls('net.core.somaxconn2'), /sysctl "net\.core\.somaxconn2" is not allowed$/],
      [sysctls('net.core.somaxcon'), /sysctl "net\.core\.somaxcon" is not allowed$/],
      [sysctls('kernel.ms'), /sysctl "kernel\.ms" is not allowed$/],
      [sysctls('kernel.msgmax', 'kernel.sem'), /profile "default": sysctl "kernel\.sem" is not allowed$/],
    ],
  },
  'unmasked proc': { rules: { procMountTypes: ['Default', 'Unmasked'] }, fits: [plain, unmasked], refused: [] },
  'proc unmasked in user namespaces': {
    rules: { procMountTypes: ['UnmaskedInUserNamespace'] },
    fits: [unmasked],
    refused: [[plain, /procMount must be one of UnmaskedInUserNamespace$/]],
  },
  'masked proc': {
    rules: {},
    fits: [plain, context({ procMount: 'Default' })],
    refused: [[unmasked, /container main: procMount must be one of Default$/]],
  },
  'a runtime class': {
    rules: { runtimeClass: { allowed: ['gvisor'] } },
    fits: [plain, context({}, { runtimeClassName: 'gvisor' })],
    refused: [[context({}, { runtimeClassName: 'kata' }), /runtimeClassName must be one of: "gvisor"$/]],
  },
  'no runtime class': {
    rules: { runtimeClass: { allowed: [] } },
    fits: [plain],
    refused: [[context({}, { runtimeClassName: 'kata' }), /runtimeClassName is not allowed$/]],
  },
  'any runtime class': {
    rules: { runtimeClass: { allowed: ['*'] } },
    fits: [plain, context({}, { runtimeClassName: 'kata' })],
    refused: [],
  },
  'runtime classes that nobody speaks of': { rules: {}, fits: [context({}, { runtimeClassName: 'kata' })], refused: [] },
  'several containers': {
    rules: {},
    fits: [],
    refused: [
      [
        { spec: { containers: [main(), { name: 'other', image: 'none', securityContext: { privileged: true } }] } },
        /container other: privileged is not allowed$/,
      ],
    ],
  },
}
