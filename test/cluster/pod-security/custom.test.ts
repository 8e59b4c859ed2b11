/** Rules that neither PodSecurityPolicy nor the Pod Security Standards had, what Restricted fills in, and texts that try to be more than texts. */

import { expect } from 'chai'
import type { Profile } from '../../../src/api/pod-security/pod-security.ts'
import { CUSTOM_CASES, context, HOSTILE, plain } from '../../support/custom-rules.ts'
import { openPeople, type People, person } from '../../support/people.ts'
import { createPod, installPodSecurity, secure, uninstallPodSecurity, untilSo } from '../../support/pod-security.ts'

const alice = person('alice')

describe('custom rules', function () {
  this.timeout(60_000)
  let people: People
  const namespaceOf = (name: string) => `custom-${name.replaceAll(' ', '-')}`

  before(async () => {
    people = await openPeople()
    await installPodSecurity(people)
    const subjects: Profile['subjects'] = [{ kind: 'User', name: 'alice' }]
    for (const [name, { rules }] of Object.entries(CUSTOM_CASES)) {
      const profiles: Profile[] = [{ name: 'default', preset: 'Custom', rules, subjects }]
      await secure(people, namespaceOf(name), { profiles })
    }
    await secure(people, 'custom-restricted', { defaulting: 'Enabled', profiles: [{ name: 'default', preset: 'Restricted', subjects }] })
    await untilSo('the policies count', async () => {
      const [filled, refused] = await Promise.all([alice, person('bob')].map((who) => createPod(people, who, 'custom-restricted', plain)))
      return filled?.body.spec?.securityContext?.seccompProfile !== undefined && refused?.code === 403
    })
  })

  after(() => uninstallPodSecurity(people))

  for (const [name, { fits, refused }] of Object.entries(CUSTOM_CASES)) {
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

  it('Restricted, with defaulting, makes a plain pod fit', async () => {
    const { body } = await createPod(people, alice, 'custom-restricted', plain)
    expect(body.spec.securityContext).to.deep.equal({ seccompProfile: { type: 'RuntimeDefault' } })
    expect(body.spec.containers[0].securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
    })
    expect((await createPod(people, alice, 'custom-restricted', context({ runAsUser: 0 }))).code).to.equal(403)
  })

  it('Restricted, with defaulting, leaves a Windows pod what it can say', async () => {
    const { code, body } = await createPod(people, alice, 'custom-restricted', context({}, { os: { name: 'windows' } }))
    expect(code, body.message).to.equal(201)
    expect(body.spec.containers[0].securityContext).to.deep.equal({ runAsNonRoot: true })
  })
})
