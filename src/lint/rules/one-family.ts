/** lint/rules/one-family.ts — TI004: a rule by addresses of one family, in a cluster that has both. */

import { canonicalJson } from '../../api/canonical.ts'
import type { Family } from '../../api/cidr.ts'
import { type AddressSet, familyAddresses, intersectAddresses, parseAddresses, unionAddresses } from '../../reachability/reachability.ts'
import type { Found } from '../finding.ts'
import type { Grant } from '../grants.ts'
import type { LintInput, LintRule } from '../input.ts'

export const oneFamily: LintRule = {
  code: 'TI004',
  name: 'OneAddressFamily',
  severity: 'info',
  summary: 'a rule names addresses of one family only, and the cluster has IPv4 and IPv6',
  check: (input) => (isDualStack(input) ? input.grants.flatMap((grant) => inGrant(grant, input.grants)) : []),
}

/** By the configured ranges, a pod, or a Service that has addresses of both families. */
function isDualStack({ facts, network, services }: LintInput): boolean {
  const own = [
    facts.configuration.cluster.ranges,
    ...network.cluster.pods.map(({ addresses }) => addresses),
    ...services.map(({ clusterIPs }) => clusterIPs),
  ]
  return own.some((texts) => familiesOf(unionAddresses(...texts.map((text) => parseAddresses(text) ?? []))).length === 2)
}

function familiesOf(addresses: AddressSet): readonly Family[] {
  return ([4, 6] as const).filter((family) => intersectAddresses(addresses, familyAddresses(family)).length > 0)
}

function inGrant(grant: Grant, all: readonly Grant[]): readonly Found[] {
  const [family, ...more] = familiesOf(rangesIn(grant))
  if (family === undefined || more.length > 0) return []
  // A rule of its own for the other family serves as well.
  const others = all.filter((other) => other !== grant && forTheSame(other, grant)).map(rangesIn)
  if (familiesOf(unionAddresses(...others)).some((other) => other !== family)) return []
  const [has, lacks] = family === 4 ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4']
  const message = `the rule names ${has} ranges only, and the cluster has both: who connects by ${lacks} stays out; add the ${lacks} ranges`
  return [{ object: grant.object, field: grant.field, message }]
}

/** Only what is written as a range: presets and platform peers are looked up in both families. */
function rangesIn({ parts }: Grant): AddressSet {
  const peers = parts
    .filter(({ written }) => written === undefined || written.cidr !== undefined)
    .flatMap(({ rules }) => rules.flatMap((rule) => rule.peers))
  return unionAddresses(...peers.flatMap((peer) => (peer.form === 'Addresses' ? [peer.addresses] : [])))
}

function forTheSame(a: Grant, b: Grant): boolean {
  return subjectText(a) === subjectText(b)
}

function subjectText({ tenant, namespaces, direction, podSelector, namespaceSelector, parts }: Grant): string {
  const ports = parts.flatMap(({ rules }) => rules.map(({ numbered, named }) => ({ numbered, named })))
  return canonicalJson([tenant ?? namespaces, direction, podSelector, namespaceSelector ?? null, ports[0] ?? null])
}
