/** What pods are refused for, who is told what, and what stays free. */

import { expect } from 'chai'
import type { PodSecurity, Profile } from '../../../src/api/pod-security/pod-security.ts'
import { fittingPod, fullProfiles, LAST_CLASS, largePod } from '../../support/full-profiles.ts'
import { needsDefaulting } from '../../support/older-kubernetes.ts'
import { ADMIN, account, openPeople, type People, person } from '../../support/people.ts'
import { apply, createPod, installPodSecurity, secure, secureAs, uninstallPodSecurity, untilSo } from '../../support/pod-security.ts'

const alice = person('alice')
const bob = person('bob')
const everybody: Profile['subjects'] = [{ kind: 'Group', name: 'system:authenticated' }]
const basic: Profile = { name: 'basic', preset: 'Basic', subjects: everybody }
const container = (fields: object = {}) => ({ name: 'main', image: 'none', ...fields })
const pod = (fields: object = {}, spec: object = {}) => ({ spec: { containers: [container(fields)], ...spec } })
const privileged = pod({ securityContext: { privileged: true } })

describe('pod security', function () {
  this.timeout(90_000)
  let people: People

  before(async () => {
    people = await openPeople()
    await installPodSecurity(people)
  })

  after(() => uninstallPodSecurity(people))

  const code = async (...args: [Parameters<typeof createPod>[1], string, Parameters<typeof createPod>[3]]) =>
    (await createPod(people, ...args)).code
  const messageOf = async (...args: [Parameters<typeof createPod>[1], string, Parameters<typeof createPod>[3]]) => {
    const { body } = await createPod(people, ...args)
    return String(body.message).replace(/^.*denied request: /, '')
  }
  /** The policies and the grants of a new tenant count. */
  const tenant = async (name: string, podSecurity: PodSecurity, ready: () => Promise<boolean>, accounts: readonly string[] = []) => {
    await secure(people, name, podSecurity, accounts)
    await untilSo(`the policies of ${name} count`, ready)
  }

  describe('of a pod that is there already', () => {
    const namespace = 'old-pods'
    const at = (subresource = '') => `/api/v1/namespaces/${namespace}/pods/old${subresource}?dryRun=All`

    before(async () => {
      const lenient = { ...basic, preset: 'Privileged' as const, allowBroadSubjects: true }
      await tenant(namespace, { profiles: [lenient] }, async () => (await code(alice, namespace, privileged)) === 201)
      await createPod(people, alice, namespace, { ...privileged, metadata: { name: 'old' } }, { dryRun: false })
      await secureAs(people, namespace, { profiles: [basic] })
      await untilSo('the sterner profile counts', async () => (await code(alice, namespace, privileged)) === 403)
    })

    it('a label may change, though the pod would not be let in any more', async () => {
      const { code, body } = await people.as(alice, {
        method: 'PATCH',
        path: at(),
        body: { metadata: { labels: { a: 'b' }, finalizers: ['example.com/x'] } },
        contentType: 'application/merge-patch+json',
      })
      expect(code, body.message).to.equal(200)
    })

    it('a new image is checked', async () => {
      const body = [{ op: 'replace', path: '/spec/containers/0/image', value: 'other' }]
      const answer = await people.as(alice, { method: 'PATCH', path: at(), body, contentType: 'application/json-patch+json' })
      expect(answer.code).to.equal(403)
      expect(answer.body.message).to.include('container main: privileged is not allowed')
    })

    it('it can be deleted', async () => {
      const { code } = await people.as(alice, { method: 'DELETE', path: at() })
      expect(code).to.equal(200)
    })
  })

  describe('of an ephemeral container', () => {
    const namespace = 'ephemeral'
    const add = (securityContext: object, who = alice) =>
      people.as(who, {
        method: 'PATCH',
        path: `/api/v1/namespaces/${namespace}/pods/running/ephemeralcontainers?dryRun=All`,
        body: { spec: { ephemeralContainers: [{ name: 'debugger', image: 'none', securityContext }] } },
        contentType: 'application/strategic-merge-patch+json',
      })

    before(async () => {
      const admins: Profile = { name: 'admins', preset: 'Privileged', subjects: [{ kind: 'User', name: 'bob' }] }
      await tenant(namespace, { profiles: [basic, admins] }, async () => (await code(alice, namespace, privileged)) === 403)
      await untilSo('bob may', async () => (await code(bob, namespace, privileged)) === 201)
      await createPod(people, alice, namespace, { ...pod(), metadata: { name: 'running' } }, { dryRun: false })
    })

    it('one that breaks the profile is refused', async () => {
      for (const securityContext of [{ privileged: true }, { capabilities: { add: ['SYS_PTRACE'] } }]) {
        const { code, body } = await add(securityContext)
        expect(code).to.equal(403)
        expect(body.message).to.match(/container debugger: (privileged is not allowed|capabilities.add may have none)/)
      }
    })

    it('one that fits is let in, and so is any that whoever adds it may', async () => {
      expect((await add({})).code).to.equal(200)
      expect((await add({ privileged: true }, bob)).code).to.equal(200)
    })
  })

  describe('when nobody was granted a profile', () => {
    const namespace = 'nobody'
    const nobodys: Profile = { ...basic, subjects: [{ kind: 'User', name: 'nobody' }] }

    before(() => tenant(namespace, { profiles: [nobodys] }, async () => (await code(alice, namespace, pod())) === 403, ['builder']))

    it('the refusal names the user, the service account, the tenant and the profile that would do', async () => {
      expect(await messageOf(alice, namespace, pod({}, { serviceAccountName: 'builder' }))).to.equal(
        'neither user "alice" nor service account "nobody/builder" may use a pod security profile of tenant nobody. It would fit profile "basic", which neither user "alice" nor service account "nobody/builder" may use',
      )
    })

    it('it says only that, when no profile would do', async () => {
      expect(await messageOf(alice, namespace, privileged)).to.equal(
        'neither user "alice" nor service account "nobody/default" may use a pod security profile of tenant nobody',
      )
    })

    it('a user with quotes and backslashes in his name reads the same sentence', async () => {
      expect(await messageOf(person('ma"l\\lory\' + x'), namespace, pod())).to.match(
        /^neither user "ma\\"l\\\\lory' \+ x" nor service account /,
      )
    })

    it('a RoleBinding in the namespace grants nothing', async () => {
      const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
      const metadata = { name: 'everything', namespace }
      await people.as(ADMIN, { path: `${rbac}/roles`, body: { metadata, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] } })
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'everything' }
      const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'carol' }]
      await people.as(ADMIN, { path: `${rbac}/rolebindings`, body: { metadata, roleRef, subjects } })
      const carol = { user: 'carol' }
      await untilSo('carol may create pods', async () =>
        (await createPod(people, carol, namespace, pod())).body.message?.includes('denied request'),
      )
      expect(await messageOf(carol, namespace, pod())).to.include('may use a pod security profile')
    })

    it('the administrator of the cluster may', async () => {
      expect(await code(ADMIN, namespace, pod())).to.equal(201)
    })
  })

  describe('with several profiles', () => {
    const namespace = 'several'
    const profiles: Profile[] = [
      { name: 'c-node', preset: 'Custom', rules: { hostNetwork: true }, subjects: [{ kind: 'ServiceAccount', namespace, name: 'agent' }] },
      { name: 'b-restricted', preset: 'Restricted', subjects: everybody },
      { ...basic, name: 'a-basic' },
    ]

    before(() => tenant(namespace, { profiles }, async () => (await code(alice, namespace, privileged)) === 403, ['agent']))

    it('one of them has to fit as a whole', async () => {
      const agent = { serviceAccountName: 'agent', hostNetwork: true }
      await untilSo('the agent may', async () => (await code(alice, namespace, pod({}, agent))) === 201)
      expect(await code(alice, namespace, pod({}, { ...agent, hostPID: true }))).to.equal(403)
      expect(await code(alice, namespace, pod({}, { hostNetwork: true }))).to.equal(403)
    })

    it('the refusal says for each what does not fit, from the first that may be used', async () => {
      const message = await messageOf(alice, namespace, privileged)
      expect(message).to.match(/^the pod does not fit profile "b-restricted": container main: privileged is not allowed; /)
      expect(message).to.match(/Nor does it fit profile "a-basic": container main: privileged is not allowed$/)
      expect(message).not.to.include('c-node')
    })

    it('what would fit is told, with those who may not use it', async () => {
      expect(await messageOf(alice, namespace, pod({}, { hostNetwork: true }))).to.include(
        'It would fit profile "c-node", which neither user "alice" nor service account "several/default" may use',
      )
    })

    it('a controller is let in for what the service account of its pods may use', async () => {
      const controller = account('kube-system', 'daemon-set-controller')
      expect(await code(controller, namespace, pod({}, { hostNetwork: true, serviceAccountName: 'agent' }))).to.equal(201)
      expect(await code(controller, namespace, pod({}, { hostNetwork: true }))).to.equal(403)
    })
  })

  describe('the mode', () => {
    it('Warn lets everything in and tells its creator; Audit tells nobody; Disabled checks nothing', async () => {
      const warnings = async (namespace: string) => (await createPod(people, alice, namespace, privileged)).warnings.join()
      await tenant('mode', { mode: 'Warn', profiles: [basic] }, async () =>
        (await warnings('mode')).includes('container main: privileged is not allowed'),
      )
      expect(await code(alice, 'mode', privileged)).to.equal(201)
      await secureAs(people, 'mode', { mode: 'Audit', profiles: [basic] })
      await untilSo('the mode is Audit', async () => (await warnings('mode')) === '')
      expect(await code(alice, 'mode', privileged)).to.equal(201)
      await secureAs(people, 'mode', { mode: 'Enforce', profiles: [basic] })
      await untilSo('the mode is Enforce', async () => (await code(alice, 'mode', privileged)) === 403)
      // The bindings are still there, as they are while the operator is down.
      await secureAs(people, 'mode', { mode: 'Disabled', profiles: [basic] })
      await untilSo('the mode is Disabled', async () => (await code(alice, 'mode', privileged)) === 201)
    })
  })

  describe('at the limits', () => {
    for (const defaulting of ['Disabled', 'Enabled'] as const) {
      it(`eight full profiles, 100 containers and 64 volumes: a sentence about the pod, with defaulting ${defaulting}`, async () => {
        const namespace = `limits-${defaulting.toLowerCase()}`
        const nobody: Profile['subjects'] = [{ kind: 'User', name: 'nobody' }]
        await tenant(namespace, { defaulting, profiles: fullProfiles(nobody) }, async () => (await code(alice, namespace, pod())) === 403)
        expect(await messageOf(alice, namespace, largePod(100))).to.equal(
          `neither user "alice" nor service account "${namespace}/default" may use a pod security profile of tenant ${namespace}`,
        )
        await secureAs(people, namespace, { defaulting, profiles: fullProfiles(everybody) })
        await untilSo('everybody may', async () => (await messageOf(alice, namespace, largePod(1))).includes('does not fit profile'))
        const message = await messageOf(alice, namespace, largePod(100))
        expect(message).to.match(
          /^the pod does not fit profile "profile-0": volumes volume-0, volume-1, .*\.\.\. \(64 in all\): hostPath is outside the allowed paths: /,
        )
        expect(message).to.match(/\.\.\. \(\d+ findings\)/)
        expect(message).not.to.match(/cost (limit|budget)/)
      })
    }

    it('a pod of 40 containers that fits all of eight full profiles by the last of all their lists is let in', async () => {
      await apply(people, { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: LAST_CLASS }, handler: 'none' })
      const namespace = 'limits-fitting'
      await tenant(namespace, { profiles: fullProfiles(everybody) }, async () => (await code(alice, namespace, pod())) === 403)
      const { code: created, body } = await createPod(people, alice, namespace, fittingPod(40))
      expect(created, body.message).to.equal(201)
    })

    it('a pod of 100 containers is let in by the last of eight profiles, with what it wants filled in', async function () {
      await needsDefaulting(this)
      const namespace = 'limits-last'
      const last: Profile = {
        name: 'profile-7',
        preset: 'Custom',
        rules: {
          readOnlyRootFilesystem: true,
          capabilities: { requiredDrop: ['CHOWN'] },
          runAsUser: { rule: 'MustRunAs', ranges: [{ min: 7, max: 7 }] },
        },
        subjects: everybody,
      }
      const large = { spec: { containers: Array.from({ length: 100 }, (_, index) => container({ name: `container-${index}` })) } }
      const profiles = [...fullProfiles([{ kind: 'User', name: 'nobody' }]).slice(0, 7), last]
      await secure(people, namespace, { defaulting: 'Enabled', profiles })
      await untilSo(
        'defaults are filled in',
        async () => (await createPod(people, alice, namespace, pod())).body.spec?.containers[0].securityContext !== undefined,
      )
      const { code, body } = await createPod(people, alice, namespace, large)
      expect(code, body.message).to.equal(201)
      for (const { securityContext } of body.spec.containers) {
        expect(securityContext).to.deep.equal({ capabilities: { drop: ['CHOWN'] }, readOnlyRootFilesystem: true, runAsUser: 7 })
      }
    })
  })
})
