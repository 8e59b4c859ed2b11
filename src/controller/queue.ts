/**
 * controller/queue.ts — which key to reconcile next.
 *
 * The guarantees are those of client-go's workqueue and controller-runtime's priority queue: a key waits at most once; while it is being
 * processed nobody else gets it, and if it was added meanwhile it runs once more afterwards; what lists and resyncs bring never stands in
 * front of a fresh change.
 */

import { type Backoff, backoffMs, defaultBackoff } from '../time/backoff.ts'
import type { Clock } from '../time/clock.ts'
import { Delays } from './delays.ts'
import { Line } from './line.ts'

/** `fresh`: something changed. `initial`: a first list or a resync says that it exists. */
export type Priority = 'fresh' | 'initial'

export type Queue<K extends string = string> = {
  /** Makes the key ready now. A delay or back-off that it waits for is over; a key that waits as `initial` moves to the fresh ones. */
  add(key: K, priority?: Priority): void
  /**
   * Makes the key ready in `ms` milliseconds; at once when that is not positive. The earliest moment asked for counts, and a key that is
   * ready already stays so. Without a priority it comes back with the one that it is being processed with, else fresh.
   */
  addAfter(key: K, ms: number, priority?: Priority): void
  /** One more failure: `addAfter` with the back-off of this key. */
  retry(key: K): void
  /** A success: the next failure of this key is its first again. */
  forget(key: K): void
  /**
   * The next key, which is then the caller's until `done`; waits for one. `undefined` once the queue is shut down or `signal` is aborted,
   * and in both cases no key is taken.
   */
  take(signal?: AbortSignal): Promise<K | undefined>
  /** Gives back a key from `take`. Throws when it was not taken. */
  done(key: K): void
  /** How many keys wait to run, or to run once more; without those that wait for a delay. */
  readonly depth: number
  snapshot(): QueueSnapshot
  /** Drops what waits, and all timers. Keys that were taken can still be given back; everything else does nothing from now on. */
  shutDown(): void
}

/** What gauges show; made when it is asked for. Times in milliseconds. */
export type QueueSnapshot = {
  readonly depth: Readonly<Record<Priority, number>>
  readonly processing: number
  /** The sum over all keys in process. */
  readonly unfinishedWorkMs: number
  readonly longestProcessingMs: number
}

/** Must not throw. Times in milliseconds. */
export type QueueObserver = {
  created?(snapshot: () => QueueSnapshot): void
  /** A key began to wait; not for one that waits already. */
  added?(): void
  taken?(waitedMs: number): void
  done?(workedMs: number): void
  retried?(): void
}

export type QueueOptions = {
  readonly clock: Clock
  /** A number in [0, 1) for the back-off. */
  readonly random?: () => number
  readonly backoff?: Backoff
  readonly observer?: QueueObserver
}

/** All that is known of a key; there is no record of a key that rests and has not failed. */
type Entry<K> = {
  readonly key: K
  /** Set while the key waits to run, or is in process and has to run once more. */
  ready: Priority | undefined
  readySince: number
  /** The priority that it was taken with, while it is in process. */
  taken: Priority | undefined
  takenAt: number
  failures: number
  /** What it will come back with when its delay is over. */
  delayed: Priority
  dueAt: number
  order: number
  slot: number
  before: Entry<K> | undefined
  behind: Entry<K> | undefined
}

type Taker<K> = { readonly give: (key: K | undefined) => void }

