/** control-plane/report.ts — what a person sees while something takes long. */

/** A line that stays, and a line that only matters until the next one. */
export type Report = {
  readonly say: (line: string) => void
  readonly update: (line: string) => void
}

export const silent: Report = { say: () => {}, update: () => {} }

/** As much of a stream as a report needs, so that tests can listen. */
type Output = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }

const ERASE_LINE = '\r\u001b[K'

/**
 * On a terminal an update rewrites its own line; in a log file, where nothing can be rewritten, at most one update in
 * `everyMilliseconds` is written, so that a build of four minutes is neither silent nor a flood.
 */
export function reportTo(output: Output, { now = Date.now, everyMilliseconds = 10_000 } = {}): Report {
  return output.isTTY ? rewriting(output) : spaced(output, now, everyMilliseconds)
}

function rewriting(output: Output): Report {
  return {
    say: (line) => output.write(`${ERASE_LINE}${line}\n`),
    // A line that wraps cannot be erased any more.
    update: (line) => output.write(`${ERASE_LINE}${line.slice(0, (output.columns || 80) - 1)}`),
  }
}

function spaced(output: Output, now: () => number, everyMilliseconds: number): Report {
  let next = now() + everyMilliseconds
  return {
    say: (line) => output.write(`${line}\n`),
    update: (line) => {
      if (now() < next) return
      next = now() + everyMilliseconds
      output.write(`${line}\n`)
    },
  }
}

/** Seconds as people write them: `8 s`, `2 min 05 s`. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}
