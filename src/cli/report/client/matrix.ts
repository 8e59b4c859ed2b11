/** cli/report/client/matrix.ts — the matrix as a table: one stop for the tab key, and arrow keys from cell to cell. */

import type { Flow, Group, Report } from '../model.ts'
import { byId, counted, element } from './dom.ts'
import { type Grid, gridOf, MOST_ROWS, nextPlace, type Place } from './grid.ts'

/** With more columns than this, a cell is a sign, and its ports are told when it is pointed at, read or opened. */
const FEW_COLUMNS = 9

export type MatrixView = { readonly show: (flows: readonly number[], fitting: readonly number[]) => void }

export function createMatrix(report: Report, open: (flow: number) => void): MatrixView {
  const host = byId('matrix', HTMLElement)
  const note = byId('matrix-note', HTMLElement)
  let [flows, fitting, start]: [readonly number[], readonly number[], number] = [[], [], 0]
  const draw = () => {
    const grid = gridOf(report, flows, fitting, start)
    host.replaceChildren(grid.rows.length > 0 ? tableOf(report, grid, open) : element('p', { class: 'soft' }, 'Nothing is open that fits.'))
    note.replaceChildren(
      ...noteOf(grid, (next) => {
        start = next
        draw()
        host.querySelector('button')?.focus()
      }),
    )
  }
  return {
    show: (...next) => {
      ;[flows, fitting, start] = [...next, 0]
      draw()
    },
  }
}

function tableOf({ groups, flows }: Report, grid: Grid, open: (flow: number) => void): HTMLElement {
  const compact = grid.columns.length > FEW_COLUMNS
  const buttons = new Map<string, HTMLButtonElement>()
  const places: Place[] = []
  const cell = (row: number, column: number, place: Place) => {
    const at = grid.flowAt(row, column)
    const flow = at === undefined ? undefined : flows[at]
    const same = row === column ? 'same' : undefined
    if (at === undefined || !flow) return element('td', { class: same }, element('span', { class: 'hidden' }, 'closed'))
    const button = buttonOf(flow, groups, compact, places.length === 0)
    button.addEventListener('click', () => open(at))
    buttons.set(`${place.row} ${place.column}`, button)
    places.push(place)
    return element('td', { class: same }, button)
  }
  const head = element(
    'tr',
    {},
    element('td', { class: 'corner' }, 'from ↓ to →'),
    ...grid.columns.map((column) => element('th', { scope: 'col' }, element('span', {}, nameOf(groups[column])))),
  )
  const rows = grid.rows.map((row, rowAt) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, nameOf(groups[row])),
      ...grid.columns.map((column, columnAt) => cell(row, column, { row: rowAt, column: columnAt })),
    ),
  )
  const table = element(
    'table',
    { class: compact ? 'matrix compact' : 'matrix' },
    element('thead', {}, head),
    element('tbody', {}, ...rows),
  )
  table.addEventListener('keydown', (event) => {
    const [key] = [...buttons].find(([, button]) => button === event.target) ?? []
    if (key === undefined) return
    const [row = 0, column = 0] = key.split(' ').map(Number)
    const next = nextPlace(places, { row, column }, event.key)
    const button = next && buttons.get(`${next.row} ${next.column}`)
    if (!button) return
    event.preventDefault()
    for (const one of buttons.values()) one.tabIndex = -1
    button.tabIndex = 0
    button.focus()
  })
  return table
}

function nameOf(group: Group | undefined): string {
  return group?.name ?? ''
}

function buttonOf(flow: Flow, groups: readonly Group[], compact: boolean, first: boolean): HTMLButtonElement {
  const { sure, depends, foreign } = flow
  const parts = [
    ...(sure === '' ? [] : [{ tone: 'sure', sign: '●', text: sure, spoken: `open: ${sure}` }]),
    ...(depends === '' ? [] : [{ tone: 'depends', sign: '?', text: `? ${depends}`, spoken: `depends on the network plugin: ${depends}` }]),
    ...(foreign === ''
      ? []
      : [{ tone: 'foreign', sign: '!', text: `! ${foreign}`, spoken: `only because of policies of others: ${foreign}` }]),
  ]
  const spoken = parts.map((part) => part.spoken).join('; ')
  return element(
    'button',
    {
      type: 'button',
      tabindex: first ? 0 : -1,
      'aria-haspopup': 'dialog',
      'aria-label': `${nameOf(groups[flow.from])} to ${nameOf(groups[flow.to])}; ${spoken}`,
      title: compact ? spoken : undefined,
    },
    ...parts.map(({ tone, sign, text }) => element('span', { class: tone }, compact ? sign : text)),
  )
}

function noteOf({ rows, moreRows, moreColumns, start }: Grid, go: (start: number) => void): readonly Node[] {
  const turn = (text: string, to: number) => {
    const button = element('button', { type: 'button', class: 'plain' }, text)
    button.addEventListener('click', () => go(to))
    return button
  }
  const all = start + rows.length + moreRows
  return [
    ...(all > rows.length ? [element('span', {}, `Rows ${start + 1} to ${start + rows.length} of ${all.toLocaleString('en')}. `)] : []),
    ...(start > 0 ? [turn('Previous', start - MOST_ROWS)] : []),
    ...(moreRows > 0 ? [turn('Next', start + MOST_ROWS)] : []),
    ...(moreColumns > 0 ? [element('span', {}, ` ${counted(moreColumns, 'column')} more: search narrows.`)] : []),
  ]
}
