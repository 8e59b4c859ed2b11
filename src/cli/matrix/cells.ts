/** cli/matrix/cells.ts — PURE: what stands in a cell of a matrix: ports, and marks for what is not simply so. */

import {
  type AddressSet,
  type Matrix,
  type MatrixCell,
  type PortRange,
  type PortSet,
  portRanges,
  portsText,
} from '../../reachability/reachability.ts'
import { partText } from '../network/outside.ts'

/** Marks, and what they mean. */
export const MARKS = {
  depends: ['?', 'depends on the network plugin'],
  foreign: ['!', 'only because of a policy that is not from a TenantIsolation'],
  some: ['*', 'only between some of the pods'],
} as const
export type Mark = keyof typeof MARKS

/** One line of a cell: ports, and where not all addresses of an end are meant, which: "for 192.168.1.0/24". */
export type Entry = { readonly text: string; readonly marks: readonly Mark[]; readonly addresses: string | undefined }

/** By source and destination: what is open between them; nothing where nothing is. */
export type Cells = ReadonlyMap<string, readonly Entry[]>

export function keyOf(from: string, to: string): string {
  return JSON.stringify([from, to])
}

/** Between the same two names there are several entries where one end is outside, and its addresses are not treated alike. */
export function cellsOf({ cells }: Matrix, whole: ReadonlyMap<string, AddressSet>): Cells {
  const byPlace = Map.groupBy(cells, ({ from, to }) => keyOf(from, to))
  return new Map(
    [...byPlace].map(([key, some]) => [
      key,
      some.flatMap((cell): readonly Entry[] => {
        const addresses = cell.addresses && partText(cell.addresses, whole.get(cell.from) ?? whole.get(cell.to) ?? [])
        return entriesOf(cell).map((entry) => ({ ...entry, addresses }))
      }),
    ]),
  )
}

function entriesOf(cell: MatrixCell): readonly Omit<Entry, 'addresses'>[] {
  const { ports, depends, foreign, pairs, allPairs } = cell
  const shared: readonly Mark[] = foreign.length > 0 ? ['foreign'] : []
  return [
    ...(ports.length > 0 ? [{ text: shortPorts(ports), marks: [...shared, ...(pairs < allPairs ? (['some'] as const) : [])] }] : []),
    ...(depends.length > 0 ? [{ text: shortPorts(depends), marks: ['depends' as const, ...shared] }] : []),
  ]
}

/** "all", "TCP 80, 443", "TCP+UDP 53". */
function shortPorts(ports: PortSet): string {
  const ranges = portRanges(ports)
  const [tcp, udp] = (['TCP', 'UDP'] as const).map((protocol) => ranges.filter((range) => range.protocol === protocol))
  const text = portsText(ports).replace(/^all ports/, 'all')
  const twice = tcp && udp && tcp.length + udp.length === ranges.length && JSON.stringify(tcp.map(span)) === JSON.stringify(udp.map(span))
  return twice ? text.slice(0, text.indexOf(';')).replace('TCP', 'TCP+UDP') : text
}

function span({ port, endPort }: PortRange): readonly number[] {
  return [port, endPort]
}

/** "TCP 80*", "all?!". */
export function entryText({ text, marks }: Entry): string {
  return `${text}${marks.map((mark) => MARKS[mark][0]).join('')}`
}
