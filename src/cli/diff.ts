/** cli/diff.ts — `diff`: what the operator would do to the cluster, object by object. */

import { Command } from 'commander'
import { readActual } from './diff/actual.ts'
import { diffAnswer } from './diff/answer.ts'
import { changesBetween } from './diff/changes.ts'
import { readInput } from './input/input.ts'
import { addInputOptions, type InputOptions } from './input/options.ts'
import { desiredIn } from './input/snapshot.ts'
import { notesOf } from './notes.ts'
import { addOutputOption, type OutputOptions, present } from './output/answer.ts'
import { createProgress } from './output/progress.ts'
import { examples, note, type Shell } from './shell.ts'

export function diffCommand(shell: Shell): Command {
  const command = new Command('diff')
    .description(
      'Compare the cluster with what the operator would write; with -f, as if the files were applied. Exit code 1 when there are differences.',
    )
    .addHelpText(
      'after',
      examples(shell, [
        ['what the operator has still to do; nothing, while it runs', 'diff'],
        ['what a pull request would change', 'diff -f tenants/'],
        ['the same as a comment on it', 'diff -f tenants/ -o markdown'],
      ]),
    )
    .action((options: InputOptions & OutputOptions) => diff(options, shell))
  return addOutputOption(addInputOptions(command))
}

async function diff(given: InputOptions & OutputOptions, shell: Shell): Promise<void> {
  // There is always a cluster to compare with, so that --cluster goes without saying.
  const options = given.file ? { ...given, cluster: true } : given
  const { namespace } = options
  const {
    snapshot,
    source,
    also: actual,
  } = await readInput({
    options,
    shell,
    narrow: true,
    also: (cluster) => readActual(cluster, namespace),
  })
  const progress = createProgress(shell.stderr)
  progress.at('comparing')
  const state = desiredIn(snapshot)
  if (!actual) throw new Error('a cluster was read, and nothing of it was compared')
  progress.at('comparing')
  const changes = changesBetween({ actual, state, namespaces: snapshot.namespaces, only: namespace })
  progress.end()
  for (const text of notesOf({ state, snapshot, source, namespace })) note(shell, text)
  if (changes.length > 0) shell.conclude('findings')
  await present(diffAnswer(changes), options.output, shell, progress)
}
