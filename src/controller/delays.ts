/** controller/delays.ts — many moments to wait for, one timer. */

import type { Clock } from '../time/clock.ts'

/** Something that waits for a moment. The fields belong to Delays; `slot` is where it stands in the heap, or -1. */
export type Delayed = { dueAt: number; order: number; slot: number }

/**
 * Calls `onDue` for each item when its moment has come, in order of time, and of the same time in the order in which they were set. A binary heap whose items know their place, so that an item that
 * is no longer wanted leaves at once: one requeue after ten hours per reconcile would otherwise pile up for ten hours.
 */
export class Delays<T extends Delayed> {
  readonly #heap: T[] = []
  readonly #clock: Clock
  readonly #onDue: (item: T) => void
  #orders = 0
  #timerAt = Number.POSITIVE_INFINITY
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, onDue: (item: T) => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  has(item: T): boolean {
    return item.slot >= 0
  }

  /** Puts `item` at `dueAt` (on the clock given), also when it waits already. */
  set(item: T, dueAt: number): void {
    item.dueAt = dueAt
    item.order = this.#orders++
    if (item.slot < 0) {
      item.slot = this.#heap.length
      this.#heap.push(item)
    }
    this.#up(item)
    this.#down(item)
    this.#arm()
  }

  remove(item: T): void {
    if (item.slot < 0) return
    this.#take(item)
    // A timer that is now too early is left alone: it finds nothing due and sets the next one. Only the last one is cancelled.
    if (this.#heap.length === 0) this.#disarm()
  }

  clear(): void {
    for (const item of this.#heap) item.slot = -1
    this.#heap.length = 0
    this.#disarm()
  }

  #fire(): void {
    this.#cancelTimer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    for (let first = this.#heap[0]; first && first.dueAt <= now; first = this.#heap[0]) {
      this.#take(first)
      this.#onDue(first)
    }
    this.#arm()
  }

  #arm(): void {
    const first = this.#heap[0]
    if (!first || first.dueAt >= this.#timerAt) return
    this.#disarm()
    this.#timerAt = first.dueAt
    this.#cancelTimer = this.#clock.setTimer(() => this.#fire(), Math.max(0, first.dueAt - this.#clock.now()))
  }

  #disarm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  #take(item: T): void {
    const last = this.#heap.pop()
    if (last && last !== item) {
      this.#place(last, item.slot)
      this.#up(last)
      this.#down(last)
    }
    item.slot = -1
  }

  #up(item: T): void {
    while (item.slot > 0) {
      const above = (item.slot - 1) >> 1
      const parent = this.#heap[above]
      if (!parent || isBefore(parent, item)) return
      this.#place(parent, item.slot)
      this.#place(item, above)
    }
  }

  #down(item: T): void {
    for (;;) {
      const left = this.#heap[2 * item.slot + 1]
      const right = this.#heap[2 * item.slot + 2]
      const child = right && left && isBefore(right, left) ? right : left
      if (!child || isBefore(item, child)) return
      const below = child.slot
      this.#place(child, item.slot)
      this.#place(item, below)
    }
  }

  #place(item: T, slot: number): void {
    this.#heap[slot] = item
    item.slot = slot
  }
}

function isBefore(a: Delayed, b: Delayed): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order)
}
