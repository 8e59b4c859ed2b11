/**
 * support/arbitrary-cluster.ts — random clusters and the policies that people and programs write for them, for fast-check: lists that
 * are missing, null or empty, types that are listed twice, names of ports that differ from pod to pod, pods without labels or
 * addresses, pods in the network of their node, ranges of both families with overlapping exceptions.
 */

import fc from 'fast-check'
import { cidr, labels, PORT_NAMES, selector } from './arbitrary.ts'
import { addressesAround } from './flows.ts'
import { type AnyPolicy, holds } from './naive-network.ts'
import type { NaiveCluster, NaiveEnd, NaivePod } from './naive-readings.ts'

const NAMESPACES = ['one', 'two', 'three']
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const
const PORTS = [1, 53, 80, 443, 65535]

const POD_ADDRESSES = ['10.1.2.3', '10.1.2.4', '10.200.0.1', '8.8.8.8', 'fd00::7', '2001:db8::1']
const NODES = [[], ['172.18.0.2'], ['172.18.0.2', 'fd00::2'], ['10.1.0.9']]
/** Some of pods, some of nodes, some of neither. */
const ADDRESSES = [
  '10.1.2.3',
  '172.18.0.2',
  '10.1.0.9',
  'fd00::2',
  '8.8.8.8',
  '8.8.4.4',
  '169.254.169.254',
  '2001:db8::1',
  '2600::1',
  '192.0.2.1',
]

const port = fc.constantFrom(...PORTS)
const protocol = fc.constantFrom(...PROTOCOLS)

const pod = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  labels: fc.oneof(labels, fc.constant({})),
  addresses: fc.oneof(fc.constant([]), fc.uniqueArray(fc.constantFrom(...POD_ADDRESSES), { minLength: 1, maxLength: 2 })),
  hostNetwork: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  nodeAddresses: fc.constantFrom(...NODES),
  ports: fc.array(fc.record({ name: fc.constantFrom(...PORT_NAMES), protocol, port }), { maxLength: 3 }),
})

/** A list in every way in which there can be nothing in it, and otherwise. */
const listOf = <T>(item: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<readonly T[] | null | undefined> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(undefined, null, []) },
    { weight: 4, arbitrary: fc.array(item, { minLength: 1, maxLength }) },
  )

const block = cidr.chain((whole) => {
  const inside = addressesAround(whole)
    .filter((address) => holds(whole, address))
    .map((address) => `${address}/${address.includes(':') ? 128 : 32}`)
  const excepts = [...inside, ...halvesOf(whole)].filter((one) => lengthOf(one) > lengthOf(whole))
  return excepts.length === 0
    ? fc.constant({ cidr: whole })
    : fc.record({
        cidr: fc.constant(whole),
        except: fc.option(fc.array(fc.constantFrom(...excepts), { maxLength: 3 }), { nil: undefined }),
      })
})

function lengthOf(range: string): number {
  return Number(range.slice(range.indexOf('/') + 1))
}

/** The first half of a range, and the first quarter. */
function halvesOf(whole: string): readonly string[] {
  const [network = '', prefix = ''] = whole.split('/')
  const width = network.includes(':') ? 128 : 32
  return [1, 2].map((more) => Number(prefix) + more).flatMap((length) => (length <= width ? [`${network}/${length}`] : []))
}

const peer = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ podSelector: selector, namespaceSelector: selector }),
  block.map((ipBlock) => ({ ipBlock })),
  fc.constantFrom(...ADDRESSES).map((address) => ({ ipBlock: { cidr: `${address}/${address.includes(':') ? 128 : 32}` } })),
)

const rulePort = fc.oneof(
  fc.record({ port: fc.oneof(port, fc.constantFrom(...PORT_NAMES)), protocol }, { requiredKeys: ['port'] }),
  fc.record({ protocol }, { requiredKeys: [] }),
  fc.tuple(port, port, protocol).map(([a, b, one]) => ({ protocol: one, port: Math.min(a, b), endPort: Math.max(a, b) })),
)

const withoutUndefined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T

const rulesFor = (peers: 'from' | 'to') =>
  listOf(
    fc.oneof(
      { weight: 1, arbitrary: fc.constant({}) },
      {
        weight: 6,
        arbitrary: fc
          .record({ peers: listOf(peer, 3), ports: listOf(rulePort, 3) })
          .map(({ peers: list, ports }) => withoutUndefined({ [peers]: list, ports })),
      },
    ),
    3,
  )

const spec = fc
  .record({
    podSelector: fc.oneof(selector, fc.constantFrom({}, null, undefined)),
    policyTypes: fc.constantFrom(
      undefined,
      null,
      [],
      ['Ingress'],
      ['Egress'],
      ['Ingress', 'Egress'],
      ['Egress', 'Egress'],
      ['Ingress', 'Ingress'],
    ),
    ingress: rulesFor('from'),
    egress: rulesFor('to'),
  })
  .map(withoutUndefined)

/** Of namespace labels, one says what the API server would never let a namespace say of itself. */
const namespaceLabels = fc.oneof(
  labels,
  labels.map((some) => ({ ...some, 'kubernetes.io/metadata.name': 'three' })),
)

export const policies: fc.Arbitrary<readonly AnyPolicy[]> = fc
  .array(
    fc.record({
      namespace: fc.constantFrom(...NAMESPACES),
      spec: fc.oneof({ weight: 9, arbitrary: spec }, { weight: 1, arbitrary: fc.constant({}) }),
    }),
    {
      minLength: 1,
      maxLength: 7,
    },
  )
  .map((all) =>
    all.map(({ namespace, spec: one }, index) => ({ metadata: { namespace, name: `p${index}` }, spec: one as AnyPolicy['spec'] & object })),
  )

export const cluster: fc.Arbitrary<NaiveCluster> = fc
  .record({
    pods: fc.array(pod, { minLength: 1, maxLength: 6 }),
    namespaces: fc.tuple(namespaceLabels, namespaceLabels),
    podRanges: fc.constantFrom(undefined, ['10.1.0.0/16'], ['10.0.0.0/8', 'fd00::/8']),
  })
  .map(({ pods, namespaces, podRanges }) => ({
    // As in a pod, the address of a node stands for those in its network.
    pods: pods.map(
      (one, index): NaivePod => ({ ...one, name: `pod-${index}`, addresses: one.hostNetwork ? one.nodeAddresses : one.addresses }),
    ),
    // The third one is known by its pods only.
    namespaces: namespaces.map((own, index) => ({ name: NAMESPACES[index] ?? '', labels: own })),
    ...(podRanges && { podRanges }),
  }))

export const otherEnd: fc.Arbitrary<NaiveEnd> = fc.constantFrom(...ADDRESSES).map((address) => ({ address }))

/** Ports on both sides of every border that a generated rule can have. */
export const flowPort = fc.record({ protocol, port: fc.constantFrom(1, 2, 52, 53, 54, 79, 80, 81, 443, 444, 65534, 65535) })
