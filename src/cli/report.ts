/** cli/report.ts — `report`: one page that shows who reaches whom and why, and the picture of it alone. */

import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { readInput } from './input/input.ts'
import { addInputOptions, type InputOptions, type Source } from './input/options.ts'
import { loadKubeConfig } from './kubeconfig.ts'
import { ENTRY_NEEDS } from './network/networks.ts'
import { createProgress } from './output/progress.ts'
import { examples, note, print, type Shell } from './shell.ts'
import { UsageError } from './usage-error.ts'

type ReportOptions = InputOptions & { readonly outputFile?: string; readonly svg?: string; readonly title: string }

const STANDARD_OUTPUT = '-'

export function reportCommand(shell: Shell): Command {
  const command = new Command('report')
    .description(
      'Write one HTML page that shows who reaches whom and why: a picture, a matrix, the rules behind. It needs nothing but a browser.',
    )
    .option('--output-file <path>', 'where the page goes; - is standard output (the default, unless that is a terminal)')
    .option('--svg <path>', 'the picture alone, for a pull request; - is standard output')
    .option('--title <text>', 'what is written above it', 'Who reaches whom')
    .addHelpText(
      'after',
      examples(shell, [
        ['the cluster as it is', 'report --output-file report.html'],
        ['as it would be with these files', 'report --cluster -f tenants/ --output-file report.html'],
        [
          'files alone, and the picture for a pull request',
          'report -f tenants/ -f cluster.json --output-file report.html --svg picture.svg',
        ],
      ]),
    )
    .action((options: ReportOptions) => report(options, shell))
  return addInputOptions(command)
}

async function report(options: ReportOptions, shell: Shell): Promise<void> {
  const { outputFile = options.svg === undefined ? STANDARD_OUTPUT : undefined, svg, title, namespace } = options
  if (options.outputFile === undefined && outputFile === STANDARD_OUTPUT && shell.stdout.isTTY)
    throw new UsageError('a page is not for a terminal; say where it goes with --output-file report.html')
  if (outputFile === STANDARD_OUTPUT && svg === STANDARD_OUTPUT)
    throw new UsageError('the page and the picture cannot both go to standard output; give one of them a file')
  if (namespace !== undefined) throw new UsageError('a report is about the whole cluster; leave -n out, and search in the page')
  const { snapshot, source } = await readInput({ options, shell, needs: ENTRY_NEEDS })
  const progress = createProgress(shell.stderr)
  try {
    progress.at('working out who reaches whom')
    // Only here, because the graph layout library is of no use to anything else.
    const [{ reportOf }, { pictureFile, pictureOf }, { pageOf }] = await Promise.all([
      import('./report/collect/report.ts'),
      import('./report/picture/svg.ts'),
      import('./report/page/page.ts'),
    ])
    const found = reportOf({ title, subtitle: subtitleOf(options, source), snapshot, source })
    for (const text of found.notes) note(shell, text)
    progress.at('drawing')
    const picture = pictureOf(found)
    if (svg !== undefined) await write(svg, pictureFile(found, picture), shell)
    if (outputFile !== undefined) await write(outputFile, pageOf(found, picture), shell)
  } finally {
    progress.end()
  }
}

/** Files say the same every time, so that their report does; a cluster was read at a moment. */
function subtitleOf(options: ReportOptions, source: Source): string {
  const files = (options.file ?? [])
    .map((path) => (path === STANDARD_OUTPUT ? 'standard input' : path))
    .sort()
    .join(', ')
  if (source === 'files') return `Of ${files}`
  const read = `read ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const config = loadKubeConfig(options)
  const cluster = `cluster ${config.getCurrentCluster()?.name ?? ''}, ${read}`
  return source === 'cluster' ? `Of ${cluster}` : `As it would be with ${files}, over ${cluster}`
}

async function write(path: string, text: string, shell: Shell): Promise<void> {
  if (path === STANDARD_OUTPUT) return await print(shell, text)
  try {
    await writeFile(path, text)
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
