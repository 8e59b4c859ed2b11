/**
 * Proof that nothing decides about the use of profiles which no test watches: each part of that is broken on purpose, and one of the uses of
 * test/support/profile-uses.ts has to be answered otherwise. mutants.test.ts in test/admission/pods says what to do about a mutant that nobody notices.
 */

import { expect } from 'chai'
import { SAME_PROFILES } from '../support/mutants/exceptions.ts'
import { groupOf, MUTANTS, profileMutants } from '../support/mutants/profile-mutants.ts'
import { record } from '../support/mutants/results.ts'
import { openPeople, type People } from '../support/people.ts'
import { inParallel } from '../support/pod-security.ts'
import { BESIDE, USES, type Use } from '../support/profile-uses.ts'
import { closeUses, objectionsTo, openUses } from '../support/used-profiles.ts'

describe('the use of a profile, broken on purpose', function () {
  this.timeout(300_000)
  let people: People
  const noticed = new Map<number, string>()

  before(async () => {
    people = await openPeople(16)
    await openUses(people, profileMutants)
    await inParallel([...MUTANTS.entries()], async ([number, what]) => {
      const by = await firstOf(likely(what), async (use) => !(await isSo(use, number)))
      if (by) noticed.set(number, by.what)
    })
    record(
      'Who may use which profile',
      MUTANTS.map((mutant, number) => ({ of: partOf(mutant), mutant, noticed: noticed.has(number), reason: SAME_PROFILES[mutant] })),
    )
  })

  after(() => closeUses(people, profileMutants))

  /** Whether the answer is the one of the table. */
  async function isSo(use: Use, mutant: number): Promise<boolean> {
    const said = await objectionsTo(people, use, BESIDE, [groupOf(mutant)])
    return use.objection === undefined ? said.length === 0 : said.length === 1 && use.objection.test(said[0] ?? '')
  }

  for (const [number, what] of MUTANTS.entries()) {
    const reason = SAME_PROFILES[what]
    it(reason === undefined ? what : `${what}, which makes no difference: ${reason}`, () => {
      expect(noticed.has(number), noticed.get(number) ?? 'nobody notices').to.equal(reason === undefined)
    })
  }

  it('is excused for nothing that there is not', () => {
    expect(Object.keys(SAME_PROFILES).filter((what) => !MUTANTS.includes(what))).to.deep.equal([])
  })
})

/** The variable in which it is; in all slots the same. */
function partOf(mutant: string): string {
  return /^([a-zA-Z]+?)\d?: /.exec(mutant)?.[1] ?? 'which requests'
}

/** Those first that are about the same profile, or want what it allows from the one before it. */
function likely(what: string): readonly Use[] {
  const slot = Number(/(?:mayUse|why|profiles\[|Rules\[|> )(\d)/.exec(what)?.[1])
  const isAbout = (use: Use) => Number(use.slot === slot || use.slot === slot - 1)
  return USES.toSorted((one, other) => isAbout(other) - isAbout(one))
}

async function firstOf<T>(items: readonly T[], holds: (item: T) => Promise<boolean>): Promise<T | undefined> {
  for (const item of items) if (await holds(item)) return item
  return undefined
}
