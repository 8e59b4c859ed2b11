/** cli/matrix.ts — `matrix`: who can reach whom, between tenants, namespaces or workloads, and what is outside. */

import { Command, Option } from 'commander'
import { type Matrix, matrix } from '../reachability/reachability.ts'
import { readInput } from './input/input.ts'
import { addInputOptions, type InputOptions } from './input/options.ts'
import { desiredIn } from './input/snapshot.ts'
import { matrixAnswer } from './matrix/answer.ts'
import { byTenantOrDns, countGroups, groupAt, groupsOfOne, LEVELS, type Level, within } from './network/groups.ts'
import { ENTRY_NEEDS, networksOf } from './network/networks.ts'
import { addressesByName, outsidesOf } from './network/outside.ts'
import { servicePorts } from './network/services.ts'
import { addViewOption, type ViewOptions, viewOf } from './network/view.ts'
import { flowNotesOf } from './notes.ts'
import { addOutputOption, type OutputOptions, present } from './output/answer.ts'
import { announce } from './output/progress.ts'
import { examples, note, type Shell } from './shell.ts'
import { UsageError } from './usage-error.ts'

type Options = InputOptions & OutputOptions & ViewOptions & { readonly by?: Level }

export function matrixCommand(shell: Shell): Command {
  const command = new Command('matrix')
    .description('Show who can reach whom, and on which ports: tenants, the pods of no tenant, DNS, the API server and the Internet.')
    .addOption(new Option('--by <level>', 'what rows and columns are; tenants where there are any').choices(LEVELS))
    .addHelpText(
      'after',
      examples(shell, [
        ['the cluster as it is', 'matrix'],
        ['as it would be with these files, for a pull request', 'matrix --cluster -f tenants/ -o markdown'],
        ['the workloads of one namespace, and the tenants around it', 'matrix --by workload -n shop'],
      ]),
    )
    .action((options: Options) => showMatrix(options, shell))
  return addOutputOption(addViewOption(addInputOptions(command)))
}

/** More would be more cells than anybody reads, and in an open cluster more than there is memory for. */
const MOST_GROUPS = 1_000

async function showMatrix(options: Options, shell: Shell): Promise<void> {
  const input = await readInput({ options, needs: ENTRY_NEEDS, shell })
  const { snapshot, source } = input
  const { namespace } = options
  const view = viewOf(options, input)
  const state = desiredIn(snapshot)
  if (view !== 'now') for (const text of flowNotesOf({ state, snapshot, source, namespace })) note(shell, text)
  const networks = networksOf(snapshot, state)
  for (const text of networks.notes) note(shell, text)
  const by = options.by ?? (state.tenants.size > 0 ? 'tenant' : 'namespace')
  const services = servicePorts(snapshot, networks.cluster)
  const byTenant = byTenantOrDns(state, snapshot, services)
  const near = groupAt(by, byTenant)
  const groupOf = namespace === undefined ? near : within(new Set([namespace]), near, byTenant)
  const groups = countGroups(networks.cluster, groupOf)
  if (groups > MOST_GROUPS)
    throw new UsageError(`${groups.toLocaleString('en')} ${by}s are too many for one matrix; narrow it with -n, or take a coarser --by`)
  const { all: outside } = outsidesOf(snapshot)
  const done = announce(shell.stderr, `working out who reaches whom among ${networks.cluster.pods.length.toLocaleString('en')} pods`)
  const whole = matrix(view === 'now' ? networks.now : networks.kept, { groupOf, outside })
  done()
  const own = new Set(networks.cluster.pods.filter((pod) => pod.namespace === namespace).map(groupOf))
  const shown = namespace === undefined ? whole : onlyOf(whole, own)
  await present(
    matrixAnswer({
      matrix: shown,
      by,
      alone: groupsOfOne(networks.cluster, groupOf),
      columns: Math.max(shell.stdout.columns ?? 0, NARROWEST),
      outside: addressesByName(outside),
      omitted: omitted(whole.cells.length - shown.cells.length, namespace),
    }),
    options.output,
    shell,
  )
}

/** What a terminal has at least; and what there is without one. */
const NARROWEST = 100

function onlyOf(whole: Matrix, own: ReadonlySet<string | undefined>): Matrix {
  return { ...whole, cells: whole.cells.filter(({ from, to }) => own.has(from) || own.has(to)) }
}

function omitted(cells: number, namespace: string | undefined): readonly string[] {
  return cells === 0 ? [] : [`left out: ${cells} cells between others than ${namespace}`]
}
