/** cli/impact/lines.ts — PURE: parts that say the same of several groups, as one line. */

import { compareText } from '../../api/canonical.ts'
import { type AddressSet, type PortSet, unionPorts } from '../../reachability/reachability.ts'
import { tenantsFirst } from '../network/groups.ts'
import { partText } from '../network/outside.ts'
import { type Part, PURPOSES, type Purpose } from './parts.ts'

export type Line = {
  readonly purpose: Purpose
  readonly through: string | undefined
  readonly from: readonly string[]
  readonly to: readonly string[]
  /** Where not all addresses of an end outside are meant, which: "for 192.168.1.0/24". */
  readonly addresses: string | undefined
  readonly ports: PortSet
  readonly text: string
  readonly certain: boolean
  /** Between how many pairs of pods some flow of these groups changes; addresses outside count as one. */
  readonly pairs: number
  readonly example: Part['example']
}

/** `whole`: all addresses of what is outside, by its name. The riskiest first, then what is about the most pods. */
export function linesOf(parts: readonly Part[], whole: ReadonlyMap<string, AddressSet>): readonly Line[] {
  const single = parts.map((part): Line => {
    const { from, to, addresses, ...rest } = part
    return { ...rest, from: [from], to: [to], addresses: addresses && partText(addresses, whole.get(from) ?? whole.get(to) ?? []) }
  })
  const bySource = joined(single, ({ from }) => from)
  const byBoth = joined(bySource, ({ to }) => to)
  return byBoth.sort(
    (a, b) => PURPOSES.indexOf(a.purpose) - PURPOSES.indexOf(b.purpose) || Number(b.certain) - Number(a.certain) || b.pairs - a.pairs,
  )
}

/** Lines that differ in nothing but one end stand together; `same` is the end in which they agree. */
function joined(lines: readonly Line[], same: (line: Line) => readonly string[]): Line[] {
  const alike = Map.groupBy(lines, (line) =>
    JSON.stringify([line.purpose, line.through, line.text, line.certain, line.addresses, same(line)]),
  )
  return [...alike.values()].map((some) => {
    const [first] = some as [Line]
    const names = (end: (line: Line) => readonly string[]) => tenantsFirst([...new Set(some.flatMap(end))].sort(compareText))
    return {
      ...first,
      from: names(({ from }) => from),
      to: names(({ to }) => to),
      ports: unionPorts(...some.map(({ ports }) => ports)),
      pairs: some.reduce((sum, { pairs }) => sum + pairs, 0),
    }
  })
}
