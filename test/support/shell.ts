/** support/shell.ts — a shell whose streams a test can look at. */

import { Readable, Writable } from 'node:stream'
import { CommanderError } from 'commander'
import { programOf } from '../../src/cli/program.ts'
import type { Conclusion, Output, Shell } from '../../src/cli/shell.ts'
import { UsageError } from '../../src/cli/usage-error.ts'
import { ConfigurationError } from '../../src/configuration-file.ts'

export type Recorded = Shell & { readonly written: { stdout: string; stderr: string; concluded: Conclusion } }

/** A terminal of 40 columns, or no terminal. */
export function outputTo(write: (text: string) => void, terminal = false): Output {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      write(String(chunk))
      done()
    },
  })
  return Object.assign(stream, terminal ? { isTTY: true, columns: 40 } : {})
}

export function shellWith({ terminal = false, ...parts }: Partial<Shell> & { readonly terminal?: boolean } = {}): Recorded {
  const written: Recorded['written'] = { stdout: '', stderr: '', concluded: 'nothing' }
  return {
    name: 'tenant-isolation',
    version: '0.0.0',
    stdin: Readable.from([]),
    stdout: outputTo((text) => {
      written.stdout += text
    }, terminal),
    stderr: outputTo((text) => {
      written.stderr += text
    }, terminal),
    env: {},
    conclude: (conclusion) => {
      written.concluded = conclusion
    },
    ...parts,
    written,
  }
}

export type Called = Recorded['written'] & {
  /** It could not be done; `stderr` ends with the sentence that says why. */
  readonly refused: boolean
}

/** A command inside this process: what main.ts adds are exit codes, which support/cli.ts looks at. */
export async function call(...args: readonly string[]): Promise<Called> {
  const shell = shellWith()
  try {
    await programOf(shell).parseAsync(args, { from: 'user' })
    return { ...shell.written, refused: false }
  } catch (error) {
    if (error instanceof CommanderError) return { ...shell.written, refused: error.exitCode !== 0 }
    if (!(error instanceof UsageError || error instanceof ConfigurationError)) throw error
    return { ...shell.written, stderr: `${shell.written.stderr}${error.message}\n`, refused: true }
  }
}
