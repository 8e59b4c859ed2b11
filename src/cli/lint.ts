/** cli/lint.ts — `lint`: what a person should look at in resources and policies. */

import { Command, Option } from 'commander'
import { type Finding, isAtLeast, type ObjectRef, refText, SEVERITIES, type Severity } from '../lint/finding.ts'
import { LINT_CODES, type Linted, lint, lintPage } from '../lint/lint.ts'
import { readInput } from './input/input.ts'
import { addInputOptions, type InputOptions } from './input/options.ts'
import type { Snapshot } from './input/snapshot.ts'
import { lintAnswer } from './lint/answer.ts'
import { lintSubject } from './lint/input.ts'
import { NETWORK_NEEDS } from './network/networks.ts'
import { addOutputOption, type OutputOptions, present } from './output/answer.ts'
import { textTable } from './output/table.ts'
import { examples, note, print, type Shell } from './shell.ts'

type LintOptions = InputOptions & OutputOptions & { readonly severity: Severity; readonly silenced: boolean; readonly codes?: boolean }

export function lintCommand(shell: Shell): Command {
  const command = new Command('lint')
    .description(
      'Point out what should not stay as it is: ranges that are too wide, grants that are one-sided, rules without effect, policies that open what is closed. Exit code 1 when there are findings.',
    )
    .addOption(new Option('--severity <least>', 'what is less severe is neither shown nor counts').choices(SEVERITIES).default('warning'))
    .option('--no-silenced', 'report what annotations silence, too')
    .option('--codes', 'list all codes, and nothing else')
    .addHelpText(
      'after',
      examples(shell, [
        ['what is in the cluster', 'lint'],
        ['what a pull request would bring, as a comment on it', 'lint --cluster -f tenants/ -o markdown'],
        ['files alone, and only what is certainly wrong', 'lint -f tenants/ --severity error'],
        ['one namespace, down to the smallest hint', 'lint -n shop --severity info'],
        ['all codes', 'lint --codes'],
      ]),
    )
    .action((options: LintOptions) => run(options, shell))
  return addOutputOption(addInputOptions(command))
}

async function run(options: LintOptions, shell: Shell): Promise<void> {
  if (options.codes) {
    const rows = LINT_CODES.map(({ code, severity, summary }) => [code, severity, summary, lintPage(code)])
    return await print(shell, `${textTable(['CODE', 'SEVERITY', 'SUMMARY', 'PAGE'], rows)}\n`)
  }
  const { snapshot, source } = await readInput({ options, shell, needs: [...NETWORK_NEEDS, 'services'] })
  const { input, annotated, notes } = lintSubject(snapshot, source)
  for (const text of notes) note(shell, text)
  const { findings, silenced } = within(lint(input, options.silenced ? annotated : []), options.namespace, input.tenants)
  const shown = findings.filter(({ severity }) => isAtLeast(severity, options.severity))
  if (shown.length > 0) shell.conclude('findings')
  const report = { findings: shown, silenced, hidden: findings.length - shown.length, where: placesIn(snapshot) }
  await present(lintAnswer(report), options.output, shell)
}

type Owners = readonly { readonly resource: { readonly metadata: { readonly name: string } }; readonly namespaces: readonly string[] }[]

/** With -n, what is in the namespace, and what is said of the tenant that has it. */
function within({ findings, silenced }: Linted, namespace: string | undefined, tenants: Owners): Linted {
  if (namespace === undefined) return { findings, silenced }
  const owner = tenants.find(({ namespaces }) => namespaces.includes(namespace))?.resource.metadata.name
  const concerns = ({ object }: { readonly object: ObjectRef }) =>
    object.namespace === namespace || (object.kind === 'TenantIsolation' && object.name === owner)
  return { findings: findings.filter(concerns), silenced: silenced.filter(concerns) }
}

/** Where findings are in the files; undefined for what is in the cluster. */
function placesIn({ tenants, networkPolicies, services, where }: Snapshot): (finding: Finding) => string | undefined {
  const objects = new Map<string, object>([
    ...tenants.map((one) => [refText({ kind: 'TenantIsolation', name: one.metadata.name }), one] as const),
    ...networkPolicies.map((one) => [refText({ kind: 'NetworkPolicy', ...placed(one.metadata) }), one] as const),
    ...services.map((one) => [refText({ kind: 'Service', ...placed(one.metadata) }), one] as const),
  ])
  return ({ object, field }) => {
    const known = objects.get(refText(object))
    const place = known && where(known, field)
    return place === 'the cluster' ? undefined : place
  }
}

function placed({ namespace = '', name }: { readonly namespace?: string | undefined; readonly name: string }) {
  return { namespace, name }
}
