/** support/full-profiles.ts — the most that a tenant can ask of the API server: eight profiles with every rule, against a large pod. */

import type { Profile } from '../../src/api/pod-security/pod-security.ts'
import type { Rules } from '../../src/api/pod-security/rules.ts'
import type { Subject } from '../../src/api/subjects.ts'

const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index))
const ranges = many(32, (index) => ({ min: 1000 * (index + 1), max: 1000 * (index + 1) + 500 }))

/** Every field, every list as long as it may be. */
export const FULL_RULES: Rules = {
  hostPorts: ranges,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: {
    allowed: many(32, (index) => `ALLOWED_${index}`),
    defaultAdd: many(16, (index) => `ADDED_${index}`),
    requiredDrop: many(16, (index) => `DROPPED_${index}`),
  },
  runAsUser: { rule: 'MustRunAs', ranges },
  runAsGroup: { rule: 'MustRunAs', ranges },
  fsGroup: { rule: 'MustRunAs', ranges },
  supplementalGroups: { rule: 'MustRunAs', ranges },
  supplementalGroupsPolicy: 'Strict',
  seLinux: { rule: 'MustRunAs', options: { user: 'u', role: 'r', type: 't', level: 's0:c1,c2' } },
  volumes: ['hostPath', 'csi', 'flexVolume', 'secret', 'configMap', 'downwardAPI', 'projected'],
  hostPaths: many(32, (index) => ({ pathPrefix: `/var/lib/some/long/directory/number-${index}`, readOnly: index % 2 === 0 })),
  csiDrivers: many(32, (index) => `driver-${index}.example.com`),
  flexVolumeDrivers: many(32, (index) => `example.com/driver-${index}`),
  sysctls: {
    allowedUnsafe: many(32, (index) => `net.allowed.number-${index}.*`),
    forbidden: many(32, (index) => `kernel.forbidden-${index}.*`),
  },
  procMountTypes: ['Default'],
  seccomp: { allowed: ['RuntimeDefault', ...many(30, (index) => `Localhost/profile-${index}`)], default: 'RuntimeDefault' },
  appArmor: { allowed: ['RuntimeDefault', ...many(30, (index) => `Localhost/profile-${index}`)], default: 'RuntimeDefault' },
  runtimeClass: { allowed: many(32, (index) => `class-${index}`) },
  hostUsers: 'MustBeFalse',
}

export function fullProfiles(subjects: Subject[]): Profile[] {
  return many(8, (index) => ({ name: `profile-${index}`, preset: 'Custom' as const, rules: FULL_RULES, subjects }))
}

/** `containers` containers and 64 volumes, none of which fits. */
export function largePod(containers: number) {
  return {
    spec: {
      automountServiceAccountToken: false,
      securityContext: { sysctls: many(8, (index) => ({ name: `net.some.sysctl-${index}`, value: '1' })) },
      volumes: many(64, (index) => ({ name: `volume-${index}`, hostPath: { path: `/var/lib/some/other/directory/number-${index}` } })),
      containers: many(containers, (index) => ({
        name: `container-${index}`,
        image: 'none',
        ports: many(4, (port) => ({ containerPort: port + 1, hostPort: 40000 + index * 4 + port })),
        securityContext: { capabilities: { add: many(6, (n) => `OTHER_${n}`), drop: many(6, (n) => `SOMETHING_${n}`) } },
        volumeMounts: many(64, (volume) => ({ name: `volume-${volume}`, mountPath: `/mnt/${volume}` })),
        livenessProbe: { httpGet: { port: 80 } },
      })),
    },
  }
}

const LAST_ID = 32_200

/** `containers` containers and 64 volumes that fit every one of these profiles, each by the last that its lists allow. */
export function fittingPod(containers: number) {
  const localhost = { type: 'Localhost', localhostProfile: 'profile-29' }
  const seLinuxOptions = { user: 'u', role: 'r', type: 't', level: 's0:c2,c1' }
  return {
    spec: {
      automountServiceAccountToken: false,
      hostUsers: false,
      runtimeClassName: LAST_CLASS,
      securityContext: {
        fsGroup: LAST_ID,
        supplementalGroups: [LAST_ID],
        supplementalGroupsPolicy: 'Strict',
        seLinuxOptions,
        seccompProfile: localhost,
        appArmorProfile: localhost,
        sysctls: many(8, (index) => ({ name: `net.allowed.number-31.x${index}`, value: '1' })),
      },
      volumes: many(64, (index) => ({
        name: `volume-${index}`,
        hostPath: { path: `/var/lib/some/long/directory/number-31/${index}` },
      })),
      containers: many(containers, (index) => ({
        name: `container-${index}`,
        image: 'none',
        ports: many(4, (port) => ({ containerPort: port + 1, hostPort: 32_000 + index * 4 + port })),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsUser: LAST_ID,
          runAsGroup: LAST_ID,
          capabilities: { add: many(6, (n) => `ALLOWED_${31 - n}`), drop: many(16, (n) => `DROPPED_${n}`) },
        },
        volumeMounts: many(64, (volume) => ({ name: `volume-${volume}`, mountPath: `/mnt/${volume}`, readOnly: true })),
        livenessProbe: { httpGet: { port: 80 } },
      })),
    },
  }
}

export const LAST_CLASS = 'class-31'
