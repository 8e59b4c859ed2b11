/** Rules that neither PodSecurityPolicy nor the Pod Security Standards had, what Restricted fills in, and texts that try to be more than texts. */

import { expect } from 'chai'
import type { Profile } from '../../../src/api/pod-security/pod-security.ts'
import type { Rules } from '../../../src/api/pod-security/rules.ts'
import { canMutate, needsDefaulting } from '../../support/older-kubernetes.ts'
import { openPeople, type People, person } from '../../support/people.ts'
import { createPod, installPodSecurity, type PodManifest, secure, uninstallPodSecurity, untilSo } from '../../support/pod-security.ts'

const alice = person('alice')
const podContext = (securityContext: object): PodManifest => ({ spec: { securityContext, containers: [{ name: 'main', image: 'none' }] } })
const context = (securityContext: object, spec: object = {}, annotations: object = {}): PodManifest => ({
  metadata: { annotations },
  spec: { containers: [{ name: 'main', image: 'none', securityContext }], ...spec },
})
const plain = context({})
const probing = { spec: { containers: [{ name: 'main', image: 'none', livenessProbe: { httpGet: { port: 80, host: 'a' } } }] } }
const annotation = (profile: string) => context({}, {}, { 'container.apparmor.security.beta.kubernetes.io/main': profile })
const seccomp = (type: string, localhostProfile?: string) => ({ seccompProfile: { type, localhostProfile } })
const appArmor = (type: string, localhostProfile?: string) => ({ appArmorProfile: { type, localhostProfile } })
const volume = (source: object) => context({}, { volumes: [{ name: 'v', ...source }] })

/** What must not be taken for anything but itself, wherever a text may stand. */
const HOSTILE = [`it's`, `"quoted"`, 'back\\slash', 'line\nbreak', `') || true || ('`, `"] + [] != ["`, '{{x}}', 'ümläut ☃ 𝒳'] as const

type Case = { readonly rules: Rules; readonly fits: readonly PodManifest[]; readonly refused: readonly [PodManifest, RegExp][] }

const CASES: Readonly<Record<string, Case>> = {
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

describe('custom rules', function () {
  this.timeout(60_000)
  let people: People
  const namespaceOf = (name: string) => `custom-${name.replaceAll(' ', '-')}`

  before(async () => {
    people = await openPeople()
    await installPodSecurity(people)
    const subjects: Profile['subjects'] = [{ kind: 'User', name: 'alice' }]
    for (const [name, { rules }] of Object.entries(CASES)) {
      const profiles: Profile[] = [{ name: 'default', preset: 'Custom', rules, subjects }]
      await secure(people, namespaceOf(name), { profiles })
    }
    await secure(people, 'custom-restricted', { defaulting: 'Enabled', profiles: [{ name: 'default', preset: 'Restricted', subjects }] })
    const fillsIn = await canMutate()
    await untilSo('the policies count', async () => {
      const [filled, refused] = await Promise.all([alice, person('bob')].map((who) => createPod(people, who, 'custom-restricted', plain)))
      const judged = fillsIn ? filled?.body.spec?.securityContext?.seccompProfile !== undefined : filled?.code === 403
      return judged && refused?.code === 403
    })
  })

  after(() => uninstallPodSecurity(people))

  for (const [name, { fits, refused }] of Object.entries(CASES)) {
    it(name, async () => {
      for (const pod of fits) {
        const { code, body } = await createPod(people, alice, namespaceOf(name), pod)
        expect(code, `${JSON.stringify(pod)}: ${body.message}`).to.equal(201)
      }
      for (const [pod, sentence] of refused) {
        const { code, body } = await createPod(people, alice, namespaceOf(name), pod)
        expect(code, `${JSON.stringify(pod)}: ${body.message}`).to.equal(403)
        expect(body.message).to.match(sentence).and.to.include('does not fit profile "default": ').and.not.to.include('\n')
      }
    })
  }

  it('a profile for users with hostile names is theirs alone', async () => {
    const users = HOSTILE.filter((text) => !text.includes('\n') && !/[^ -~]/.test(text))
    const profiles: Profile[] = [{ name: 'default', preset: 'Basic', subjects: users.map((name) => ({ kind: 'User', name })) }]
    await secure(people, 'custom-users', { profiles })
    const stranger = person(`x') || true || ('`)
    await untilSo('strangers are refused', async () => (await createPod(people, stranger, 'custom-users', plain)).code === 403)
    for (const user of users) await untilSo(user, async () => (await createPod(people, person(user), 'custom-users', plain)).code === 201)
    const { body } = await createPod(people, stranger, 'custom-users', plain)
    expect(body.message).to.include(
      `neither user "x') || true || ('" nor service account "custom-users/default" may use a pod security profile`,
    )
  })

  it('Restricted, with defaulting, makes a plain pod fit', async function () {
    await needsDefaulting(this)
    const { body } = await createPod(people, alice, 'custom-restricted', plain)
    expect(body.spec.securityContext).to.deep.equal({ seccompProfile: { type: 'RuntimeDefault' } })
    expect(body.spec.containers[0].securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
    })
    expect((await createPod(people, alice, 'custom-restricted', context({ runAsUser: 0 }))).code).to.equal(403)
  })

  it('Restricted, with defaulting, leaves a Windows pod what it can say', async function () {
    await needsDefaulting(this)
    const { code, body } = await createPod(people, alice, 'custom-restricted', context({}, { os: { name: 'windows' } }))
    expect(code, body.message).to.equal(201)
    expect(body.spec.containers[0].securityContext).to.deep.equal({ runAsNonRoot: true })
  })
})
