/** cli/report/picture/scene.ts — PURE: what the picture shows of a report: boxes and arrows with their words, and what it leaves out. */

import type { Flow, Group, Open, Report } from '../model.ts'
import { fitted, widthOf } from './text.ts'

/** More boxes and arrows than these are a ball of wool. */
const MOST_TENANTS = 16
const MOST_ARROWS = 40
/** With more tenants than these, what nearly everybody reaches is a line in each box instead of an arrow from each, and namespaces are only counted. */
const FEW_TENANTS = 8
const MOST_LINES = 6

export type Tone = 'sure' | 'depends' | 'foreign'

export type Line = { readonly style: 'name' | 'about' | 'namespace' | 'within'; readonly text: string }

export type Box = {
  /** Unique; a group that calls and is called from outside has two boxes. */
  readonly id: string
  readonly group: number
  readonly kind: Group['kind']
  readonly lines: readonly Line[]
  readonly width: number
  readonly height: number
}

export type Arrow = {
  readonly flow: number
  readonly from: string
  readonly to: string
  /** That of what matters most in it. */
  readonly tone: Tone
  readonly labels: readonly { readonly tone: Tone; readonly text: string }[]
  /** For people who do not see it. */
  readonly spoken: string
}

export type Scene = { readonly boxes: readonly Box[]; readonly arrows: readonly Arrow[]; readonly leftOut: readonly string[] }

export const SIZES = { name: 15, about: 11.5, namespace: 12, within: 11.5 } as const
export const LABEL_SIZE = 11.5
export const LINE_HEIGHTS = { name: 22, about: 17, namespace: 18, within: 18 } as const
export const PADDING = 14
const WIDEST = 230
const WIDEST_LABEL = 190

/** What crosses the borders of groups; what is within one is a line in its box. */
export function sceneOf(report: Report): Scene {
  const { groups, flows } = report
  const crossing = flows
    .map((flow, index) => ({ flow, index }))
    .filter(({ flow }) => flow.from !== flow.to && [flow.from, flow.to].some((end) => groups[end]?.kind === 'tenant') && !flow.aboutNodes)
  const shown = new Set(chosen(groups, crossing))
  const isTenant = (index: number) => groups[index]?.kind === 'tenant'
  const all = groups.filter(({ kind }) => kind === 'tenant').length
  const inBoxes = (flow: Flow) => all > FEW_TENANTS && isUsual(flow, groups)
  const drawable = crossing.filter(({ flow }) => shown.has(flow.from) && shown.has(flow.to) && !inBoxes(flow))
  const drawn = drawable.toSorted((a, b) => weight(b.flow) - weight(a.flow) || a.index - b.index).slice(0, MOST_ARROWS)
  const arrows = drawn.toSorted((a, b) => a.index - b.index).map(({ flow, index }) => arrowOf(flow, index, groups))
  const ends = new Set(arrows.flatMap(({ from, to }) => [from, to]))
  // A tenant without an arrow has its box, unless it takes the place of those that have one.
  const alone = all <= MOST_TENANTS || arrows.length === 0
  const boxes = groups.flatMap((group, index) => {
    if (!shown.has(index)) return []
    const lines = linesOf(group, index, report, { inBoxes, brief: all > FEW_TENANTS })
    const ids = new Set([idOf(index, 'to', group), idOf(index, 'from', group)])
    return [...ids].filter((id) => ends.has(id) || (isTenant(index) && alone)).map((id) => boxOf(id, index, group, lines))
  })
  const tenants = boxes.filter(({ kind }) => kind === 'tenant').length
  return { boxes, arrows, leftOut: leftOut(report, { all, tenants, arrows: drawable.length - arrows.length }) }
}

/** Tenants that have to do with others first. */
function chosen(groups: readonly Group[], crossing: readonly { readonly flow: Flow }[]): readonly number[] {
  const traffic = groups.map(() => 0)
  for (const { flow } of crossing) {
    const worth = isUsual(flow, groups) ? 0.01 : weight(flow)
    for (const end of [flow.from, flow.to]) traffic[end] = (traffic[end] ?? 0) + worth
  }
  const all = groups.map((_, index) => index)
  const tenants = all
    .filter((index) => groups[index]?.kind === 'tenant')
    .sort((a, b) => (traffic[b] ?? 0) - (traffic[a] ?? 0) || a - b)
    .slice(0, MOST_TENANTS)
  return [...tenants, ...all.filter((index) => groups[index]?.kind !== 'tenant')]
}

/** From a tenant to DNS, the Internet and the like, as most tenants have it. */
function isUsual({ from, to, foreign, depends }: Flow, groups: readonly Group[]): boolean {
  const kind = groups[to]?.kind
  return groups[from]?.kind === 'tenant' && (kind === 'platform' || kind === 'outside') && foreign === '' && depends === ''
}

