/** main.ts — argv, environment, exit codes; nothing else exits. */

import { basename } from 'node:path'
import { CommanderError } from 'commander'
import { InterruptedError } from './cli/interrupt.ts'
import { programOf } from './cli/program.ts'
import type { Conclusion, Shell } from './cli/shell.ts'
import { UsageError } from './cli/usage-error.ts'
import { ConfigurationError } from './configuration-file.ts'
import { version } from './version.ts'

const EXIT_CODES = {
  /** All is well. */
  nothing: 0,
  /** There are differences, or there is something to report. */
  findings: 1,
  /** It could not be done; a sentence on standard error says why. */
  failed: 2,
  /** As shells report a program that SIGINT, or a pipe without a reader, has ended. */
  interrupted: 128 + 2,
  brokenPipe: 128 + 13,
} as const

let conclusion: Conclusion = 'nothing'

const shell: Shell = {
  name: nameOf(process.env.TENANT_ISOLATION_CALLED_AS ?? basename(process.argv[1] ?? '')),
  version: version(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  conclude: (said) => {
    conclusion = said
  },
}

// `| head` has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT_CODES.brokenPipe)
})

let exitCode: number
try {
  await programOf(shell).parseAsync()
  exitCode = EXIT_CODES[conclusion]
} catch (error) {
  exitCode = exitCodeOf(error)
}
// What is still open by now, a socket that waits or a watch on a file, has nothing left to do.
process.exit(exitCode)

function exitCodeOf(error: unknown): number {
  // Commander has said what is wrong already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.nothing : EXIT_CODES.failed
  if (error instanceof InterruptedError) return EXIT_CODES.interrupted
  const sentence = error instanceof UsageError || error instanceof ConfigurationError
  process.stderr.write(
    `tenant-isolation: ${sentence ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  return EXIT_CODES.failed
}

/** kubectl calls `kubectl-tenant_isolation` for `kubectl tenant-isolation`. */
function nameOf(calledAs: string): string {
  return calledAs.startsWith('kubectl-') ? `kubectl ${calledAs.slice('kubectl-'.length).replaceAll('_', '-')}` : 'tenant-isolation'
}
