/** cli/output/progress.ts — one line that says what takes so long: on a terminal, and only once it has taken a second. */

import type { Output } from '../shell.ts'

/** Milliseconds before the first word, and between two. */
const PATIENCE_MS = 1_000
const PAUSE_MS = 100

const CLEAR_LINE = '\r\u001b[2K'

export type Progress = {
  /** What is under way: "reading pods", and how far it is. Costs nothing to call often. */
  at(what: string, done?: number, of?: number): void
  /** Takes the line away. Should there be another `at`, the second has begun with the first. */
  end(): void
}

export function createProgress(stream: Output, now: () => number = () => performance.now()): Progress {
  if (stream.isTTY !== true) return { at() {}, end() {} }
  let began: number | undefined
  let shownAt = Number.NEGATIVE_INFINITY
  let last: readonly [what: string, done: number | undefined, of: number | undefined] = ['', undefined, undefined]
  let shown = false
  let timer: NodeJS.Timeout | undefined

  const show = (): void => {
    const time = now()
    if (began === undefined || time - began < PATIENCE_MS || time - shownAt < PAUSE_MS) return
    shownAt = time
    shown = true
    // A terminal that does not know its size says 0.
    stream.write(`${CLEAR_LINE}${lineOf(...last).slice(0, (stream.columns || 80) - 1)}`)
  }

  return {
    at(what, done, of) {
      began ??= now()
      last = [what, done, of]
      // For what waits: whoever works calls often enough, and no timer would run meanwhile.
      timer ??= setInterval(show, PAUSE_MS).unref()
      show()
    },
    end() {
      clearInterval(timer)
      timer = undefined
      if (shown) stream.write(CLEAR_LINE)
      shown = false
      shownAt = Number.NEGATIVE_INFINITY
    },
  }
}

function lineOf(what: string, done: number | undefined, of: number | undefined): string {
  if (done === undefined) return `${what} ...`
  return `${what}: ${done.toLocaleString('en')}${of === undefined ? '' : ` of ${of.toLocaleString('en')}`}`
}

/** Says on a terminal what is begun, for work that keeps the process busy until it is done; the function takes the line away. */
export function announce(stream: Output, what: string): () => void {
  if (stream.isTTY !== true) return () => {}
  stream.write(`${CLEAR_LINE}${`${what} ...`.slice(0, (stream.columns || 80) - 1)}`)
  return () => stream.write(CLEAR_LINE)
}
