/** support/cli.ts — the command line as a person meets it: a process of its own, its output and its exit code. */

import { type ChildProcess, execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const BIN = resolve(import.meta.dirname, '../../bin/tenant-isolation')
export const PLUGIN = resolve(import.meta.dirname, '../../bin/kubectl-tenant_isolation')

export type Ended = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export type Calling = {
  /** For standard input, which is closed behind it; otherwise it stays open. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly program?: string
  /** Milliseconds; 30,000 unless said. */
  readonly timeout?: number
}

/** Starts it; `ended` resolves when it has ended by itself, or by a signal. */
export function start(args: readonly string[], { input, env = {}, program = BIN, timeout = 30_000 }: Calling = {}) {
  let child: ChildProcess | undefined
  const ended = new Promise<Ended>((done) => {
    const options = { timeout, maxBuffer: 1 << 28, env: { ...process.env, ...env } }
    const running = execFile(program, args, options, (_error, stdout, stderr) =>
      done({ code: running.exitCode, signal: running.signalCode, stdout, stderr }),
    )
    if (input !== undefined) running.stdin?.end(input)
    child = running
  })
  return { child: child as unknown as ChildProcess, ended }
}

/** Without anything on standard input. */
export async function run(...args: readonly string[]): Promise<Ended> {
  return await start(args, { input: '' }).ended
}

export type Folder = {
  readonly path: string
  /** Writes a file, with the folders that lead to it; returns its path. */
  readonly file: (name: string, text: string) => string
  readonly remove: () => void
}

/** A folder that nobody else uses. */
export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'tenant-isolation-cli-'))
  return {
    path,
    file: (name, text) => {
      const file = join(path, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
      return file
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
