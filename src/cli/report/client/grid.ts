/** cli/report/client/grid.ts — PURE: which rows and columns of the matrix are on the page, and where the arrow keys lead. */

import type { Report } from '../model.ts'

/** More cells than this make a browser slow, and nobody reads them. */
export const MOST_ROWS = 40
export const MOST_COLUMNS = 40

export type Grid = {
  /** Indexes of groups. */
  readonly rows: readonly number[]
  readonly columns: readonly number[]
  /** Index of the flow from a row to a column. */
  readonly flowAt: (row: number, column: number) => number | undefined
  readonly moreRows: number
  readonly moreColumns: number
  /** Rows before those that are shown. */
  readonly start: number
}

/** The matrix of these flows, from row `start` on. Groups that fit the search have a row and a column even if nothing is open. */
export function gridOf({ groups, flows }: Report, shown: readonly number[], fitting: readonly number[], start = 0): Grid {
  const [sources, destinations] = [new Set<number>(), new Set<number>()]
  const places = new Map<string, number>()
  for (const at of shown) {
    const flow = flows[at]
    if (!flow) continue
    sources.add(flow.from)
    destinations.add(flow.to)
    places.set(`${flow.from} ${flow.to}`, at)
  }
  for (const at of fitting) {
    if (groups[at]?.kind !== 'tenant') continue
    sources.add(at)
    destinations.add(at)
  }
  const rising = (set: ReadonlySet<number>) => [...set].sort((a, b) => a - b)
  const all = rising(sources)
  const first = Math.max(0, Math.min(start, Math.floor((all.length - 1) / MOST_ROWS) * MOST_ROWS))
  const rows = all.slice(first, first + MOST_ROWS)
  // Where there are too many columns, those in which nothing is open for these rows are left out first.
  const columns = rising(destinations)
  const used = columns.length <= MOST_COLUMNS ? columns : columns.filter((column) => rows.some((row) => places.has(`${row} ${column}`)))
  return {
    rows,
    columns: used.slice(0, MOST_COLUMNS),
    flowAt: (row, column) => places.get(`${row} ${column}`),
    moreRows: all.length - first - rows.length,
    moreColumns: Math.max(0, used.length - MOST_COLUMNS),
    start: first,
  }
}

export type Place = { readonly row: number; readonly column: number }

/** The nearest open cell in the direction of the key; undefined when there is none, or the key leads nowhere. */
export function nextPlace(places: readonly Place[], { row, column }: Place, key: string): Place | undefined {
  const ahead = places.filter((place) => {
    switch (key) {
      case 'ArrowRight':
        return place.row === row && place.column > column
      case 'ArrowLeft':
        return place.row === row && place.column < column
      case 'ArrowDown':
        return place.row > row
      case 'ArrowUp':
        return place.row < row
      case 'Home':
      case 'End':
        return place.row === row
      default:
        return false
    }
  })
  const distance = (place: Place) => {
    if (key === 'Home') return place.column
    if (key === 'End') return -place.column
    // Up and down first to the next row that has an open cell, there to the nearest column.
    return Math.abs(place.row - row) * 10_000 + Math.abs(place.column - column)
  }
  return ahead.toSorted((a, b) => distance(a) - distance(b))[0]
}
