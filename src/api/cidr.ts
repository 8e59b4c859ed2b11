/** api/cidr.ts — IP ranges in CIDR notation: parsing, canonical text, containment. No range is ever widened on the way. */

export type Family = 4 | 6

/** A range of addresses; `bits` is the network address as an integer, with every host bit zero. */
export type Cidr = { readonly family: Family; readonly bits: bigint; readonly prefix: number }

const WIDTH = { 4: 32, 6: 128 } as const

/**
 * The range that `text` names, or undefined when it is not a CIDR at all. Host bits are cut off: compare
 * `formatCidr(parseCidr(text))` with `text` to know whether it was canonical. Leading zeros in IPv4 and IPv4 mapped into
 * IPv6 are refused, as in Kubernetes' StrictIPCIDRValidation (KEP 4858): programs disagree about what they mean.
 */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const address = parseAddress(text.slice(0, slash))
  const length = text.slice(slash + 1)
  if (!address || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined
  const prefix = Number(length)
  if (prefix > WIDTH[address.family]) return undefined
  return masked(address.family, address.bits, prefix)
}

/** An address as the range that holds nothing else: /32 for IPv4, /128 for IPv6. */
export function hostCidr(address: string): Cidr | undefined {
  const parsed = parseAddress(address)
  return parsed && { ...parsed, prefix: WIDTH[parsed.family] }
}

/** The one spelling of a range (RFC 5952 for IPv6). */
export function formatCidr({ family, bits, prefix }: Cidr): string {
  return `${family === 4 ? formatV4(bits) : formatV6(bits)}/${prefix}`
}

/** Whether every address of `inner` is in `outer`. */
export function containsCidr(outer: Cidr, inner: Cidr): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false
  return masked(inner.family, inner.bits, outer.prefix).bits === outer.bits
}

/** Sorted, without duplicates and without ranges that lie inside another one. */
export function minimalCidrs(ranges: readonly Cidr[]): Cidr[] {
  const kept: Cidr[] = []
  for (const range of [...ranges].sort(compareCidrs)) {
    if (!kept.some((wider) => containsCidr(wider, range))) kept.push(range)
  }
  return kept
}

/** IPv4 first, then by address, wider ranges first. */
export function compareCidrs(a: Cidr, b: Cidr): number {
  if (a.family !== b.family) return a.family - b.family
  if (a.bits !== b.bits) return a.bits < b.bits ? -1 : 1
  return a.prefix - b.prefix
}

function masked(family: Family, bits: bigint, prefix: number): Cidr {
  const host = BigInt(WIDTH[family] - prefix)
  return { family, bits: (bits >> host) << host, prefix }
}

function parseAddress(text: string): { family: Family; bits: bigint } | undefined {
  if (text.includes(':')) {
    const bits = parseV6(text)
    return bits === undefined ? undefined : { family: 6, bits }
  }
  const bits = parseV4(text)
  return bits === undefined ? undefined : { family: 4, bits }
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0] ?? '')
  const tail = groupsOf(halves[1] ?? '')
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail]
  const bits = groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n)
  // ::ffff:0:0/96 is IPv4 in disguise: it would escape every rule that is written for IPv4.
  return bits >> 32n === 0xffffn ? undefined : bits
}

function groupsOf(half: string): number[] | undefined {
  if (half === '') return []
  const parts = half.split(':')
  return parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part)) ? parts.map((part) => Number.parseInt(part, 16)) : undefined
}

function formatV4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.')
}

function formatV6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(112 - 16 * i)) & 0xffffn))
  const gap = longestZeroRun(groups)
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return gap ? `${text(0, gap.start)}::${text(gap.start + gap.length, 8)}` : text(0, 8)
}

/** The first longest run of at least two zero groups (RFC 5952, section 4.2). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } | undefined {
  let best: { start: number; length: number } | undefined
  let start = 0
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue
    if (i - start > Math.max(1, best?.length ?? 0)) best = { start, length: i - start }
    start = i + 1
  }
  return best
}
