/**
 * What a policy of somebody else opens, said without pods, against pods: whatever a pod could be like, if a flow to it or from it is
 * opened, it is found; and for everything that is found, pods can be made between which it is so.
 */

import { expect } from 'chai'
import fc from 'fast-check'
import { cidrsOf, intersectPorts, type Policy, portRanges, portSet, readPolicies } from '../../src/reachability/reachability.ts'
import type { Box } from '../../src/reachability/symbolic/boxes.ts'
import { type Opened, openedBeyond, passingFrom, type Space } from '../../src/reachability/symbolic/opened.ts'
import { labels as arbitraryLabels, LABEL_KEYS, LABEL_VALUES, PORT_NAMES } from '../support/arbitrary.ts'
import { policies as arbitraryPolicies, flowPort } from '../support/arbitrary-cluster.ts'
import { type AnyPolicy, type AnySpec, type Labels, policiesAllow, type Seen } from '../support/naive-network.ts'

const RUNS = 300

/** A namespace with policies, some of which are ours. */
type Place = { readonly name: string; readonly labels: Labels; readonly ours: readonly AnyPolicy[]; readonly foreign: readonly AnyPolicy[] }
type NaivePod = { readonly labels: Labels; readonly place: Place }
type NaiveFlow = {
  readonly from: NaivePod | { readonly address: string }
  readonly to: NaivePod | { readonly address: string }
  readonly protocol: string
  readonly port: number
  readonly portNames: readonly string[]
}

const clean = (policy: AnyPolicy): AnySpec => {
  const { podSelector, policyTypes, ingress, egress } = policy.spec ?? {}
  return {
    ...(podSelector && { podSelector }),
    ...(policyTypes && { policyTypes }),
    ...(ingress && { ingress }),
    ...(egress && { egress }),
  }
}

/** One end of a flow, as the naive evaluator asks it. */
function sideAllows(specs: readonly AnySpec[], flow: NaiveFlow, direction: 'Ingress' | 'Egress'): boolean {
  const [subject, other] = direction === 'Ingress' ? [flow.to, flow.from] : [flow.from, flow.to]
  if ('address' in subject) return true
  const seen: Seen = {
    other:
      'address' in other
        ? other
        : {
            pod: other.labels,
            namespace: { ...other.place.labels, 'kubernetes.io/metadata.name': other.place.name },
            sameNamespace: other.place === subject.place,
          },
    protocol: flow.protocol,
    port: flow.port,
    portNames: 'address' in flow.to ? [] : flow.portNames,
  }
  return policiesAllow(specs, subject.labels, direction, seen)
}

const specsIn = (end: NaiveFlow['from'], which: 'ours' | 'all'): readonly AnySpec[] =>
  'address' in end ? [] : [...end.place.ours, ...(which === 'all' ? end.place.foreign : [])].map(clean)

/** Whether the flow passes under all policies, and on the side of the policy not under ours alone, by a rule of the policy. */
function isOpenedBy(policy: AnyPolicy, place: Place, flow: NaiveFlow, direction: 'Ingress' | 'Egress'): boolean {
  const subject = direction === 'Ingress' ? flow.to : flow.from
  if ('address' in subject || subject.place !== place) return false
  const all = sideAllows(specsIn(flow.from, 'all'), flow, 'Egress') && sideAllows(specsIn(flow.to, 'all'), flow, 'Ingress')
  // A policy that does not select the pod allows nothing by itself, and alone it would leave the pod open.
  const closes: AnySpec = { podSelector: {}, policyTypes: [direction] }
  return all && !sideAllows(specsIn(subject, 'ours'), flow, direction) && sideAllows([closes, clean(policy)], flow, direction)
}

const place = (name: string) =>
  fc.record({ labels: arbitraryLabels, ours: arbitraryPolicies, foreign: arbitraryPolicies }).map(
    ({ labels, ours, foreign }): Place => ({
      name,
      labels,
      ours: ours.slice(0, 3).map((one, index) => ({ ...one, metadata: { namespace: name, name: `ours-${index}` } })),
      foreign: foreign.slice(0, 2).map((one, index) => ({ ...one, metadata: { namespace: name, name: `foreign-${index}` } })),
    }),
  )

const read = (policies: readonly AnyPolicy[]): readonly Policy[] => {
  const { policies: read, problems } = readPolicies(policies.map((policy) => ({ ...policy, kind: 'NetworkPolicy' })))
  expect(problems).to.deep.equal([])
  return read
}

/** The place as the evaluator has it. */
const spaceOf = ({ name, labels, ours, foreign }: Place): Space => ({ name, labels, policies: [...read(ours), ...read(foreign)] })

