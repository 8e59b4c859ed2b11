/** Whether and when one request is sent again, before its failure becomes the caller's. Pure. */

import { KubeApiError, TransportError } from './errors.ts'

export type Attempt = {
  readonly error: unknown
  readonly method: string
  /** Requests sent so far for this call, at least 1. */
  readonly attempts: number
  /** Since the call began. */
  readonly elapsedMs: number
  readonly random: () => number
}

/** Enough to ride out a burst. Longer trouble belongs to the caller's queue, which can do other work meanwhile. */
const MAX_ATTEMPTS = 5
const MAX_TOTAL_MS = 10_000

/**
 * Milliseconds to wait before the next attempt, or undefined to give up.
 *
 * Throttling is retried for every method, since the server has done nothing: 429, and a server error that names a time to come back (client-go's
 * rule, rest/with_retry.go). A lost connection is retried once, and only when asking again is harmless: a GET, or a request that was never sent.
 */
export function retryDelayMs({ error, method, attempts, elapsedMs, random }: Attempt): number | undefined {
  if (error instanceof TransportError) {
    const harmless = method === 'GET' || error.applied === 'no'
    return error.failure === 'connection' && harmless && attempts === 1 ? 50 + 100 * random() : undefined
  }
  if (!(error instanceof KubeApiError) || attempts >= MAX_ATTEMPTS) return undefined
  const throttled = error.code === 429 || (error.code >= 500 && error.retryAfterSeconds !== undefined)
  if (!throttled) return undefined
  // Never earlier than asked; the jitter spreads what was refused together.
  const wait = (error.retryAfterSeconds ?? 1) * 1000 * (1 + 0.5 * random()) + 50 * random()
  return elapsedMs + wait <= MAX_TOTAL_MS ? wait : undefined
}
