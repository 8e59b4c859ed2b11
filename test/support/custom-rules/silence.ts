/** support/custom-rules/silence.ts — pods in which one thing is wrong beside many that are allowed: a refusal speaks of the one alone. */

import { type Asked, type Cases, context, main, windowsPod } from './case.ts'

/** Of a type that has to be allowed by name. */
const volumes = [{ name: 'v', nfs: { server: 'x', path: '/' } }]
const NFS = /profile "default": volume v: nfs is not allowed$/
const refusedForThatAlone = (...asked: readonly Asked[]) => asked.map((one) => [one, NFS] as const)

export const SILENCE: Cases = {
  'much that is allowed': {
    rules: {
      probeHosts: 'Any',
      runAsUser: { rule: 'MustRunAsNonRoot' },
      appArmor: { allowed: ['Localhost/*'] },
      seccomp: { allowed: ['*'] },
    },
    fits: [],
    refused: refusedForThatAlone({
      metadata: { annotations: { note: 'unconfined' } },
      spec: {
        securityContext: {
          appArmorProfile: { type: 'Localhost', localhostProfile: 'a' },
          seLinuxOptions: { user: 'u', role: 'r', type: 't' },
          seccompProfile: { type: 'Unconfined' },
          sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }],
        },
        containers: [main({ securityContext: { runAsUser: 1 }, livenessProbe: { httpGet: { port: 80, host: 'a' } } })],
        volumes,
      },
    }),
  },
  'a root that is none outside': {
    rules: { runAsUser: { rule: 'MustSayNonRoot' } },
    fits: [],
    refused: refusedForThatAlone(context({ runAsUser: 0 }, { hostUsers: false, volumes })),
  },
  'a host process that is allowed': {
    rules: { hostNetwork: true, windowsHostProcess: true },
    fits: [],
    refused: refusedForThatAlone(
      windowsPod({ windowsOptions: { hostProcess: true } }, { hostNetwork: true, volumes }),
      windowsPod({}, { hostNetwork: true, volumes, securityContext: { windowsOptions: { hostProcess: true } } }),
    ),
  },
  'volumes that are all allowed': {
    rules: { volumes: ['*'] },
    fits: [],
    refused: [[context({}, { hostPID: true, volumes }), /profile "default": hostPID is not allowed$/]],
  },
}
