/**
 * support/arbitrary.ts — random resources that the schema takes, and random facts, for fast-check. Small alphabets, so that things
 * meet; hostile values among them: labels called like members of every object, selectors that are empty, ranges that overlap,
 * platform peers that take everything, Services that lie, facts that are missing.
 */

import fc from 'fast-check'
import { type Cidr, formatCidr, parseCidr } from '../../src/api/cidr.ts'
import type { Configuration } from '../../src/api/configuration.ts'
import { BOUNDS, type EgressRule, type IngressRule, type Network, type Peer, type Port } from '../../src/api/network.ts'
import { isEmptySelector, type LabelRequirement, type LabelSelector, type Labels } from '../../src/api/selectors.ts'
import type { Destination, Facts } from '../../src/desired/facts.ts'
import { apiServerDestination, dnsDestination, type EndpointSlice, type Service } from '../../src/desired/network/discovery.ts'
import type {
  NonEmpty,
  Open,
  EgressRule as PolicyEgressRule,
  IngressRule as PolicyIngressRule,
  PolicyPeer,
  PolicyPort,
  PolicySpec,
  Rule,
} from '../../src/desired/network/policy.ts'
import { configurationWith } from './build.ts'

export const LABEL_KEYS = ['app', 'tier', 'constructor', 'toString', 'a.example/b', '1', '02'] as const
export const LABEL_VALUES = ['', 'a', 'b', 'constructor', '1'] as const
export const TENANTS = ['manning', 'acme', 'constructor', 'nobody'] as const
export const PLATFORM = ['monitoring', 'everything', 'constructor', 'nothing'] as const

const key = fc.constantFrom(...LABEL_KEYS)
const value = fc.constantFrom(...LABEL_VALUES)
const few = { maxLength: 3 } as const

/** What is left out is not there, rather than undefined. */
const some = <T extends object>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>

export const labels: fc.Arbitrary<Labels> = fc.dictionary(key, value, { maxKeys: 3 })

const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
  fc.record({ key, operator: fc.constantFrom('In' as const, 'NotIn' as const), values: fc.array(value, { minLength: 1, maxLength: 3 }) }),
  fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
)

export const selector: fc.Arbitrary<LabelSelector> = some({
  matchLabels: fc.dictionary(key, value, { maxKeys: 2 }),
  matchExpressions: fc.array(requirement, { maxLength: 2 }),
})
export const nonEmptySelector = selector.filter((one) => !isEmptySelector(one))

/** Many of the ranges that programs get wrong; the others lie among them. */
const KNOWN_RANGES = [
  '0.0.0.0/0',
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.2.0/24',
  '10.1.2.3/32',
  '169.254.0.0/16',
  '169.254.169.254/32',
  '8.8.8.0/24',
  '128.0.0.0/1',
  '::/0',
  '2000::/3',
  '2001:db8::/32',
  '2001:db8::1/128',
  '2600::/16',
  'fd00::/8',
  '::1/128',
]
  .map(parseCidr)
  .filter((range) => range !== undefined)

const WIDTH = { 4: 32, 6: 128 } as const

/** A range strictly inside `outer`, which is not a single address. */
function inside(outer: Cidr): fc.Arbitrary<Cidr> {
  const width = WIDTH[outer.family]
  return fc
    .record({
      prefix: fc.integer({ min: outer.prefix + 1, max: width }),
      noise: fc.bigInt({ min: 0n, max: (1n << BigInt(width - outer.prefix)) - 1n }),
    })
    .map(({ prefix, noise }) => {
      const host = BigInt(width - prefix)
      return { family: outer.family, bits: ((outer.bits | noise) >> host) << host, prefix }
    })
    .filter(({ family, bits }) => family === 4 || bits >> 32n !== 0xffffn)
}

const range: fc.Arbitrary<Cidr> = fc
  .constantFrom(...KNOWN_RANGES)
  .chain((known) =>
    known.prefix === WIDTH[known.family]
      ? fc.constant(known)
      : fc.oneof({ weight: 3, arbitrary: fc.constant(known) }, { weight: 1, arbitrary: inside(known) }),
  )
export const cidr: fc.Arbitrary<string> = range.map(formatCidr)

const addressRange: fc.Arbitrary<{ cidr: string; except?: string[] }> = range.chain((outer) => {
  if (outer.prefix === WIDTH[outer.family]) return fc.constant({ cidr: formatCidr(outer) })
  const except = (maxLength: number) => fc.array(inside(outer).map(formatCidr), { minLength: 1, maxLength })
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant({ cidr: formatCidr(outer) }) },
    { weight: 4, arbitrary: except(3).map((ranges) => ({ cidr: formatCidr(outer), except: ranges })) },
    { weight: 1, arbitrary: except(BOUNDS.except).map((ranges) => ({ cidr: formatCidr(outer), except: ranges })) },
  )
})