function valueIn(domain: { readonly absent: boolean; readonly values: readonly string[]; readonly except: boolean }): string | undefined {
  if (domain.absent) return undefined
  return domain.except ? ['other', ...LABEL_VALUES].find((value) => !domain.values.includes(value)) : domain.values[0]
}

/** A flow out of the box, between pods that are made for it. */
function flowIn(box: Box, { direction, outside }: Opened, here: Place, there: Place): NaiveFlow {
  const labelled = (whose: string): Labels =>
    Object.fromEntries(
      [...box.labels].flatMap(([dimension, domain]) => {
        const value = dimension.startsWith(`${whose} `) ? valueIn(domain) : undefined
        return value === undefined ? [] : [[dimension.slice(whose.length + 1), value]]
      }),
    )
  const [range] = portRanges(box.ports)
  const [first] = outside ? cidrsOf(box.addresses) : []
  const bits = first?.bits ?? 0n
  const address =
    first?.family === 6
      ? Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(':')
      : Array.from({ length: 4 }, (_, index) => (bits >> BigInt(24 - 8 * index)) & 0xffn).join('.')
  const own = { labels: labelled('own'), place: here }
  const other = outside ? { address } : { labels: labelled('peer'), place: there }
  const names = Object.keys(labelled('name')).filter((name) => name.startsWith(`${range?.protocol} `))
  return {
    ...(direction === 'Ingress' ? { from: other, to: own } : { from: own, to: other }),
    protocol: range?.protocol ?? '',
    port: range?.port ?? 0,
    portNames: names.map((name) => name.slice(name.indexOf(' ') + 1)),
  }
}

describe('what a policy of somebody else opens, without a look at pods', () => {
  const pod = fc.oneof(arbitraryLabels, fc.dictionary(fc.constantFrom(...LABEL_KEYS), fc.constant('other'), { maxKeys: 2 }))
  const scene = fc.record({ here: place('one'), elsewhere: place('two'), sameNamespace: fc.boolean() })

  it('is all that it opens between any pods', () => {
    let opened = 0
    fc.assert(
      fc.property(
        scene,
        fc.array(
          fc.record({
            own: pod,
            other: pod,
            address: fc.option(fc.constantFrom('10.1.2.3', '8.8.8.8', '192.0.2.1', 'fd00::7', '2600::1')),
            port: flowPort,
            portNames: fc.subarray([...PORT_NAMES]),
            direction: fc.constantFrom('Ingress' as const, 'Egress' as const),
          }),
          { minLength: 30, maxLength: 30 },
        ),
        ({ here, elsewhere, sameNamespace }, flows) => {
          const there = sameNamespace ? here : elsewhere
          const [spaceHere, spaceThere] = [spaceOf(here), spaceOf(there)]
          const ours = read(here.ours)
          for (const foreign of here.foreign) {
            const beyond = read([foreign]).flatMap((policy) => openedBeyond(policy, ours))
            for (const { own, other, address, port, portNames, direction } of flows) {
              const ends = [{ labels: own, place: here }, address === null ? { labels: other, place: there } : { address }] as const
              const [from, to] = direction === 'Egress' ? ends : [ends[1], ends[0]]
              const flow: NaiveFlow = { from, to, ...port, portNames }
              if (!isOpenedBy(foreign, here, flow, direction)) continue
              opened++
              const wanted = portSet(port.protocol, port.port)
              const found = beyond
                .filter((one) => one.direction === direction && one.outside === (address !== null))
                .flatMap((one) => (one.outside ? one.boxes : passingFrom(one, spaceHere)(spaceThere)))
              expect(found.some(({ ports }) => intersectPorts(ports, wanted).length > 0)).to.equal(true)
            }
          }
        },
      ),
      { numRuns: RUNS },
    )
    expect(opened).to.be.greaterThan(RUNS / 2)
  })

  it('is nothing that it does not: for each there are pods between which it is so', () => {
    let [found, asked, inexact] = [0, 0, 0]
    fc.assert(
      fc.property(scene, ({ here, elsewhere, sameNamespace }) => {
        const there = sameNamespace ? here : elsewhere
        const ours = read(here.ours)
        for (const foreign of here.foreign) {
          for (const one of read([foreign]).flatMap((policy) => openedBeyond(policy, ours))) {
            asked++
            // Too many rules to be told apart: then it may be less, and is said so.
            if (!one.exact) {
              inexact++
              continue
            }
            for (const box of one.outside ? one.boxes : passingFrom(one, spaceOf(here))(spaceOf(there))) {
              found++
              const flow = flowIn(box, one, here, there)
              expect(isOpenedBy(foreign, here, flow, one.direction), JSON.stringify(flow)).to.equal(true)
            }
          }
        }
      }),
      { numRuns: RUNS },
    )
    expect(found).to.be.greaterThan(RUNS)
    expect(inexact).to.be.lessThan(asked / 20)
  })
})