function weight({ foreign, depends, sure }: Open): number {
  return (foreign === '' ? 0 : 100) + (depends === '' ? 0 : 10) + (sure === '' ? 0 : 1)
}

/** Who is outside and does both is drawn on both sides, so that no arrow has to go around. */
function idOf(index: number, end: 'from' | 'to', { kind }: Group): string {
  return kind === 'tenant' || end === 'to' ? `g${index}` : `g${index}-from`
}

function arrowOf(flow: Flow, index: number, groups: readonly Group[]): Arrow {
  const [source, destination] = [groups[flow.from], groups[flow.to]]
  if (!source || !destination) throw new Error(`flow ${index} is between groups that the report does not have`)
  const labels = (['sure', 'depends', 'foreign'] as const).flatMap((tone) => {
    const text = flow[tone]
    return text === '' ? [] : [{ tone, text: fitted(`${MARKS[tone]}${text}`, LABEL_SIZE, WIDEST_LABEL) }]
  })
  const spoken = [
    ...(flow.sure === '' ? [] : [flow.sure]),
    ...(flow.depends === '' ? [] : [`depending on the network plugin ${flow.depends}`]),
    ...(flow.foreign === '' ? [] : [`only because of policies of others ${flow.foreign}`]),
  ].join('; ')
  return {
    flow: index,
    from: idOf(flow.from, 'from', source),
    to: idOf(flow.to, 'to', destination),
    tone: flow.foreign !== '' ? 'foreign' : flow.sure === '' ? 'depends' : 'sure',
    labels,
    spoken: `${source.name} to ${destination.name}: ${spoken}`,
  }
}

/** Not by colour alone. */
export const MARKS = { sure: '', depends: '? ', foreign: '! ' } as const

type Briefly = { readonly inBoxes: (flow: Flow) => boolean; readonly brief: boolean }

function linesOf(group: Group, index: number, { groups, flows }: Report, { inBoxes, brief }: Briefly): readonly Line[] {
  const name: Line = { style: 'name', text: group.name }
  const about: readonly Line[] = group.about === '' ? [] : [{ style: 'about', text: group.about }]
  if (group.kind === 'platform' || group.kind === 'outside') return [name, ...about]
  const counts: Line = { style: 'about', text: `${counted(group.namespaces.length, 'namespace')}, ${counted(group.pods, 'pod')}` }
  const most = brief ? 0 : group.namespaces.length > MOST_LINES ? MOST_LINES - 1 : MOST_LINES
  const namespaces = group.namespaces.slice(0, most).map((one): Line => ({ style: 'namespace', text: one.name }))
  const more: readonly Line[] =
    group.namespaces.length > most && !brief ? [{ style: 'about', text: `and ${group.namespaces.length - most} more` }] : []
  const within = flows.find(({ from, to }) => from === index && to === index)
  const usual = flows.filter((flow) => flow.from === index && inBoxes(flow))
  return [
    name,
    ...about,
    counts,
    ...namespaces,
    ...more,
    ...(within ? [{ style: 'within', text: `within: ${openText(within)}` } as const] : []),
    ...usual.map((flow): Line => ({ style: 'within', text: `to ${groups[flow.to]?.name}: ${flow.sure}` })),
  ]
}

function openText({ sure, depends, foreign }: Open): string {
  return [sure, depends && `? ${depends}`, foreign && `! ${foreign}`].filter((text) => text !== '').join('; ')
}

export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
}

function boxOf(id: string, index: number, { kind }: Group, lines: readonly Line[]): Box {
  const widest = Math.max(...lines.map(({ style, text }) => widthOf(text, SIZES[style]) * (style === 'name' ? 1.08 : 1)))
  const width = Math.ceil(Math.min(WIDEST, Math.max(kind === 'tenant' ? 150 : 90, widest)) + 2 * PADDING)
  const height = lines.reduce((sum, { style }) => sum + LINE_HEIGHTS[style], 0) + 2 * PADDING - 4
  const inner = width - 2 * PADDING
  return {
    id,
    group: index,
    kind,
    width,
    height,
    lines: lines.map(({ style, text }) => ({ style, text: fitted(text, SIZES[style] * (style === 'name' ? 1.08 : 1), inner) })),
  }
}

type Counts = { readonly all: number; readonly tenants: number; readonly arrows: number }

function leftOut({ flows }: Report, { all, tenants, arrows }: Counts): readonly string[] {
  return [
    ...(all > tenants
      ? [`The picture shows ${tenants} of ${all.toLocaleString('en')} tenants: those that have most to do with others.`]
      : []),
    ...(all > FEW_TENANTS ? ['What a tenant reaches outside is written in its box.'] : []),
    ...(arrows > 0 ? [`${counted(arrows, 'arrow')} more would not fit.`] : []),
    ...(flows.some(({ aboutNodes }) => aboutNodes)
      ? ['Not drawn: what depends on how the network plugin sees nodes. A pod and its own node always reach each other, says Kubernetes.']
      : []),
  ]
}
