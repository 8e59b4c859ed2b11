import { expect } from 'chai'
import { systemClock } from '../../../src/kube/time.ts'

describe('waiting', () => {
  it('takes as long as it should', async () => {
    const startedAt = systemClock.now()
    await systemClock.sleep(20, new AbortController().signal)
    expect(systemClock.now() - startedAt).to.be.within(18, 500)
  })

  it('ends with its signal', async () => {
    const stop = new AbortController()
    const startedAt = systemClock.now()
    const slept = systemClock.sleep(60_000, stop.signal)
    stop.abort()
    await slept
    await systemClock.sleep(60_000, stop.signal)
    expect(systemClock.now() - startedAt).to.be.below(1_000)
  })
})
