/** What must hold for every resource and whatever the cluster looks like. The judge is test/support/naive-network.ts, which knows nothing of src/. */

import { isIP } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalJson } from '../../src/api/canonical.ts'
import type { Network, Peer, Port } from '../../src/api/network.ts'
import type { LabelSelector } from '../../src/api/selectors.ts'
import { violations } from '../../src/api/tenant-isolation.ts'
import type { Facts } from '../../src/desired/facts.ts'
import { mergeRules } from '../../src/desired/network/merge.ts'
import { tenantPolicies } from '../../src/desired/network/policies.ts'
import type { DesiredPolicy, PolicyPeer, PolicySpec, Rule } from '../../src/desired/network/policy.ts'
import { allowsAll, baselineUnion, policyUnion } from '../../src/desired/network/union.ts'
import * as arbitrary from '../support/arbitrary.ts'
import { tenantIsolation } from '../support/build.ts'
import { type Flow, flowsAround, labelsOnBothSides } from '../support/flows.ts'
import { type AnyRule, type Direction, holds, isPort, policiesAllow, ruleAllows, selects } from '../support/naive-network.ts'

const DIRECTIONS = ['Ingress', 'Egress'] as const

/** A tenant's resource, what is known of the cluster, and one of the tenant's namespaces and pods. */
const situation = fc.record({
  network: arbitrary.network,
  namespaceSelector: arbitrary.nonEmptySelector,
  facts: arbitrary.facts,
  namespace: arbitrary.labels,
  pod: arbitrary.labels,
})
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never

const policiesOf = ({ network, namespaceSelector, facts, namespace }: Omit<Situation, 'pod'>) =>
  tenantPolicies(network, namespaceSelector, facts).of(namespace)

