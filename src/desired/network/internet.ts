/** desired/network/internet.ts — public addresses, and nothing else. */

import { type Cidr, containsCidr, formatCidr, minimalCidrs, parseCidr } from '../../api/cidr.ts'
import type { Configuration } from '../../api/configuration.ts'
import type { PolicyPeer } from './policy.ts'

/**
 * Public unicast addresses. IPv6 is 2000::/3, the only global unicast that was ever handed out (RFC 4291, IANA registry): cleaner
 * than ::/0 with exceptions.
 */
const PUBLIC = ['0.0.0.0/0', '2000::/3']

/** IANA special-purpose registries, and forms of IPv6 that carry an IPv4 address inside: 6to4 and Teredo would reach private IPv4. */
const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '2001::/32',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]

/**
 * Where clouds serve instance metadata and credentials, outside of the ranges above: Alibaba's lies in 100.64.0.0/10 and the IPv4 ones of the
 * others in 169.254.0.0/16, but Azure's WireServer is a public address.
 */
const METADATA = ['168.63.129.16/32']

/** One peer per address family that has public addresses left; none when the configuration takes everything away. */
export function internetPeers({ cluster, privateRanges, metadataAddresses }: Configuration): PolicyPeer[] {
  const excluded = minimalCidrs(
    [...NOT_PUBLIC, ...METADATA, ...metadataAddresses, ...cluster.ranges, ...privateRanges]
      .map(parseCidr)
      .filter((range) => range !== undefined),
  )
  return PUBLIC.map(parseCidr)
    .filter((range) => range !== undefined)
    .flatMap((range) => outside(range, excluded))
}

function outside(range: Cidr, excluded: readonly Cidr[]): PolicyPeer[] {
  if (excluded.some((wider) => containsCidr(wider, range))) return []
  const except = excluded.filter((inner) => containsCidr(range, inner)).map(formatCidr)
  return [{ ipBlock: { cidr: formatCidr(range), ...(except.length > 0 && { except }) } }]
}
