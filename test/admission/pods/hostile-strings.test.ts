/** Quotes, backslashes, line breaks and CEL in every string of the resource, of pods and of names: they mean nothing but themselves. */

import { expect } from 'chai'
import type { Profile } from '../../../src/api/pod-security/pod-security.ts'
import type { Rules } from '../../../src/api/pod-security/rules.ts'
import { plain } from '../../support/custom-rules/case.ts'
import { HOSTILE_NAMES, HOSTILE_TEXTS, placeOf, podFullOf, resourceWith, textFields } from '../../support/hostile.ts'
import { needsDefaulting } from '../../support/older-kubernetes.ts'
import { ADMIN, openPeople, type People, person } from '../../support/people.ts'
import { createPod, inParallel, installPodSecurity, PATHS, secure, uninstallPodSecurity, untilSo } from '../../support/pod-security.ts'

const alice = person('alice')
const RULES = 'spec.podSecurity.profiles[].rules'

/** The places that take any text, and what has to be before it. All others have a form, and refuse what has not. */
const FREE: Readonly<Record<string, string>> = {
  'spec.access[].clusterRole': '',
  'spec.access[].subjects[].name': '',
  'spec.podSecurity.profiles[].subjects[].name': '',
  [`${RULES}.hostPaths[].pathPrefix`]: '/',
  [`${RULES}.csiDrivers[]`]: '',
  [`${RULES}.flexVolumeDrivers[]`]: '',
  [`${RULES}.seLinux.options.user`]: '',
  [`${RULES}.seLinux.options.role`]: '',
  [`${RULES}.seLinux.options.type`]: '',
  [`${RULES}.seLinux.options.level`]: '',
  [`${RULES}.runtimeClass.allowed[]`]: '',
  [`${RULES}.runtimeClass.default`]: '',
  [`${RULES}.seccomp.allowed[]`]: 'Localhost/',
  [`${RULES}.seccomp.default`]: 'Localhost/',
  [`${RULES}.appArmor.allowed[]`]: 'Localhost/',
  [`${RULES}.appArmor.default`]: 'Localhost/',
}

/** Everything that a pod full of hostile texts asks for. */
const LENIENT: Rules = {
  volumes: ['*'],
  capabilities: { allowed: ['*'] },
  seccomp: { allowed: ['*'] },
  appArmor: { allowed: ['*'] },
  sysctls: { allowedUnsafe: ['*'] },
}

/** The same but for one rule, and all that there is to say then. */
const STERN: Readonly<Record<string, readonly [rules: Rules, says: string]>> = {
  capabilities: [{ capabilities: { allowed: ['KILL'] } }, 'container main: capabilities.add may only have "KILL"'],
  // Together with every capability there is none that has to be dropped.
  dropped: [
    { capabilities: { requiredDrop: ['KILL'] } },
    'container main: capabilities.add may have none; container main: capabilities.drop must have "KILL"',
  ],
  'host-paths': [{ hostPaths: [{ pathPrefix: '/x' }] }, 'volume a: hostPath is outside the allowed paths: "/x"'],
  drivers: [{ flexVolumeDrivers: ['x'] }, 'volume b: flexVolume driver is not allowed; allowed are "x"'],
  volumes: [{ volumes: ['hostPath', 'flexVolume'] }, 'volume c: nfs is not allowed'],
  'se-linux': [
    { seLinux: { rule: 'MustRunAs', options: { level: 's0' } } },
    'seLinuxOptions must be those of the profile; container main: seLinuxOptions must be those of the profile',
  ],
  seccomp: [
    { seccomp: { allowed: ['Localhost/x'] } },
    'seccompProfile must be one of "Localhost/x"; container main: seccompProfile must be one of "Localhost/x"',
  ],
  'app-armor': [{ appArmor: { allowed: ['Localhost/x'] } }, 'container main: appArmorProfile must be one of "Localhost/x"'],
  sysctls: [{ sysctls: { forbidden: ['kernel.msgmax'] } }, 'sysctl "kernel.msgmax" is not allowed'],
}

