/**
 * Proof that every part of every rule is watched by a test: each is broken on purpose, in the real API server, and one of the pods that the other
 * tests go by has to be judged otherwise than its table says. A mutant that nobody notices is a failing test of its name: add the pod that
 * is missing to a table, or take away what is not needed.
 */

import { expect } from 'chai'
import { policyName } from '../../../src/admission/policy.ts'
import { API_VERSION, KIND } from '../../../src/api/labels.ts'
import { SAME_RULES } from '../../support/mutants/exceptions.ts'
import { type Judgement, judge, MUTANTS, POD_JUDGE, podJudge } from '../../support/mutants/pod-judge.ts'
import { record } from '../../support/mutants/results.ts'
import { type Question, WATCHERS, type Watcher } from '../../support/mutants/watchers.ts'
import { openPeople, type People, person } from '../../support/people.ts'
import {
  apply,
  createRuntimeClasses,
  inParallel,
  installPodSecurity,
  openNamespace,
  PATHS,
  uninstallPodSecurity,
  untilSo,
} from '../../support/pod-security.ts'
import { bindPolicy } from '../../support/used-profiles.ts'

/** Those that are refused everywhere first: where one rule refuses, the mutants of the others are not evaluated. */
const QUESTIONS = WATCHERS.flatMap(({ tenant, questions }) => questions.map((question) => ({ tenant, question }))).sort(
  (a, b) => share(a.question) - share(b.question),
)

function share({ fits }: Question): number {
  return fits.filter((fit) => fit).length / fits.length
}

describe('the rules, broken on purpose', function () {
  this.timeout(180_000)
  let people: People
  /** Who noticed which mutant first. */
  const noticed = new Map<number, string>()
  const surprises: string[] = []

  before(async () => {
    people = await openPeople(16)
    await installPodSecurity(people)
    await createRuntimeClasses(people)
    await apply(people, podJudge)
    await inParallel(WATCHERS, prepare)
    const unnoticed = new Set(MUTANTS.keys())
    await inParallel(QUESTIONS, async ({ tenant, question }) => {
      const answer = await ask(tenant, question, [...unnoticed])
      if (answer.fits.join() !== question.fits.join()) surprises.push(`${tenant}, ${question.what}: ${answer.fits}`)
      for (const number of answer.noticed) {
        unnoticed.delete(number)
        noticed.set(number, question.what)
      }
    })
    record(
      'Rules for pods',
      MUTANTS.map(({ rule, what }, number) => ({
        of: rule,
        mutant: what,
        noticed: noticed.has(number),
        reason: SAME_RULES[`${rule}: ${what}`],
      })),
    )
  })

  after(async () => {
    await people?.as(
      { user: 'admin', groups: ['system:masters'] },
      { method: 'DELETE', path: `${PATHS.ValidatingAdmissionPolicy}/${policyName(POD_JUDGE)}` },
    )
    await uninstallPodSecurity(people)
  })

  const ask = (tenant: string, question: Question, mutants: readonly number[]): Promise<Judgement> =>
    judge((who) => question.send(people, who, tenant), mutants)

  async function prepare({ tenant, podSecurity, prepare: fill, questions: [first] }: Watcher) {
    await openNamespace(people, tenant)
    await fill(people, person('alice'), tenant)
    const namespaceSelector = { matchLabels: { tenant } }
    await apply(people, { apiVersion: API_VERSION, kind: KIND, metadata: { name: tenant }, spec: { namespaceSelector, podSecurity } })
    await bindPolicy(people, { policy: policyName(POD_JUDGE), tenant, namespaces: { tenant }, action: 'Deny' })
    const answers = (question: Question) =>
      ask(tenant, question, []).then(
        () => true,
        () => false,
      )
    if (first) await untilSo(`pods in ${tenant} are judged`, () => answers(first))
  }

  it('are seen as the tables say while they are whole', () => {
    expect(surprises).to.deep.equal([])
  })

  for (const [number, { rule, what }] of MUTANTS.entries()) {
    const name = `${rule}: ${what}`
    const reason = SAME_RULES[name]
    it(reason === undefined ? name : `${name}, which makes no difference: ${reason}`, () => {
      expect(noticed.has(number), noticed.get(number) ?? 'nobody notices').to.equal(reason === undefined)
    })
  }

  it('are excused for nothing that there is not', () => {
    const names = MUTANTS.map(({ rule, what }) => `${rule}: ${what}`)
    expect(Object.keys(SAME_RULES).filter((name) => !names.includes(name))).to.deep.equal([])
  })
})