export const peer: fc.Arbitrary<Peer> = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ podSelector: selector, namespaceSelector: selector }),
  fc.record({ tenant: fc.constantFrom(...TENANTS) }),
  fc.record({ tenant: fc.constantFrom(...TENANTS), podSelector: selector }),
  fc.record({ platform: fc.constantFrom(...PLATFORM) }),
  fc.record({ preset: fc.constantFrom('Internet' as const, 'Cluster' as const, 'KubeAPIServer' as const, 'DNS' as const) }),
  addressRange,
)

const number = fc.oneof(fc.constantFrom(1, 53, 80, 81, 443, 5432, 65534, 65535), fc.integer({ min: 1, max: 65535 }))
const protocol = fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const)
export const PORT_NAMES = ['http', 'dns', 'x-1'] as const

export const port: fc.Arbitrary<Port> = fc.oneof(
  fc.record({ port: fc.oneof(number, fc.constantFrom(...PORT_NAMES)), protocol }, { requiredKeys: ['port'] }),
  fc.record({ protocol }),
  fc
    .record({ ends: fc.tuple(number, number), protocol: fc.option(protocol, { nil: undefined }) })
    .map(({ ends, protocol: one }) => ({ port: Math.min(...ends), endPort: Math.max(...ends), ...(one && { protocol: one }) })),
)

const bringsPorts = ({ preset }: Peer) => preset === 'DNS' || preset === 'KubeAPIServer'
const appliesTo = some({ podSelector: selector, namespaceSelector: selector })
const peers = fc.array(peer, { minLength: 1, maxLength: 4 })
const ports = fc.array(port, { minLength: 1, maxLength: 4 })

const body = fc.record({ appliesTo, ports, peers }, { requiredKeys: ['peers'] })

/** Names that are unique within the list, the index in them being no order. */
const rulesOf = <T>(
  form: (rule: {
    readonly name: string
    readonly peers: Peer[]
    readonly ports?: Port[]
    readonly appliesTo?: NonNullable<IngressRule['appliesTo']>
  }) => T,
): fc.Arbitrary<T[]> =>
  fc.array(body, { maxLength: 5 }).map((bodies) => bodies.map((rule, index) => form({ name: `rule-${(index * 7) % 5}`, ...rule } as never)))

const ingress: fc.Arbitrary<IngressRule[]> = rulesOf(({ peers: from, ...rule }) => ({ ...rule, from }))
const egress: fc.Arbitrary<EgressRule[]> = rulesOf(({ peers: to, ports: some, ...rule }) => ({
  ...rule,
  to,
  ...(some && !to.some(bringsPorts) && { ports: some }),
}))

const dns: fc.Arbitrary<NonNullable<Network['dns']>> = fc.oneof(
  fc.constantFrom({}, { mode: 'Auto' as const }, { mode: 'Disabled' as const }),
  fc.record(
    {
      mode: fc.constant('Custom' as const),
      to: fc.array(
        peer.filter((one) => !bringsPorts(one)),
        { minLength: 1, maxLength: 2 },
      ),
      ports,
    },
    { requiredKeys: ['mode', 'to'] },
  ),
)

/** Everything that `spec.network` may say, in any combination. */
export const network: fc.Arbitrary<Network> = some({
  mode: fc.constantFrom('Enforce' as const, 'Audit' as const),
  defaultDeny: fc.uniqueArray(fc.constantFrom('Ingress' as const, 'Egress' as const), { minLength: 1 }),
  intraTenant: fc.constantFrom('None' as const, 'Namespace' as const, 'Tenant' as const),
  dns,
  ingress,
  egress,
})

const platformPeer = fc.oneof(
  fc.record({ namespaceSelector: selector, podSelector: selector }, { requiredKeys: ['namespaceSelector'] }),
  addressRange,
)

export const configuration: fc.Arbitrary<Configuration> = fc
  .record({
    platform: fc
      .record(
        {
          monitoring: fc.array(platformPeer, { minLength: 1, maxLength: 3 }),
          constructor: fc.array(platformPeer, { minLength: 1, maxLength: 2 }),
        },
        { requiredKeys: [] },
      )
      .map((named) => [
        ...Object.entries(named).map(([name, list]) => ({ name, peers: list as NonNullable<typeof list> })),
        { name: 'everything', peers: [{ cidr: '0.0.0.0/0' }, { cidr: '::/0' }, { namespaceSelector: {} }] },
      ]),
    ranges: fc.array(cidr, few),
    privateRanges: fc.array(cidr, few),
    metadataAddresses: fc.oneof(fc.constant(configurationWith().metadataAddresses), fc.array(cidr, few)),
    nodeLocalCaches: fc.array(fc.constantFrom('169.254.20.10/32', 'fd00::10/128'), few),
  })
  .map(({ platform, ranges, privateRanges, metadataAddresses, nodeLocalCaches }) =>
    configurationWith({
      platform: platform as Configuration['platform'],
      cluster: { ranges },
      privateRanges,
      metadataAddresses,
      dns: { nodeLocalCaches },
    }),
  )

/** Addresses as an EndpointSlice may hold them, and as none should. */
const address = fc.constantFrom(
  '10.244.0.2',
  '10.244.0.3',
  '172.18.0.2',
  'fd00:10::2',
  '2001:DB8::5',
  '::ffff:10.0.0.1',
  '010.0.0.1',
  'dns.example.com',
  '',
  'None',
)

