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
  const state = desiredIn(snapshot)
  for (const text of notesOf({ state, snapshot, source, namespace })) note(shell, text)
  const objects = [...desiredObjects(state)]
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    .sort(byPlace)
    .map(withoutUnknownOwner)
  await present(answerOf(objects), options.output, shell)
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
