/** Exponential back-off with jitter. Holds a count and nothing else: no clock, no timer. */

export type BackoffOptions = {
  readonly initialMs: number
  readonly maxMs: number
  /** Growth per failure. */
  readonly factor?: number
  /** Share of each delay that is random, 0 to 1: the delay lies in [(1 - jitter) d, d]. */
  readonly jitter?: number
  /** A number in [0, 1). */
  readonly random: () => number
}

export type Backoff = {
  /** Counts one more failure and returns how long to wait, in milliseconds. */
  next(): number
  reset(): void
  readonly failures: number
}

export function createBackoff({ initialMs, maxMs, factor = 2, jitter = 0.5, random }: BackoffOptions): Backoff {
  let failures = 0
  return {
    next() {
      // Far beyond any cap the power would overflow to Infinity, which Math.min still handles.
      const delay = Math.min(maxMs, initialMs * factor ** failures)
      failures += 1
      return delay * (1 - jitter * random())
    },
    reset() {
      failures = 0
    },
    get failures() {
      return failures
    },
  }
}
