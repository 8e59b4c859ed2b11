/** support/eventually.ts — waiting for what is to come true, without sleeping longer than it takes. */

import { setTimeout as sleep } from 'node:timers/promises'

const FIRST_PAUSE_MS = 4
const LONGEST_PAUSE_MS = 40

export type Within = { readonly within?: number }

/** The value of `check` as soon as it does not throw; its last complaint when that takes longer than `within` milliseconds (5,000). */
export async function eventually<T>(check: () => T | Promise<T>, { within = 5_000 }: Within = {}): Promise<T> {
  const deadline = performance.now() + within
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.3)) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw late(error, within)
    }
    await sleep(pause)
  }
}

/** Throws as soon as `check` does, for `during` milliseconds. */
export async function always(check: () => unknown, { during }: { readonly during: number }): Promise<void> {
  const deadline = performance.now() + during
  while (performance.now() < deadline) {
    await check()
    await sleep(LONGEST_PAUSE_MS)
  }
}

/** The same error, so that chai's difference is shown. */
function late(error: unknown, within: number): unknown {
  if (error instanceof Error) error.message = `not within ${within} ms: ${error.message}`
  return error
}
