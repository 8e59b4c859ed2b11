/** support/custom-rules/confinement.ts — rules about SELinux, seccomp and AppArmor. */

import type { PodManifest } from '../pod-security.ts'
import { type Asked, type Cases, context, ephemeralContext, initContext, plain, podContext, template, windowsPod } from './case.ts'

const options = { user: 'u', role: 'r', type: 't', level: 's0:c1,c2' }
const seLinux = (changed: object = {}) => ({ seLinuxOptions: { ...options, ...changed } })
const seccomp = (type: string, localhostProfile?: string) => ({ seccompProfile: { type, localhostProfile } })
const appArmor = (type: string, localhostProfile?: string) => ({ appArmorProfile: { type, localhostProfile } })
const PREFIX = 'container.apparmor.security.beta.kubernetes.io/'
const annotated = (profile: string, of = 'main'): PodManifest => context({}, {}, { [`${PREFIX}${of}`]: profile })

/** A note is beside it. */
const annotatedAmongOthers = (profile: string): PodManifest => ({
  ...annotated(profile),
  metadata: { annotations: { note: 'unconfined', [`${PREFIX}main`]: profile } },
})

/** The other container is not. */
const firstAnnotated: PodManifest = { ...annotated('localhost/a', 'first'), spec: initContext({}).spec }

const refusedWith = (sentence: RegExp, ...asked: readonly Asked[]) => asked.map((one) => [one, sentence] as const)

const OPTIONS = /seLinuxOptions must be those of the profile$/

