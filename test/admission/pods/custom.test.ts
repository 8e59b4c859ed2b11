/** Rules that neither PodSecurityPolicy nor the Pod Security Standards had, what Restricted fills in, and texts that try to be more than texts. */

import { expect } from 'chai'
import type { Profile } from '../../../src/api/pod-security/pod-security.ts'
import { ask, context, createOld, objection, plain } from '../../support/custom-rules/case.ts'
import { CASES } from '../../support/custom-rules/cases.ts'
import { canMutate, needsDefaulting } from '../../support/older-kubernetes.ts'
import { openPeople, type People, person } from '../../support/people.ts'
import {
  createPod,
  createRuntimeClasses,
  inParallel,
  installPodSecurity,
  openNamespace,
  secure,
  secureAs,
  uninstallPodSecurity,
  untilSo,
} from '../../support/pod-security.ts'

const alice = person('alice')

describe('custom rules', function () {
  this.timeout(60_000)
  let people: People
  const namespaceOf = (name: string) => `custom-${name.toLowerCase().replaceAll(/\W+/g, '-')}`

  before(async () => {
    people = await openPeople()
    await installPodSecurity(people)
    const subjects: Profile['subjects'] = [{ kind: 'User', name: 'alice' }]
    await createRuntimeClasses(people)
    await inParallel(Object.entries(CASES), async ([name, { rules, defaulting, old }]) => {
      const account = { kind: 'ServiceAccount' as const, name: 'default', namespace: namespaceOf(name) }
      const profiles: Profile[] = [{ name: 'default', preset: 'Custom', rules, subjects: [...subjects, account] }]
      await openNamespace(people, namespaceOf(name))
      if (old) await createOld(people, alice, namespaceOf(name), old)
      await secureAs(people, namespaceOf(name), { profiles, ...(defaulting && { defaulting: 'Enabled' }) })
    })
    await secure(people, 'custom-restricted', { defaulting: 'Enabled', profiles: [{ name: 'default', preset: 'Restricted', subjects }] })
    const fillsIn = await canMutate()
    await untilSo('the policies count', async () => {
      const [filled, refused] = await Promise.all([alice, person('bob')].map((who) => createPod(people, who, 'custom-restricted', plain)))
      const judged = fillsIn ? filled?.body.spec?.securityContext?.seccompProfile !== undefined : filled?.code === 403
      return judged && refused?.code === 403
    })
  })

  after(() => uninstallPodSecurity(people))

  for (const [name, { fits, refused, defaulting }] of Object.entries(CASES)) {
    it(name, async function () {
      if (defaulting) await needsDefaulting(this)
      for (const asked of fits) {
        expect(objection(await ask(people, alice, namespaceOf(name), asked)), JSON.stringify(asked)).to.equal(undefined)
      }
      for (const [asked, sentence] of refused) {
        const text = objection(await ask(people, alice, namespaceOf(name), asked))
        expect(text, JSON.stringify(asked)).to.match(sentence).and.to.include('does not fit profile "default": ').and.not.to.include('\n')
      }
    })
  }

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
