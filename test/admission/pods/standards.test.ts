/** The presets Baseline and Restricted: control by control, in all three lists of containers, with Pod Security Admission as the referee. */

import { expect } from 'chai'
import type { Profile } from '../../../src/api/pod-security/pod-security.ts'
import { standardsKnowUserNamespaces } from '../../support/older-kubernetes.ts'
import { openPeople, type People, person } from '../../support/people.ts'
import { apply, installPodSecurity, secure, uninstallPodSecurity, untilSo } from '../../support/pod-security.ts'
import { attempt, createOldPods, isPossible, LISTS } from '../../support/standard-pods.ts'
import { type Level, ROWS, ROWS_OF_NEWER_STANDARDS, type Row } from '../../support/standards.ts'

const alice = person('alice')
const PRESETS = { Baseline: 'baseline', Restricted: 'restricted' } as const
type Preset = keyof typeof PRESETS

const ours = (preset: Preset) => `standard-${PRESETS[preset]}`
const referees = (preset: Preset) => `referee-${PRESETS[preset]}`
const everybody = (preset: Preset): Profile => ({ name: 'default', preset, subjects: [{ kind: 'Group', name: 'system:authenticated' }] })

/** The rows of which that is true. */
const WITHOUT_USER_NAMESPACES: Readonly<Record<string, Level>> = {
  'unmasked /proc in a user namespace': 'privileged',
  'no word of runAsNonRoot in a user namespace': 'baseline',
  'runAsUser 0 in a user namespace': 'baseline',
}

const fits = (level: Level, preset: Preset) => level === 'restricted' || level === PRESETS[preset]

describe('the presets of the Pod Security Standards', function () {
  this.timeout(90_000)
  let people: People

  before(async () => {
    people = await openPeople()
    await installPodSecurity(people)
    for (const preset of ['Baseline', 'Restricted'] as const) {
      const labels = { 'pod-security.kubernetes.io/enforce': PRESETS[preset] }
      await secure(people, ours(preset), { profiles: [everybody(preset)] })
      await apply(people, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: referees(preset), labels } })
      await apply(people, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: referees(preset) } })
    }
    const [plain] = ROWS
    const [dangerous] = ROWS.filter(({ name }) => name === 'privileged')
    for (const preset of ['Baseline', 'Restricted'] as const) {
      for (const namespace of [ours(preset), referees(preset)]) {
        await untilSo(`${namespace} is judged`, async () => {
          const codes = await Promise.all([plain, dangerous].map((row) => row && attempt(people, alice, namespace, row, 'containers')))
          return codes.map((answer) => answer?.code).join() === '201,403'
        })
        await createOldPods(people, alice, namespace)
      }
    }
  })

  after(() => uninstallPodSecurity(people))

  /** Where Pod Security Admission does not know user namespaces yet, a pod in one is to it what it is outside of one. */
  const levelOfReferee = async ({ name, level }: Row): Promise<Level> =>
    (await standardsKnowUserNamespaces()) ? level : (WITHOUT_USER_NAMESPACES[name] ?? level)

  for (const preset of ['Baseline', 'Restricted'] as const) {
    for (const list of LISTS) {
      describe(`${preset}, in ${list}`, () => {
        for (const row of ROWS.filter((candidate) => isPossible(candidate, list))) {
          it(`${row.name}: ${fits(row.level, preset) ? 'let in' : 'refused'}`, async () => {
            const [answer, referee] = await Promise.all([
              attempt(people, alice, ours(preset), row, list),
              attempt(people, alice, referees(preset), row, list),
            ])
            const verdict = fits(row.level, preset) ? [200, 201] : [403]
            const others = fits(await levelOfReferee(row), preset) ? [200, 201] : [403]
            expect(verdict, answer.body.message).to.include(answer.code)
            expect(others, `Pod Security Admission: ${referee.body.message}`).to.include(referee.code)
            if (answer.code === 403) expect(answer.body.message).to.include('does not fit profile "default": ')
          })
        }
      })
    }
  }

  it('take the sysctls that are safe since 1.37, as no API server of today does', async () => {
    for (const row of ROWS_OF_NEWER_STANDARDS) {
      expect((await attempt(people, alice, ours('Restricted'), row, 'containers')).code, row.name).to.equal(201)
    }
  })
})
