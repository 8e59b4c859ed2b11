/** support/custom-rules/hostile.ts — rules made of texts that must not be taken for anything but themselves, and pods that are full of them. */

import { HOSTILE_TEXTS } from '../hostile.ts'
import { type Cases, context, plain, podContext, volume } from './case.ts'

const seccomp = (localhostProfile: string) => ({ seccompProfile: { type: 'Localhost', localhostProfile } })

const [user, role, type, level] = HOSTILE_TEXTS

/** File names are of one line. */
const FILES = HOSTILE_TEXTS.filter((text) => !/[\r\n]/.test(text))

export const HOSTILE: Cases = {
  'hostile paths': {
    rules: { volumes: ['hostPath', 'secret'], hostPaths: HOSTILE_TEXTS.map((text) => ({ pathPrefix: `/${text}` })) },
    fits: HOSTILE_TEXTS.map((text) => volume({ hostPath: { path: `/${text}/x` } })),
    refused: [
      ...HOSTILE_TEXTS.map(
        (text) =>
          [
            volume({ hostPath: { path: `/x${text}` } }),
            /volume v: hostPath is outside the allowed paths: "\/it's", "\/\\"quoted\\"", "\/back\\\\slash", "\/line\\nbreak", /,
          ] as const,
      ),
      [volume({ hostPath: { path: '/' } }), /outside the allowed paths/],
    ],
  },
  'hostile files': {
    rules: { seccomp: { allowed: FILES.map((text) => `Localhost/${text}`) } },
    fits: FILES.map((text) => context(seccomp(text))),
    refused: HOSTILE_TEXTS.map((text) => [context(seccomp(`x${text}`)), /container main: seccompProfile must be one of/]),
  },
  'hostile options': {
    rules: { seLinux: { rule: 'MustRunAs', options: { user, role, type, level } } },
    fits: [podContext({ seLinuxOptions: { user, role, type, level } })],
    refused: HOSTILE_TEXTS.map((text) => [podContext({ seLinuxOptions: { user: text } }), /seLinuxOptions must be those of the profile/]),
  },
  'hostile drivers': {
    rules: { volumes: ['flexVolume', 'secret'], flexVolumeDrivers: [...HOSTILE_TEXTS] },
    fits: HOSTILE_TEXTS.map((driver) => volume({ flexVolume: { driver } })),
    refused: [[volume({ flexVolume: { driver: 'x' } }), /volume v: flexVolume driver is not allowed; allowed are "it's", /]],
  },
  'hostile classes': {
    rules: { runtimeClass: { allowed: [...HOSTILE_TEXTS] }, capabilities: { allowed: ['SYS_TIME'] } },
    fits: [plain],
    refused: HOSTILE_TEXTS.map((text) => [
      context({ capabilities: { add: [text] } }),
      /container main: capabilities.add may only have "SYS_TIME"$/,
    ]),
  },
}
