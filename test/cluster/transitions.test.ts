/**
 * Whatever changes: a flow that is allowed before and after is never cut on the way, and one that is denied before and after is never
 * opened (DESIGN section 4, invariant 2), at either of its ends. Every state that the API server went through is looked at.
 */

import { expect } from 'chai'
import fc from 'fast-check'
import type { Network, Peer, Port } from '../../src/api/network.ts'
import { callText, tally } from '../support/audit.ts'
import { app, egressRule, ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { end, type Kube, openKube } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'
import type { PolicyHistory } from '../support/policy-history.ts'
import { flowsOf, judge, type Pod } from '../support/way.ts'

const APPS = ['webserver', 'database', 'cart', 'other']
const forApp = (name: string) => ({ podSelector: labelled({ app: name }) })
const forTier = (tier: string) => ({ namespaceSelector: labelled({ tier }) })
const POSTGRES = [{ port: 5432 }]
const HTTP = [{ port: 80 }]
const OFFICE: Peer = { cidr: '192.168.1.0/24' }
const INTERNET: Peer = { preset: 'Internet' }

const BOOK: Network = {
  ingress: [
    ingressRule({ name: 'db', appliesTo: forApp('database'), from: [app('webserver')], ports: POSTGRES }),
    ingressRule({ name: 'cart', appliesTo: forApp('cart'), from: [OFFICE], ports: HTTP }),
  ],
  egress: [egressRule({ name: 'web', appliesTo: forApp('webserver'), to: [app('database')], ports: POSTGRES })],
}

/** Each is gone there and back. */
const PAIRS: readonly { readonly what: string; readonly from: Network; readonly to: Network }[] = [
  {
    what: 'a rule moves from one selector to another',
    from: { ingress: [ingressRule({ appliesTo: forApp('database'), ports: POSTGRES })] },
    to: { ingress: [ingressRule({ appliesTo: forApp('cart'), ports: POSTGRES })] },
  },
  {
    what: 'a rule of some pods becomes one of all pods',
    from: { ingress: [ingressRule({ appliesTo: forApp('database'), ports: POSTGRES })] },
    to: { ingress: [ingressRule({ ports: POSTGRES })] },
  },
  {
    what: 'a rule moves to pods of which some were allowed the same before',
    from: {
      ingress: [
        ingressRule({ appliesTo: { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['database', 'cart'] }] } } }),
      ],
    },
    to: {
      ingress: [
        ingressRule({ appliesTo: { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['cart', 'other'] }] } } }),
      ],
    },
  },
  {
    what: 'several policies each gain and lose something',
    from: BOOK,
    to: {
      ingress: [
        ingressRule({ name: 'db', appliesTo: forApp('database'), from: [app('cart')], ports: POSTGRES }),
        ingressRule({ name: 'cart', appliesTo: forApp('cart'), from: [app('webserver')], ports: HTTP }),
      ],
      egress: [egressRule({ name: 'web', appliesTo: forApp('webserver'), to: [app('cart')], ports: HTTP })],
    },
  },
  {
    what: 'what one policy loses, another gains, and the other way round',
    from: {
      ingress: [
        ingressRule({ name: 'all', ports: HTTP }),
        ingressRule({ name: 'db', appliesTo: forApp('database'), ports: POSTGRES }),
        ingressRule({ name: 'cart', appliesTo: forApp('cart'), from: [OFFICE] }),
      ],
    },
    to: {
      ingress: [
        ingressRule({ name: 'all', from: [OFFICE] }),
        ingressRule({ name: 'db', appliesTo: forApp('database'), ports: HTTP }),
        ingressRule({ name: 'cart', appliesTo: forApp('cart'), ports: POSTGRES }),
      ],
    },
  },
  { what: 'the tenant opens within', from: { intraTenant: 'None' }, to: { intraTenant: 'Tenant' } },
  {
    what: 'the tenant closes within while rules take its place',
    from: { ...BOOK, intraTenant: 'Tenant' },
    to: {
      intraTenant: 'None',
      ingress: [ingressRule({ from: [app('webserver')] })],
      egress: [egressRule({ to: [INTERNET], ports: [{ port: 443 }] })],
    },
  },
  { what: 'trust shrinks from the tenant to the namespace', from: { intraTenant: 'Tenant' }, to: { intraTenant: 'Namespace' } },
  { what: 'a direction is closed in addition', from: { ...BOOK, defaultDeny: ['Ingress'] }, to: BOOK },
  {
    what: 'one direction is opened and the other closed',
    from: { ...BOOK, defaultDeny: ['Ingress'] },
    to: { ...BOOK, defaultDeny: ['Egress'] },
  },
  { what: 'isolation is switched on, with pods in it', from: { ...BOOK, mode: 'Disabled' }, to: BOOK },
  { what: 'enforcing becomes auditing', from: BOOK, to: { ...BOOK, mode: 'Audit' } },
  {
    what: 'a rule applies to other namespaces of the tenant',
    from: {
      ingress: [ingressRule({ appliesTo: forTier('front'), ports: HTTP })],
      egress: [egressRule({ appliesTo: { ...forTier('back'), ...forApp('cart') } })],
    },
    to: {
      ingress: [ingressRule({ appliesTo: forTier('back'), ports: HTTP })],
      egress: [egressRule({ appliesTo: { ...forTier('front'), ...forApp('cart') } })],
    },
  },
  { what: 'DNS is switched off', from: BOOK, to: { ...BOOK, dns: { mode: 'Disabled' } } },
  {
    what: 'everything changes at once',
    from: { ...BOOK, intraTenant: 'Namespace', defaultDeny: ['Egress'], dns: { mode: 'Disabled' } },
    to: {
      defaultDeny: ['Ingress', 'Egress'],
      intraTenant: 'None',
      ingress: [ingressRule({ name: 'all', from: [OFFICE] }), ingressRule({ name: 'db', appliesTo: forApp('database'), ports: POSTGRES })],
      egress: [egressRule({ name: 'all', to: [INTERNET] }), egressRule({ name: 'web', appliesTo: forApp('webserver'), to: [app('cart')] })],
    },
  },
]

