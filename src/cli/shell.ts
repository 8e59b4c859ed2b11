/** cli/shell.ts — where a command runs: its streams, its name, and what its exit code will say. Tests give their own. */

import type { Readable, Writable } from 'node:stream'

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** `findings`: there are differences, or there is something to report. Errors are thrown. */
export type Conclusion = 'nothing' | 'findings'

export type Shell = {
  /** As the user calls the program: "tenant-isolation", or "kubectl tenant-isolation". */
  readonly name: string
  readonly version: string
  readonly stdin: Readable
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** What main.ts makes the exit code of; `nothing` unless said. */
  readonly conclude: (conclusion: Conclusion) => void
}

/** The end of a help text. Each example: what it does, and the arguments behind the program's name. */
export function examples({ name }: Shell, all: readonly (readonly [what: string, call: string])[]): string {
  return `\nExamples:\n${all.map(([what, call]) => `  # ${what}\n  ${name} ${call}\n`).join('\n')}`
}

/** Something that the user should know and that is no error: on standard error, so that it is never part of a result. */
export function note({ stderr }: Shell, text: string): void {
  stderr.write(`note: ${text}\n`)
}

/** Resolves when the text has been handed over: the process may end then. */
export function print({ stdout }: Shell, text: string): Promise<void> {
  return new Promise((resolve, reject) => stdout.write(text, (error) => (error ? reject(error) : resolve())))
}
