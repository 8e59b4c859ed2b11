/** reachability/changes.ts — flows that are there in one network and not in another, told so that a person can read it. */

import { compareText } from '../api/canonical.ts'
import { type AddressSet, unionAddresses } from './addresses.ts'
import type { Member } from './classes.ts'
import type { Sum } from './engine/sums.ts'
import type { Groups } from './groups.ts'
import { NO_PORTS, type PortSet, subtractPorts } from './ports.ts'

/** Flows from pods of one group to pods of another that came, or went. */
export type Change = {
  readonly from: string
  readonly to: string
  /** Where one end is outside: the addresses that this is about. */
  readonly addresses: AddressSet | undefined
  /** Ports that were closed for some pods, and are open; or the other way round. */
  readonly ports: PortSet
  /** Further ports that are open in more readings of the text than before; or in fewer. */
  readonly depends: PortSet
  /** How many pairs of pods this is about. */
  readonly pairs: number
  /** One of them, by name. */
  readonly example: { readonly from: string; readonly to: string }
}

/** `surely` and `any` are sums over the same pairs: what changed for certain, and what changed at all. */
export function changeOf(
  groups: Groups,
  from: number,
  to: number,
  { surely, any }: { readonly surely: Sum | undefined; readonly any: Sum },
  portsOf: (id: number) => PortSet,
): Change {
  const [source, destination] = [groups.all[from], groups.all[to]]
  const ports = surely ? portsOf(surely.ports) : NO_PORTS
  const [fromMember, toMember] = (surely ?? any).example
  return {
    from: source?.name ?? '',
    to: destination?.name ?? '',
    addresses: source?.addresses ?? destination?.addresses,
    ports,
    depends: subtractPorts(portsOf(any.ports), ports),
    pairs: any.pairs,
    example: { from: nameOf(fromMember), to: nameOf(toMember) },
  }
}

function nameOf({ name }: Member): string {
  return name
}

/** Parts of what is outside that changed alike stand together. */
export function joinOutside<T extends Change>(changes: readonly T[]): readonly T[] {
  return joinAlike(changes, ({ addresses: _, example: __, ...rest }) => JSON.stringify(rest))
}

/** Joins what is about addresses outside and has one key; the others, of which there may be millions, are not looked at. */
export function joinAlike<T extends { readonly addresses: AddressSet | undefined }>(
  items: readonly T[],
  keyOf: (item: T) => string,
): readonly T[] {
  const places = new Map<string, number>()
  const joined: T[] = []
  for (const item of items) {
    const place = item.addresses && places.get(keyOf(item))
    const known = place === undefined ? undefined : joined[place]
    if (known?.addresses && item.addresses && place !== undefined) {
      joined[place] = { ...known, addresses: unionAddresses(known.addresses, item.addresses) }
      continue
    }
    if (item.addresses) places.set(keyOf(item), joined.length)
    joined.push(item)
  }
  return joined
}

/** The same change between several groups: from each of `from` to each of `to`. */
export type Summary = {
  readonly from: readonly string[]
  readonly to: readonly string[]
  /** But not within one group, where it stands on both sides. */
  readonly onlyOthers: boolean
  readonly addresses: AddressSet | undefined
  readonly ports: PortSet
  readonly depends: PortSet
  readonly pairs: number
}

/** Everything that one group loses or gains in the same way. */
type Line = { readonly from: string; readonly to: readonly string[]; readonly what: string; readonly changes: readonly Change[] }

/**
 * As few lines as say the same: changes with the same ports stand together, first by source, then those sources that have the same
 * destinations, or all but themselves. A hundred tenants that lose each other are one line, not ten thousand.
 */
export function summarize(changes: readonly Change[]): readonly Summary[] {
  const lines = [...Map.groupBy(changes, (change) => JSON.stringify([change.from, whatOf(change)])).values()].map((some): Line => {
    const [first] = some as [Change]
    return { from: first.from, to: namesOf(some.map(({ to }) => to)), what: whatOf(first), changes: some }
  })
  const withItself = ({ from, to }: Line) => namesOf([...to, from])
  const apart = Map.groupBy(
    lines.filter(({ from, to }) => !to.includes(from)),
    (line) => JSON.stringify([withItself(line), line.what]),
  )
  const others = [...apart.values()].filter((some) => some.length > 1)
  const inOthers = new Set(others.flat())
  const alike = Map.groupBy(
    lines.filter((line) => !inOthers.has(line)),
    ({ to, what }) => JSON.stringify([to, what]),
  )
  return [
    ...others.map((some) => summaryOf(some, withItself(some[0] as Line), true)),
    ...[...alike.values()].map((some) => summaryOf(some, (some[0] as Line).to, false)),
  ]
}

function whatOf({ ports, depends, addresses }: Change): string {
  return JSON.stringify([ports, depends, addresses?.map(String)])
}

function namesOf(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort(compareText)
}

function summaryOf(lines: readonly Line[], to: readonly string[], onlyOthers: boolean): Summary {
  const changes = lines.flatMap((line) => line.changes)
  const [{ ports, depends, addresses }] = changes as [Change]
  const pairs = changes.reduce((sum, change) => sum + change.pairs, 0)
  return { from: namesOf(lines.map(({ from }) => from)), to, onlyOthers, addresses, ports, depends, pairs }
}
