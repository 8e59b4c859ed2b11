/** cli/check.ts — `check`: whether everything that is needed is there, before an installation and after it. */

import { Command } from 'commander'
import { checkAnswer } from './check/answer.ts'
import { linesOf } from './check/checks.ts'
import { fails } from './check/line.ts'
import { observeCluster } from './check/observe.ts'
import { inCluster } from './input/cluster.ts'
import { CONTEXT_HELP, KUBECONFIG_HELP, type KubeconfigOptions, loadKubeConfig } from './kubeconfig.ts'
import { addOutputOption, type OutputOptions, present } from './output/answer.ts'
import { examples, type Shell } from './shell.ts'

type Options = KubeconfigOptions & OutputOptions & { readonly operatorNamespace?: string; readonly installed?: boolean }

export function checkCommand(shell: Shell): Command {
  const command = new Command('check')
    .description(
      'Say whether everything that is needed is there, before an installation and after it: a line for each thing, with what to do where it is not as it has to be. Exit code 1 when something needed is missing, or could not be seen.',
    )
    .option('--kubeconfig <file>', KUBECONFIG_HELP)
    .option('--context <name>', CONTEXT_HELP)
    .option('--operator-namespace <name>', 'where the operator runs; looked for in all namespaces unless said')
    .option('--installed', 'it has to be installed by now: what is not there counts as missing')
    .addHelpText(
      'after',
      examples(shell, [
        ['whether it can be installed here, or is well where it is installed', 'check'],
        ['behind an installation, in a pipeline', 'check --installed'],
        ['for an issue or a pull request', 'check -o markdown'],
      ]),
    )
    .action((options: Options) => check(options, shell))
  return addOutputOption(command)
}

async function check(options: Options, shell: Shell): Promise<void> {
  const { operatorNamespace, installed = false } = options
  const server = loadKubeConfig(options).getCurrentCluster()?.server ?? ''
  const facts = await inCluster(options, shell, (cluster) =>
    observeCluster(cluster, { version: shell.version, operatorNamespace, now: Date.now }),
  )
  const lines = linesOf(facts, installed)
  if (lines.some(fails)) shell.conclude('findings')
  await present(checkAnswer({ server, version: shell.version, lines }), options.output, shell)
}
