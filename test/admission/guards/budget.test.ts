/** A resource at the bounds of its schema: ordinary requests are judged, and none is refused because judging it costs too much. */

import { expect } from 'chai'
import { BOUNDS, type Network, type Peer } from '../../../src/api/network.ts'
import { NAMESPACES, NETWORK_POLICIES } from '../../../src/reconcile/resources.ts'
import { labelled } from '../../support/build.ts'
import { type GuardedCluster, guardedCluster, refusal, refused } from '../../support/guards.ts'
import { networkPolicy } from '../../support/kube.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

/** As many rules, peers and ports as there may be. */
const rules = (peer: (rule: number, index: number) => Peer) =>
  upTo(BOUNDS.rules).map((rule) => ({
    name: `rule-${rule}`,
    peers: upTo(BOUNDS.peers).map((index) => peer(rule, index)),
    ports: upTo(BOUNDS.ports).map((port) => ({ port: 1_000 + port })),
  }))

const NETWORK: Network = {
  ingress: rules((rule, index) => ({ cidr: `10.${rule}.${index}.0/24` })).map(({ peers, ...rule }) => ({ ...rule, from: peers })),
  egress: rules((rule, index) => ({ namespaceSelector: labelled({ team: `t-${rule}-${index}`, zone: 'x' }) })).map(
    ({ peers, ...rule }) => ({
      ...rule,
      to: peers,
    }),
  ),
}

const RANGES = 32
const OWN_RULES = 1_000
const LABELS = 30

describe('a resource at the bounds of its schema', function () {
  this.timeout(120_000)
  let cluster: GuardedCluster

  before(async () => {
    cluster = await guardedCluster({ watched: false })
    await cluster.namespace('budget-shop', { guarded: 'budget' })
    await cluster.tenant('budget', { namespaceSelector: labelled({ guarded: 'budget' }), network: NETWORK })
    await cluster.bind('alice', 'admin', 'alice', 'budget-shop')
    await cluster.allow('alice', 'budget-labels', [{ apiGroups: [''], resources: ['namespaces'], verbs: ['*'] }])
    await refused(() => create([{}]), 'boundary')
    await refused(() => label({ guarded: 'other' }), 'assign')
  })

  after(async () => {
    await cluster.clear()
  })

  const create = (ingress: readonly object[]) =>
    cluster.alice.client.create(NETWORK_POLICIES, networkPolicy('budget-shop', 'own', { podSelector: {}, ingress }), { dryRun: true })
  const label = (labels: Readonly<Record<string, string>>) =>
    cluster.alice.client.patch(NAMESPACES, { name: 'budget-shop' }, { type: 'merge', body: { metadata: { labels } } }, { dryRun: true })
  const ranges = (network: string, count: number) => upTo(count).map((index) => ({ ipBlock: { cidr: `${network}.${index}/32` } }))
  const ports = upTo(BOUNDS.ports).map((port) => ({ port: 1_000 + port }))

  it(`takes a policy of ${RANGES} ranges with all ports, all of them in the last range`, async () => {
    await create([{ from: ranges('10.63.31', RANGES), ports }])
  })

  it(`refuses one of ${RANGES} ranges that are in none, with a sentence about them`, async () => {
    expect(await refusal(create([{ from: ranges('11.63.31', RANGES), ports }]))).to.include('11.63.31.0/32, 11.63.31.1/32')
  })

  it(`takes one of ${OWN_RULES} rules for pods of the tenant`, async () => {
    const peers = (index: number) => [
      { podSelector: labelled({ a: `b${index}` }) },
      { namespaceSelector: labelled({ guarded: 'budget', a: `b${index}` }) },
    ]
    await create(upTo(OWN_RULES).map((index) => ({ from: peers(index) })))
  })

  it(`takes a change of ${LABELS} labels that decide nothing`, async () => {
    await label(Object.fromEntries(upTo(LABELS).map((index) => [`label-${index}`, 'x'])))
  })

  it('refuses a change of labels that the last of its rules goes by, with a sentence about it', async () => {
    expect(await refusal(label({ team: 't-63-31', zone: 'x' }))).to.include('change where egress rule rule-63 leads')
  })
})
