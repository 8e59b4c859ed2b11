/**
 * Proof that every part of every guard is watched by a test: guards that are broken on purpose were asked about each request of the tests in
 * test/admission/guards, which have run before (support/mutants/guard-watch.ts). A mutant that nobody noticed is a failing test of its name: add the
 * request that is missing, or take away what is not needed.
 */

import { expect } from 'chai'
import { SAME_GUARDS } from '../support/mutants/exceptions.ts'
import { GUARD_JUDGES } from '../support/mutants/guard-judges.ts'
import { NOTICED, WATCHED } from '../support/mutants/guard-watch.ts'
import { record } from '../support/mutants/results.ts'

const MUTANTS = GUARD_JUDGES.flatMap(({ guard, mutants }) =>
  mutants.map((what, number) => ({ guard, what, name: `${guard}: ${what}`, by: () => NOTICED.get(guard)?.get(number) })),
)

describe('the guards, broken on purpose', () => {
  before(() => {
    if (WATCHED.requests === 0) throw new Error('no request was made: run all tests of the guards before this one, as `make mutants` does')
    record(
      'Guards',
      MUTANTS.map(({ guard, name, what, by }) => ({ of: guard, mutant: what, noticed: by() !== undefined, reason: SAME_GUARDS[name] })),
    )
  })

  for (const { name, by } of MUTANTS) {
    const reason = SAME_GUARDS[name]
    it(reason === undefined ? name : `${name}, which makes no difference: ${reason}`, () => {
      expect(by() !== undefined, by() ?? 'nobody notices').to.equal(reason === undefined)
    })
  }

  it('are excused for nothing that there is not', () => {
    expect(Object.keys(SAME_GUARDS).filter((excuse) => !MUTANTS.some(({ name }) => name === excuse))).to.deep.equal([])
  })
})