export const CONFINEMENT: Cases = {
  'SELinux options': {
    rules: { seLinux: { rule: 'MustRunAs', options } },
    old: podContext(seLinux()),
    fits: [
      podContext(seLinux()),
      podContext(seLinux({ level: 's0:c2,c1' })),
      podContext(seLinux(), seLinux({ level: 's0:c2,c1' })),
      ephemeralContext(seLinux()),
      windowsPod(),
    ],
    refused: refusedWith(
      OPTIONS,
      plain,
      ...[
        { user: 'v' },
        { role: 's' },
        { type: 'spc_t' },
        { level: 's1:c1,c2' },
        { level: 's0:c1' },
        { level: 's0:c1,c1' },
        { level: 's0:c1,c3' },
        { level: 's0:c1,c2,c2' },
        { level: 's0:c1,c2,c3' },
        { level: 's0' },
      ].map((change) => podContext(seLinux(change))),
      podContext({ seLinuxOptions: { level: 's0:c1,c2' } }),
      podContext(seLinux({ type: 'spc_t' }), seLinux()),
      podContext(seLinux(), seLinux({ type: 'spc_t' })),
      { spec: { ...initContext(seLinux({ type: 'spc_t' })).spec, securityContext: seLinux() } },
      ephemeralContext(seLinux({ type: 'spc_t' })),
      context(seLinux()),
    ),
  },
  'an SELinux level without categories': {
    rules: { seLinux: { rule: 'MustRunAs', options: { level: 's0' } } },
    fits: [podContext({ seLinuxOptions: { level: 's0' } })],
    refused: refusedWith(OPTIONS, ...['s1', 's0:c1', ''].map((level) => podContext({ seLinuxOptions: { level } }))),
  },
  'any SELinux options': { rules: {}, fits: [plain, podContext(seLinux(), seLinux({ type: 'spc_t' }))], refused: [] },

  'seccomp profiles that nobody speaks of': {
    rules: {},
    fits: [plain, context(seccomp('RuntimeDefault')), podContext(seccomp('RuntimeDefault'))],
    refused: refusedWith(
      /seccompProfile must be one of "Unset", "RuntimeDefault"$/,
      context(seccomp('Unconfined')),
      context(seccomp('Localhost', 'a')),
      podContext(seccomp('Unconfined')),
    ),
  },
  'every seccomp profile': {
    rules: { seccomp: { allowed: ['*'] } },
    fits: [plain, context(seccomp('Unconfined')), podContext(seccomp('Localhost', 'x'))],
    refused: [],
  },
  'no seccomp profile': {
    rules: { seccomp: { allowed: ['Unset'] } },
    fits: [plain],
    refused: refusedWith(
      /seccompProfile must be one of "Unset"$/,
      context(seccomp('RuntimeDefault')),
      podContext(seccomp('RuntimeDefault')),
    ),
  },
  'seccomp files': {
    rules: { seccomp: { allowed: ['Localhost/a.json', 'RuntimeDefault'] } },
    old: podContext(seccomp('RuntimeDefault')),
    fits: [
      context(seccomp('Localhost', 'a.json')),
      podContext(seccomp('RuntimeDefault')),
      podContext(seccomp('Localhost', 'a.json')),
      podContext(seccomp('RuntimeDefault'), seccomp('Localhost', 'a.json')),
      ephemeralContext({}),
      windowsPod(),
    ],
    refused: refusedWith(
      /: seccompProfile must be one of "Localhost\/a.json", "RuntimeDefault"$|profile "default": seccompProfile must be one of/,
      plain,
      context(seccomp('Localhost', 'b.json')),
      context(seccomp('RuntimeDefault'), { securityContext: seccomp('Unconfined') }),
      podContext(seccomp('RuntimeDefault'), seccomp('Unconfined')),
      initContext(seccomp('Unconfined'), seccomp('RuntimeDefault')),
      ephemeralContext(seccomp('Unconfined')),
    ),
  },
  'all seccomp files': {
    rules: { seccomp: { allowed: ['Localhost/*'] } },
    fits: [context(seccomp('Localhost', 'a')), podContext(seccomp('Localhost', 'b'))],
    refused: refusedWith(
      /seccompProfile must be one of "Localhost\/\*"$/,
      plain,
      context(seccomp('RuntimeDefault')),
      context(seccomp('Unconfined')),
    ),
  },
  'a seccomp profile that nothing fills in': {
    rules: { seccomp: { allowed: ['RuntimeDefault'] } },
    defaulting: true,
    fits: [context(seccomp('RuntimeDefault'))],
    refused: refusedWith(/seccompProfile must be one of "RuntimeDefault"$/, plain),
  },

  'AppArmor profiles that nobody speaks of': {
    rules: {},
    fits: [plain, context(appArmor('Unconfined')), annotated('unconfined')],
    refused: [],
  },
  'every AppArmor profile': {
    rules: { appArmor: { allowed: ['*'] } },
    fits: [plain, context(appArmor('Unconfined')), annotated('unconfined')],
    refused: [],
  },
  'AppArmor files': {
    rules: { appArmor: { allowed: ['Localhost/*'] } },
    old: podContext(appArmor('Localhost', 'a')),
    fits: [
      context(appArmor('Localhost', 'a')),
      annotated('localhost/a'),
      template(annotated('localhost/a')),
      context(appArmor('Localhost', 'a'), {}, { note: 'unconfined' }),
      podContext(appArmor('Localhost', 'b')),
      ephemeralContext({}),
      windowsPod(),
    ],
    refused: refusedWith(
      /appArmorProfile must be one of "Localhost\/\*"$/,
      plain,
      annotated('runtime/default'),
      annotated(''),
      firstAnnotated,
      template(firstAnnotated),
      template(annotated('runtime/default')),
      template(annotatedAmongOthers('runtime/default')),
      context(appArmor('Unconfined')),
      podContext(appArmor('RuntimeDefault')),
      podContext(appArmor('RuntimeDefault'), appArmor('Localhost', 'a')),
      podContext(appArmor('Localhost', 'a'), appArmor('Unconfined')),
      initContext({}, appArmor('Localhost', 'a')),
      ephemeralContext(appArmor('Unconfined')),
    ),
  },
  'an AppArmor file for each container': {
    rules: { appArmor: { allowed: ['Localhost/a'] } },
    old: context(appArmor('Localhost', 'a')),
    fits: [ephemeralContext(appArmor('Localhost', 'a'))],
    refused: refusedWith(/container debugger: appArmorProfile must be one of "Localhost\/a"$/, ephemeralContext({})),
  },
  'one AppArmor file': {
    rules: { appArmor: { allowed: ['Localhost/a'] } },
    fits: [context(appArmor('Localhost', 'a')), annotated('localhost/a')],
    refused: refusedWith(
      /appArmorProfile must be one of "Localhost\/a"$/,
      context(appArmor('Localhost', 'b')),
      annotated('localhost/b'),
      annotated('localhost/'),
    ),
  },
  'the AppArmor profile of the runtime': {
    rules: { appArmor: { allowed: ['RuntimeDefault'] } },
    fits: [context(appArmor('RuntimeDefault')), annotated('runtime/default'), template(annotated('runtime/default'))],
    refused: refusedWith(/appArmorProfile must be one of "RuntimeDefault"$/, plain, annotated('unconfined'), annotated('localhost/a')),
  },
  'no AppArmor profile': {
    rules: { appArmor: { allowed: ['Unset', 'Unconfined'] } },
    fits: [plain, annotated('unconfined'), template(annotated('unconfined')), template(annotated('')), context(appArmor('Unconfined'))],
    refused: refusedWith(
      /appArmorProfile must be one of "Unset", "Unconfined"$/,
      annotated('runtime/default'),
      annotated('localhost/a'),
      context(appArmor('RuntimeDefault')),
    ),
  },
  'an AppArmor profile that nothing fills in': {
    rules: { appArmor: { allowed: ['RuntimeDefault'] } },
    defaulting: true,
    fits: [context(appArmor('RuntimeDefault'))],
    refused: refusedWith(/appArmorProfile must be one of "RuntimeDefault"$/, plain),
  },
}
