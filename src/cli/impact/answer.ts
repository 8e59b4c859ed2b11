/** cli/impact/answer.ts — PURE: gained and lost flows, and pods that would not be admitted again, for people, for pull requests and for programs. */

import { portRanges } from '../../reachability/reachability.ts'
import type { Answer } from '../output/answer.ts'
import type { Colour, Paint } from '../output/colour.ts'
import { brokenAtCommas, markdownTable } from '../output/table.ts'
import type { Refused } from './admissions.ts'
import type { Line } from './lines.ts'
import { listed } from './listed.ts'
import { PURPOSES, type Purpose } from './parts.ts'
import { refusedLines, refusedTable, refusedText } from './refused.ts'

export type Impact = {
  readonly by: string
  readonly lost: readonly Line[]
  readonly gained: readonly Line[]
  /** Pods that would not be admitted again. */
  readonly refused: readonly Refused[]
  /** What happens to NetworkPolicies. */
  readonly policies: { readonly create: number; readonly change: number; readonly delete: number; readonly namespaces: number }
  readonly pods: number
  readonly unknowns: readonly string[]
}

const HEADS: Readonly<Record<Purpose, string>> = {
  DNS: 'DNS',
  APIServer: 'The API server',
  Ingress: 'Pods to which an Ingress leads',
  Service: 'Services',
  Outside: 'Outside of the cluster',
  ContainerPort: 'Ports that containers name',
  Other: 'Everything else',
}

const KINDS = [
  ['lost', 'LOST', 'red', '-'],
  ['gained', 'GAINED', 'green', '+'],
] as const

export function impactAnswer(impact: Impact): Answer {
  return { text: (paint) => text(impact, paint), markdown: () => markdown(impact), value: () => value(impact) }
}

const NOTHING = 'no flow would be gained or lost'

function isNothing({ lost, gained, refused }: Impact): boolean {
  return lost.length === 0 && gained.length === 0 && refused.length === 0
}

function text(impact: Impact, paint: Paint): string {
  if (isNothing(impact)) return `${NOTHING}\n${policiesText(impact)}`.trimEnd()
  const sections = KINDS.flatMap(([kind, head, colour, sign]) =>
    impact[kind].length === 0
      ? []
      : [paint('bold', head), ...PURPOSES.flatMap((purpose) => purposeLines(impact[kind], purpose, paint, colour, sign))],
  )
  const unknowns = ['What this cannot say', ...impact.unknowns.map((sentence) => `  ${sentence}`)]
  return [summary(impact), '', ...sections, ...refusedLines(impact.refused, paint), ...unknowns].join('\n')
}

const KIND_COUNTS = ['nothing', 'one kind of flow']

function summary(impact: Impact): string {
  const kinds = KINDS.map(([kind]) => `${kind}: ${KIND_COUNTS[impact[kind].length] ?? `${impact[kind].length} kinds of flows`}`)
  return [`${kinds.join(', ')}, among ${impact.pods.toLocaleString('en')} pods`, refusedText(impact.refused), policiesText(impact)]
    .filter((part) => part !== '')
    .join('; ')
}

function policiesText({ policies }: Impact): string {
  const { create, change, delete: gone, namespaces } = policies
  const done = [
    [create, 'created'],
    [change, 'changed'],
    [gone, 'deleted'],
  ] as const
  const some = done.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  return some.length === 0
    ? ''
    : `NetworkPolicies: ${some.join(', ')}, in ${namespaces === 1 ? 'one namespace' : `${namespaces} namespaces`}`
}

function purposeLines(lines: readonly Line[], purpose: Purpose, paint: Paint, colour: Colour, sign: string): readonly string[] {
  const own = lines.filter((line) => line.purpose === purpose)
  if (own.length === 0) return []
  return [`  ${HEADS[purpose]}`, ...own.flatMap((line) => lineText(line, sign, (some) => paint(colour, some))), '']
}

const WIDTH = 100

function lineText(line: Line, sign: string, paint: (text: string) => string): readonly string[] {
  const from = listed(line.from)
  const to = `-> ${listed(line.to)}: ${portsOf(line)}${line.through === undefined ? '' : `, ${line.through}`}`
  const whole = [`${from} ${to}`]
  const lines = `${INDENT}${whole}`.length <= WIDTH ? whole : [from, to].flatMap((part) => brokenAtCommas(part, WIDTH - INDENT.length - 2))
  return [...lines.map((text, index) => paint(index === 0 ? `  ${sign} ${text}` : `${INDENT}  ${text}`)), `${INDENT}  ${pairsText(line)}`]
}

const INDENT = '    '

function portsOf({ text: ports, certain, addresses }: Line): string {
  return `${ports}${addresses === undefined ? '' : ` ${addresses}`}${certain ? '' : ' (depends on the network plugin)'}`
}

function pairsText({ pairs, example: { from, to } }: Line): string {
  return pairs === 1 ? `${from} -> ${to}` : `${pairs.toLocaleString('en')} pairs, such as ${from} -> ${to}`
}

function markdown(impact: Impact): string {
  if (isNothing(impact)) return [NOTHING, policiesText(impact)].filter((part) => part !== '').join('; ')
  const tables = KINDS.flatMap(([kind, head]) => {
    const lines = impact[kind]
    if (lines.length === 0) return []
    const rows = lines.map((line) => [
      HEADS[line.purpose],
      listed(line.from),
      listed(line.to),
      portsOf(line),
      line.through ?? '',
      pairsText(line),
    ])
    return [
      `**${head.charAt(0)}${head.slice(1).toLowerCase()}**`,
      '',
      markdownTable(['', 'From', 'To', 'Ports', 'Through', 'Pairs of pods'], rows),
      '',
    ]
  })
  return [
    summary(impact),
    '',
    ...tables,
    ...refusedTable(impact.refused),
    '**What this cannot say**',
    '',
    ...impact.unknowns.map((sentence) => `- ${sentence}`),
  ].join('\n')
}

function value({ by, lost, gained, refused, policies, pods, unknowns }: Impact): unknown {
  return { by, pods, policies, lost: lost.map(lineValue), gained: gained.map(lineValue), refused, unknowns }
}

function lineValue({ ports, text: _, ...line }: Line): unknown {
  return { ...line, ports: portRanges(ports) }
}
