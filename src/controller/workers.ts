/** controller/workers.ts — takes keys from a queue and reconciles them, several at a time, until told to stop. */

import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../time/clock.ts'
import type { Queue } from './queue.ts'

/** What became of one reconcile, and with it, when the key comes back. */
export type Outcome =
  /** All is as it should be; the key comes back when something changes. */
  | { readonly outcome: 'done' }
  /** Not an error, but look again in `ms` milliseconds unless something changes before. */
  | { readonly outcome: 'requeueAfter'; readonly ms: number }
  /** An error that may pass by itself: again, with back-off. */
  | { readonly outcome: 'retry'; readonly error: Error }
  /** An error that stays until something changes: reported, and not tried again before that. */
  | { readonly outcome: 'failed'; readonly error: Error }

export type ReconcileContext = {
  /** Unique to this run of this key; for log lines and traces. */
  readonly reconcileId: string
  /** Aborted when the workers are to stop: finish the step at hand and return. */
  readonly signal: AbortSignal
}

/** One reconcile that has ended. A throw is reported as `retry`, with `thrown` set: it is a bug, and treated as a passing error. */
export type Reconciled<K> = ReconcileContext & { readonly key: K; readonly outcome: Outcome; readonly thrown: boolean; readonly ms: number }

/** Whatever it throws is dropped: nothing that only watches may end a worker. */
export type WorkersObserver<K extends string = string> = {
  started?(workers: { readonly concurrency: number }): void
  reconciling?(key: K): void
  reconciled?(reconciled: Reconciled<K>): void
}

export type WorkersOptions<K extends string = string> = {
  readonly queue: Queue<K>
  /** How many keys may be in process at once. */
  readonly concurrency: number
  readonly reconcile: (key: K, context: ReconcileContext) => Promise<Outcome>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly observer?: WorkersObserver<K>
}

/**
 * How many milliseconds workers may go on without letting the event loop turn. A reconcile that finds nothing to do never waits for the
 * network, so a resync of all keys would otherwise run as one long microtask, with watches, probes and the renewal of the lease behind it.
 */
const SLICE_MS = 5

type Slice = { isOver(): boolean; nextTurn(): Promise<void> }

/**
 * Runs until `signal` is aborted or the queue is shut down; resolves when the last reconcile has ended, and never rejects. Keys that wait
 * stay in the queue for whoever works on it next.
 */
export async function runWorkers<K extends string = string>(options: WorkersOptions<K>): Promise<void> {
  const { concurrency, observer } = options
  quietly(() => observer?.started?.({ concurrency }))
  const slice = createSlice(options.clock)
  await Promise.all(Array.from({ length: concurrency }, () => work(options, slice)))
}

async function work<K extends string>(options: WorkersOptions<K>, slice: Slice): Promise<void> {
  const { queue, signal } = options
  for (;;) {
    if (slice.isOver()) await slice.nextTurn()
    const key = await queue.take(signal)
    if (key === undefined) return
    // The stop may have come between the moment the key was given and this one.
    if (signal.aborted) queue.addAfter(key, 0)
    else requeue(queue, key, await run(key, options))
    queue.done(key)
  }
}

async function run<K extends string>(key: K, { reconcile, clock, signal, observer }: WorkersOptions<K>): Promise<Outcome> {
  const context = { reconcileId: randomUUID(), signal }
  const start = clock.now()
  let outcome: Outcome
  let thrown = false
  quietly(() => observer?.reconciling?.(key))
  try {
    outcome = await reconcile(key, context)
  } catch (error) {
    outcome = { outcome: 'retry', error: error instanceof Error ? error : new Error(`reconcile threw ${String(error)}`) }
    thrown = true
  }
  quietly(() => observer?.reconciled?.({ key, ...context, outcome, thrown, ms: clock.now() - start }))
  return outcome
}

function requeue<K extends string>(queue: Queue<K>, key: K, outcome: Outcome): void {
  if (outcome.outcome === 'retry') {
    queue.retry(key)
    return
  }
  queue.forget(key)
  if (outcome.outcome === 'requeueAfter') queue.addAfter(key, outcome.ms)
}

/** Counts the time since the event loop turned last. */
function createSlice(clock: Clock): Slice {
  let turn: Promise<void> | undefined
  let since = 0
  return {
    isOver() {
      turn ??= begin()
      return clock.now() - since >= SLICE_MS
    },
    async nextTurn() {
      await turn
    },
  }

  async function begin(): Promise<void> {
    since = clock.now()
    await nextTurn()
    turn = undefined
  }
}

function quietly(observe: () => void): void {
  try {
    observe()
  } catch {
    // There is nobody left to tell.
  }
}
