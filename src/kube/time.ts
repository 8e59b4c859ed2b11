/** Waiting that ends with its signal and leaves nothing behind. */

export type Clock = {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects: the caller checks the signal. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve()
        return
      }
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
    }),
}
