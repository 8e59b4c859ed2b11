import { expect } from 'chai'
import { DriftLog } from '../../../src/reconcile/drift.ts'

const SECOND = 1_000
const OBJECT = 'NetworkPolicy shop/tenant-isolation'

function repairs(times: readonly number[], log = new DriftLog()): DriftLog {
  for (const now of times) log.repaired({ object: OBJECT, tenant: 'manning', by: 'kubectl-edit', now })
  return log
}

describe('drift', () => {
  it('that happens once or twice is no fight', () => {
    expect(repairs([0, SECOND]).fightsOf('manning', 2 * SECOND)).to.deep.equal({ repeated: [], forMs: 0 })
  })

  it('three times within a minute is a fight, said with who does it and for five minutes', () => {
    const { repeated, forMs } = repairs([0, SECOND, 2 * SECOND]).fightsOf('manning', 2 * SECOND)
    expect(repeated).to.deep.equal([{ object: OBJECT, by: 'kubectl-edit' }])
    expect(forMs).to.equal(300 * SECOND + 1)
  })

  it('that comes now and then is no fight, however often', () => {
    expect(repairs([0, 40 * SECOND, 80 * SECOND, 120 * SECOND]).fightsOf('manning', 120 * SECOND).repeated).to.deep.equal([])
  })

  it('is forgotten five minutes after the last repair', () => {
    const log = repairs([0, SECOND, 2 * SECOND])
    expect(log.fightsOf('manning', 302 * SECOND).repeated).to.have.length(1)
    expect(log.fightsOf('manning', 302 * SECOND + 1)).to.deep.equal({ repeated: [], forMs: 0 })
  })

  it('of one tenant is not said of another', () => {
    expect(repairs([0, 1, 2]).fightsOf('acme', 2).repeated).to.deep.equal([])
  })

  it('keeps the name of the last that signed, for nobody signs a deletion', () => {
    const log = repairs([0, 1])
    log.repaired({ object: OBJECT, tenant: 'manning', by: undefined, now: 2 })
    expect(log.fightsOf('manning', 2).repeated).to.deep.equal([{ object: OBJECT, by: 'kubectl-edit' }])
  })

  it('is put back at once twenty times in a row, and twice a second from then on', () => {
    const log = new DriftLog()
    let now = 0
    let waited = 0
    for (let repair = 0; repair < 40; repair++) {
      const delay = log.delay(OBJECT, now)
      if (repair < 20) expect(delay, `repair ${repair}`).to.equal(0)
      now += delay
      waited += delay
      repairs([now], log)
    }
    expect(waited).to.be.within(19 * 500, 20 * 500)
    expect(log.delay('shop/another', now)).to.equal(0)
  })

  it('may be put back at once again after a rest', () => {
    const log = repairs(Array.from({ length: 20 }, () => 0))
    expect(log.delay(OBJECT, 0)).to.be.greaterThan(0)
    expect(log.delay(OBJECT, 10 * SECOND)).to.equal(0)
  })
})