describe('on the way from one spec to another, no flow is disturbed about which both ends agree:', function () {
  this.timeout(120_000)

  const TENANT = 'transitions'
  const FRONT = 'transitions-front'
  const BACK = 'transitions-back'
  const LABELS = new Map<string, Record<string, string>>([
    [FRONT, { tenant: TENANT, tier: 'front' }],
    [BACK, { tenant: TENANT, tier: 'back' }],
    ['elsewhere', { tenant: 'elsewhere' }],
    ['kube-system', { 'kubernetes.io/metadata.name': 'kube-system' }],
  ])
  const PODS: readonly Pod[] = [
    ...[FRONT, BACK, 'elsewhere'].flatMap((namespace) => APPS.map((name) => ({ namespace, labels: { app: name } }))),
    { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
  ]
  let kube: Kube
  let running: RunningOperator
  let history: PolicyHistory

  before(async () => {
    kube = await openKube()
    for (const namespace of [FRONT, BACK]) {
      await kube.createNamespace(namespace, LABELS.get(namespace))
      await kube.createPod(namespace, 'webserver', { app: 'webserver' })
    }
    running = await startOperator()
    history = await kube.recordPolicies()
  })

  after(() => end(kube, running))

  const settle = async (network: Network): Promise<void> => {
    await kube.applyTenant(TENANT, { namespaceSelector: namespacesOf(TENANT), network })
    await kube.ready(TENANT)
  }

  /** How many flows changed between the ends. */
  const go = async (to: Network): Promise<number> => {
    const before = new Map(await Promise.all([FRONT, BACK].map(async (name) => [name, await kube.policies(name)] as const)))
    const mark = history.mark()
    await settle(to)
    const states = await history.statesSince(mark, FRONT, BACK)
    let changes = 0
    for (const [namespace, first] of before) {
      const own = states.filter((state) => state.namespace === namespace)
      const way = [first, ...own.map(({ policies }) => [...policies.values()])]
      const { disturbed, changed } = judge({ states: way, flows: flowsOf(namespace, PODS), namespaces: LABELS })
      const steps = own.map(({ change, name }) => `${change} ${name}`)
      expect(disturbed, `${namespace}: ${steps.join(', ')}\n${disturbed.join('\n')}\n`).to.have.lengthOf(0)
      changes += changed
    }
    return changes
  }

  for (const { what, from, to } of PAIRS) {
    it(what, async () => {
      await settle(from)
      expect(await go(to), 'flows that differ between the ends').to.be.above(0)
      expect(await go(from), 'and back').to.be.above(0)
    })
  }

  it('a walk through thirty specs made up at random', async () => {
    for (const network of fc.sample(networks, { numRuns: 30, seed: 20261121 })) await go(network)
  })
})

describe('an edit', function () {
  this.timeout(60_000)

  const TENANT = 'edits'
  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    running = await startOperator()
    for (const number of [0, 1, 2, 3, 4]) await kube.createNamespace(`edits-${number}`, { tenant: TENANT })
    await kube.applyTenant(TENANT, { namespaceSelector: namespacesOf(TENANT), network: BOOK })
    await eventually(async () => expect((await kube.ready(TENANT)).status?.namespaces?.isolated).to.equal(5))
  })

  after(() => end(kube, running))

  it('of one rule takes one write in each namespace and one of the status', async () => {
    const [rule, ...others] = BOOK.ingress ?? []
    const mark = await kube.audit.mark()
    await kube.patchTenant(TENANT, { network: { ingress: [{ ...rule, ports: [{ port: 5433 }] }, ...others] } })
    await kube.ready(TENANT)
    const calls = (await kube.audit.since(mark)).filter(({ resource }) => resource !== 'leases')
    expect(tally(calls)).to.deep.equal({ 'update networkpolicies': 5, 'update tenantisolations/status': 1 })
    expect(new Set(calls.map(callText)).size, 'each policy once').to.equal(6)
  })

  it('that changes nothing of the meaning takes one write of the status, and none of a policy', async () => {
    const mark = await kube.audit.mark()
    // Rules have no order, and TCP is what is meant when nothing is said.
    const [rule, ...others] = BOOK.ingress ?? []
    await kube.patchTenant(TENANT, { network: { ingress: [...others, { ...rule, ports: [{ protocol: 'TCP', port: 5433 }] }] } })
    await kube.ready(TENANT)
    expect(tally(await kube.audit.writesSince(mark))).to.deep.equal({ 'update tenantisolations/status': 1 })
  })
})

