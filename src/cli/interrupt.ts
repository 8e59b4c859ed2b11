/** cli/interrupt.ts — Ctrl-C while something is waited for. */

/** The user has had enough: no message, and the exit code that shells expect. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
}

/**
 * The outcome of `work`, or an InterruptedError at the first SIGINT, which also aborts the signal. Only around what waits: while something
 * is being worked out no handler could run, and the signal ends the process by itself.
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const { promise, reject } = Promise.withResolvers<never>()
  const interrupt = () => {
    const error = new InterruptedError('interrupted')
    controller.abort(error)
    reject(error)
  }
  process.once('SIGINT', interrupt)
  try {
    return await Promise.race([work(controller.signal), promise])
  } finally {
    process.off('SIGINT', interrupt)
  }
}
