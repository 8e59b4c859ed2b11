/** Baseline and Restricted say of pods made up at random what Pod Security Admission says, in the same API server. */

import { expect } from 'chai'
import fc from 'fast-check'
import type { Profile } from '../../../src/api/pod-security/pod-security.ts'
import { standardsKnowUserNamespaces } from '../../support/older-kubernetes.ts'
import { type Answer, openPeople, type People, person } from '../../support/people.ts'
import { apply, createPod, inParallel, installPodSecurity, secure, uninstallPodSecurity, untilSo } from '../../support/pod-security.ts'
import { randomPod } from '../../support/random-pods.ts'

const alice = person('alice')
const PODS = Number(process.env.RANDOM_PODS ?? 600)
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const PRESETS = { Baseline: 'baseline', Restricted: 'restricted' } as const
type Preset = keyof typeof PRESETS

const ours = (preset: Preset) => `random-${PRESETS[preset]}`
const referees = (preset: Preset) => `random-referee-${PRESETS[preset]}`
const everybody = (preset: Preset): Profile => ({ name: 'default', preset, subjects: [{ kind: 'Group', name: 'system:authenticated' }] })

describe('the presets of the Pod Security Standards, asked about pods at random', function () {
  this.timeout(120_000)
  let people: People

  before(async () => {
    people = await openPeople(16)
    await installPodSecurity(people)
    for (const preset of ['Baseline', 'Restricted'] as const) {
      const labels = { 'pod-security.kubernetes.io/enforce': PRESETS[preset] }
      await secure(people, ours(preset), { profiles: [everybody(preset)] })
      await apply(people, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: referees(preset), labels } })
      await apply(people, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: referees(preset) } })
      for (const namespace of [ours(preset), referees(preset)]) {
        await untilSo(`${namespace} is judged`, async () => {
          const bad = { spec: { hostPID: true, containers: [{ name: 'main', image: 'none' }] } }
          return (await createPod(people, alice, namespace, bad)).code === 403
        })
      }
    }
  })

  after(() => uninstallPodSecurity(people))

  for (const preset of ['Baseline', 'Restricted'] as const) {
    it(`${preset} admits what it admits, and nothing else`, async () => {
      const userNamespaces = await standardsKnowUserNamespaces()
      const pods = fc.sample(randomPod({ userNamespaces }), { numRuns: PODS, seed: SEED })
      const verdicts = await inParallel(pods, async (pod) => {
        const [answer, referee] = await Promise.all([ours, referees].map((of) => createPod(people, alice, of(preset), pod)))
        return { pod, ours: verdict(answer), theirs: verdict(referee) }
      })
      expect(
        verdicts.filter(({ ours, theirs }) => ours.code !== theirs.code),
        `SEED=${SEED}`,
      ).to.deep.equal([])
      for (const code of [201, 403]) expect(verdicts.filter(({ theirs }) => theirs.code === code).length).to.be.greaterThan(PODS / 20)
    })
  }
})

/** With the reason, for whoever reads that they differ. */
const verdict = (answer: Answer | undefined) => ({ code: answer?.code, message: answer?.body.message as string | undefined })
