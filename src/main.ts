/** main.ts — argv, environment, exit codes; nothing else exits. */

import { Command, CommanderError } from 'commander'
import { convertCommand } from './cli/convert.ts'
import { runCommand } from './cli/run.ts'
import { UsageError } from './cli/usage-error.ts'
import { ConfigurationError } from './configuration-file.ts'
import { version } from './version.ts'

/** 0: all is well. 2: it could not be done; a sentence on standard error says why. (1 is kept for "there are findings".) */
const FAILED = 2

const program = new Command('tenant-isolation')
  .description('Isolates the tenants of a shared Kubernetes cluster.')
  .version(version())
  .showHelpAfterError('(add --help for the options)')
  .exitOverride()
  .addCommand(runCommand(version()).exitOverride())
  .addCommand(convertCommand().exitOverride())

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}
// What is still open by now, a socket that waits or a watch on a file, has nothing left to do.
process.exit()

function exitCodeOf(error: unknown): number {
  // Commander has said what is wrong already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAILED
  const sentence = error instanceof UsageError || error instanceof ConfigurationError
  process.stderr.write(
    `tenant-isolation: ${sentence ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  return FAILED
}
