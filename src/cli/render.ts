/** cli/render.ts — `render`: the objects that the operator would write, for a cluster or for files. */

import { Command } from 'commander'
import { RULES_ANNOTATION, TENANT_LABEL } from '../api/labels.ts'
import { type DesiredObject, desiredObjects } from '../reconcile/desired-state.ts'
import { readInput } from './input/input.ts'
import { addInputOptions, type InputOptions } from './input/options.ts'
import { desiredIn } from './input/snapshot.ts'
import { notesOf } from './notes.ts'
import { type Answer, addOutputOption, type OutputOptions, present } from './output/answer.ts'
import { byPlace, withoutUnknownOwner } from './output/kube-objects.ts'
import { createProgress } from './output/progress.ts'
import { markdownTable, textTable } from './output/table.ts'
import { ordered, yamlDocuments } from './output/yaml.ts'
import { examples, note, type Shell } from './shell.ts'

export function renderCommand(shell: Shell): Command {
  const command = new Command('render')
    .description('Print the objects that the operator would write: NetworkPolicies, roles, bindings.')
    .addHelpText(
      'after',
      examples(shell, [
        ['what the operator keeps in the cluster', 'render'],
        ['what it would keep if these files were applied', 'render --cluster -f tenants/'],
        [
          'without any cluster: tenants, their namespaces, and where DNS and the API server are',
          'render -f tenants/ -f namespaces.yaml --facts facts.yaml',
        ],
        ['one namespace, as a list', 'render -n shop -o text'],
      ]),
    )
    .action((options: InputOptions & OutputOptions) => render(options, shell))
  return addOutputOption(addInputOptions(command), 'yaml')
}

async function render(options: InputOptions & OutputOptions, shell: Shell): Promise<void> {
  const { namespace } = options
  const { snapshot, source } = await readInput({ options, shell, narrow: true })
  const progress = createProgress(shell.stderr)
  progress.at('working out the objects')
  const state = desiredIn(snapshot)
  const objects: DesiredObject[] = []
  for (const object of desiredObjects(state)) {
    if (namespace === undefined || object.metadata.namespace === namespace) objects.push(withoutUnknownOwner(object))
    progress.at('working out the objects', objects.length)
  }
  progress.end()
  for (const text of notesOf({ state, snapshot, source, namespace })) note(shell, text)
  await present(answerOf(objects.sort(byPlace)), options.output, shell, progress)
}

const HEADS = ['NAMESPACE', 'KIND', 'NAME', 'TENANT', 'RULES']

function answerOf(objects: readonly DesiredObject[]): Answer {
  const rows = objects.map(({ kind, metadata: { namespace = '', name, labels = {}, annotations = {} } }) => [
    namespace,
    kind,
    name,
    labels[TENANT_LABEL] ?? '',
    annotations[RULES_ANNOTATION] ?? '',
  ])
  return {
    text: () => textTable(HEADS, rows),
    markdown: () => markdownTable(HEADS, rows),
    value: () => ({ apiVersion: 'v1', kind: 'List', items: objects.map(ordered) }),
    yaml: () => yamlDocuments(objects),
  }
}