describe('hostile texts', function () {
  this.timeout(120_000)
  let people: People

  before(async () => {
    people = await openPeople(16)
    await installPodSecurity(people)
  })

  after(() => uninstallPodSecurity(people))

  describe('in the resource', () => {
    /** What the API server has against the text in that place; nothing if it takes it. */
    async function objections(path: string, text: string): Promise<readonly string[]> {
      const { body } = await people.as(ADMIN, { path: `${PATHS.TenantIsolation}?dryRun=All`, body: resourceWith(path, text) })
      const causes: readonly { readonly field: string; readonly message: string }[] = body.details?.causes ?? []
      return causes.filter(({ field }) => field === placeOf(path)).map(({ message }) => message)
    }

    it('are refused wherever a text has a form, with a sentence about that place', async () => {
      const taken = await inParallel(textFields(), async (path) => {
        const answers = await inParallel([`it's`, `"x\\`, 'a\nb', `') || true || ('`, '☃'], (text) => objections(path, text), 2)
        for (const message of answers.flat()) expect(message, path).not.to.include('\n')
        return answers.every((messages) => messages.length > 0) ? [] : [path]
      })
      const expected = Object.entries(FREE).flatMap(([path, before]) => (before === '' ? [path] : []))
      expect(taken.flat(), 'these take any text: say so above, and below what comes of it').to.have.members(expected)
    })

    it('are taken wherever any text may stand', async () => {
      for (const [path, before] of Object.entries(FREE)) {
        // A Localhost profile is a file name, of one line; the name of a ClusterRole is part of a path.
        const without = before === 'Localhost/' ? /[\r\n]/ : path.endsWith('clusterRole') ? /[/%]/ : undefined
        const texts = HOSTILE_TEXTS.filter((text) => !without?.test(text))
        for (const text of texts) expect(await objections(path, before + text), `${path}: ${before + text}`).to.deep.equal([])
      }
    })
  })

  describe('in a pod', () => {
    const subjects: Profile['subjects'] = [{ kind: 'User', name: 'alice' }]
    const profile = (rules: Rules): Profile => ({ name: 'default', preset: 'Custom', rules, subjects })
    const namespaceOf = (what: string) => `hostile-${what}`

    before(async () => {
      await secure(people, namespaceOf('lenient'), { profiles: [profile(LENIENT)] })
      await inParallel(Object.entries(STERN), ([what, [rules]]) =>
        secure(people, namespaceOf(what), { profiles: [profile({ ...LENIENT, ...rules })] }),
      )
      const judged = async (what: string) => (await createPod(people, person('nobody'), namespaceOf(what), plain)).code === 403
      for (const what of ['lenient', ...Object.keys(STERN)]) await untilSo(`${what} is judged`, () => judged(what))
    })

    for (const text of HOSTILE_TEXTS) {
      it(`${JSON.stringify(text)} is let in where everything may be asked for`, async () => {
        const { code, body } = await createPod(people, alice, namespaceOf('lenient'), podFullOf(text))
        expect(code, body.message).to.equal(201)
      })

      it(`${JSON.stringify(text)} changes neither the verdict of a rule nor its sentence`, async () => {
        for (const [what, [, says]] of Object.entries(STERN)) {
          const { code, body } = await createPod(people, alice, namespaceOf(what), podFullOf(text))
          expect(code, what).to.equal(403)
          expect(body.message.replace(/^.*denied request: /s, ''), what).to.equal(`the pod does not fit profile "default": ${says}`)
        }
      })
    }
  })

  describe('that defaulting fills in', () => {
    it('come into the pod as they are', async function () {
      await needsDefaulting(this)
      const texts = HOSTILE_TEXTS.filter((text) => !/[\r\n]/.test(text))
      const profileOf = (text: string): Rules => ({
        seLinux: { rule: 'MustRunAs', options: { user: text, role: text, type: text, level: text } },
        seccomp: { allowed: ['Localhost/*'], default: `Localhost/${text}` },
        appArmor: { allowed: ['Localhost/*'], default: `Localhost/${text}` },
      })
      await inParallel([...texts.entries()], async ([index, text]) => {
        const namespace = `hostile-default-${index}`
        const profiles: Profile[] = [
          { name: 'default', preset: 'Custom', rules: profileOf(text), subjects: [{ kind: 'User', name: 'alice' }] },
        ]
        await secure(people, namespace, { defaulting: 'Enabled', profiles })
        await untilSo(
          `${namespace} is filled in`,
          async () => (await createPod(people, alice, namespace, plain)).body.spec?.securityContext?.seLinuxOptions !== undefined,
        )
        const { body } = await createPod(people, alice, namespace, plain)
        expect(body.spec.securityContext).to.deep.equal({
          seLinuxOptions: { user: text, role: text, type: text, level: text },
          seccompProfile: { type: 'Localhost', localhostProfile: text },
        })
        expect(body.spec.containers[0].securityContext).to.deep.equal({ appArmorProfile: { type: 'Localhost', localhostProfile: text } })
      })
    })
  })

  describe('as the names of people', () => {
    const names = HOSTILE_NAMES

    before(async () => {
      const subjects = (kind: 'User' | 'Group'): Profile['subjects'] => names.map((name) => ({ kind, name }))
      await secure(people, 'hostile-users', { profiles: [{ name: 'default', preset: 'Basic', subjects: subjects('User') }] })
      await secure(people, 'hostile-groups', { profiles: [{ name: 'default', preset: 'Basic', subjects: subjects('Group') }] })
      for (const namespace of ['hostile-users', 'hostile-groups']) {
        await untilSo(`${namespace} is judged`, async () => (await createPod(people, alice, namespace, plain)).code === 403)
      }
    })

    for (const name of names) {
      it(`${JSON.stringify(name)} has what was granted to it, and nobody else`, async () => {
        const codes = (namespace: string, ...who: readonly ReturnType<typeof person>[]) =>
          Promise.all(who.map(async (one) => (await createPod(people, one, namespace, plain)).code))
        await untilSo(name, async () => (await codes('hostile-users', person(name))).join() === '201')
        await untilSo(name, async () => (await codes('hostile-groups', person('somebody', name))).join() === '201')
        expect(await codes('hostile-users', person(`x${name}`), person('somebody', name))).to.deep.equal([403, 403])
        expect(await codes('hostile-groups', person(name), person('somebody', `x${name}`))).to.deep.equal([403, 403])
      })

      it(`${JSON.stringify(name)} is told in one line what it may not`, async () => {
        const { body } = await createPod(people, person(`x${name}`), 'hostile-users', plain)
        const [, quoted = ''] =
          /denied request: neither user (".*") nor service account "hostile-users\/default" may use a pod security profile of tenant hostile-users\. It would fit profile "default", which neither user \1 nor service account "hostile-users\/default" may use$/.exec(
            body.message,
          ) ?? []
        expect(quoted, body.message).to.equal(celQuoted(`x${name}`))
      })
    }
  })
})

/** What strings.quote of CEL makes of it. */
function celQuoted(text: string): string {
  return JSON.stringify(text)
}
