/** reachability/addresses.ts — exact sets of addresses, IPv4 and IPv6 together. No sampling: a range is cut where a policy cuts it. */

import { type Cidr, type Family, formatCidr, hostCidr, parseCidr } from '../api/cidr.ts'
import { difference, equal, type Flips, holds, intersection, stretches, union } from './intervals.ts'

/** Places on one line: the IPv4 addresses as integers, behind them the IPv6 addresses. Use the functions here to look into it. */
export type AddressSet = Flips<bigint>

/** The place of one address on that line. */
export type AddressPlace = bigint

const WIDTH = { 4: 32, 6: 128 } as const
/** Where the addresses of a family begin on the line, and where they have ended. */
const START = { 4: 0n, 6: 1n << 32n } as const
const END = { 4: START[6], 6: START[6] + (1n << 128n) } as const

export const NO_ADDRESSES: AddressSet = []
export const ALL_ADDRESSES: AddressSet = [START[4], END[6]]

/** The addresses of a family. */
export function familyAddresses(family: Family): AddressSet {
  return [START[family], END[family]]
}

export function familyOf(place: AddressPlace): Family {
  return place < START[6] ? 4 : 6
}

export function cidrAddresses({ family, bits, prefix }: Cidr): AddressSet {
  const start = START[family] + bits
  return [start, start + (1n << BigInt(WIDTH[family] - prefix))]
}

/** The addresses that `text` names, an address or a range; undefined when it is neither. */
export function parseAddresses(text: string): AddressSet | undefined {
  const cidr = text.includes('/') ? parseCidr(text) : hostCidr(text)
  return cidr && cidrAddresses(cidr)
}

/** The place of an address; undefined when `text` is none. */
export function parseAddress(text: string): AddressPlace | undefined {
  const cidr = hostCidr(text)
  return cidr && START[cidr.family] + cidr.bits
}

export function unionAddresses(...sets: readonly AddressSet[]): AddressSet {
  return sets.reduce(union, NO_ADDRESSES)
}

export function intersectAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return intersection(a, b)
}

export function subtractAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return difference(a, b)
}

export function equalAddresses(a: AddressSet, b: AddressSet): boolean {
  return equal(a, b)
}

export function hasAddress(set: AddressSet, place: AddressPlace): boolean {
  return holds(set, place)
}

/** The only address of the set; undefined when it holds none or several. */
export function onlyAddress(set: AddressSet): AddressPlace | undefined {
  const [start, end] = set
  return set.length === 2 && start !== undefined && end === start + 1n ? start : undefined
}

/** Addresses in a row, from the first to the one behind the last. */
export type AddressPart = readonly [AddressPlace, AddressPlace]

/** The stretches of the set, cut at each of these rising places that lies inside of one. */
export function cutAddresses(set: AddressSet, rising: readonly AddressPlace[]): readonly AddressPart[] {
  return stretches(set).flatMap(([start, end]) => {
    const edges = [start, ...rising.filter((cut) => cut > start && cut < end), end]
    return edges.slice(1).map((edge, index): AddressPart => [edges[index] ?? start, edge])
  })
}

/** The set of these parts, which rise and do not overlap. */
export function joinParts(parts: readonly AddressPart[]): AddressSet {
  const flips: AddressPlace[] = []
  for (const [start, end] of parts) {
    if (flips.at(-1) === start) flips.pop()
    else flips.push(start)
    flips.push(end)
  }
  return flips
}

/** The fewest ranges that make up the set, IPv4 first, rising. */
export function cidrsOf(set: AddressSet): Cidr[] {
  return ([4, 6] as const).flatMap((family) =>
    stretches(intersection(set, familyAddresses(family))).flatMap(([start, end]) =>
      cidrsBetween(family, start - START[family], end - START[family]),
    ),
  )
}

function cidrsBetween(family: Family, start: bigint, end: bigint): Cidr[] {
  const cidrs: Cidr[] = []
  for (let bits = start; bits < end; ) {
    let host = 0n
    // As wide as the place where it begins and what is left to cover allow.
    while (host < WIDTH[family] && bits % (2n << host) === 0n && bits + (2n << host) <= end) host++
    cidrs.push({ family, bits, prefix: WIDTH[family] - Number(host) })
    bits += 1n << host
  }
  return cidrs
}

/** For people: "10.0.0.0/8, 2001:db8::1", "0.0.0.0/0 except 10.0.0.0/8", "all addresses", "no address". */
export function addressesText(set: AddressSet): string {
  if (set.length === 0) return 'no address'
  if (equal(set, ALL_ADDRESSES)) return 'all addresses'
  return ([4, 6] as const)
    .map((family) => intersection(set, familyAddresses(family)))
    .flatMap((part) => (part.length > 0 ? [familyText(part)] : []))
    .join('; ')
}

/** Ranges, some of them with exceptions. `size` is how many ranges that are to be read. */
type Wording = { readonly size: number; readonly texts: readonly string[] }

/** More stretches than this are listed one by one: the search for a shorter text takes the square of their number. */
const MOST_STRETCHES = 64

/** The shortest way to say it: stretches one by one, or several of them as one range with exceptions. */
function familyText(part: AddressSet): string {
  const parts = stretches(part)
  if (parts.length > MOST_STRETCHES) return cidrsOf(part).map(cidrText).join(', ')
  // The best wording for the first n stretches, for n from 0 on.
  const best: Wording[] = [{ size: 0, texts: [] }]
  for (let end = 1; end <= parts.length; end++) {
    const wordings = Array.from({ length: end }, (_, begin) => {
      const before = best[begin] ?? { size: 0, texts: [] }
      const own = together(parts.slice(begin, end).flat())
      return { size: before.size + own.size, texts: [...before.texts, ...own.texts] }
    })
    best.push(wordings.reduce((shortest, wording) => (wording.size < shortest.size ? wording : shortest)))
  }
  const [only, ...more] = best.at(-1)?.texts ?? []
  return more.length === 0 && only?.endsWith(')') ? only.replace(/ \((.*)\)$/, ' $1') : [only, ...more].join(', ')
}

function together(part: AddressSet): Wording {
  const cidrs = cidrsOf(part)
  const whole = coverOf(part)
  const except = cidrsOf(difference(cidrAddresses(whole), part))
  if (except.length + 1 >= cidrs.length) return { size: cidrs.length, texts: cidrs.map(cidrText) }
  return { size: except.length + 1, texts: [`${cidrText(whole)} (except ${except.map(cidrText).join(', ')})`] }
}

/** The narrowest range around all of it. */
function coverOf(part: AddressSet): Cidr {
  const family = familyOf(part[0] ?? 0n)
  const first = (part[0] ?? 0n) - START[family]
  const last = (part.at(-1) ?? 1n) - START[family] - 1n
  let host = 0n
  while (first >> host !== last >> host) host++
  return { family, bits: (first >> host) << host, prefix: WIDTH[family] - Number(host) }
}

function cidrText(cidr: Cidr): string {
  const text = formatCidr(cidr)
  return cidr.prefix === WIDTH[cidr.family] ? text.slice(0, text.indexOf('/')) : text
}
