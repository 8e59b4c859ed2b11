/** A clock that moves only when a test says so. */

import { setImmediate as afterIo } from 'node:timers/promises'
import type { Clock } from '../../src/time/clock.ts'

type Timer = { readonly at: number; readonly fn: () => void }

export class ManualClock implements Clock {
  #now: number
  readonly #timers = new Set<Timer>()

  constructor(start = 0) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  setTimer(fn: () => void, ms: number): () => void {
    const timer = { at: this.#now + Math.max(0, ms), fn }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  /** Moves on by `ms` and runs what is due on the way, in order of time. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next; next = this.#next(end)) this.#fire(next)
    this.#now = Math.max(this.#now, end)
  }

  /** As `advance`, and lets promises settle before, between and after the timers. */
  async run(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#fire(next)
      await settle()
    }
    this.#now = Math.max(this.#now, end)
    await settle()
  }

  /** Time passes and no timer runs, as when the event loop is blocked. */
  block(ms: number): void {
    this.#now += ms
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (timer.at <= end && (!first || timer.at < first.at)) first = timer
    return first
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer)
    this.#now = Math.max(this.#now, timer.at)
    timer.fn()
  }
}

/** Lets every promise that can settle now do so. */
export async function settle(): Promise<void> {
  await afterIo()
}
