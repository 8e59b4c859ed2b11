/** The evaluator against a second one, written straight from the text (support/naive-readings.ts), over random hostile clusters. */

import { expect } from 'chai'
import fc from 'fast-check'
import { type AddressSet, hasAddress, parseAddress } from '../../src/reachability/addresses.ts'
import { gainedPorts } from '../../src/reachability/reach.ts'
import {
  byNamespace,
  byPod,
  type Change,
  difference,
  type Endpoint,
  endpointName,
  findPod,
  hasPort,
  matrix,
  type Network,
  networkOf,
  type Outside,
  outside,
  type Pod,
  type Policy,
  type PortSet,
  type Protocol,
  type Reach,
  reach,
  readCluster,
  readPolicies,
  verdict,
  widened,
} from '../../src/reachability/reachability.ts'
import { labels } from '../support/arbitrary.ts'
import * as arbitrary from '../support/arbitrary-cluster.ts'
import type { AnyPolicy } from '../support/naive-network.ts'
import { type NaiveCluster, type NaiveEnd, type NaiveFlow, naiveAnswers } from '../support/naive-readings.ts'

/** About this many flows, and at the least three quarters of them; FLOWS=1000000 for more. */
const FLOWS = Number(process.env.FLOWS ?? 28_000)
const FLOWS_PER_CLUSTER = 40

const situation = fc.record({
  cluster: arbitrary.cluster,
  policies: arbitrary.policies,
  flows: fc.array(
    fc.record({ from: fc.nat(), to: fc.nat(), others: fc.tuple(arbitrary.otherEnd, arbitrary.otherEnd), at: arbitrary.flowPort }),
    {
      minLength: 1,
      maxLength: 2 * FLOWS_PER_CLUSTER,
      size: 'max',
    },
  ),
})

function read(cluster: NaiveCluster, policies: readonly AnyPolicy[]): Network {
  const { cluster: known, problems } = readCluster(cluster)
  const { policies: readable, problems: broken } = readPolicies(policies)
  expect([...problems, ...broken]).to.deep.equal([])
  return networkOf(known, readable)
}

