/** cli/convert.ts — `tenant-isolation convert psp`: a TenantIsolation from PodSecurityPolicies, on standard output. */

import { Command, InvalidArgumentError } from 'commander'
import { Document, isMap, isSeq } from 'yaml'
import { type Conversion, convertPodSecurityPolicies, type Target } from '../convert/psp.ts'
import { readFiles } from './input/files.ts'
import { examples, print, type Shell } from './shell.ts'
import { UsageError } from './usage-error.ts'

type Options = { readonly file: readonly string[]; readonly name: string; readonly namespaceLabel: Target['namespaceLabel'] }

export function convertCommand(shell: Shell): Command {
  return new Command('convert').description('Translate what other tools enforced.').addCommand(
    new Command('psp')
      .description('Translate PodSecurityPolicies, with the roles and bindings that grant them, into one TenantIsolation.')
      .requiredOption('-f, --file <file...>', 'YAML or JSON files; - is standard input')
      .requiredOption('--name <name>', 'the name of the tenant')
      .requiredOption('--namespace-label <key=value>', 'the label of its namespaces', label)
      .addHelpText(
        'after',
        examples(shell, [
          [
            'while the cluster still has them: kubectl get psp,clusterrole,clusterrolebinding,role,rolebinding -A -o yaml > psp.yaml',
            'convert psp -f psp.yaml --name manning --namespace-label tenant=manning > manning.yaml',
          ],
        ]),
      )
      .action(async ({ file, name, namespaceLabel }: Options) => {
        const objects = await readFiles(file, shell)
        await print(
          shell,
          textOf(
            convertPodSecurityPolicies(
              objects.map(({ value }) => value),
              { name, namespaceLabel },
            ),
          ),
        )
      }),
  )
}

/** YAML with a comment for everything that changes its meaning. */
export function textOf(conversion: Conversion): string {
  if ('refusals' in conversion)
    throw new UsageError(`cannot be translated:\n${conversion.refusals.map((refusal) => `  - ${refusal}`).join('\n')}`)
  const { resource, notes } = conversion
  const document = new Document(resource, { aliasDuplicateObjects: false, compat: 'yaml-1.1' })
  document.commentBefore = [
    ' Converted from PodSecurityPolicies by `tenant-isolation convert psp`. Try it with mode: Warn first.',
    ...notes.filter(({ profile }) => profile === undefined).map(({ text }) => ` - ${oneLine(text)}`),
  ].join('\n')
  const profiles = document.getIn(['spec', 'podSecurity', 'profiles'])
  for (const item of isSeq(profiles) ? profiles.items : []) {
    const own = notes.filter(({ profile }) => isMap(item) && profile === item.get('name'))
    if (isMap(item) && own.length > 0) item.commentBefore = own.map(({ text }) => ` ${oneLine(text)}`).join('\n')
  }
  return document.toString({ lineWidth: 0 })
}

/** A name with a line break in it must not end the comment. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

function label(text: string): Target['namespaceLabel'] {
  const [, key, value] = /^([^=]+)=([^=]*)$/.exec(text) ?? []
  if (key === undefined || value === undefined) throw new InvalidArgumentError('write KEY=VALUE.')
  return { key, value }
}