const appliesTo = fc.option(fc.oneof(fc.constantFrom(...APPS).map(forApp), fc.constantFrom('front', 'back').map(forTier)), {
  nil: undefined,
})
const peerOf = fc.oneof(
  fc.constantFrom(...APPS).map(app),
  fc.constantFrom<Peer>(OFFICE, INTERNET, { preset: 'Cluster' }, { namespaceSelector: labelled({ tier: 'front' }) }),
)
const portsOf = fc.option(fc.constantFrom<Port[][]>(HTTP, POSTGRES, [{ port: 1, endPort: 443 }], [{ protocol: 'UDP' }]), { nil: undefined })

const part = fc.record({ appliesTo, peers: fc.array(peerOf, { minLength: 1, maxLength: 2 }), ports: portsOf })
const parts = fc.array(part, { maxLength: 4 })

const networks: fc.Arbitrary<Network> = fc
  .record({
    mode: fc.constantFrom<Network['mode'][]>('Enforce', 'Enforce', 'Enforce', 'Enforce', 'Disabled'),
    intraTenant: fc.constantFrom<Network['intraTenant'][]>('None', 'None', 'Namespace', 'Tenant'),
    defaultDeny: fc.constantFrom<('Ingress' | 'Egress')[][]>(['Ingress', 'Egress'], ['Ingress', 'Egress'], ['Ingress'], ['Egress']),
    ingress: parts,
    egress: parts,
  })
  .map(({ ingress, egress, ...rest }) => ({
    ...rest,
    ingress: ingress.map(({ peers, ports, appliesTo: to }, index) => ({
      name: `rule-${index}`,
      from: peers,
      ...(to && { appliesTo: to }),
      ...(ports && { ports }),
    })),
    egress: egress.map(({ peers, ports, appliesTo: to }, index) => ({
      name: `rule-${index}`,
      to: peers,
      ...(to && { appliesTo: to }),
      ...(ports && { ports }),
    })),
  }))
