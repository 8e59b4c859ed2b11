import { expect } from 'chai'
import { createQueue, type Queue } from '../../../src/controller/queue.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { queueAndClock, takeNow } from '../../support/queues.ts'

describe('the work queue', () => {
  describe('with a delay', () => {
    it('gives out the key when the time has come, and not before', async () => {
      const { queue, clock } = queueAndClock()
      queue.addAfter('a', 100)
      clock.advance(99)
      expect([queue.depth, await takeNow(queue)]).to.deep.equal([0, 'nothing'])
      clock.advance(1)
      expect([queue.depth, await takeNow(queue)]).to.deep.equal([1, 'a'])
    })

    it('keeps the earliest of several moments', async () => {
      const { queue, clock } = queueAndClock()
      queue.addAfter('a', 100)
      queue.addAfter('a', 50)
      queue.addAfter('a', 200)
      clock.advance(50)
      expect(await takeNow(queue)).to.equal('a')
      queue.done('a')
      clock.advance(1000)
      expect(await takeNow(queue)).to.equal('nothing')
    })

    it('forgets the delay when the key is added plainly', async () => {
      const { queue, clock } = queueAndClock()
      queue.addAfter('a', 100)
      queue.add('a')
      expect(await takeNow(queue)).to.equal('a')
      queue.done('a')
      clock.advance(1000)
      expect(await takeNow(queue)).to.equal('nothing')
    })

    it('waits for the end of the processing when the delay is over first', async () => {
      const { queue, clock } = queueAndClock()
      queue.add('a')
      await queue.take()
      queue.addAfter('a', 10)
      clock.advance(20)
      expect(await takeNow(queue)).to.equal('nothing')
      queue.done('a')
      expect(await takeNow(queue)).to.equal('a')
    })

    it('uses one timer for all keys, and none when none waits', () => {
      const { queue, clock } = queueAndClock()
      for (let i = 0; i < 1000; i++) queue.addAfter(`key-${i}`, 1 + ((i * 7919) % 1000))
      expect(clock.timers).to.equal(1)
      clock.advance(1000)
      expect([clock.timers, queue.depth]).to.deep.equal([0, 1000])
    })

    it('survives a timer that fires early', async () => {
      const clock = new ManualClock()
      const early = { now: () => clock.now(), setTimer: (fn: () => void, ms: number) => clock.setTimer(fn, ms / 2) }
      const queue = createQueue({ clock: early })
      queue.addAfter('a', 64)
      clock.advance(63)
      expect(await takeNow(queue)).to.equal('nothing')
      clock.advance(1)
      expect(await takeNow(queue)).to.equal('a')
    })
  })

  describe('after failures', () => {
    async function failOnce(queue: Queue, clock: ManualClock): Promise<number> {
      queue.add('a')
      await queue.take()
      queue.retry('a')
      queue.done('a')
      const start = clock.now()
      while (queue.depth === 0) clock.advance(0.125)
      await queue.take()
      queue.done('a')
      return clock.now() - start
    }

    it('doubles the wait from 5 ms up to the cap, and takes a part of it by chance', async () => {
      const clock = new ManualClock()
      const queue = createQueue({ clock, random: () => 0.5, backoff: { baseMs: 5, capMs: 60 } })
      const waits: number[] = []
      for (let i = 0; i < 6; i++) waits.push(await failOnce(queue, clock))
      expect(waits).to.deep.equal([3.75, 7.5, 15, 30, 45, 45])
    })

    it('begins again at 5 ms after a success', async () => {
      const { queue, clock } = queueAndClock()
      await failOnce(queue, clock)
      await failOnce(queue, clock)
      queue.forget('a')
      expect(await failOnce(queue, clock)).to.equal(3.75)
    })

    it('does not wait when something changes', async () => {
      const { queue } = queueAndClock()
      queue.add('a')
      await queue.take()
      queue.retry('a')
      queue.done('a')
      queue.add('a')
      expect(await takeNow(queue)).to.equal('a')
    })
  })
})
