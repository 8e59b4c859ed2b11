/** support/custom-rules.ts — rules that neither PodSecurityPolicy nor the Pod Security Standards had, and texts that try to be more than texts: each with pods that fit and pods that do not. */

import type { Rules } from '../../src/api/pod-security/rules.ts'
import type { PodManifest } from './pod-security.ts'

const podContext = (securityContext: object): PodManifest => ({ spec: { securityContext, containers: [{ name: 'main', image: 'none' }] } })
export const context = (securityContext: object, spec: object = {}, annotations: object = {}): PodManifest => ({
  metadata: { annotations },
  spec: { containers: [{ name: 'main', image: 'none', securityContext }], ...spec },
})
export const plain = context({})
const probing = { spec: { containers: [{ name: 'main', image: 'none', livenessProbe: { httpGet: { port: 80, host: 'a' } } }] } }
const annotation = (profile: string) => context({}, {}, { 'container.apparmor.security.beta.kubernetes.io/main': profile })
const seccomp = (type: string, localhostProfile?: string) => ({ seccompProfile: { type, localhostProfile } })
const appArmor = (type: string, localhostProfile?: string) => ({ appArmorProfile: { type, localhostProfile } })
const volume = (source: object) => context({}, { volumes: [{ name: 'v', ...source }] })

/** What must not be taken for anything but itself, wherever a text may stand. */
export const HOSTILE = [
  `it's`,
  `"quoted"`,
  'back\\slash',
  'line\nbreak',
  `') || true || ('`,
  `"] + [] != ["`,
  '{{x}}',
  'ümläut ☃ 𝒳',
] as const

export type CustomCase = {
  readonly rules: Rules
  readonly fits: readonly PodManifest[]
  readonly refused: readonly [PodManifest, RegExp][]
}

export const CUSTOM_CASES: Readonly<Record<string, CustomCase>> = {
  'no rules': {
    rules: {},
    fits: [
      plain,
      context(seccomp('RuntimeDefault')),
      context({ runAsUser: 0 }),
      volume({ csi: { driver: 'x' } }),
      annotation('unconfined'),
    ],
    refused: [
      [context(seccomp('Unconfined')), /container main: seccompProfile must be one of "Unset", "RuntimeDefault"$/],
      [probing, /container main: probes and lifecycle hooks may not name a host$/],
      [volume({ hostPath: { path: '/' } }), /volume v: hostPath is not allowed$/],
      [volume({ nfs: { server: 'x', path: '/' } }), /volume v: nfs is not allowed$/],
    ],
  },
  'user-namespaces': {
    rules: { hostUsers: 'MustBeFalse' },
    fits: [context({}, { hostUsers: false })],
    refused: [
      [plain, /hostUsers must be false$/],
      [context({}, { hostUsers: true }), /hostUsers must be false$/],
    ],
  },
  'strict-groups': {
    rules: { supplementalGroupsPolicy: 'Strict' },
    fits: [podContext({ supplementalGroupsPolicy: 'Strict' })],
    refused: [
      [plain, /supplementalGroupsPolicy must be Strict$/],
      [podContext({ supplementalGroupsPolicy: 'Merge' }), /supplementalGroupsPolicy must be Strict$/],
    ],
  },
  'any-probe': { rules: { probeHosts: 'Any' }, fits: [probing], refused: [] },
  'seccomp-files': {
    rules: { seccomp: { allowed: ['Localhost/a.json', 'RuntimeDefault'] } },
    fits: [
      context(seccomp('Localhost', 'a.json')),
      podContext(seccomp('RuntimeDefault')),
      { spec: { ...plain.spec, ...podContext(seccomp('Localhost', 'a.json')).spec } },
    ],
    refused: [
      [plain, /container main: seccompProfile must be one of "Localhost\/a.json", "RuntimeDefault"$/],
      [context(seccomp('Localhost', 'b.json')), /seccompProfile/],
      [context(seccomp('RuntimeDefault'), { securityContext: seccomp('Unconfined') }), /: seccompProfile must be one of/],
    ],
  },
  'apparmor-files': {
    rules: { appArmor: { allowed: ['Localhost/*'] } },
    fits: [context(appArmor('Localhost', 'a')), annotation('localhost/a'), podContext(appArmor('Localhost', 'b'))],
    refused: [
      [plain, /container main: appArmorProfile/],
      [annotation('runtime/default'), /appArmorProfile/],
      [context(appArmor('Unconfined')), /appArmorProfile/],
    ],
  },
  'windows-hosts': {
    rules: { windowsHostProcess: true, hostNetwork: true },
    fits: [context({}, { os: { name: 'windows' }, hostNetwork: true, securityContext: { windowsOptions: { hostProcess: true } } })],
    refused: [],
  },
  'hostile-paths': {
    rules: { volumes: ['hostPath', 'secret'], hostPaths: HOSTILE.map((text) => ({ pathPrefix: `/${text}` })) },
    fits: HOSTILE.map((text) => volume({ hostPath: { path: `/${text}/x` } })),
    refused: [
      ...HOSTILE.map((text): [PodManifest, RegExp] => [
        volume({ hostPath: { path: `/x${text}` } }),
        /volume v: hostPath is outside the allowed paths: "\/it's", "\/\\"quoted\\"", "\/back\\\\slash", "\/line\\nbreak", /,
      ]),
      [volume({ hostPath: { path: '/' } }), /outside the allowed paths/],
    ],
  },
  'hostile-files': {
    rules: { seccomp: { allowed: HOSTILE.map((text) => `Localhost/${text.replace('\n', ' ')}`) } },
    fits: HOSTILE.map((text) => context(seccomp('Localhost', text.replace('\n', ' ')))),
    refused: HOSTILE.map((text) => [context(seccomp('Localhost', `x${text}`)), /container main: seccompProfile must be one of/]),
  },
  'hostile-options': {
    rules: { seLinux: { rule: 'MustRunAs', options: { user: HOSTILE[0], role: HOSTILE[1], type: HOSTILE[2], level: HOSTILE[3] } } },
    fits: [podContext({ seLinuxOptions: { user: HOSTILE[0], role: HOSTILE[1], type: HOSTILE[2], level: HOSTILE[3] } })],
    refused: HOSTILE.map((text) => [podContext({ seLinuxOptions: { user: text } }), /seLinuxOptions must be those of the profile/]),
  },
  'hostile-drivers': {
    rules: { volumes: ['flexVolume', 'secret'], flexVolumeDrivers: [...HOSTILE] },
    fits: HOSTILE.map((driver) => volume({ flexVolume: { driver } })),
    refused: [[volume({ flexVolume: { driver: 'x' } }), /volume v: flexVolume driver is not allowed; allowed are "it's", /]],
  },
  'hostile-classes': {
    rules: { runtimeClass: { allowed: [...HOSTILE] }, capabilities: { allowed: ['SYS_TIME'] } },
    fits: [plain],
    refused: HOSTILE.map((text) => [
      context({ capabilities: { add: [text] } }),
      /container main: capabilities.add may only have "SYS_TIME"$/,
    ]),
  },
}
