/** time/backoff.ts — how long to wait before the next try. */

export type Backoff = {
  /** Milliseconds before the first retry. */
  readonly baseMs: number
  /** The longest wait, in milliseconds. */
  readonly capMs: number
}

/** 5 ms is client-go's first step (DefaultTypedItemBasedRateLimiter); its cap of 1000 s would leave something broken for a quarter of an hour. */
export const defaultBackoff: Backoff = { baseMs: 5, capMs: 30_000 }

/**
 * Milliseconds to wait after the `failures`-th failure in a row (1 for the first): doubles each time up to the cap, the upper half of it
 * by chance. Without chance all keys that failed in one outage of the API server would come back in the same moment, again and again.
 * `random` is in [0, 1).
 */
export function backoffMs(failures: number, backoff: Backoff, random: number): number {
  const full = Math.min(backoff.capMs, backoff.baseMs * 2 ** (failures - 1))
  return full * (0.5 + random / 2)
}
