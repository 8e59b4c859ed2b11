/** Who may use which profile for what; and that it is the same without what lets pods in before the rules are gone through for them. */

import { expect } from 'chai'
import { slowPath } from '../../support/mutants/slow-path.ts'
import { openPeople, type People } from '../../support/people.ts'
import { BESIDE, USED, USES } from '../../support/profile-uses.ts'
import { closeUses, objectionsTo, openUses } from '../../support/used-profiles.ts'

const slow = slowPath('slow-path-of-pod-security')

describe('the use of a profile', function () {
  this.timeout(180_000)
  let people: People

  before(async () => {
    people = await openPeople(16)
    await openUses(people, slow)
  })

  after(() => closeUses(people, slow))

  for (const use of USES) {
    it(`${use.what}: ${use.objection ? 'objected to' : 'let in'}`, async () => {
      for (const place of [USED, BESIDE]) {
        const said = await objectionsTo(people, use, place)
        expect(said, place(use.tenant)).to.have.length(use.objection ? 1 : 0)
        if (use.objection) expect(said[0]).to.match(use.objection)
      }
    })
  }
})
