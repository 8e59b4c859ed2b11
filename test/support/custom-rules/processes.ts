/** support/custom-rules/processes.ts — rules about the users, the groups and the capabilities of processes. */

import { type Asked, type Cases, container, context, ephemeralContext, initContext, plain, podContext, windowsPod } from './case.ts'

/** 12 is the last of one range and 20 the only one of another. */
const ranges = [
  { min: 10, max: 12 },
  { min: 20, max: 20 },
]
const WITHIN = [10, 11, 12, 20]
const BEYOND = [9, 13, 19, 21]

const refusedWith = (sentence: RegExp, ...asked: readonly Asked[]) => asked.map((one) => [one, sentence] as const)

const add = (...capabilities: readonly string[]) => context({ capabilities: { add: capabilities } })
const drop = (...capabilities: readonly string[]) => context({ capabilities: { drop: capabilities } })

const USER = /runAsUser must be within 10-12, 20-20$/
const NON_ROOT = /container \w+: it must run as non-root: runAsNonRoot true, or a runAsUser other than 0$/
const GROUP = /container \w+: runAsGroup must be within 10-12, 20-20$/
const FS_GROUP = /default": fsGroup must be within 10-12, 20-20$/
const GROUPS = /default": supplementalGroups must be within 10-12, 20-20$/
const STRICT = /supplementalGroupsPolicy must be Strict$/
const READ_ONLY = /container \w+: readOnlyRootFilesystem must be true$/
const ESCALATION = /container \w+: allowPrivilegeEscalation must be false$/

