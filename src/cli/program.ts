/** cli/program.ts — all commands under one name. */

import { Command } from 'commander'
import { convertCommand } from './convert.ts'
import { diffCommand } from './diff.ts'
import { explainCommand } from './explain.ts'
import { impactCommand } from './impact.ts'
import { lintCommand } from './lint.ts'
import { matrixCommand } from './matrix.ts'
import { renderCommand } from './render.ts'
import { reportCommand } from './report.ts'
import { runCommand } from './run.ts'
import type { Shell } from './shell.ts'
import { testCommand } from './test.ts'

/** Parsing it rejects with a CommanderError, a UsageError or a ConfigurationError for what a person can mend. */
export function programOf(shell: Shell): Command {
  const program = new Command(shell.name)
    .description('Isolates the tenants of a shared Kubernetes cluster.')
    .version(shell.version)
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => shell.stdout.write(text), writeErr: (text) => shell.stderr.write(text) })
  for (const command of [
    runCommand(shell),
    renderCommand(shell),
    diffCommand(shell),
    explainCommand(shell),
    impactCommand(shell),
    matrixCommand(shell),
    lintCommand(shell),
    testCommand(shell),
    reportCommand(shell),
    convertCommand(shell),
  ]) {
    program.addCommand(inheriting(command, program))
  }
  return program
}

/** `addCommand` hands nothing down by itself. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inheriting(child, command)
  return command
}
