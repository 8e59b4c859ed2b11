/** cli/completion.ts — `completion`: the script by which bash and zsh complete this program; and what the script asks. */

import { Argument, Command } from 'commander'
import { completionsOf, completionText } from './completion/candidates.ts'
import { type CompletedShell, completionScript, SHELLS } from './completion/scripts.ts'
import { contextNames } from './kubeconfig.ts'
import { print, type Shell } from './shell.ts'

export function completionCommand(shell: Shell): Command {
  return new Command('completion')
    .description('Print what makes a shell complete commands, flags and their values.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  # bash: in ~/.bashrc
  source <(tenant-isolation completion bash)

  # zsh: in ~/.zshrc, behind compinit
  source <(tenant-isolation completion zsh)

kubectl asks kubectl_complete-tenant_isolation, which has to be in PATH, for what may follow kubectl tenant-isolation.
`,
    )
    .action((name: CompletedShell) => print(shell, completionScript(name)))
}

/** Not for people: `__complete -- WORD...` answers what the last word may become. A mistake is no answer, for nobody could read it. */
export function completeCommand(shell: Shell, program: Command): Command {
  return new Command('__complete')
    .argument('[word...]')
    .action((words: readonly string[]) => print(shell, completionText(completionsOf(program, words, contextNames))))
}