export function createQueue<K extends string = string>(options: QueueOptions): Queue<K> {
  const { clock, random = Math.random, backoff = defaultBackoff, observer } = options
  const entries = new Map<K, Entry<K>>()
  const processing = new Set<Entry<K>>()
  // Those that can be taken. What is in process and has to run once more joins when it is done, but counts as waiting from now.
  const lines = { fresh: new Line<Entry<K>>(), initial: new Line<Entry<K>>() }
  const depth = { fresh: 0, initial: 0 }
  const takers = new Set<Taker<K>>()
  const delays = new Delays<Entry<K>>(clock, (entry) => makeReady(entry, entry.delayed))
  let shut = false

  function entryOf(key: K): Entry<K> {
    const known = entries.get(key)
    if (known) return known
    const entry: Entry<K> = {
      key,
      ready: undefined,
      readySince: 0,
      taken: undefined,
      takenAt: 0,
      failures: 0,
      delayed: 'initial',
      dueAt: 0,
      order: 0,
      slot: -1,
      before: undefined,
      behind: undefined,
    }
    entries.set(key, entry)
    return entry
  }

  function forgetIfIdle(entry: Entry<K>): void {
    if (!entry.ready && !entry.taken && entry.failures === 0 && !delays.has(entry)) entries.delete(entry.key)
  }

  function makeReady(entry: Entry<K>, priority: Priority): void {
    if (entry.ready === priority || entry.ready === 'fresh') return
    if (entry.ready) {
      depth[entry.ready]--
      if (!entry.taken) lines[entry.ready].remove(entry)
    } else {
      entry.readySince = clock.now()
      observer?.added?.()
    }
    entry.ready = priority
    depth[priority]++
    if (!entry.taken) offer(entry, priority)
  }

  function offer(entry: Entry<K>, priority: Priority): void {
    lines[priority].push(entry)
    for (const taker of takers) {
      const next = takeNext()
      if (next === undefined) return
      takers.delete(taker)
      taker.give(next)
    }
  }

  function takeNext(): K | undefined {
    const entry = lines.fresh.shift() ?? lines.initial.shift()
    if (!entry?.ready) return undefined
    const now = clock.now()
    depth[entry.ready]--
    entry.taken = entry.ready
    entry.ready = undefined
    entry.takenAt = now
    processing.add(entry)
    observer?.taken?.(now - entry.readySince)
    return entry.key
  }

  function delay(entry: Entry<K>, ms: number, priority: Priority): void {
    const dueAt = clock.now() + ms
    if (!delays.has(entry)) entry.delayed = priority
    else if (priority === 'fresh') entry.delayed = 'fresh'
    if (!delays.has(entry) || dueAt < entry.dueAt) delays.set(entry, dueAt)
  }

  const queue: Queue<K> = {
    add(key, priority = 'fresh') {
      if (shut) return
      const entry = entryOf(key)
      delays.remove(entry)
      makeReady(entry, priority)
    },

    addAfter(key, ms, priority) {
      if (shut) return
      const entry = entryOf(key)
      const effective = priority ?? entry.taken ?? 'fresh'
      if (!(ms > 0)) queue.add(key, effective)
      else if (!entry.ready) delay(entry, ms, effective)
    },

    retry(key) {
      if (shut) return
      const entry = entryOf(key)
      entry.failures++
      observer?.retried?.()
      queue.addAfter(key, backoffMs(entry.failures, backoff, random()))
    },

    forget(key) {
      const entry = entries.get(key)
      if (!entry) return
      entry.failures = 0
      forgetIfIdle(entry)
    },

    // Not async: that would put two more turns of the microtask queue between a key and its worker.
    take(signal) {
      const key = shut || signal?.aborted ? undefined : takeNext()
      if (key !== undefined || shut || signal?.aborted) return Promise.resolve(key)
      const { promise, resolve } = Promise.withResolvers<K | undefined>()
      const leave = () => {
        takers.delete(taker)
        resolve(undefined)
      }
      const taker: Taker<K> = {
        give(given) {
          signal?.removeEventListener('abort', leave)
          resolve(given)
        },
      }
      takers.add(taker)
      signal?.addEventListener('abort', leave)
      return promise
    },

    done(key) {
      const entry = entries.get(key)
      if (!entry?.taken) throw new Error(`${key} is not being processed: done() goes with take()`)
      entry.taken = undefined
      processing.delete(entry)
      observer?.done?.(clock.now() - entry.takenAt)
      if (entry.ready) offer(entry, entry.ready)
      else forgetIfIdle(entry)
    },

    get depth() {
      return depth.fresh + depth.initial
    },

    snapshot() {
      const now = clock.now()
      let unfinishedWorkMs = 0
      let longestProcessingMs = 0
      for (const { takenAt } of processing) {
        unfinishedWorkMs += now - takenAt
        longestProcessingMs = Math.max(longestProcessingMs, now - takenAt)
      }
      return { depth: { ...depth }, processing: processing.size, unfinishedWorkMs, longestProcessingMs }
    },

    shutDown() {
      if (shut) return
      shut = true
      delays.clear()
      lines.fresh = new Line()
      lines.initial = new Line()
      depth.fresh = 0
      depth.initial = 0
      for (const entry of entries.values()) {
        entry.ready = undefined
        if (!entry.taken) entries.delete(entry.key)
      }
      for (const taker of takers) taker.give(undefined)
      takers.clear()
    },
  }
  observer?.created?.(queue.snapshot)
  return queue
}
