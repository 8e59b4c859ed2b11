/** lint/rules/wide-range.ts — TI001: a rule that names far more addresses than anybody means. */

import type { Cidr } from '../../api/cidr.ts'
import { addressesText, cidrsOf, type Peer } from '../../reachability/reachability.ts'
import type { Found } from '../finding.ts'
import type { Grant, GrantPart } from '../grants.ts'
import type { LintInput, LintRule } from '../input.ts'

/** A /16 is as much as most companies or clouds give to one network; a /48 is what one site gets (RFC 6177). */
const WIDEST = { 4: 16, 6: 48 } as const
const WIDTH = { 4: 32, 6: 128 } as const

export const wideRange: LintRule = {
  code: 'TI001',
  name: 'WideRange',
  severity: 'warning',
  summary: 'a rule names more addresses than a /16 (IPv6: a /48) holds, or nobody, which means everybody',
  check: ({ grants }: LintInput) => grants.flatMap((grant) => grant.parts.flatMap((part) => inPart(grant, part))),
}

function inPart(grant: Grant, part: GrantPart): readonly Found[] {
  const { object } = grant
  // What a preset or the platform team means is not this rule's to say.
  if (part.written && part.written.cidr === undefined) return []
  const peers = part.rules.flatMap((rule) => rule.peers)
  if (part.rules.length > 0 && peers.length === 0) {
    const verb = grant.direction === 'Ingress' ? 'may connect' : 'may be connected to'
    return [{ object, field: part.field, message: `the rule names nobody, which means everybody ${verb}; name the peers that are meant` }]
  }
  return peers.flatMap((peer) => (peer.form === 'Addresses' ? inPeer(grant, part, peer) : []))
}

function inPeer(
  { object }: Grant,
  { field, written }: GrantPart,
  { addresses, text }: Extract<Peer, { form: 'Addresses' }>,
): readonly Found[] {
  const ranges = cidrsOf(addresses)
  const counts = ([4, 6] as const).map((family) => ({ family, count: sizeOf(ranges, family) }))
  const wide = counts.filter(({ family, count }) => count > 1n << BigInt(WIDTH[family] - WIDEST[family]))
  if (wide.length === 0) return []
  const instead =
    written && ranges.some(({ prefix }) => prefix <= 3)
      ? 'write preset: Internet where public addresses are meant, which leaves out private ranges and cloud metadata, or name the ranges'
      : 'name the ranges that are meant, or take out by except what is not'
  const many = wide.map(({ family, count }) => (family === 4 ? `${count.toLocaleString('en')} addresses` : `2^${bits(count)} addresses`))
  return [
    {
      object,
      field: written ? `${field}.cidr` : `${field}.ipBlock`,
      message: `${text === '' ? addressesText(addresses) : text} holds ${many.join(' and ')}; ${instead}`,
    },
  ]
}

function sizeOf(ranges: readonly Cidr[], family: 4 | 6): bigint {
  return ranges.filter((range) => range.family === family).reduce((sum, { prefix }) => sum + (1n << BigInt(WIDTH[family] - prefix)), 0n)
}

/** The power of two nearest below. */
function bits(count: bigint): number {
  return count.toString(2).length - 1
}
