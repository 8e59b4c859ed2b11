/** support/custom-rules/demanding.ts — a profile that demands all that can be demanded: what is not said is refused, filled in, or cannot be said. */

import type { Rules } from '../../../src/api/pod-security/rules.ts'
import type { PodManifest } from '../pod-security.ts'
import { type Cases, context, plain, windowsPod } from './case.ts'

const ranges = [{ min: 10, max: 12 }]
const options = { level: 's0' }
const confined = { allowed: ['RuntimeDefault'], default: 'RuntimeDefault' }

const RULES: Rules = {
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { requiredDrop: ['NET_RAW'] },
  runAsUser: { rule: 'MustRunAs', ranges },
  runAsGroup: { rule: 'MustRunAs', ranges },
  fsGroup: { rule: 'MustRunAs', ranges },
  supplementalGroups: { rule: 'MustRunAs', ranges },
  supplementalGroupsPolicy: 'Strict',
  seLinux: { rule: 'MustRunAs', options },
  seccomp: confined,
  appArmor: confined,
}

const OF_CONTAINER = {
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['NET_RAW'] },
  runAsUser: 10,
  runAsGroup: 10,
  appArmorProfile: { type: 'RuntimeDefault' },
}
const OF_POD = {
  fsGroup: 10,
  supplementalGroups: [10],
  supplementalGroupsPolicy: 'Strict',
  seLinuxOptions: options,
  seccompProfile: { type: 'RuntimeDefault' },
}

const saying = (ofContainer: object = {}, ofPod: object = {}): PodManifest =>
  context({ ...OF_CONTAINER, ...ofContainer }, { securityContext: { ...OF_POD, ...ofPod } })

/** It says one of them otherwise. */
const OTHERWISE = [
  [saying({ readOnlyRootFilesystem: false }), /readOnlyRootFilesystem must be true$/],
  [saying({ allowPrivilegeEscalation: true }), /allowPrivilegeEscalation must be false$/],
  [saying({ runAsUser: 9 }), /runAsUser must be within 10-12$/],
  [saying({ runAsGroup: 9 }), /runAsGroup must be within 10-12$/],
  [saying({ appArmorProfile: { type: 'Unconfined' } }), /appArmorProfile must be one of "RuntimeDefault"$/],
  [saying({}, { fsGroup: 9 }), /fsGroup must be within 10-12$/],
  [saying({}, { supplementalGroups: [9] }), /supplementalGroups must be within 10-12$/],
  [saying({}, { supplementalGroupsPolicy: 'Merge' }), /supplementalGroupsPolicy must be Strict$/],
  [saying({}, { seLinuxOptions: { level: 's1' } }), /seLinuxOptions must be those of the profile$/],
  [saying({}, { seccompProfile: { type: 'Unconfined' } }), /seccompProfile must be one of "RuntimeDefault"$/],
] as const

const left = (fields: object) => Object.keys(fields).map((field) => ({ [field]: undefined }))

/** It says all but one. */
const UNSAID = [...left(OF_CONTAINER).map((fields) => saying(fields)), ...left(OF_POD).map((fields) => saying({}, fields))]

export const DEMANDING: Cases = {
  demanding: {
    rules: RULES,
    fits: [saying(), windowsPod()],
    refused: [...OTHERWISE, ...UNSAID.map((pod) => [pod, / must /] as const), [plain, / must /]],
  },
  'demanding, filled in': { rules: RULES, defaulting: true, fits: [saying(), ...UNSAID, plain, windowsPod()], refused: OTHERWISE },
  'not root, filled in': {
    rules: { runAsUser: { rule: 'MustRunAsNonRoot' } },
    defaulting: true,
    fits: [plain, context({ runAsUser: 1 }), windowsPod()],
    refused: [
      [context({ runAsUser: 0 }), /it must run as non-root/],
      [context({ runAsNonRoot: false }), /it must run as non-root/],
    ],
  },
  'not root and saying so, filled in': {
    rules: { runAsUser: { rule: 'MustSayNonRoot' } },
    defaulting: true,
    fits: [plain, context({ runAsUser: 1 }), context({ runAsNonRoot: true }), windowsPod()],
    refused: [
      [context({ runAsUser: 0 }), /runAsUser must not be 0$/],
      [context({ runAsNonRoot: false }), /runAsNonRoot must be true$/],
    ],
  },
}
