/** time/clock.ts — time as something that is handed in, so that back-off, leases and series can be tested without waiting. */

/** Monotonic time and timers. Never wall-clock time: an NTP step must neither end a lease nor start a thousand retries. */
export interface Clock {
  /** Milliseconds since some fixed moment, with fractions; never goes backwards. */
  now(): number
  /**
   * Calls `fn` once, `ms` from now, and returns what cancels it. It may be early: Node counts whole milliseconds, and a longer delay than
   * `MAX_TIMER_MS` is cut to it. So whoever is called looks at `now()` again and sets another timer if it is not yet time.
   */
  setTimer(fn: () => void, ms: number): () => void
}

/** Milliseconds since the Unix epoch, for times that people and other programs read. Fractions are allowed. */
export type WallClock = () => number

/** setTimeout takes a signed 32-bit number of milliseconds (24.8 days) and fires at once when it is given more. */
const MAX_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(fn, ms) {
    // Rounded up, because setTimeout cuts fractions off and would mostly be called a moment too early; and Node warns of negative ones.
    const timer = setTimeout(fn, Math.max(0, Math.min(Math.ceil(ms), MAX_TIMER_MS)))
    return () => clearTimeout(timer)
  },
}

export const systemWallClock: WallClock = () => Date.now()

/** `wallMs` as the RFC 3339 text with microseconds that a metav1.MicroTime wants: `2026-11-21T09:32:00.123456Z`. */
export function microTime(wallMs: number): string {
  const micros = Math.floor((wallMs % 1) * 1000)
  return new Date(wallMs).toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`)
}

/** Resolves after `ms`, or as soon as `signal` is aborted, whichever is first; never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal?.aborted) {
    resolve()
    return promise
  }
  const finish = () => {
    cancel()
    signal?.removeEventListener('abort', finish)
    resolve()
  }
  const cancel = clock.setTimer(finish, ms)
  signal?.addEventListener('abort', finish)
  return promise
}
