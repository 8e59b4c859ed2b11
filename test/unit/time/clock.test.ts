import { getEventListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { microTime, sleep, systemClock } from '../../../src/time/clock.ts'
import { ManualClock } from '../../support/manual-clock.ts'

describe('the system clock', () => {
  it('does not fire early because of fractions, and not at all when it is cancelled', async () => {
    const start = systemClock.now()
    const cancel = systemClock.setTimer(() => expect.fail('it was cancelled'), 1)
    cancel()
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, 3.5))
    expect(systemClock.now() - start).to.be.at.least(3)
  })

  it('takes delays that setTimeout does not: months, and moments that have passed', async () => {
    let fired = false
    const warned: unknown[] = []
    const onWarning = (warning: unknown) => warned.push(warning)
    process.on('warning', onWarning)
    const cancel = systemClock.setTimer(() => {
      fired = true
    }, 2 ** 40)
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, Number.NEGATIVE_INFINITY))
    await wait(5)
    cancel()
    process.off('warning', onWarning)
    expect([fired, warned]).to.deep.equal([false, []])
  })
})

describe('a sleep', () => {
  it('ends with its time or with its signal, and leaves nothing behind', async () => {
    const clock = new ManualClock()
    const stopping = new AbortController()
    const woken: string[] = []
    void sleep(clock, 100, stopping.signal).then(() => woken.push('first'))
    await clock.run(100)
    expect([woken, getEventListeners(stopping.signal, 'abort')]).to.deep.equal([['first'], []])
    void sleep(clock, 100, stopping.signal).then(() => woken.push('second'))
    stopping.abort()
    await clock.run(0)
    expect([woken, clock.timers]).to.deep.equal([['first', 'second'], 0])
    await sleep(clock, 100, stopping.signal)
    expect(clock.timers).to.equal(0)
  })
})

describe('a MicroTime', () => {
  it('has six digits after the point', () => {
    const wallMs = Date.UTC(2026, 10, 21, 9, 32, 0)
    expect([microTime(wallMs), microTime(wallMs + 7), microTime(wallMs + 0.25)]).to.deep.equal([
      '2026-11-21T09:32:00.000000Z',
      '2026-11-21T09:32:00.007000Z',
      '2026-11-21T09:32:00.000250Z',
    ])
  })
})