describe('for every resource and every cluster', function () {
  this.timeout(60_000)

  it('the generators make resources that the schema takes, with every kind of peer that there is', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(situation, ({ network, namespaceSelector }) => {
        expect(violations(tenantIsolation({ network, namespaceSelector }))).to.deep.equal([])
        for (const peer of peersOf(network)) seen.add(Object.keys(peer).sort().join('+') + (peer.preset ?? ''))
      }),
      { numRuns: 200 },
    )
    expect([...seen].sort()).to.deep.equal([
      'cidr',
      'cidr+except',
      'namespaceSelector',
      'namespaceSelector+podSelector',
      'platform',
      'podSelector',
      'podSelector+tenant',
      'presetCluster',
      'presetDNS',
      'presetInternet',
      'presetKubeAPIServer',
      'tenant',
    ])
  })

  it('the same things in another order make the same policies, byte for byte', () => {
    fc.assert(
      fc.property(situation, fc.nat(), ({ network, namespaceSelector, facts, namespace }, seed) => {
        const order = shuffler(seed)
        const one = tenantPolicies(network, namespaceSelector, facts)
        const other = tenantPolicies(order(network), order(namespaceSelector), order(facts))
        expect(JSON.stringify(other.of(order(namespace)))).to.equal(JSON.stringify(one.of(namespace)))
        expect(other.unresolved.map(canonicalJson).sort()).to.deep.equal(one.unresolved.map(canonicalJson).sort())
      }),
      { numRuns: 300 },
    )
  })

  it('a flow passes exactly if the resource asks for it', () => {
    fc.assert(
      fc.property(situation, (random) => {
        for (const given of subjectsOf(random)) {
          const policies = policiesOf(given).map(({ spec }) => spec)
          for (const direction of DIRECTIONS) {
            for (const flow of flowsFor(given, direction)) {
              const passes = policiesAllow(policies, given.pod, direction, flow)
              if (passes === asked(given, direction, flow)) continue
              const [pod, namespace] = [given.pod, given.namespace].map((labels) => JSON.stringify(labels))
              const verdict = passes ? 'passes, and was not asked for' : 'was asked for, and does not pass'
              expect.fail(`${direction} of ${pod} in ${namespace}: ${JSON.stringify(flow)} ${verdict}\n${JSON.stringify(policies)}`)
            }
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  it('no policy says less, or anything else, than it has to: no rule without peers, no list without items, everything written out', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const policies = policiesOf(given)
        expect(policies.map(({ name }) => name)).to.deep.equal([...new Set(policies.map(({ name }) => name))])
        expect(policies[0]).to.deep.include({ name: 'tenant-isolation' })
        expect(policies[0].spec.podSelector).to.deep.equal({})
        for (const policy of policies.slice(1)) {
          expect(policy.name).to.match(/^tenant-isolation-[0-9a-f]{12}$/)
          expect(policy.spec.podSelector, 'only the baseline selects every pod').not.to.deep.equal({})
          expect(policy.rules).not.to.be.empty
        }
        for (const { spec } of policies) expectWellFormed(spec)
      }),
      { numRuns: 300 },
    )
  })

  it('no range is there that nobody named, and no empty selector that nobody wrote', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const { network, facts } = given
        const peers = peersIn(policiesOf(given))
        const known = new Set([
          ...peersOf(network).flatMap(({ cidr }) => cidr ?? []),
          ...facts.configuration.platform.flatMap(({ peers: named }) => named.flatMap(({ cidr }) => cidr ?? [])),
          ...[facts.dns, facts.apiServer]
            .flatMap((found) => (found ? [...found.endpoints.flatMap(({ peers: some }) => some), ...found.origins] : []))
            .flatMap((peer) => ('ipBlock' in peer ? peer.ipBlock.cidr : [])),
          ...(peersOf(network).some(({ preset }) => preset === 'Internet') ? ['0.0.0.0/0', '2000::/3'] : []),
        ])
        expect(peers.flatMap((peer) => ('ipBlock' in peer && !known.has(peer.ipBlock.cidr) ? peer.ipBlock.cidr : []))).to.deep.equal([])
        const everyNamespace = peers.some((peer) => 'namespaceSelector' in peer && isEmpty(peer.namespaceSelector))
        if (everyNamespace) expect(asksForEveryNamespace(network, facts), JSON.stringify(peers)).to.equal(true)
        const everyPodHere = peers.some((peer) => 'podSelector' in peer && !('namespaceSelector' in peer) && isEmpty(peer.podSelector))
        if (everyPodHere)
          expect(
            network.intraTenant === 'Namespace' ||
              peersOf(network).some((peer) => peer.podSelector && !peer.namespaceSelector && !peer.tenant && isEmpty(peer.podSelector)),
          ).to.equal(true)
      }),
      { numRuns: 300 },
    )
  })

  it('what was found of DNS and the API server is single addresses: /32 for IPv4, /128 for IPv6', () => {
    fc.assert(
      fc.property(arbitrary.dnsFound, arbitrary.apiServerFound, (...all) => {
        for (const found of all.filter((one) => one !== undefined)) {
          for (const peer of [...found.endpoints.flatMap(({ peers }) => peers), ...found.origins]) {
            if ('ipBlock' in peer)
              expect(peer.ipBlock)
                .to.have.all.keys('cidr')
                .and.to.have.property('cidr')
                .that.matches(/^[0-9.]+\/32$|^[0-9a-f:]+\/128$/)
            else expect(isEmpty(peer.podSelector), 'all pods of a namespace').to.equal(false)
          }
          expect(found.endpoints).not.to.be.empty
          for (const { ports } of found.endpoints) {
            for (const { port } of ports) expect(port, 'every port').not.to.equal(undefined)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('the Internet holds no private address, no metadata, and nothing that the platform team has taken out', () => {
    const never = [
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '127.0.0.1',
      '169.254.169.254',
      '169.254.170.2',
      '168.63.129.16',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      'fd00:ec2::254',
      'fe80::1',
      '::1',
      '64:ff9b::a00:1',
      '2002:a00:1::1',
      '2001:0:a00:1::1',
    ]
    const onlyInternet: Network = { dns: { mode: 'Disabled' }, egress: [{ name: 'internet', to: [{ preset: 'Internet' }] }] }
    fc.assert(
      fc.property(arbitrary.configuration, arbitrary.facts, (configuration, facts) => {
        const policies = tenantPolicies(onlyInternet, { matchLabels: { a: 'b' } }, { ...facts, configuration })
          .of({})
          .map(({ spec }) => spec)
        const reaches = (address: string) => policiesAllow(policies, {}, 'Egress', { other: { address }, protocol: 'TCP', port: 443 })
        expect(never.filter(reaches)).to.deep.equal([])
        const taken = [...configuration.cluster.ranges, ...configuration.privateRanges, ...configuration.metadataAddresses]
        const inside = flowsAround([{ peers: taken.map((cidr) => ({ ipBlock: { cidr } })) }]).flatMap(({ other }) =>
          'address' in other ? other.address : [],
        )
        for (const address of inside) if (taken.some((cidr) => holds(cidr, address))) expect(reaches(address), address).to.equal(false)
      }),
      { numRuns: 200 },
    )
  })
})

describe('merging rules', function () {
  this.timeout(60_000)

  it('changes nothing about what they allow', () => {
    fc.assert(
      fc.property(arbitrary.rules, (rules) => {
        const merged = mergeRules(rules)
        for (const flow of flowsAround(rules)) {
          const [before, after] = [rules, merged].map((some) => some.some((rule) => ruleAllows(rule, flow)))
          if (before !== after) expect.fail(`${JSON.stringify(flow)} was ${before}, is ${after}\n${JSON.stringify(merged)}`)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('leaves nothing to merge, and never more rules than there were', () => {
    fc.assert(
      fc.property(arbitrary.rules, (rules) => {
        const merged = mergeRules(rules)
        expect(mergeRules(merged)).to.deep.equal(merged)
        expect(merged.length).to.be.at.most(rules.length)
        for (const texts of [merged.map(({ peers }) => canonicalJson(peers)), merged.map(({ ports }) => canonicalJson(ports ?? 'every'))]) {
          expect(new Set(texts).size).to.equal(texts.length)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('gives the same, whatever the order', () => {
    fc.assert(
      fc.property(arbitrary.rules, fc.nat(), (rules, seed) => {
        expect(JSON.stringify(mergeRules(shuffler(seed)(rules)))).to.equal(JSON.stringify(mergeRules(rules)))
      }),
      { numRuns: 500 },
    )
  })
})

describe('a policy between two others', function () {
  this.timeout(60_000)

  const maybe = fc.option(arbitrary.policySpec, { nil: undefined })

  it('as a baseline allows exactly what either of them allows, also where one of them is not there', () => {
    fc.assert(
      fc.property(maybe, maybe, (before, after) => {
        const union = baselineUnion({ before, after })
        // Where neither closes a direction, it does not matter what a union of the two would be.
        if (!before && !after) return
        expectSameFlows([before, after, union], (direction, flow) => {
          const allowed = [before, after].some((spec) => policiesAllow(spec ? [spec] : [], {}, direction, flow))
          return { allowed, passes: policiesAllow([union], {}, direction, flow) }
        })
      }),
      { numRuns: 400 },
    )
  })

  it('for some pods allows exactly what either of them allows', () => {
    fc.assert(
      fc.property(arbitrary.policySpec, arbitrary.policySpec, (before, after) => {
        const union = policyUnion(before, after)
        expect([...union.policyTypes].sort()).to.deep.equal([...new Set([...before.policyTypes, ...after.policyTypes])].sort())
        expectSameFlows([before, after, union], (direction, flow) => ({
          allowed: [before, after].some((spec) => adds(spec, direction, flow)),
          passes: adds(union, direction, flow),
        }))
      }),
      { numRuns: 400 },
    )
  })

  it('is not needed when one allows all that the other does, which is never said in error', () => {
    let said = 0
    // Of two random policies, one seldom allows all of the other; a policy and a part of it often do.
    const pair = fc.oneof(
      fc.tuple(arbitrary.policySpec, arbitrary.policySpec),
      arbitrary.policySpec.chain((spec) => fc.tuple(fc.constant(spec), partOf(spec))),
      arbitrary.policySpec.chain((spec) => fc.tuple(partOf(spec), fc.constant(spec))),
    )
    fc.assert(
      fc.property(pair, ([wider, narrower]) => {
        if (!allowsAll(wider, narrower)) return
        said += 1
        for (const direction of DIRECTIONS) {
          for (const flow of flowsAround([...rulesIn(wider, direction), ...rulesIn(narrower, direction)])) {
            if (adds(narrower, direction, flow) && !adds(wider, direction, flow)) expect.fail(`${direction} ${JSON.stringify(flow)}`)
          }
        }
      }),
      { numRuns: 400 },
    )
    expect(said).to.be.greaterThan(50)
  })

  it('is not asked for between a policy and itself', () => {
    fc.assert(
      fc.property(arbitrary.policySpec, (spec) => {
        expect(allowsAll(spec, structuredClone(spec))).to.equal(true)
      }),
    )
  })
})

// ---- the resource, read a second time ----

/** Whether the resource asks for this flow of this pod, by what its fields say and nothing else. */
function asked({ network, namespaceSelector, facts, namespace, pod }: Situation, direction: Direction, flow: Flow): boolean {
  if (!(network.defaultDeny ?? DIRECTIONS).includes(direction)) return true
  const { intraTenant = 'None', dns = {} } = network
  const { other } = flow
  if (intraTenant === 'Namespace' && 'pod' in other && other.sameNamespace) return true
  if (intraTenant === 'Tenant' && 'pod' in other && selects(namespaceSelector, other.namespace)) return true
  const dnsPeers: readonly Peer[] = dns.mode === 'Disabled' ? [] : dns.mode === 'Custom' ? (dns.to ?? []) : [{ preset: 'DNS' }]
  const dnsPorts: readonly Port[] | undefined =
    dns.mode === 'Custom' ? (dns.ports ?? [{ port: 53, protocol: 'UDP' }, { port: 53 }]) : undefined
  if (direction === 'Egress' && dnsPeers.some((peer) => meant(peer, dnsPorts, direction, flow, facts))) return true
  const rules =
    direction === 'Ingress'
      ? (network.ingress ?? []).map(({ from, ...rule }) => ({ ...rule, peers: from }))
      : (network.egress ?? []).map(({ to, ...rule }) => ({ ...rule, peers: to }))
  return rules.some(
    ({ appliesTo, peers, ports }) =>
      selects(appliesTo?.podSelector ?? {}, pod) &&
      selects(appliesTo?.namespaceSelector ?? {}, namespace) &&
      peers.some((peer) => meant(peer, ports, direction, flow, facts)),
  )
}

function meant(peer: Peer, ports: readonly Port[] | undefined, direction: Direction, flow: Flow, facts: Facts): boolean {
  const destination = peer.preset === 'DNS' ? facts.dns : peer.preset === 'KubeAPIServer' ? facts.apiServer : undefined
  if (peer.preset === 'DNS' || peer.preset === 'KubeAPIServer') {
    if (!destination) return false
    if (direction === 'Egress') return destination.endpoints.some((endpoint) => ruleAllows(endpoint, flow))
    return ruleAllows({ peers: destination.origins, ports }, flow)
  }
  return (!ports || ports.some((port) => isPort(port, flow))) && isMeant(peer, flow, facts)
}

function isMeant(peer: Peer, { other }: Flow, { tenants, configuration }: Facts): boolean {
  const isOne = (one: AnyPeerForm) => ruleAllows({ peers: [one] }, { other, protocol: 'TCP', port: 1 })
  if (peer.preset === 'Cluster') return 'pod' in other
  if (peer.preset === 'Internet') {
    const taken = [...configuration.cluster.ranges, ...configuration.privateRanges, ...configuration.metadataAddresses]
    return 'address' in other && isPublic(other.address) && !taken.some((cidr) => holds(cidr, other.address))
  }
  if (peer.tenant !== undefined) {
    const namespaceSelector = tenants.get(peer.tenant)
    return namespaceSelector !== undefined && isOne({ namespaceSelector, podSelector: peer.podSelector })
  }
  if (peer.platform !== undefined)
    return configuration.platform.some(
      ({ name, peers }) =>
        name === peer.platform &&
        peers.some(({ cidr, except, ...pods }) => isOne(cidr === undefined ? pods : { ipBlock: { cidr, except } })),
    )
  return isOne(
    peer.cidr === undefined
      ? { podSelector: peer.podSelector, namespaceSelector: peer.namespaceSelector }
      : { ipBlock: { cidr: peer.cidr, except: peer.except } },
  )
}

type AnyPeerForm = NonNullable<AnyRule['peers']>[number]

const SPECIAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // Azure's WireServer: metadata at a public address.
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '2001::/32',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]

function isPublic(address: string): boolean {
  return (isIP(address) === 4 || holds('2000::/3', address)) && !SPECIAL.some((cidr) => holds(cidr, address))
}

/** The same for pods and namespaces on both sides of what the rules apply to. */
function subjectsOf(given: Situation): Situation[] {
  const rules = [...(given.network.ingress ?? []), ...(given.network.egress ?? [])]
  const pods = labelsOnBothSides(
    rules.map(({ appliesTo }) => appliesTo?.podSelector),
    4,
  )
  const namespaces = labelsOnBothSides(
    rules.map(({ appliesTo }) => appliesTo?.namespaceSelector),
    3,
  )
  return [given, ...pods.flatMap((pod) => namespaces.map((namespace) => ({ ...given, pod, namespace })))]
}

/** Flows at the borders that the resource draws and at those that the policies draw. */
function flowsFor(given: Situation, direction: Direction): Flow[] {
  const { network, facts, namespaceSelector } = given
  const rules = direction === 'Ingress' ? (network.ingress ?? []) : (network.egress ?? [])
  const written = rules.map((rule): AnyRule => {
    const peers = 'from' in rule ? rule.from : rule.to
    return {
      peers: peers.map((peer) => (peer.cidr === undefined ? peer : { ipBlock: { cidr: peer.cidr, except: peer.except } })),
      ports: rule.ports,
    }
  })
  const tenants: AnyRule = { peers: [...facts.tenants.values(), namespaceSelector].map((selector) => ({ namespaceSelector: selector })) }
  return flowsAround([...policiesOf(given).flatMap(({ spec }) => rulesIn(spec, direction)), ...written, tenants])
}

function peersOf({ ingress = [], egress = [], dns }: Network): readonly Peer[] {
  return [...ingress.flatMap(({ from }) => from), ...egress.flatMap(({ to }) => to), ...(dns?.to ?? [])]
}

function asksForEveryNamespace(network: Network, { configuration, dns, apiServer }: Facts): boolean {
  const platform = new Set(peersOf(network).map(({ platform: name }) => name))
  const found = [dns, apiServer].flatMap((one) => (one ? [...one.origins, ...one.endpoints.flatMap(({ peers }) => peers)] : []))
  expect(found.some((peer) => 'namespaceSelector' in peer && isEmpty(peer.namespaceSelector))).to.equal(false)
  return (
    peersOf(network).some(({ preset, namespaceSelector }) => preset === 'Cluster' || (namespaceSelector && isEmpty(namespaceSelector))) ||
    configuration.platform.some(
      ({ name, peers }) => platform.has(name) && peers.some(({ namespaceSelector }) => namespaceSelector && isEmpty(namespaceSelector)),
    )
  )
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0
}

// ---- policies ----

function peersIn(policies: readonly DesiredPolicy[]): PolicyPeer[] {
  return policies.flatMap(({ spec }) =>
    DIRECTIONS.flatMap((direction) => rulesIn(spec, direction).flatMap(({ from, to }) => (from ?? to ?? []) as PolicyPeer[])),
  )
}

function rulesIn(spec: PolicySpec | undefined, direction: Direction): readonly AnyRule[] {
  return ((direction === 'Ingress' ? spec?.ingress : spec?.egress) ?? []) as readonly AnyRule[]
}

/** Whether the policy adds this flow to those that its pods may have, once they are closed. */
function adds(spec: PolicySpec, direction: Direction, flow: Flow): boolean {
  return spec.policyTypes.includes(direction) && rulesIn(spec, direction).some((rule) => ruleAllows(rule, flow))
}

function expectSameFlows(
  specs: readonly (PolicySpec | undefined)[],
  judge: (direction: Direction, flow: Flow) => { readonly allowed: boolean; readonly passes: boolean },
): void {
  for (const direction of DIRECTIONS) {
    for (const flow of flowsAround(specs.flatMap((spec) => rulesIn(spec, direction)))) {
      const { allowed, passes } = judge(direction, flow)
      if (allowed !== passes) expect.fail(`${direction} ${JSON.stringify(flow)}: either allows it: ${allowed}; passes: ${passes}`)
    }
  }
}

function partOf(spec: PolicySpec): fc.Arbitrary<PolicySpec> {
  return fc
    .record({
      inwards: fc.subarray([...(spec.ingress ?? [])]),
      outwards: fc.subarray([...(spec.egress ?? [])]),
      types: fc.subarray([...spec.policyTypes], { minLength: 1 }),
    })
    .map(
      ({ inwards, outwards, types }) =>
        ({
          podSelector: {},
          policyTypes: types,
          ...(inwards.length > 0 && { ingress: inwards }),
          ...(outwards.length > 0 && { egress: outwards }),
        }) as unknown as PolicySpec,
    )
}

function expectWellFormed(spec: PolicySpec): void {
  expect(spec.policyTypes).not.to.be.empty
  expect(spec.policyTypes).to.deep.equal(DIRECTIONS.filter((direction) => spec.policyTypes.includes(direction)))
  expect(Object.keys(spec)).to.include.members(['podSelector', 'policyTypes'])
  if (spec.ingress) expect(spec.policyTypes).to.include('Ingress')
  if (spec.egress) expect(spec.policyTypes).to.include('Egress')
  for (const direction of DIRECTIONS) {
    const rules = direction === 'Ingress' ? spec.ingress : spec.egress
    if (rules) expect(rules).not.to.be.empty
    for (const rule of rulesIn(spec, direction)) {
      const peers = direction === 'Ingress' ? rule.from : rule.to
      expect(peers, 'a rule without peers means everybody').to.be.an('array').that.is.not.empty
      expect(Object.keys(rule)).to.have.members([direction === 'Ingress' ? 'from' : 'to', ...(rule.ports ? ['ports'] : [])])
      for (const peer of peers ?? []) expectWellFormedPeer(peer as PolicyPeer)
      if (rule.ports) expect(rule.ports, 'no ports mean every port').not.to.be.empty
      for (const port of (rule as unknown as Rule).ports ?? []) {
        expect(port.protocol).to.be.oneOf(['TCP', 'UDP', 'SCTP'])
        if (typeof port.port === 'number') expect(port.port).to.be.within(1, 65535)
        if (port.endPort !== undefined) expect(port.endPort).to.be.within(Number(port.port) + 1, 65535)
      }
    }
  }
}

function expectWellFormedPeer(peer: PolicyPeer): void {
  if (!('ipBlock' in peer)) {
    expect(Object.keys(peer), 'a peer that says nothing').not.to.be.empty
    return
  }
  expect(Object.keys(peer)).to.deep.equal(['ipBlock'])
  const { cidr, except = [] } = peer.ipBlock
  if (peer.ipBlock.except) expect(except).not.to.be.empty
  for (const range of [cidr, ...except]) expect(range).to.equal(canonical(range))
  for (const range of except) {
    expect(holds(cidr, range.split('/')[0] ?? ''), `${range} in ${cidr}`).to.equal(true)
    expect(Number(range.split('/')[1])).to.be.greaterThan(Number(cidr.split('/')[1]))
  }
}

/** By Node: the address as a URL writes it, and no bit of it behind the prefix. */
function canonical(cidr: string): string {
  const [address = '', prefix = ''] = cidr.split('/')
  const family = isIP(address)
  const host = family === 6 ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : new URL(`http://${address}/`).hostname
  const bits =
    family === 6
      ? groupsOf(host).map((group) => group.toString(2).padStart(16, '0'))
      : host.split('.').map((byte) => Number(byte).toString(2).padStart(8, '0'))
  if (bits.join('').slice(Number(prefix)).includes('1')) return `${cidr} has host bits`
  return `${host}/${Number(prefix)}`
}

function groupsOf(address: string): number[] {
  const [head = [], tail = []] = address.split('::').map((half) =>
    half
      .split(':')
      .filter((group) => group !== '')
      .map((group) => Number.parseInt(group, 16)),
  )
  return address.includes('::') ? [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail] : head
}

/** Puts every list and the members of every object into another order, all the way down. */
function shuffler(seed: number): <T>(value: T) => T {
  let state = seed
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state % below
  }
  const shuffled = <T>(items: readonly T[]): T[] => {
    const left = [...items]
    return items.map(() => left.splice(random(left.length), 1)[0] as T)
  }
  const order = (value: unknown): unknown => {
    if (Array.isArray(value)) return shuffled(value).map(order)
    if (value instanceof Map) return new Map(shuffled([...value]).map(([name, member]) => [name, order(member)]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(shuffled(Object.entries(value)).map(([name, member]) => [name, order(member)]))
  }
  return order as <T>(value: T) => T
}
