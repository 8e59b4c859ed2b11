import { expect } from 'chai'
import fc from 'fast-check'
import { backoffMs, defaultBackoff } from '../../../src/time/backoff.ts'

describe('the back-off', () => {
  it('starts between 2.5 and 5 ms and ends between 15 and 30 s', () => {
    expect([backoffMs(1, defaultBackoff, 0), backoffMs(1, defaultBackoff, 1)]).to.deep.equal([2.5, 5])
    expect([backoffMs(100_000, defaultBackoff, 0), backoffMs(100_000, defaultBackoff, 1)]).to.deep.equal([15_000, 30_000])
  })

  it('never waits longer than the cap, never less than half the step, and never stops growing before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (failures, random) => {
        const wait = backoffMs(failures, defaultBackoff, random)
        expect(wait).to.be.within(2.5, 30_000)
        expect(backoffMs(failures + 1, defaultBackoff, random)).to.be.at.least(wait)
      }),
    )
  })
})
