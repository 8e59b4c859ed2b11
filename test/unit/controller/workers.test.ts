import { expect } from 'chai'
import { createQueue, type Queue } from '../../../src/controller/queue.ts'
import { type Outcome, type ReconcileContext, type Reconciled, runWorkers, type WorkersObserver } from '../../../src/controller/workers.ts'
import { systemClock } from '../../../src/time/clock.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'

const done: Outcome = { outcome: 'done' }

type Setup = {
  readonly clock: ManualClock
  readonly queue: Queue
  readonly stop: () => Promise<void>
  readonly isOver: () => boolean
}

function setUp(
  reconcile: (key: string, context: ReconcileContext) => Promise<Outcome>,
  { concurrency = 1, observer }: { readonly concurrency?: number; readonly observer?: WorkersObserver } = {},
): Setup {
  const clock = new ManualClock()
  const queue = createQueue({ clock, random: () => 1 })
  const stopping = new AbortController()
  let over = false
  const ended = runWorkers({ queue, concurrency, reconcile, clock, signal: stopping.signal, ...(observer && { observer }) }).then(() => {
    over = true
  })
  return {
    clock,
    queue,
    isOver: () => over,
    stop() {
      stopping.abort()
      return ended
    },
  }
}

describe('the workers', () => {
  it('reconcile a key within microtasks of its arrival', async () => {
    const seen: string[] = []
    const { queue, stop } = setUp(async (key) => {
      seen.push(key)
      return done
    })
    await settle()
    queue.add('a')
    for (let i = 0; i < 3; i++) await Promise.resolve()
    expect(seen).to.deep.equal(['a'])
    await stop()
  })

  it('work on as many keys at once as they are told, and on no key twice at once', async () => {
    const running = new Set<string>()
    let most = 0
    const finish: (() => void)[] = []
    const { queue, stop } = setUp(
      async (key) => {
        expect(running.has(key)).to.equal(false)
        running.add(key)
        most = Math.max(most, running.size)
        await new Promise<void>((resolve) => finish.push(resolve))
        running.delete(key)
        return done
      },
      { concurrency: 3 },
    )
    for (let i = 0; i < 7; i++) queue.add(`key-${i}`)
    for (let i = 0; i < 10; i++) {
      await settle()
      queue.add('key-0')
      for (const each of finish.splice(0)) each()
    }
    expect(most).to.equal(3)
    const stopped = stop()
    for (const each of finish.splice(0)) each()
    await stopped
  })

  it('come back to a key after the time it asks for', async () => {
    const times: number[] = []
    const { clock, queue, stop } = setUp(async () => {
      times.push(clock.now())
      return { outcome: 'requeueAfter', ms: 1000 }
    })
    queue.add('a')
    await clock.run(2500)
    expect(times).to.deep.equal([0, 1000, 2000])
    await stop()
  })

  it('retry with back-off what failed, and start from the shortest again after a success', async () => {
    const times: number[] = []
    const outcomes: Outcome[] = [
      { outcome: 'retry', error: new Error('no') },
      { outcome: 'retry', error: new Error('no') },
      done,
      { outcome: 'retry', error: new Error('no') },
      done,
    ]
    const { clock, queue, stop } = setUp(async () => {
      times.push(clock.now())
      return outcomes.shift() ?? done
    })
    queue.add('a')
    await clock.run(100)
    queue.add('a')
    await clock.run(100)
    expect(times).to.deep.equal([0, 5, 15, 100, 105])
    await stop()
  })

  it('do not retry what only a change can mend', async () => {
    let runs = 0
    const { clock, queue, stop } = setUp(async () => {
      runs++
      return { outcome: 'failed', error: new Error('the name is taken') }
    })
    queue.add('a')
    await clock.run(100_000)
    expect(runs).to.equal(1)
    queue.add('a')
    await clock.run(0)
    expect(runs).to.equal(2)
    await stop()
  })

  for (const [how, misbehave] of [
    ['rejects', async () => Promise.reject(new Error('bug'))],
    [
      'throws before it returns a promise',
      () => {
        throw new Error('bug')
      },
    ],
    [
      'throws something that is no Error',
      async () => {
        throw 'bug'
      },
    ],
  ] as const) {
    it(`outlive a reconcile that ${how}, and retry its key`, async () => {
      const seen: string[] = []
      const reports: Reconciled<string>[] = []
      let failed = false
      const { clock, queue, stop } = setUp(
        (key) => {
          seen.push(key)
          if (key !== 'bad' || failed) return Promise.resolve(done)
          failed = true
          return misbehave()
        },
        { observer: { reconciled: (reconciled) => reports.push(reconciled) } },
      )
      queue.add('bad')
      queue.add('good')
      await clock.run(10)
      expect(seen).to.deep.equal(['bad', 'good', 'bad'])
      const [first] = reports
      expect(first?.thrown).to.equal(true)
      expect(first?.outcome.outcome === 'retry' && first.outcome.error.message).to.match(/bug/)
      expect(reports.map((report) => report.outcome.outcome)).to.deep.equal(['retry', 'done', 'done'])
      await stop()
    })
  }

  it('outlive an observer that throws', async () => {
    const seen: string[] = []
    const fail = () => {
      throw new Error('a broken observer')
    }
    const { clock, queue, stop } = setUp(
      async (key) => {
        seen.push(key)
        return done
      },
      { observer: { started: fail, reconciling: fail, reconciled: fail } },
    )
    queue.add('a')
    queue.add('b')
    await clock.run(0)
    expect(seen).to.deep.equal(['a', 'b'])
    await stop()
  })

  it('tell of each run: its key, its own id, how long it took and what came of it', async () => {
    const ids: string[] = []
    const seen: unknown[] = []
    const observer: WorkersObserver = {
      started: ({ concurrency }) => seen.push(`${concurrency} workers`),
      reconciling: (key) => seen.push(`began ${key}`),
      reconciled: ({ key, reconcileId, ms, outcome, thrown }) => seen.push([key, reconcileId === ids.at(-1), ms, outcome.outcome, thrown]),
    }
    const { clock, queue, stop } = setUp(
      async (_, { reconcileId }) => {
        ids.push(reconcileId)
        clock.block(7)
        return done
      },
      { observer },
    )
    queue.add('a')
    queue.add('b')
    await clock.run(0)
    expect(seen).to.deep.equal(['1 workers', 'began a', ['a', true, 7, 'done', false], 'began b', ['b', true, 7, 'done', false]])
    expect(new Set(ids).size).to.equal(2)
    await stop()
  })

  describe('when they are stopped', () => {
    it('tell the reconciles in flight, and wait for them', async () => {
      let finish = (_: Outcome) => {}
      let told = false
      const { clock, queue, stop, isOver } = setUp((_, { signal }) => {
        signal.addEventListener('abort', () => {
          told = true
        })
        return new Promise((resolve) => {
          finish = resolve
        })
      })
      queue.add('a')
      await clock.run(0)
      const stopped = stop()
      await settle()
      expect([told, isOver()]).to.deep.equal([true, false])
      finish(done)
      await stopped
      expect(isOver()).to.equal(true)
    })

    it('leave what waits in the queue, for those who come after them', async () => {
      let finish = (_: Outcome) => {}
      const seen: string[] = []
      const { clock, queue, stop } = setUp((key) => {
        seen.push(key)
        return new Promise((resolve) => {
          finish = resolve
        })
      })
      queue.add('a')
      queue.add('b')
      await clock.run(0)
      const stopped = stop()
      finish(done)
      await stopped
      expect([seen, queue.depth, await queue.take()]).to.deep.equal([['a'], 1, 'b'])
    })

    it('start nothing more, not even a key that was just handed over, and do not lose it', async () => {
      const seen: string[] = []
      const { queue, stop } = setUp(async (key) => {
        seen.push(key)
        return done
      })
      await settle()
      queue.add('a')
      await stop()
      expect([seen, queue.depth, await queue.take()]).to.deep.equal([[], 1, 'a'])
    })

    it('end with the queue too', async () => {
      const { queue, isOver } = setUp(async () => done, { concurrency: 4 })
      await settle()
      queue.shutDown()
      await settle()
      expect(isOver()).to.equal(true)
    })
  })

  it('let the event loop turn while they go through thousands of keys that need nothing', async () => {
    const queue = createQueue({ clock: systemClock })
    const stopping = new AbortController()
    for (let i = 0; i < 3000; i++) queue.add(`key-${i}`, 'initial')
    let turns = 0
    const turn = () => {
      turns++
      if (!stopping.signal.aborted) setImmediate(turn)
    }
    setImmediate(turn)
    const reconcile = async (): Promise<Outcome> => {
      for (const start = performance.now(); performance.now() - start < 0.02; );
      if (queue.depth === 0) stopping.abort()
      return done
    }
    await runWorkers({ queue, concurrency: 8, reconcile, clock: systemClock, signal: stopping.signal })
    // 60 ms of work in slices of 5.
    expect(turns).to.be.at.least(8)
  })
})
