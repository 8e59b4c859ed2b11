import { expect } from 'chai'
import fc from 'fast-check'
import { createQueue, type Priority, type Queue } from '../../../src/controller/queue.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** What a key is, said as simply as possible: no index, no heap, no list. */
type Key = { ready?: Priority; turn: number; taken?: Priority; due?: number; order: number; delayed: Priority; failures: number }

/** The queue as its documentation tells it. */
class Model {
  readonly keys = new Map<string, Key>()
  now = 0
  shut = false
  #turns = 0

  key(name: string): Key {
    const key = this.keys.get(name) ?? { turn: 0, order: 0, delayed: 'initial' as const, failures: 0 }
    this.keys.set(name, key)
    return key
  }

  makeReady(key: Key, priority: Priority): void {
    delete key.due
    if (key.ready === 'fresh' || key.ready === priority) return
    key.ready = priority
    key.turn = ++this.#turns
  }

  addAfter(name: string, ms: number, priority: Priority | undefined): void {
    const key = this.key(name)
    const effective = priority ?? key.taken ?? 'fresh'
    if (ms <= 0) this.makeReady(key, effective)
    else if (!key.ready) {
      if (key.due === undefined || effective === 'fresh') key.delayed = effective
      if (key.due !== undefined && key.due <= this.now + ms) return
      key.due = this.now + ms
      key.order = ++this.#turns
    }
  }

  /** Keys whose moment has come become ready, the earliest first, and of the same moment the one that was delayed first. */
  advance(ms: number): void {
    this.now += ms
    const due = [...this.keys.values()].filter((key) => key.due !== undefined && key.due <= this.now)
    due.sort((a, b) => (a.due ?? 0) - (b.due ?? 0) || a.order - b.order)
    for (const key of due) this.makeReady(key, key.delayed)
  }

  next(): [string, Key] | undefined {
    const waiting = [...this.keys].filter(([, key]) => key.ready && !key.taken)
    waiting.sort(([, a], [, b]) => (a.ready === b.ready ? a.turn - b.turn : a.ready === 'fresh' ? -1 : 1))
    return waiting[0]
  }

  done(name: string): void {
    const key = this.key(name)
    delete key.taken
    if (key.ready) key.turn = ++this.#turns
  }

  depth(): number {
    return [...this.keys.values()].filter((key) => key.ready).length
  }
}

type Real = { readonly queue: Queue; readonly clock: ManualClock }
type Command = fc.AsyncCommand<Model, Real>

const command = (text: string, run: (model: Model, real: Real) => void | Promise<void>, check = (_: Readonly<Model>) => true): Command => ({
  check,
  async run(model, real) {
    await run(model, real)
    expect(real.queue.depth).to.equal(model.depth())
    const delayed = [...model.keys.values()].some((key) => key.due !== undefined)
    expect(real.clock.timers, 'one timer while something is delayed, none otherwise').to.equal(delayed ? 1 : 0)
  },
  toString: () => text,
})

const add = (name: string, priority: Priority): Command =>
  command(`add(${name}, ${priority})`, (model, { queue }) => {
    queue.add(name, priority)
    if (!model.shut) model.makeReady(model.key(name), priority)
  })

const addAfter = (name: string, ms: number, priority: Priority | undefined): Command =>
  command(`addAfter(${name}, ${ms}, ${priority})`, (model, { queue }) => {
    queue.addAfter(name, ms, priority)
    if (!model.shut) model.addAfter(name, ms, priority)
  })

const retry = (name: string, base: number): Command =>
  command(`retry(${name})`, (model, { queue }) => {
    queue.retry(name)
    if (model.shut) return
    const key = model.key(name)
    key.failures++
    model.addAfter(name, Math.min(base * 2 ** (key.failures - 1), 100 * base) * 0.75, undefined)
  })

const forget = (name: string): Command =>
  command(`forget(${name})`, (model, { queue }) => {
    queue.forget(name)
    model.key(name).failures = 0
  })

const advance = (ms: number): Command =>
  command(`advance(${ms})`, (model, { clock }) => {
    clock.advance(ms)
    model.advance(ms)
  })

const take: Command = command('take()', async (model, { queue }) => {
  const stop = new AbortController()
  const taken = queue.take(stop.signal)
  stop.abort()
  const next = model.next()
  expect(await taken).to.equal(next?.[0])
  if (next?.[1].ready) {
    next[1].taken = next[1].ready
    delete next[1].ready
  }
})

const done = (name: string): Command =>
  command(
    `done(${name})`,
    (model, { queue }) => {
      queue.done(name)
      model.done(name)
    },
    (model) => model.keys.get(name)?.taken !== undefined,
  )

const shutDown: Command = command('shutDown()', (model, { queue }) => {
  queue.shutDown()
  model.shut = true
  for (const key of model.keys.values()) {
    delete key.ready
    delete key.due
  }
})

const names = fc.constantFrom('a', 'b', 'c', 'd')
const priorities = fc.constantFrom<Priority>('fresh', 'initial')
const delays = fc.integer({ min: -1, max: 40 })
const frequent = (each: fc.Arbitrary<Command>, times: number): fc.Arbitrary<Command>[] => Array.from({ length: times }, () => each)

const commands = [
  ...frequent(
    fc.tuple(names, priorities).map(([name, priority]) => add(name, priority)),
    4,
  ),
  ...frequent(
    fc.tuple(names, delays, fc.option(priorities, { nil: undefined })).map(([name, ms, priority]) => addAfter(name, ms, priority)),
    3,
  ),
  ...frequent(fc.constant(take), 4),
  ...frequent(names.map(done), 4),
  ...frequent(
    fc.integer({ min: 1, max: 30 }).map((ms) => advance(ms)),
    2,
  ),
  names.map((name) => retry(name, 5)),
  names.map(forget),
]

describe('the work queue, in any order of calls', () => {
  it('does what the simplest possible queue does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 80, size: 'max' }), (script) => run(script)),
      { numRuns: 1000 },
    )
  })

  it('stays quiet after a shutdown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands([...commands, fc.constant(shutDown)], { maxCommands: 60 }), (script) => run(script)),
      { numRuns: 300 },
    )
  })

  it('gives out every key that was added, and each to one worker at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(names, priorities, fc.integer({ min: 0, max: 3 })), { maxLength: 60 }),
        fc.scheduler(),
        async (added, scheduler) => {
          const queue = createQueue({ clock: new ManualClock() })
          const running = new Set<string>()
          const pending = new Set<string>()
          const worker = async () => {
            for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
              expect(running.has(key), `${key} is being processed twice`).to.equal(false)
              running.add(key)
              pending.delete(key)
              await scheduler.schedule(Promise.resolve(), `reconcile ${key}`)
              running.delete(key)
              queue.done(key)
            }
          }
          const workers = [worker(), worker(), worker()]
          for (const [name, priority] of added) {
            void scheduler.schedule(Promise.resolve(), `add ${name}`).then(() => {
              queue.add(name, priority)
              pending.add(name)
            })
          }
          await scheduler.waitIdle()
          expect([...pending, ...running, queue.depth]).to.deep.equal([0])
          queue.shutDown()
          await Promise.all(workers)
        },
      ),
      { numRuns: 200 },
    )
  })
})

async function run(script: Iterable<Command>): Promise<void> {
  const clock = new ManualClock()
  const queue = createQueue({ clock, random: () => 0.5, backoff: { baseMs: 5, capMs: 500 } })
  await fc.asyncModelRun(() => ({ model: new Model(), real: { queue, clock } }), script)
}