const slice: fc.Arbitrary<EndpointSlice> = fc.record({
  addressType: fc.constantFrom('IPv4', 'IPv6', 'FQDN'),
  endpoints: fc.oneof(fc.constant(null), fc.array(fc.record({ addresses: fc.array(address, few) }), few)),
  ports: fc.oneof(
    fc.constant(null),
    fc.array(
      fc.record(
        { name: fc.constantFrom('dns', 'dns-tcp', 'https', 'metrics'), protocol: fc.constantFrom('TCP', 'UDP'), port: number },
        { requiredKeys: [] },
      ),
      few,
    ),
  ),
})

const service: fc.Arbitrary<Service> = fc.record({
  metadata: fc.constant({ namespace: 'kube-system', name: 'kube-dns' }),
  spec: some<NonNullable<Service['spec']>>({
    selector: fc.oneof(labels, fc.constant({})),
    clusterIP: address,
    clusterIPs: fc.array(address, few),
    ports: fc.array(
      fc.record(
        {
          name: fc.constantFrom('dns', 'dns-tcp', 'https', 'metrics'),
          protocol: fc.constantFrom('TCP', 'UDP'),
          port: fc.constantFrom(53, 443, 9153),
          targetPort: fc.oneof(number, fc.constant('dns')),
        },
        { requiredKeys: ['port'] },
      ),
      few,
    ),
  }),
})

const maybeService = fc.option(service, { nil: undefined })
const slices = fc.array(slice, few)

export const dnsFound: fc.Arbitrary<Destination | undefined> = fc
  .record({ service: maybeService, slices, caches: fc.array(fc.constantFrom('169.254.20.10/32', 'fd00::10/128'), few) })
  .map((found) => dnsDestination(found.service, found.slices, found.caches))
export const apiServerFound: fc.Arbitrary<Destination | undefined> = fc
  .record({ service: maybeService, slices })
  .map((found) => apiServerDestination(found.service, found.slices))

export const facts: fc.Arbitrary<Facts> = fc.record({
  configuration,
  tenants: fc
    .record({ manning: nonEmptySelector, acme: nonEmptySelector, constructor: nonEmptySelector }, { requiredKeys: [] })
    .map((named) => new Map(Object.entries(named) as [string, LabelSelector][])),
  dns: dnsFound,
  apiServer: apiServerFound,
})

// ---- NetworkPolicies themselves, as others may write them, too ----

const policyPort: fc.Arbitrary<PolicyPort> = port.map(({ protocol: one = 'TCP', port: at, endPort }) => ({
  protocol: one,
  ...(at !== undefined && { port: at }),
  ...(endPort !== undefined && { endPort }),
}))

const policyPeer: fc.Arbitrary<PolicyPeer> = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ podSelector: selector, namespaceSelector: selector }),
  addressRange.map((ipBlock) => ({ ipBlock })),
)

const nonEmptyOf = <T>(item: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<NonEmpty<T>> =>
  fc.tuple(item, fc.array(item, { maxLength: maxLength - 1 })).map(([first, rest]) => [first, ...rest])

/** Few peers and few ports, so that rules have something in common. */
export const rules: fc.Arbitrary<Rule[]> = fc
  .tuple(nonEmptyOf(policyPeer, 3), nonEmptyOf(policyPort, 4))
  .chain(([allPeers, allPorts]) =>
    fc.array(
      fc.record(
        { peers: nonEmptyOf(fc.constantFrom(...allPeers), 3), ports: nonEmptyOf(fc.constantFrom(...allPorts), 3) },
        { requiredKeys: ['peers'] },
      ),
      { maxLength: 6 },
    ),
  )

/** Also what only others write: a rule for everybody on some ports, and rules in a direction that the policy does not list. */
export const policySpec: fc.Arbitrary<PolicySpec> = fc
  .record({
    types: fc.uniqueArray(fc.constantFrom('Ingress' as const, 'Egress' as const), { minLength: 1 }),
    inwards: rules,
    outwards: rules,
    everybody: fc.option(nonEmptyOf(policyPort, 2), { nil: undefined }),
    open: fc.boolean(),
  })
  .map(({ types, inwards, outwards, everybody, open }) => {
    const ingressRules: (PolicyIngressRule | Open)[] = inwards.map(({ peers: from, ports: some }) => ({
      from,
      ...(some && { ports: some }),
    }))
    const egressRules: (PolicyEgressRule | Open)[] = outwards.map(({ peers: to, ports: some }) => ({ to, ...(some && { ports: some }) }))
    if (everybody) ingressRules.push({ ports: everybody } as never)
    if (open) egressRules.push({})
    return {
      podSelector: {},
      policyTypes: types as unknown as PolicySpec['policyTypes'],
      ...(ingressRules.length > 0 && { ingress: ingressRules as unknown as NonNullable<PolicySpec['ingress']> }),
      ...(egressRules.length > 0 && { egress: egressRules as unknown as NonNullable<PolicySpec['egress']> }),
    }
  })
