/** cli/convert.ts — `tenant-isolation convert psp`: a TenantIsolation from PodSecurityPolicies, on standard output. */

import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { Document, isMap, isSeq, parseAllDocuments } from 'yaml'
import { type Conversion, convertPodSecurityPolicies, type Target } from '../convert/psp.ts'
import { UsageError } from './usage-error.ts'

type Options = { readonly file: readonly string[]; readonly name: string; readonly namespaceLabel: Target['namespaceLabel'] }

const EXAMPLES = `
Examples:
  kubectl get psp,clusterrole,clusterrolebinding,role,rolebinding --all-namespaces -o yaml > psp.yaml   # while the cluster still has them
  tenant-isolation convert psp -f psp.yaml --name manning --namespace-label tenant=manning > manning.yaml
`

export function convertCommand(): Command {
  return new Command('convert').description('Translate what other tools enforced.').addCommand(
    new Command('psp')
      .description('Translate PodSecurityPolicies, with the roles and bindings that grant them, into one TenantIsolation.')
      .requiredOption('-f, --file <file...>', 'YAML or JSON files; - is standard input')
      .requiredOption('--name <name>', 'the name of the tenant')
      .requiredOption('--namespace-label <key=value>', 'the label of its namespaces', label)
      .addHelpText('after', EXAMPLES)
      .action(({ file, name, namespaceLabel }: Options) => {
        process.stdout.write(textOf(convertPodSecurityPolicies(file.flatMap(documentsIn), { name, namespaceLabel })))
      })
      .exitOverride(),
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

function documentsIn(file: string): readonly unknown[] {
  const text = read(file)
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors
    if (error) throw new UsageError(`${file} is not YAML: ${error.message}`)
    return document.toJS() as unknown
  })
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function label(text: string): Target['namespaceLabel'] {
  const [, key, value] = /^([^=]+)=([^=]*)$/.exec(text) ?? []
  if (key === undefined || value === undefined) throw new InvalidArgumentError('write KEY=VALUE.')
  return { key, value }
}
