/** cli/report/collect/flows.ts — PURE: from the matrix of namespaces to the flows between the groups of a report. */

import {
  addressesText,
  type Matrix,
  type MatrixCell,
  NO_PORTS,
  type PortSet,
  portsText,
  subtractPorts,
  unionPorts,
} from '../../../reachability/reachability.ts'
import { ELSEWHERE } from '../../network/outside.ts'
import type { Open } from '../model.ts'

/** One end of a cell: a group, and within it a namespace, or nothing for what is outside. */
export type End = { readonly group: string; readonly namespace: string }

export type Cell = MatrixCell & { readonly source: End; readonly destination: End }

/** All cells between two groups, or a group and addresses outside. */
export type Crossing = { readonly from: string; readonly to: string; readonly cells: readonly Cell[] }

/** Neither a tenant nor a namespace has a slash in its name. */
export function endText({ group, namespace }: End): string {
  return `${group}/${namespace}`
}

function endOf(text: string): End {
  const slash = text.lastIndexOf('/')
  return slash < 0 ? { group: text, namespace: '' } : { group: text.slice(0, slash), namespace: text.slice(slash + 1) }
}

/** The cells of a matrix whose groups are `endText`s, by the groups at their ends. Of what is outside, short ranges stand for themselves. */
export function crossingsOf({ cells, outside }: Matrix): readonly Crossing[] {
  const names = new Set(outside)
  const short = new Set(cells.flatMap((cell) => rangeText(cell) ?? []))
  const endIn = (text: string, cell: MatrixCell): End => {
    if (!names.has(text)) return endOf(text)
    const range = short.size <= MOST_RANGES && text === ELSEWHERE ? rangeText(cell) : undefined
    return { group: range ?? text, namespace: '' }
  }
  const ends = cells.map((cell): Cell => ({ ...cell, source: endIn(cell.from, cell), destination: endIn(cell.to, cell) }))
  return [...Map.groupBy(ends, ({ source, destination }) => JSON.stringify([source.group, destination.group]))].map(([key, some]) => {
    const [from, to] = JSON.parse(key) as [string, string]
    return { from, to, cells: some }
  })
}

type OpenPorts = { readonly sure: PortSet; readonly depends: PortSet; readonly foreign: PortSet }

/**
 * Ports that are open between the ends of any of these cells, each in one place: what is open somewhere only because of others counts as
 * that, even if ours open it elsewhere; and what is certain somewhere counts as certain.
 */
export function openPorts(cells: readonly MatrixCell[]): OpenPorts {
  const all = (of: (cell: MatrixCell) => PortSet) => unionPorts(NO_PORTS, ...cells.map(of))
  const foreign = all((cell) => cell.foreign)
  const surely = all((cell) => cell.ports)
  return {
    foreign,
    sure: subtractPorts(surely, foreign),
    depends: subtractPorts(
      subtractPorts(
        all((cell) => cell.depends),
        surely,
      ),
      foreign,
    ),
  }
}

export function openOf(cells: readonly MatrixCell[]): Open {
  const { sure, depends, foreign } = openPorts(cells)
  const text = (ports: PortSet) => (ports.length === 0 ? '' : portsText(ports))
  return { sure: text(sure), depends: text(depends), foreign: text(foreign) }
}

/** More beginnings and ends of ranges than this make no short text, and the search for one takes long. */
const MOST_EDGES = 16

/** Addresses are shown where they can be said in so many characters. */
export function addressesOf({ addresses = [] }: Pick<MatrixCell, 'addresses'>, most: number): string | undefined {
  const text = addresses.length === 0 || addresses.length > MOST_EDGES ? '' : addressesText(addresses)
  return text === '' || text.length > most ? undefined : text
}

/** So many ranges of nobody in particular have a box of their own, if they can be said in so many characters. */
const MOST_RANGES = 6
const LONGEST_RANGE = 24

/** A single address is written as a range: a tenant may be called like an address, but not like a range. */
function rangeText(cell: MatrixCell): string | undefined {
  const text = [cell.from, cell.to].includes(ELSEWHERE) ? addressesOf(cell, LONGEST_RANGE) : undefined
  if (text === undefined || /[/ ]/.test(text)) return text
  return `${text}/${text.includes(':') ? 128 : 32}`
}
