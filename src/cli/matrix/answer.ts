/** cli/matrix/answer.ts — PURE: a matrix for people, for pull requests and for programs: as a grid where it fits, else line by line. */

import { formatCidr } from '../../api/cidr.ts'
import { type AddressSet, cidrsOf, type Matrix, type MatrixCell, portRanges } from '../../reachability/reachability.ts'
import { tenantsFirst } from '../network/groups.ts'
import type { Answer } from '../output/answer.ts'
import { markdownTable, textTable, wrappedTable } from '../output/table.ts'
import { type Cells, cellsOf, type Entry, entryText, keyOf, MARKS, type Mark } from './cells.ts'

export type Shown = {
  readonly matrix: Matrix
  readonly by: string
  /** Groups of one pod only, which has nobody in its group to reach. */
  readonly alone: ReadonlySet<string>
  /** How wide a grid may be. */
  readonly columns: number
  /** What is outside, with all its addresses. */
  readonly outside: ReadonlyMap<string, AddressSet>
  /** What was left out, each a sentence. */
  readonly omitted: readonly string[]
}

export function matrixAnswer(shown: Shown): Answer {
  const { matrix, by, outside, omitted } = shown
  const cells = cellsOf(matrix, outside)
  const names = namesIn(matrix, cells)
  const ending = [...legend(cells), ...omitted]
  const written = (asTable: typeof textTable, asList: typeof listTable, fits: (table: string) => boolean): string => {
    const grid = gridOf(names, cells, shown.alone)
    const table = asTable(grid.heads, grid.rows, 2)
    if (fits(table)) return joined([[table, ...grid.notes], ending])
    const lines = linesIn(names, cells)
    return joined([[asList(LINE_HEADS, lines)], [...ending, ...unnamed(lines)]])
  }
  return {
    text: () => written(textTable, listTable, (table) => table.split('\n').every((line) => line.length <= shown.columns)),
    markdown: () => written(markdownTable, markdownTable, () => names.to.length <= MOST_COLUMNS),
    value: () => ({ by, groups: matrix.groups, outside: matrix.outside, cells: matrix.cells.map(cellValue), omitted }),
  }
}

function listTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return wrappedTable(heads, rows, LINE_WIDTHS)
}

/** Paragraphs, those that are empty left out. */
function joined(paragraphs: readonly (readonly string[])[]): string {
  return paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

/** In Markdown, where lines may be long. */
const MOST_COLUMNS = 12

type Names = { readonly from: readonly string[]; readonly to: readonly string[] }

/** What is outside is left out where nothing comes from it, or nothing leads there. */
function namesIn({ groups, outside }: Matrix, cells: Cells): Names {
  const known = [...new Set(outside)]
  const has = (name: string, direction: 'from' | 'to') =>
    groups.some((group) => cells.has(direction === 'from' ? keyOf(name, group) : keyOf(group, name)))
  const inside = tenantsFirst(groups)
  return {
    from: [...inside, ...known.filter((name) => has(name, 'from'))],
    to: [...inside, ...known.filter((name) => has(name, 'to'))],
  }
}

/** A longer cell is a note below the grid. */
const CELL_WIDTH = 22

type Grid = { readonly heads: readonly string[]; readonly rows: readonly (readonly string[])[]; readonly notes: readonly string[] }

function gridOf({ from, to }: Names, cells: Cells, alone: ReadonlySet<string>): Grid {
  const notes: string[] = []
  const numbers = new Map<string, number>()
  const noted = (text: string): string => {
    const number = numbers.get(text) ?? numbers.size + 1
    if (!numbers.has(text)) notes.push(`[${number}] ${text}`)
    numbers.set(text, number)
    return `[${number}]`
  }
  const rows = from.map((source) => [
    source,
    ...to.map((destination) => {
      const entries = cells.get(keyOf(source, destination)) ?? []
      const whole = entries.map(longText).join('; ')
      if (entries.length === 0) return source === destination && alone.has(source) ? '-' : '.'
      return whole.length <= CELL_WIDTH ? whole : noted(whole)
    }),
  ])
  return { heads: ['FROM', ...to], rows, notes }
}

/** "all* for 192.168.1.0/24" */
function longText(entry: Entry): string {
  return entry.addresses === undefined ? entryText(entry) : `${entryText(entry)} ${entry.addresses}`
}

const LISTED = 6

/** Destinations to which the same is open stand together, and so do sources that reach the same. */
function linesIn({ from, to }: Names, cells: Cells): readonly (readonly string[])[] {
  const lines = from.flatMap((source) => {
    const open = to.flatMap((destination) =>
      (cells.get(keyOf(source, destination)) ?? []).map((entry) => ({ destination, text: longText(entry) })),
    )
    return [...Map.groupBy(open, ({ text }) => text)].map(([text, some]) => ({
      source,
      text,
      to: some.map(({ destination }) => destination),
    }))
  })
  return [...Map.groupBy(lines, (line) => JSON.stringify([line.text, line.to])).values()].map((some) => {
    const [{ text, to: destinations }] = some as [(typeof some)[number]]
    return [listed(some.map(({ source }) => source)), text, listed(destinations)]
  })
}

function listed(names: readonly string[]): string {
  const more = names.length - LISTED
  return `${names.slice(0, LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** A list that names only some of the names says where the others are. */
function unnamed(lines: readonly (readonly string[])[]): readonly string[] {
  const some = lines.some(([from = '', , to = '']) => / and \d+ more$/.test(from) || / and \d+ more$/.test(to))
  return some ? ['left out: the names behind "and ... more"; -o json has them all'] : []
}

const LINE_HEADS = ['FROM', 'PORTS', 'TO']
/** 100 columns in all. */
const LINE_WIDTHS = [36, 22, 36]

function legend(cells: Cells): readonly string[] {
  const used = new Set([...cells.values()].flatMap((entries) => entries.flatMap(({ marks }) => marks)))
  return (Object.keys(MARKS) as Mark[]).filter((mark) => used.has(mark)).map((mark) => `${MARKS[mark][0]} ${MARKS[mark][1]}`)
}

function cellValue({ from, to, addresses, ports, depends, reasons, foreign, pairs, allPairs }: MatrixCell): unknown {
  return {
    from,
    to,
    ...(addresses && { addresses: cidrsOf(addresses).map(formatCidr) }),
    ports: portRanges(ports),
    depends: portRanges(depends),
    reasons,
    foreign: portRanges(foreign),
    pairs,
    allPairs,
  }
}