export const PROCESSES: Cases = {
  'any user': { rules: {}, fits: [context({ runAsUser: 0 }), context({ runAsNonRoot: false }), plain], refused: [] },
  'users of a range': {
    rules: { runAsUser: { rule: 'MustRunAs', ranges } },
    old: context({ runAsUser: 10 }),
    fits: [
      ...WITHIN.map((runAsUser) => context({ runAsUser })),
      podContext({ runAsUser: 10 }),
      podContext({ runAsUser: 99 }, { runAsUser: 10 }),
      initContext({ runAsUser: 20 }, { runAsUser: 10 }),
      ephemeralContext({ runAsUser: 12 }),
      windowsPod(),
    ],
    refused: refusedWith(
      USER,
      ...BEYOND.map((runAsUser) => context({ runAsUser })),
      plain,
      podContext({ runAsUser: 99 }),
      podContext({ runAsUser: 10 }, { runAsUser: 99 }),
      initContext({ runAsUser: 99 }, { runAsUser: 10 }),
      initContext({}, { runAsUser: 10 }),
      ephemeralContext({ runAsUser: 99 }),
    ),
  },
  'users that are not root': {
    rules: { runAsUser: { rule: 'MustRunAsNonRoot' } },
    old: context({ runAsNonRoot: true }),
    fits: [
      context({ runAsNonRoot: true }),
      context({ runAsUser: 1 }),
      podContext({ runAsNonRoot: true }),
      podContext({ runAsUser: 1 }),
      podContext({ runAsNonRoot: false }, { runAsNonRoot: true }),
      podContext({ runAsUser: 0 }, { runAsUser: 1 }),
      windowsPod({ runAsNonRoot: true }),
      ephemeralContext({ runAsUser: 1 }),
    ],
    refused: refusedWith(
      NON_ROOT,
      plain,
      context({ runAsNonRoot: false }),
      context({ runAsUser: 0 }),
      context({ runAsUser: 0, runAsNonRoot: true }),
      context({ runAsUser: 1, runAsNonRoot: false }),
      podContext({ runAsNonRoot: false }),
      podContext({ runAsUser: 0 }),
      podContext({ runAsNonRoot: true }, { runAsNonRoot: false }),
      podContext({ runAsUser: 1 }, { runAsUser: 0 }),
      initContext({}, { runAsNonRoot: true }),
      ephemeralContext({}),
      windowsPod(),
    ),
  },
  'groups of a range': {
    rules: { runAsGroup: { rule: 'MustRunAs', ranges } },
    old: context({ runAsGroup: 10 }),
    fits: [
      ...WITHIN.map((runAsGroup) => context({ runAsGroup })),
      podContext({ runAsGroup: 10 }),
      podContext({ runAsGroup: 99 }, { runAsGroup: 10 }),
      ephemeralContext({ runAsGroup: 12 }),
      windowsPod(),
    ],
    refused: refusedWith(
      GROUP,
      ...BEYOND.map((runAsGroup) => context({ runAsGroup })),
      plain,
      podContext({ runAsGroup: 99 }),
      podContext({ runAsGroup: 10 }, { runAsGroup: 99 }),
      initContext({}, { runAsGroup: 10 }),
      ephemeralContext({}),
    ),
  },
  'groups of a range, if any': {
    rules: {
      runAsGroup: { rule: 'MayRunAs', ranges },
      fsGroup: { rule: 'MayRunAs', ranges },
      supplementalGroups: { rule: 'MayRunAs', ranges },
    },
    fits: [plain, context({ runAsGroup: 10 }), podContext({ fsGroup: 20 }), podContext({ supplementalGroups: [10, 20] })],
    refused: [
      ...refusedWith(GROUP, context({ runAsGroup: 9 })),
      ...refusedWith(FS_GROUP, podContext({ fsGroup: 9 })),
      ...refusedWith(GROUPS, podContext({ supplementalGroups: [9] })),
    ],
  },
  'any group': { rules: {}, fits: [podContext({ runAsGroup: 0, fsGroup: 0, supplementalGroups: [0] }), plain], refused: [] },
  'volume groups of a range': {
    rules: { fsGroup: { rule: 'MustRunAs', ranges } },
    fits: [...WITHIN.map((fsGroup) => podContext({ fsGroup })), windowsPod()],
    refused: refusedWith(FS_GROUP, ...BEYOND.map((fsGroup) => podContext({ fsGroup })), plain),
  },
  'further groups of a range': {
    rules: { supplementalGroups: { rule: 'MustRunAs', ranges } },
    fits: [
      ...WITHIN.map((group) => podContext({ supplementalGroups: [group] })),
      podContext({ supplementalGroups: [10, 20] }),
      windowsPod(),
    ],
    refused: refusedWith(
      GROUPS,
      ...BEYOND.map((group) => podContext({ supplementalGroups: [group] })),
      podContext({ supplementalGroups: [10, 99] }),
      podContext({ supplementalGroups: [] }),
      plain,
    ),
  },
  'strict groups': {
    rules: { supplementalGroupsPolicy: 'Strict' },
    fits: [podContext({ supplementalGroupsPolicy: 'Strict' }), windowsPod()],
    refused: refusedWith(STRICT, plain, podContext({ supplementalGroupsPolicy: 'Merge' })),
  },
  'no capabilities': {
    rules: {},
    fits: [plain, add(), drop('KILL')],
    refused: refusedWith(/container main: capabilities\.add may have none$/, add('SYS_TIME')),
  },
  capabilities: {
    rules: { capabilities: { allowed: ['SYS_TIME', 'KILL'], defaultAdd: ['CHOWN'] } },
    fits: [plain, add('SYS_TIME'), add('KILL', 'SYS_TIME'), add('CHOWN'), add('CHOWN', 'KILL')],
    refused: refusedWith(
      /container main: capabilities\.add may only have "SYS_TIME", "KILL", "CHOWN"$/,
      add('SYS_ADMIN'),
      add('SYS_TIME', 'SYS_ADMIN'),
      add('ALL'),
      add('sys_time'),
    ),
  },
  'every capability': { rules: { capabilities: { allowed: ['*'] } }, fits: [plain, add('SYS_ADMIN', 'anything')], refused: [] },
  'dropped capabilities': {
    rules: { capabilities: { requiredDrop: ['NET_RAW', 'MKNOD'] } },
    old: drop('ALL'),
    fits: [
      drop('NET_RAW', 'MKNOD'),
      drop('MKNOD', 'KILL', 'NET_RAW'),
      drop('ALL'),
      windowsPod(),
      { ephemeral: { securityContext: { capabilities: { drop: ['ALL'] } } } },
    ],
    refused: refusedWith(
      /container \w+: capabilities\.drop must have "NET_RAW", "MKNOD"$/,
      plain,
      drop('NET_RAW'),
      drop('MKNOD', 'KILL'),
      drop('all'),
      initContext({}, { capabilities: { drop: ['ALL'] } }),
      ephemeralContext({}),
    ),
  },
  'no privilege escalation': {
    rules: { allowPrivilegeEscalation: false },
    old: context({ allowPrivilegeEscalation: false }),
    fits: [context({ allowPrivilegeEscalation: false }), windowsPod(), ephemeralContext({ allowPrivilegeEscalation: false })],
    refused: refusedWith(
      ESCALATION,
      plain,
      context({ allowPrivilegeEscalation: true }),
      initContext({}, { allowPrivilegeEscalation: false }),
      ephemeralContext({}),
    ),
  },
  'privilege escalation that cannot be filled in': {
    rules: { privileged: true, allowPrivilegeEscalation: false, capabilities: { allowed: ['*'] } },
    defaulting: true,
    fits: [plain, add('KILL'), context({ privileged: false })],
    refused: refusedWith(ESCALATION, context({ privileged: true }), add('CAP_SYS_ADMIN'), context({ allowPrivilegeEscalation: true })),
  },
  'privilege escalation': { rules: {}, fits: [plain, context({ allowPrivilegeEscalation: true })], refused: [] },
  'read-only root filesystems': {
    rules: { readOnlyRootFilesystem: true },
    old: context({ readOnlyRootFilesystem: true }),
    fits: [context({ readOnlyRootFilesystem: true }), windowsPod(), ephemeralContext({ readOnlyRootFilesystem: true })],
    refused: refusedWith(
      READ_ONLY,
      plain,
      context({ readOnlyRootFilesystem: false }),
      initContext({}, { readOnlyRootFilesystem: true }),
      ephemeralContext({}),
    ),
  },
  'writable root filesystems': {
    rules: { readOnlyRootFilesystem: false },
    fits: [plain, container({}), context({ readOnlyRootFilesystem: false })],
    refused: [],
  },
}
