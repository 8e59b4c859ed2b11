/** What lets pods in early makes no difference: each pod of the other tests' tables is judged with it and without it, and the two say the same. */

import { expect } from 'chai'
import type { Profile } from '../../../src/api/pod-security/pod-security.ts'
import { ask } from '../../support/custom-rules/case.ts'
import { CASES } from '../../support/custom-rules/cases.ts'
import { slowPath } from '../../support/mutants/slow-path.ts'
import { ADMIN, type Answer, openPeople, type People, type Person, person } from '../../support/people.ts'
import {
  apply,
  createRuntimeClasses,
  inParallel,
  installPodSecurity,
  openNamespace,
  PATHS,
  secureAs,
  uninstallPodSecurity,
  untilSo,
} from '../../support/pod-security.ts'
import { attempt, createOldPods, isPossible, LISTS } from '../../support/standard-pods.ts'
import { ROWS, ROWS_OF_NEWER_STANDARDS } from '../../support/standards.ts'
import { bindPolicy } from '../../support/used-profiles.ts'

const [bob, carol, stranger] = [person('bob'), person('carol'), person('stranger')]
const profile = (preset: Exclude<Profile['preset'], 'Custom'>, { user }: Person): Profile => ({
  name: preset.toLowerCase(),
  preset,
  subjects: [{ kind: 'User', name: user }],
})

/** By namespace: the first two profiles of each are presets, in one order and in the other; a third is used by nobody. */
const TENANTS: Readonly<Record<string, readonly Profile[]>> = {
  'early-standards': [profile('Restricted', bob), profile('Baseline', carol), profile('Privileged', person('nobody'))],
  'early-basic': [profile('Basic', carol), profile('Restricted', bob)],
  'early-custom': [{ name: 'custom', preset: 'Custom', rules: {}, subjects: [{ kind: 'User', name: carol.user }] }, profile('Basic', bob)],
}
const SLOW = slowPath('slow-path-of-pod-security')

type Question = {
  readonly what: string
  readonly who: Person
  readonly send: (people: People, who: Person, namespace: string) => Promise<Answer>
}

const STANDARD_PODS = [...ROWS, ...ROWS_OF_NEWER_STANDARDS].flatMap((row) =>
  LISTS.filter((list) => isPossible(row, list)).map(
    (list): Omit<Question, 'who'> => ({
      what: `${row.name}, in ${list}`,
      send: (people, who, namespace) => attempt(people, who, namespace, row, list),
    }),
  ),
)
const CUSTOM_PODS = Object.values(CASES).flatMap(({ fits, refused }) =>
  [...fits, ...refused.map(([asked]) => asked)]
    .filter((asked) => !('template' in asked || 'ephemeral' in asked))
    .map(
      (asked): Omit<Question, 'who'> => ({
        what: JSON.stringify(asked),
        send: (people, who, namespace) => ask(people, who, namespace, asked),
      }),
    ),
)
const by = (pods: readonly Omit<Question, 'who'>[], ...people: readonly Person[]) =>
  pods.flatMap((pod) => people.map((who) => ({ ...pod, who })))

const QUESTIONS: Readonly<Record<string, readonly Question[]>> = {
  'early-standards': [...by(STANDARD_PODS, bob, carol), ...by(STANDARD_PODS.slice(0, 1), stranger)],
  'early-basic': by(CUSTOM_PODS, carol),
  'early-custom': by(CUSTOM_PODS, bob),
}

describe('what lets pods in early', function () {
  this.timeout(120_000)
  let people: People

  before(async () => {
    people = await openPeople(16)
    await installPodSecurity(people)
    await createRuntimeClasses(people)
    await apply(people, SLOW)
    await inParallel(Object.entries(TENANTS), async ([tenant, profiles]) => {
      await openNamespace(people, tenant)
      await createOldPods(people, bob, tenant)
      await secureAs(people, tenant, { mode: 'Warn', profiles: [...profiles] })
      await bindPolicy(people, { policy: SLOW.metadata.name, tenant, namespaces: { tenant }, action: 'Warn' })
      const [plain] = STANDARD_PODS
      await untilSo(`${tenant} is judged`, async () => {
        const answers = await Promise.all([stranger, bob].map((who) => plain?.send(people, who, tenant)))
        return answers.map((answer) => answer && judgements(answer).length).join() === '2,0'
      })
    })
  })

  after(async () => {
    await people?.as(ADMIN, { method: 'DELETE', path: `${PATHS.ValidatingAdmissionPolicy}/${SLOW.metadata.name}` })
    await uninstallPodSecurity(people)
  })

  for (const [tenant, questions] of Object.entries(QUESTIONS)) {
    it(`makes no difference in ${tenant}, to ${questions.length} pods`, async () => {
      const answers = await inParallel(questions, async ({ who, send }) => judgements(await send(people, who, tenant)))
      const different = questions.filter(
        (_, index) => answers[index]?.length === 1 || answers[index]?.[0] !== (answers[index]?.[1] ?? answers[index]?.[0]),
      )
      expect(different.map(({ what, who }) => `${who.user}: ${what}`)).to.deep.equal([])
      // It has been asked about pods of both kinds.
      expect(new Set(answers.map(({ length }) => length))).to.deep.equal(new Set([0, 2]))
    })
  }
})

/** What each of the two says against the pod; both only warn. */
function judgements({ code, body, warnings }: Answer): readonly string[] {
  if (code >= 300) throw new Error(`${code}: ${body.message}`)
  return warnings.flatMap(
    (warning) => /ValidatingAdmissionPolicy '[^']*pod-security[^']*' with binding '[^']*': (.*)$/s.exec(warning)?.[1] ?? [],
  )
}
