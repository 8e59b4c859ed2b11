import { expect } from 'chai'
import { settle } from '../../support/manual-clock.ts'
import { queueAndClock, takeNow } from '../../support/queues.ts'

describe('the work queue', () => {
  it('gives out keys in the order in which they came', async () => {
    const { queue } = queueAndClock()
    for (const key of ['b', 'a', 'c']) queue.add(key)
    expect([await takeNow(queue), await takeNow(queue), await takeNow(queue)]).to.deep.equal(['b', 'a', 'c'])
  })

  it('holds a key once, however often it is added', async () => {
    const { queue } = queueAndClock()
    queue.add('a')
    queue.add('a')
    queue.add('a', 'initial')
    expect(queue.depth).to.equal(1)
    expect([await takeNow(queue), await takeNow(queue)]).to.deep.equal(['a', 'nothing'])
  })

  it('does not give out a key that is being processed, and runs it once more when it was added meanwhile', async () => {
    const { queue } = queueAndClock()
    queue.add('a')
    await queue.take()
    queue.add('a')
    queue.add('a')
    expect(await takeNow(queue)).to.equal('nothing')
    queue.done('a')
    expect([await takeNow(queue), await takeNow(queue)]).to.deep.equal(['a', 'nothing'])
  })

  it('hands a key to a worker that waits, in the microtask after it was added', async () => {
    const { queue } = queueAndClock()
    let taken: string | undefined
    void queue.take().then((key) => {
      taken = key
    })
    queue.add('a')
    await Promise.resolve()
    expect(taken).to.equal('a')
  })

  it('serves waiting workers in the order in which they asked', async () => {
    const { queue } = queueAndClock()
    const [first, second] = [queue.take(), queue.take()]
    queue.add('a')
    queue.add('b')
    expect([await first, await second]).to.deep.equal(['a', 'b'])
  })

  it('refuses to take back a key that it did not give out', () => {
    const { queue } = queueAndClock()
    queue.add('a')
    expect(() => queue.done('a')).to.throw('a is not being processed')
  })

  describe('with an initial list', () => {
    it('lets a fresh change pass it', async () => {
      const { queue } = queueAndClock()
      for (const key of ['x', 'y']) queue.add(key, 'initial')
      queue.add('fresh')
      expect([await takeNow(queue), await takeNow(queue)]).to.deep.equal(['fresh', 'x'])
    })

    it('promotes a key of it that changes', async () => {
      const { queue } = queueAndClock()
      for (const key of ['x', 'y', 'z']) queue.add(key, 'initial')
      queue.add('y')
      expect([await takeNow(queue), await takeNow(queue), await takeNow(queue)]).to.deep.equal(['y', 'x', 'z'])
    })

    it('does not send a fresh key back when the list mentions it too', async () => {
      const { queue } = queueAndClock()
      queue.add('x', 'initial')
      queue.add('y')
      queue.add('y', 'initial')
      expect(queue.snapshot().depth).to.deep.equal({ fresh: 1, initial: 1 })
      expect(await takeNow(queue)).to.equal('y')
    })

    it('retries a key of it behind fresh changes too', async () => {
      const { queue, clock } = queueAndClock()
      queue.add('x', 'initial')
      await queue.take()
      queue.retry('x')
      queue.done('x')
      clock.advance(10)
      queue.add('fresh')
      expect([await takeNow(queue), await takeNow(queue)]).to.deep.equal(['fresh', 'x'])
    })
  })

  describe('when it is shut down', () => {
    it('ends the wait of every worker and keeps no timer', async () => {
      const { queue, clock } = queueAndClock()
      const waiting = [queue.take(), queue.take()]
      queue.addAfter('a', 1000)
      queue.shutDown()
      expect(await Promise.all(waiting)).to.deep.equal([undefined, undefined])
      expect(clock.timers).to.equal(0)
    })

    it('gives out and takes in nothing more, but takes back what was given out', async () => {
      const { queue, clock } = queueAndClock()
      queue.add('a')
      queue.add('b')
      await queue.take()
      queue.shutDown()
      queue.add('c')
      queue.addAfter('d', 10)
      queue.retry('a')
      expect([queue.depth, clock.timers, await queue.take()]).to.deep.equal([0, 0, undefined])
      queue.done('a')
    })
  })

  describe('with workers that stop', () => {
    it('ends the wait of those, and loses no key to them', async () => {
      const { queue } = queueAndClock()
      const stop = new AbortController()
      const [stopped, other] = [queue.take(stop.signal), queue.take()]
      stop.abort()
      queue.add('a')
      expect([await stopped, await other]).to.deep.equal([undefined, 'a'])
    })

    it('gives nothing to one that has stopped already', async () => {
      const { queue } = queueAndClock()
      queue.add('a')
      expect(await queue.take(AbortSignal.abort())).to.equal(undefined)
      expect(await takeNow(queue)).to.equal('a')
    })
  })

  it('tells what it does', async () => {
    const seen: string[] = []
    const { queue, clock } = queueAndClock({
      added: () => seen.push('added'),
      taken: (ms) => seen.push(`taken after ${ms}`),
      done: (ms) => seen.push(`done after ${ms}`),
      retried: () => seen.push('retried'),
    })
    queue.add('a', 'initial')
    queue.add('a')
    clock.advance(10)
    await queue.take()
    clock.advance(20)
    queue.add('a')
    queue.add('a')
    clock.advance(5)
    queue.retry('a')
    queue.done('a')
    clock.advance(5)
    await queue.take()
    expect(seen).to.deep.equal(['added', 'taken after 10', 'added', 'retried', 'done after 25', 'taken after 10'])
  })

  it('shows how long the keys in process have been there', async () => {
    let snapshot = () => ({}) as unknown
    const { queue, clock } = queueAndClock({
      created: (take) => {
        snapshot = take
      },
    })
    queue.add('a')
    queue.add('b')
    await queue.take()
    clock.advance(10)
    await queue.take()
    queue.add('a')
    queue.add('c', 'initial')
    clock.advance(5)
    expect(snapshot()).to.deep.equal({
      depth: { fresh: 1, initial: 1 },
      processing: 2,
      unfinishedWorkMs: 20,
      longestProcessingMs: 15,
    })
    queue.done('a')
    queue.done('b')
    clock.advance(5)
    expect(snapshot()).to.deep.include({ processing: 0, unfinishedWorkMs: 0, longestProcessingMs: 0 })
  })

  it('adds in constant time', async () => {
    const { queue } = queueAndClock()
    for (let i = 0; i < 200_000; i++) queue.add(`key-${i}`, 'initial')
    const start = process.cpuUsage()
    for (let i = 0; i < 200_000; i++) queue.add(`key-${i}`)
    for (let i = 0; i < 200_000; i++) await queue.take()
    await settle()
    // About 0.1 s of the processor. Anything that walks over the waiting keys would take minutes.
    expect(process.cpuUsage(start).user / 1000).to.be.lessThan(2000)
  })
})
