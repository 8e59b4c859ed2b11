import { expect } from 'chai'
import fc from 'fast-check'
import { createBackoff } from '../../../src/kube/backoff.ts'

const take = (count: number, next: () => number) => Array.from({ length: count }, next)

describe('the back-off', () => {
  it('grows by its factor to its cap, and starts again after a reset', () => {
    const backoff = createBackoff({ initialMs: 100, maxMs: 1_000, jitter: 0, random: () => 0 })
    expect(take(6, backoff.next)).to.deep.equal([100, 200, 400, 800, 1_000, 1_000])
    expect(backoff.failures).to.equal(6)
    backoff.reset()
    expect(backoff.failures).to.equal(0)
    expect(backoff.next()).to.equal(100)
  })

  it('takes away at most the jitter', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (drawn, jitter) => {
          const backoff = createBackoff({ initialMs: 100, maxMs: 100, jitter, random: () => drawn })
          expect(backoff.next()).to.be.within(100 * (1 - jitter), 100)
        },
      ),
    )
  })

  it('stays at its cap after any number of failures', () => {
    const backoff = createBackoff({ initialMs: 100, maxMs: 10_000, jitter: 0, random: () => 0 })
    expect(take(5_000, backoff.next).at(-1)).to.equal(10_000)
  })
})