describe('the evaluator, against the text of the rules', function () {
  this.timeout(600_000)

  it('gives every flow the answer on which all readings agree, and says that it depends where they do not', () => {
    let flows = 0
    const answers = { allow: 0, deny: 0, depends: 0 }
    fc.assert(
      fc.property(situation, ({ cluster, policies, flows: asked }) => {
        const network = read(cluster, policies)
        const endOf = (end: NaiveEnd) =>
          'address' in end
            ? outside(end.address, [end.address])
            : network.cluster.pods.find(({ namespace, name }) => namespace === end.namespace && name === end.name)
        for (const { from, to, others, at } of asked) {
          const ends = [...cluster.pods, ...others]
          const flow = { from: ends[from % ends.length], to: ends[to % ends.length], ...at } as NaiveFlow
          const [source, destination] = [endOf(flow.from), endOf(flow.to)] as [Pod, Pod]
          const expected = naiveAnswers(cluster, policies, flow)
          const answer = verdict(network, { from: source, to: destination, ...at })
          const wanted = expected.size === 2 ? 'depends' : expected.has(true) ? 'allow' : 'deny'
          flows++
          answers[answer.verdict]++
          if (answer.verdict !== wanted) expect.fail(`${JSON.stringify(flow)} is ${answer.verdict}, not ${wanted}`)
          if (answer.verdict === 'depends') expect(answer.reasons).not.to.deep.equal([])
        }
      }),
      { numRuns: Math.ceil(FLOWS / FLOWS_PER_CLUSTER) },
    )
    expect(flows).to.be.at.least(FLOWS * 0.75)
    for (const count of Object.values(answers)) expect(count, JSON.stringify(answers)).to.be.greaterThan(flows / 50)
  })

  it('cuts a range exactly where the answer changes', () => {
    fc.assert(
      fc.property(situation, fc.constantFrom(...OUTSIDES.slice(0, 2)), fc.boolean(), ({ cluster, policies, flows }, range, out) => {
        const network = read(cluster, policies)
        const { pods } = network.cluster
        for (const { from, at } of flows.slice(0, 3)) {
          const pod = pods[from % pods.length] as Pod
          const naive = cluster.pods.find(({ namespace, name }) => namespace === pod.namespace && name === pod.name) as NaiveEnd
          const parts = out ? reach(network, pod, range) : reach(network, range, pod)
          for (const address of SAMPLES) {
            const place = parseAddress(address) ?? -1n
            if (!hasAddress(range.addresses, place)) continue
            const [part, ...more] = parts.filter(({ addresses = [] }) => hasAddress(addresses, place))
            expect(more, 'parts that overlap').to.deep.equal([])
            const other: NaiveEnd = { address, ofRange: true }
            const expected = naiveAnswers(cluster, policies, { from: out ? naive : other, to: out ? other : naive, ...at } as NaiveFlow)
            const open = hasPort(part?.allowed ?? [], at.protocol, at.port)
            const depends = hasPort(part?.depends ?? [], at.protocol, at.port)
            expect([open, depends], `${address} ${JSON.stringify(at)}`).to.deep.equal([
              expected.size === 1 && expected.has(true),
              expected.size === 2,
            ])
          }
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('says the same between groups as flow by flow: in the matrix, with some groups and with each pod for itself', () => {
    fc.assert(
      fc.property(pair, ({ cluster, policies }) => {
        const network = read(cluster, policies)
        const groupOf = ({ name, namespace }: Pod) => (name.endsWith('5') ? undefined : name.endsWith('4') ? 'some' : namespace)
        for (const group of [byPod, groupOf]) {
          const { cells } = matrix(network, { groupOf: group, outside: OUTSIDES, ours: () => true })
          const open = cells.flatMap((cell) => [...lines(cell, cell.ports, 'allow'), ...lines(cell, cell.depends, 'depends')])
          expect(open.sort()).to.deep.equal(openFlowByFlow(network, group))
          const inside = cells.filter(({ addresses, pairs }) => !addresses && pairs > 0)
          expect(inside.map(({ from, to, pairs }) => `${from} ${to} ${pairs}`).sort()).to.deep.equal(
            countPairs(network, group, (from, to) => reach(network, from, to).some(({ allowed }) => allowed.length > 0)),
          )
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('finds every flow that comes or goes, and no other', () => {
    fc.assert(
      fc.property(pair, fc.array(fc.nat()), ({ cluster, policies, others, otherLabels }, keep) => {
        const before = read(cluster, policies)
        // Some pods go, some get other labels, and some policies are others.
        const pods = cluster.pods
          .filter((_, index) => keep[index] !== 0)
          .map((pod, index) => (index % 2 === 0 ? { ...pod, labels: otherLabels } : pod))
        const after = read({ ...cluster, pods }, [...policies.slice(0, 2), ...others])
        const { gained, lost } = difference(before, after, { groupOf: byPod, outside: OUTSIDES })
        expect(changeLines(gained)).to.deep.equal(gainedFlowByFlow(before, after))
        expect(changeLines(lost)).to.deep.equal(gainedFlowByFlow(after, before))
      }),
      { numRuns: RUNS },
    )
  })

  it('counts the pairs of pods for which something changes, and gives one of them as an example', () => {
    fc.assert(
      fc.property(pair, ({ cluster, policies, others }) => {
        const [before, after] = [read(cluster, policies), read(cluster, others)]
        const gains = (from: Pod, to: Pod) => gainedPorts(reachNow(before, from, to), reachNow(after, from, to)).any.length > 0
        const { gained } = difference(before, after, { groupOf: byNamespace })
        expect(gained.map(({ from, to, pairs }) => `${from} ${to} ${pairs}`).sort()).to.deep.equal(countPairs(after, byNamespace, gains))
        for (const { from, to, example } of gained) {
          const [source, destination] = [podCalled(after, example.from), podCalled(after, example.to)]
          expect([source.namespace, destination.namespace, gains(source, destination)]).to.deep.equal([from, to, true])
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('finds every flow that policies of others open beyond ours, and names policies that do open it', () => {
    fc.assert(
      fc.property(pair, ({ cluster, policies, others }) => {
        const own = read(cluster, policies)
        const foreign = others.map((policy) => ({ ...policy, metadata: { ...policy.metadata, name: `foreign-${policy.metadata.name}` } }))
        const all = read(cluster, [...policies, ...foreign])
        const ours = ({ name }: Policy) => !name.startsWith('foreign-')
        const widenings = widened(all, { groupOf: byPod, outside: OUTSIDES, ours })
        const expected = gainedFlowByFlow(own, all)
        expect(changeLines(widenings)).to.deep.equal(expected)
        // The matrix marks the same ones.
        const marked = matrix(all, { groupOf: byPod, outside: OUTSIDES, ours }).cells.flatMap((cell) => lines(cell, cell.foreign, 'any'))
        expect(marked.sort()).to.deep.equal(expected.map((line) => line.replace(/\S+$/, 'any')).sort())
        // A policy that is named opens what it is named for: on its side, it alone would let it pass, too.
        for (const { policy: named, from, to, addresses, ports, depends } of widenings) {
          const alone = networkOf(
            all.cluster,
            all.policies.filter(({ namespace, name }) => namespace === named.namespace && name === named.name),
          )
          if (from.startsWith(`${named.namespace}/`) && to.startsWith(`${named.namespace}/`)) continue
          const [source, destination] = [from, to].map((name) => OUTSIDES.find((one) => one.name === name) ?? podCalled(all, name)) as [
            Endpoint,
            Endpoint,
          ]
          const open = reach(alone, source, destination).flatMap((part) => [
            ...lines({ from, to, addresses: part.addresses }, part.allowed, ''),
            ...lines({ from, to, addresses: part.addresses }, part.depends, ''),
          ])
          expect(open).to.include.members([...lines({ from, to, addresses }, ports, ''), ...lines({ from, to, addresses }, depends, '')])
        }
        // Without a policy that is named, some of what it is named for is closed again, or another one that is named opens it, too.
        for (const { policy, from, to } of widenings.slice(0, 3)) {
          const named = widenings
            .filter((one) => one.from === from && one.to === to)
            .map((one) => `${one.policy.namespace}/${one.policy.name}`)
          const rest = read(cluster, [
            ...policies,
            ...foreign.filter(({ metadata }) => !named.includes(`${metadata.namespace}/${metadata.name}`)),
          ])
          const left = gainedFlowByFlow(own, rest).filter((line) => line.startsWith(`${from} ${to} `))
          expect(left, `${policy.namespace}/${policy.name} and others`).to.deep.equal([])
        }
      }),
      { numRuns: RUNS },
    )
  })
})

/** Each of these looks at far more flows per cluster than the first one. */
const RUNS = Math.ceil(FLOWS / 200)

const pair = fc.record({ cluster: arbitrary.cluster, policies: arbitrary.policies, others: arbitrary.policies, otherLabels: labels })

const PORTS = ['TCP', 'UDP', 'SCTP'].flatMap((protocol) =>
  [1, 2, 53, 79, 80, 81, 443, 65535].map((port) => ({ protocol: protocol as Protocol, port })),
)

const OUTSIDES = [
  outside('office', ['192.0.2.0/24', '2001:db8::/32']),
  outside('world', ['0.0.0.0/0', '::/0']),
  outside('node', ['172.18.0.2']),
] as readonly Outside[]

/** Addresses at which a generated range can begin, and some others. */
const SAMPLES = [
  '0.0.0.0',
  '8.8.8.8',
  '10.1.2.3',
  '10.1.2.4',
  '10.64.0.0',
  '128.0.0.0',
  '169.254.169.254',
  '172.18.0.2',
  '192.0.2.1',
  '::',
  '2001:db8::',
  '2001:db8::1',
  '2600::',
  'fd00::',
]

type Between = { readonly from: string; readonly to: string; readonly addresses?: AddressSet | undefined }

/** "one/pod-0 two/pod-1 TCP/80 allow", "world@8.8.8.8 one/pod-0 UDP/53 depends": one line for each port and sample address. */
function lines({ from, to, addresses }: Between, ports: PortSet, word: string): string[] {
  const open = PORTS.filter(({ protocol, port }) => hasPort(ports, protocol, port))
  const held = addresses && SAMPLES.filter((text) => hasAddress(addresses, parseAddress(text) ?? -1n))
  return open.flatMap(({ protocol, port }) => (held ?? ['']).map((at) => `${from} ${to} ${at} ${protocol}/${port} ${word}`))
}

function changeLines(changes: readonly Change[]): string[] {
  return [
    ...new Set(changes.flatMap((change) => [...lines(change, change.ports, 'surely'), ...lines(change, change.depends, 'rather')])),
  ].sort()
}

/** Every pair of different ends of which at least one is a pod of the network. */
function pairsOf(network: Network): readonly (readonly [Endpoint, Endpoint])[] {
  const { pods } = network.cluster
  return [...pods, ...OUTSIDES].flatMap((from) =>
    [...pods, ...(from.kind === 'Pod' ? OUTSIDES : [])].flatMap((to) => (from === to ? [] : [[from, to] as const])),
  )
}

/** "one two 3": from group to group, for how many pairs of different pods something holds, where it does for any. */
function countPairs(network: Network, groupOf: (pod: Pod) => string | undefined, holds: (from: Pod, to: Pod) => boolean): string[] {
  const { pods } = network.cluster
  const counts = new Map<string, number>()
  for (const from of pods) {
    for (const to of pods) {
      const [source, destination] = [groupOf(from), groupOf(to)]
      if (from === to || source === undefined || destination === undefined || !holds(from, to)) continue
      counts.set(`${source} ${destination}`, (counts.get(`${source} ${destination}`) ?? 0) + 1)
    }
  }
  return [...counts].map(([groups, count]) => `${groups} ${count}`).sort()
}

function podCalled({ cluster }: Network, name: string): Pod {
  return cluster.pods.find((pod) => endpointName(pod) === name) ?? expect.fail(`there is no pod ${name}`)
}

/** Between two pods of one cluster, which another network has as equal pods. */
function reachNow(network: Network, from: Pod, to: Pod): Reach | undefined {
  const podOf = ({ namespace, name }: Pod) => findPod(network.cluster, namespace, name)
  const [source, destination] = [podOf(from), podOf(to)]
  return source && destination && reach(network, source, destination)[0]
}

function openFlowByFlow(network: Network, groupOf: (pod: Pod) => string | undefined): string[] {
  const open = new Set<string>()
  const nameOf = (end: Endpoint) => (end.kind === 'Pod' ? groupOf(end) : end.name)
  for (const [one, other] of pairsOf(network)) {
    const [from, to] = [nameOf(one), nameOf(other)]
    if (from === undefined || to === undefined) continue
    for (const { addresses, allowed, depends } of reach(network, one, other)) {
      for (const line of lines({ from, to, addresses }, allowed, 'allow')) open.add(line)
      for (const line of lines({ from, to, addresses }, depends, 'depends')) open.add(line)
    }
  }
  // Between groups, what is certain for some pods is certain.
  return [...open].filter((line) => !line.endsWith(' depends') || !open.has(line.replace(/depends$/, 'allow'))).sort()
}

/** What is open in more readings in `after` than in `before`; between pods of one name. */
function gainedFlowByFlow(before: Network, after: Network): string[] {
  const ranks = (network: Network) => {
    const rank = new Map<string, number>()
    for (const [from, to] of pairsOf(network)) {
      for (const { addresses, allowed, depends } of reach(network, from, to)) {
        const between = { from: endpointName(from), to: endpointName(to), addresses }
        for (const line of lines(between, allowed, '')) rank.set(line, 2)
        for (const line of lines(between, depends, '')) rank.set(line, 1)
      }
    }
    return rank
  }
  const earlier = ranks(before)
  return [...ranks(after)]
    .flatMap(([line, rank]) => {
      const was = earlier.get(line) ?? 0
      return rank > was ? [line + (rank - was === 2 ? 'surely' : 'rather')] : []
    })
    .sort()
}
