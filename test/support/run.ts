/** support/run.ts — runs a program to its end. */

import { execFile } from 'node:child_process'

export type Run = { readonly code: number; readonly output: string; readonly complaint: string }
export type RunOptions = { readonly env?: Readonly<Record<string, string | undefined>>; readonly cwd?: string }

/** Resolves whatever the exit code is. */
export function run(command: string, args: readonly string[], { env = process.env, cwd }: RunOptions = {}): Promise<Run> {
  return new Promise((resolve) => {
    execFile(command, args, { env, cwd, maxBuffer: 64 * 1024 ** 2 }, (error, output, complaint) =>
      resolve({
        code: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
        output,
        complaint: complaint || (error?.message ?? ''),
      }),
    )
  })
}
