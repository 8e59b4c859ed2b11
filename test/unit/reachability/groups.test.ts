/** Between groups: who can reach whom, what would change, and what policies of others open. */

import { expect } from 'chai'
import { spaceOf } from '../../../src/reachability/classes.ts'
import {
  addressesText,
  byNamespace,
  byTenant,
  byWorkload,
  type Change,
  difference,
  differenceInSteps,
  finish,
  type MatrixCell,
  matrix,
  matrixInSteps,
  type Network,
  type Outside,
  outside,
  type PodInput,
  portsText,
  summarize,
  widened,
  widenedInSteps,
} from '../../../src/reachability/reachability.ts'
import { labelled, namespacesOf, TCP, UDP } from '../../support/build.ts'
import { app, network, oursOf, pod, policy } from '../../support/reach.ts'

const PODS = [
  ...['1', '2', '3'].map((number) =>
    pod(`shop/web-${number}`, { app: 'web', hash: number }, { workload: { kind: 'Deployment', name: 'web' } }),
  ),
  pod('shop/db-0', { app: 'db' }, { workload: { kind: 'StatefulSet', name: 'db' } }),
  pod('returns/web-1', { app: 'web' }),
  pod('crm/web-1', { app: 'web' }),
]
const NAMESPACES = { shop: { tenant: 'manning' }, returns: { tenant: 'manning' }, crm: { tenant: 'acme' } }
const TENANTS = new Map([
  ['manning', namespacesOf('manning')],
  ['acme', namespacesOf('acme')],
])
const INTERNET = outside('internet', ['0.0.0.0/0', '::/0']) as Outside

const closed = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }
const ours = (name: string, spec: object) => policy(name, spec, oursOf('manning', 'ingress/web'))
/** Tenant manning closed, but for its web servers, which all of it reaches. */
const MANNING = ['shop', 'returns'].flatMap((namespace) => [
  ours(`${namespace}/tenant-isolation`, { ...closed, egress: [{ to: [{ namespaceSelector: namespacesOf('manning') }] }] }),
  ours(`${namespace}/tenant-isolation-web`, {
    podSelector: app('web'),
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ namespaceSelector: namespacesOf('manning') }], ports: [TCP(80)] }],
  }),
])
const under = (policies: readonly object[], pods: readonly PodInput[] = PODS) => network({ pods, namespaces: NAMESPACES, policies })
const tenants = ({ cluster }: Network) => ({ groupOf: byTenant(cluster, TENANTS) })

const cellText = ({ from, to, addresses, ports, depends, foreign, pairs, allPairs }: MatrixCell) =>
  `${from} -> ${to}${addresses ? ` ${addressesText(addresses)}` : ''}: ${portsText(ports)}${depends.length > 0 ? ` ?${portsText(depends)}` : ''}${foreign.length > 0 ? ` !${portsText(foreign)}` : ''} (${pairs}/${allPairs})`
const changeText = ({ from, to, addresses, ports, depends, pairs }: Change) =>
  `${from} -> ${to}${addresses ? ` ${addressesText(addresses)}` : ''}: ${portsText(ports)}${depends.length > 0 ? ` ?${portsText(depends)}` : ''} (${pairs})`

describe('the matrix', () => {
  it('says between tenants on which ports some pod reaches some other, and for how many pairs', () => {
    const of = under(MANNING)
    const { groups, cells } = matrix(of, tenants(of))
    expect(groups).to.deep.equal(['acme', 'manning'])
    // 4 web servers of manning are reached by the 4 others each; acme has one pod, which reaches nobody else.
    expect(cells.map(cellText)).to.deep.equal(['manning -> manning: TCP 80 (16/20)'])
  })

  it('opens up to namespaces and workloads', () => {
    const of = under(MANNING)
    expect(matrix(of, { groupOf: byNamespace }).cells.map(cellText)).to.deep.equal([
      'returns -> shop: TCP 80 (3/4)',
      'shop -> returns: TCP 80 (4/4)',
      'shop -> shop: TCP 80 (9/12)',
    ])
    expect(matrix(of, { groupOf: byWorkload }).cells.map(cellText)).to.deep.equal([
      'returns/Pod/web-1 -> shop/Deployment/web: TCP 80 (3/3)',
      'shop/Deployment/web -> returns/Pod/web-1: TCP 80 (3/3)',
      'shop/Deployment/web -> shop/Deployment/web: TCP 80 (6/6)',
      'shop/StatefulSet/db -> returns/Pod/web-1: TCP 80 (1/1)',
      'shop/StatefulSet/db -> shop/Deployment/web: TCP 80 (3/3)',
    ])
  })

  it('marks what is only open because of policies of others, also where ours open the same to other pods', () => {
    const foreign = policy('shop/foreign', { podSelector: app('db'), ingress: [{ ports: [TCP(80), TCP(5432)] }] })
    const of = under([...MANNING, foreign])
    expect(matrix(of, tenants(of)).cells.map(cellText)).to.deep.equal([
      'acme -> manning: TCP 80, 5432 !TCP 80, 5432 (1/5)',
      'manning -> manning: TCP 80, 5432 !TCP 80, 5432 (20/20)',
    ])
  })

  it('marks what depends, and on what', () => {
    const of = under(
      [...MANNING, policy('crm/out', { policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] })],
      [...PODS, pod('crm/agent', {}, { hostNetwork: true, addresses: ['172.18.0.2'], nodeAddresses: ['172.18.0.2'] })],
    )
    const inside = matrix(of, tenants(of)).cells.find(({ from, to }) => from === 'acme' && to === 'acme')
    expect(inside && [cellText(inside), inside.reasons]).to.deep.equal([
      'acme -> acme: no port ?all ports (0/2)',
      ['HostNetwork', 'IPBlockOnPods'],
    ])
    const [only] = matrix(
      under([policy('crm/out', { policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [TCP(80)] }] })]),
      {
        groupOf: ({ namespace, name }) => (namespace === 'crm' ? 'crm' : name === 'db-0' ? 'db' : undefined),
      },
    ).cells.filter(({ from }) => from === 'crm')
    expect(only && [cellText(only), only.reasons]).to.deep.equal(['crm -> db: no port ?TCP 80 (0/1)', ['IPBlockOnPods']])
  })

  it('looks up a port by name on every pod that a rule may mean', () => {
    const http = (name: string, port: number) => pod(name, {}, { ports: [{ name: 'http', protocol: 'TCP', port }] })
    const out = (to: object) => policy('crm/out', { policyTypes: ['Egress'], egress: [{ to: [to], ports: [TCP('http')] }] })
    const cells = (to: object) =>
      matrix(network({ pods: [pod('crm/web'), http('shop/a', 80), http('shop/b', 8080), pod('shop/c')], policies: [out(to)] }), {
        groupOf: byNamespace,
      }).cells
    expect(cells({ namespaceSelector: {} }).map(cellText)).to.deep.equal([
      'crm -> shop: TCP 80, 8080 (2/3)',
      'shop -> crm: all ports (3/3)',
      'shop -> shop: all ports (6/6)',
    ])
    expect(cells({ ipBlock: { cidr: '10.0.0.0/8' } }).map(cellText)[0]).to.equal('crm -> shop: no port ?TCP 80, 8080 (0/3)')
  })

  it('shows what is outside in the parts that policies tell apart', () => {
    const out = policy('crm/out', {
      policyTypes: ['Egress'],
      egress: [
        { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }], ports: [TCP(443)] },
        { to: [{ ipBlock: { cidr: '9.9.9.9/32' } }], ports: [UDP(53)] },
      ],
    })
    const of = under([out])
    const cells = matrix(of, { groupOf: ({ namespace }) => (namespace === 'crm' ? 'crm' : undefined), outside: [INTERNET] }).cells
    expect(cells.map(cellText)).to.deep.equal([
      'crm -> internet 0.0.0.0/0 except 9.9.9.9, 10.0.0.0/8: TCP 443 (1/1)',
      'crm -> internet 9.9.9.9: TCP 443; UDP 53 (1/1)',
      'internet -> crm all addresses: all ports (1/1)',
    ])
  })

  it('gives the same cells for the same input in any order', () => {
    const foreign = policy('shop/foreign', { podSelector: app('db'), ingress: [{}] })
    const one = under([...MANNING, foreign])
    const other = under([...MANNING, foreign].toReversed(), PODS.toReversed())
    expect(matrix(other, tenants(other)).cells).to.deep.equal(matrix(one, tenants(one)).cells)
  })

  it('takes more different sets of ports from one pod than fit into a number', () => {
    const numbers = Array.from({ length: 70 }, (_, index) => index)
    const pods = [pod('watch/prometheus'), ...numbers.map((index) => pod(`ns-${index}/app`))]
    const from = [{ namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'watch' }) }]
    const policies = numbers.flatMap((index) => [
      ours(`ns-${index}/closed`, closed),
      policy(`ns-${index}/metrics`, { ingress: [{ from, ports: [TCP(1000 + index), UDP(2000 + 2 * index)] }] }),
    ])
    const of = network({ pods, policies })
    const expected = numbers.map((index) => `watch -> ns-${index}: TCP ${1000 + index}; UDP ${2000 + 2 * index}`).sort()
    expect(
      matrix(of, { groupOf: byNamespace })
        .cells.map((cell) => cellText(cell).replace(/ !.*| [(].*/, ''))
        .sort(),
    ).to.deep.equal(expected)
    expect(
      widened(of, { groupOf: byNamespace })
        .map((change) => changeText(change).replace(/ [(].*/, ''))
        .sort(),
    ).to.deep.equal(expected)
    const { lost } = difference(network({ pods }), of, { groupOf: byNamespace })
    expect(lost.filter(({ from: source }) => source === 'watch').map(({ ports }) => portsText(ports).split(/[ ;,]+/).length)).to.deep.equal(
      numbers.map(() => 7),
    )
  })

  it('keeps what many ports mean for one pod apart from what they mean for the next', () => {
    const numbers = Array.from({ length: 40 }, (_, index) => index)
    const sources = ['first', 'second']
    // Rising for one, falling for the other.
    const portOf = (index: number, which: number) => (which === 0 ? 1000 + 2 * index : 3001 - 2 * index)
    const from = (name: string) => [{ podSelector: app(name), namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'watch' }) }]
    const of = network({
      pods: [...sources.map((name) => pod(`watch/${name}`, { app: name })), ...numbers.map((index) => pod(`ns-${index}/app`))],
      policies: numbers.map((index) =>
        policy(`ns-${index}/in`, { ingress: sources.map((name, which) => ({ from: from(name), ports: [TCP(portOf(index, which))] })) }),
      ),
    })
    const cells = matrix(of, { groupOf: ({ namespace, name }) => (namespace === 'watch' ? name : namespace) }).cells
    const opened = (name: string) =>
      cells.filter((cell) => cell.from === name && cell.to.startsWith('ns-')).map(({ to, ports }) => `${to} ${portsText(ports)}`)
    for (const [which, name] of sources.entries()) {
      expect(opened(name)).to.deep.equal(numbers.map((index) => `ns-${index} TCP ${portOf(index, which)}`).sort())
    }
  })

  it('has a group for pods of no tenant when it is told to', () => {
    const of = under([], [...PODS, pod('kube-system/dns')])
    expect(matrix(of, { groupOf: byTenant(of.cluster, TENANTS, 'system') }).groups).to.deep.equal(['acme', 'manning', 'system'])
    expect(matrix(of, tenants(of)).groups).to.deep.equal(['acme', 'manning'])
  })
})

describe('a long question', () => {
  it('can be answered in steps that tell how far they are', () => {
    const of = under([...MANNING, policy('shop/open', { ingress: [{}] })])
    for (const steps of [matrixInSteps(of, tenants(of)), differenceInSteps(under([]), of, tenants(of)), widenedInSteps(of, tenants(of))]) {
      const first = steps.next()
      expect(first).to.deep.equal({ done: false, value: { done: 0, all: 4 } })
      expect([...steps].map((progress) => progress.done)).to.deep.equal([1, 2, 3])
    }
    expect(finish(matrixInSteps(of, tenants(of)))).to.deep.equal(matrix(of, tenants(of)))
  })
})

describe('the classes of pods', () => {
  const classes = (pods: readonly PodInput[], policies: readonly object[]) =>
    spaceOf([under(policies, pods)]).classes.map(({ members }) => members.map(({ name }) => name))
  it('tell apart only what a policy can: not labels that no selector looks at', () => {
    expect(classes(PODS, MANNING)).to.deep.equal([
      ['crm/web-1'],
      ['returns/web-1'],
      ['shop/db-0'],
      ['shop/web-1', 'shop/web-2', 'shop/web-3'],
    ])
    expect(classes(PODS, [])).to.deep.equal([['crm/web-1'], ['returns/web-1'], ['shop/db-0', 'shop/web-1', 'shop/web-2', 'shop/web-3']])
    expect(classes(PODS, [policy('crm/p', { ingress: [{ from: [{ podSelector: labelled({ hash: '2' }) }] }] })])[2]).to.deep.equal([
      'shop/db-0',
    ])
  })
  it('tell apart ports with a name that a rule uses, addresses on both sides of a range, and who is in the network of its node', () => {
    const pods = [
      pod('shop/a'),
      pod('shop/b', {}, { ports: [{ name: 'http', protocol: 'TCP', port: 80 }] }),
      pod('shop/c', {}, { ports: [{ name: 'other', protocol: 'TCP', port: 80 }] }),
      pod('shop/d', {}, { addresses: ['192.0.2.1'] }),
      pod('shop/e', {}, { hostNetwork: true }),
      pod('shop/f', {}, { addresses: [] }),
    ]
    expect(classes(pods, [])).to.deep.equal([['shop/a', 'shop/b', 'shop/c', 'shop/d'], ['shop/e'], ['shop/f']])
    const named = policy('shop/p', { ingress: [{ from: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [TCP('http')] }] })
    expect(classes(pods, [named])).to.deep.equal([['shop/a', 'shop/c'], ['shop/b'], ['shop/d'], ['shop/e'], ['shop/f']])
  })
})

describe('the difference', () => {
  it('is what default deny takes, in few lines', () => {
    const [before, after] = [under([]), under(MANNING)]
    const { gained, lost } = difference(before, after, { ...tenants(after), outside: [INTERNET] })
    expect(gained).to.deep.equal([])
    expect(lost.map(changeText)).to.deep.equal([
      'acme -> manning: all ports (5)',
      'manning -> acme: all ports (5)',
      'manning -> manning: all ports (20)',
      'manning -> internet all addresses: all ports (5)',
      'internet -> manning all addresses: all ports (5)',
    ])
    expect(lost[2]?.example).to.deep.equal({ from: 'returns/web-1', to: 'shop/db-0' })
  })

  it('gives as an example a pair that does change', () => {
    const out = policy('crm/out', { policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {}, podSelector: app('db') }] }] })
    const { lost } = difference(under([]), under([out]), { groupOf: byNamespace })
    expect(lost.map(({ from, to, pairs, example }) => [from, to, pairs, example.to])).to.deep.equal([
      ['crm', 'returns', 1, 'returns/web-1'],
      ['crm', 'shop', 3, 'shop/web-1'],
    ])
  })

  it('tells what comes from what goes, port by port', () => {
    const rule = (port: number) =>
      policy('shop/p', { podSelector: app('db'), ingress: [{ from: [{ podSelector: app('web') }], ports: [TCP(port)] }] })
    const { gained, lost } = difference(under([rule(80)]), under([rule(443)]), { groupOf: byNamespace })
    expect(gained.map(changeText)).to.deep.equal(['shop -> shop: TCP 443 (3)'])
    expect(lost.map(changeText)).to.deep.equal(['shop -> shop: TCP 80 (3)'])
  })

  it('counts what becomes uncertain as partly lost, and what becomes certain as partly gained', () => {
    const rule = (peer: object) => policy('crm/p', { policyTypes: ['Egress'], egress: [{ to: [peer], ports: [TCP(80)] }] })
    const [sure, perhaps] = [rule({ namespaceSelector: {} }), rule({ ipBlock: { cidr: '10.244.0.0/16' } })]
    const groupOf = ({ namespace, name }: PodInput) => (namespace === 'crm' ? 'crm' : name === 'db-0' ? 'db' : undefined)
    const there = difference(under([sure]), under([perhaps]), { groupOf })
    expect([there.gained, there.lost.map(changeText)]).to.deep.equal([[], ['crm -> db: no port ?TCP 80 (1)']])
    const back = difference(under([perhaps]), under([sure]), { groupOf })
    expect([back.gained.map(changeText), back.lost]).to.deep.equal([['crm -> db: no port ?TCP 80 (1)'], []])
  })

  it('takes other pods, and other labels of namespaces, as well as other policies', () => {
    const before = under(MANNING)
    const after = network({
      pods: [...PODS, pod('shop/new', { app: 'web' })],
      namespaces: { ...NAMESPACES, returns: { tenant: 'acme' } },
      policies: MANNING,
    })
    const { gained, lost } = difference(before, after, { groupOf: byNamespace })
    expect(gained.map(changeText)).to.deep.equal(['shop -> shop: TCP 80 (7)'])
    expect(lost.map(changeText)).to.deep.equal(['returns -> shop: TCP 80 (3)', 'shop -> returns: TCP 80 (4)'])
  })

  it('is nothing between two ways to write the same', () => {
    const one = policy('shop/a', { ingress: [{ ports: [TCP(80), TCP(81)], from: [{ podSelector: app('web') }] }] })
    const other = [
      policy('shop/b', {
        policyTypes: ['Ingress'],
        ingress: [
          {
            ports: [{ protocol: 'TCP', port: 80, endPort: 81 }],
            from: [{ podSelector: app('web'), namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'shop' }) }],
          },
        ],
      }),
      policy('shop/c', { ingress: [] }),
    ]
    expect(difference(under([one]), under(other), { groupOf: byNamespace, outside: [INTERNET] })).to.deep.equal({ gained: [], lost: [] })
  })

  it('reads in one line where many groups lose the same', () => {
    const pods = Array.from({ length: 20 }, (_, index) => pod(`ns-${index}/web`))
    const policies = pods.map(({ namespace }) => policy(`${namespace}/closed`, closed))
    const { lost } = difference(network({ pods }), network({ pods, policies }), { groupOf: byNamespace })
    expect(lost).to.have.length(20 * 19)
    const text = ({ from, to, onlyOthers, ports, pairs }: ReturnType<typeof summarize>[number]) =>
      `${from.length} -> ${to.length}${onlyOthers ? ' others' : ''}: ${portsText(ports)} (${pairs})`
    expect(summarize(lost).map(text)).to.deep.equal(['20 -> 20 others: all ports (380)'])
    const toFew = lost.filter(({ from, to }) => from !== 'ns-1' && to < 'ns-11')
    expect(summarize(toFew).map(text)).to.deep.equal(['2 -> 3 others: all ports (4)', '17 -> 3: all ports (51)'])
    // One that loses itself as well stands apart from those that only lose the others.
    const [first] = lost as [Change]
    const three = lost.filter(({ from, to }) => [from, to].every((name) => ['ns-0', 'ns-1', 'ns-2'].includes(name)))
    expect(summarize([...three, { ...first, from: 'ns-0', to: 'ns-0' }]).map(text)).to.deep.equal([
      '2 -> 3 others: all ports (4)',
      '1 -> 3: all ports (3)',
    ])
  })
})

describe('what policies of others open beyond ours', () => {
  const text = ({ policy: { namespace, name }, ...change }: ReturnType<typeof widened>[number]) =>
    `${namespace}/${name}: ${changeText(change)}`
  const openings = (...foreign: readonly object[]) => {
    const of = under([...MANNING, ...foreign])
    return widened(of, { ...tenants(of), outside: [INTERNET] }).map(text)
  }

  it('is nothing as long as they close more, or open what ours open', () => {
    expect(openings()).to.deep.equal([])
    expect(openings(policy('shop/closed', closed))).to.deep.equal([])
    expect(
      openings(
        policy('shop/same', {
          podSelector: app('web'),
          ingress: [{ from: [{ namespaceSelector: namespacesOf('manning') }], ports: [TCP(80)] }],
        }),
      ),
    ).to.deep.equal([])
    expect(openings(policy('crm/open', { ingress: [{}] }))).to.deep.equal([])
  })

  it('is the whole namespace, in both directions, for one object that opens it', () => {
    expect(
      openings(policy('shop/open', { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] })),
    ).to.deep.equal([
      'shop/open: acme -> manning: all ports (4)',
      'shop/open: manning -> acme: all ports (4)',
      // From and to the four of shop, but not to the web server of returns, where nothing is open besides.
      'shop/open: manning -> manning: all ports (16)',
      'shop/open: manning -> internet all addresses: all ports (4)',
      'shop/open: internet -> manning all addresses: all ports (4)',
    ])
  })

  it('names both policies where it takes two', () => {
    const out = policy('shop/out', {
      podSelector: app('web'),
      policyTypes: ['Egress'],
      egress: [{ to: [{ namespaceSelector: namespacesOf('acme') }], ports: [TCP(1), TCP(2)] }],
    })
    const acme = policy('crm/tenant-isolation', closed, oursOf('acme', ''))
    const inwards = policy('crm/in', { ingress: [{ from: [{ namespaceSelector: namespacesOf('manning') }], ports: [TCP(2), TCP(3)] }] })
    expect(openings(out, acme)).to.deep.equal([])
    expect(openings(out, acme, inwards)).to.deep.equal(['crm/in: manning -> acme: TCP 2 (3)', 'shop/out: manning -> acme: TCP 2 (3)'])
  })

  it('names each policy for what it opens itself', () => {
    const out = (name: string, to: string, port: number) =>
      policy(`shop/${name}`, {
        podSelector: app('db'),
        policyTypes: ['Egress'],
        egress: [{ to: [{ namespaceSelector: namespacesOf('acme'), podSelector: app(to) }], ports: [TCP(port)] }],
      })
    const pods = [...PODS, pod('crm/mail', { app: 'mail' })]
    const of = under([...MANNING, out('to-web', 'web', 80), out('to-web-too', 'web', 443), out('to-mail', 'mail', 25)], pods)
    const groupOf = ({ namespace, labels }: PodInput) => (namespace === 'crm' ? labels.app : namespace)
    expect(widened(of, { groupOf }).map(text)).to.deep.equal([
      'shop/to-mail: shop -> mail: TCP 25 (1)',
      'shop/to-web: shop -> web: TCP 80 (1)',
      'shop/to-web-too: shop -> web: TCP 443 (1)',
    ])
  })

  it('goes by what it is told is ours', () => {
    const of = under(MANNING)
    expect(widened(of, { ...tenants(of), ours: () => false })).to.deep.equal([])
    const closedByOthers = under([policy('shop/deny', closed), ...MANNING])
    const found = widened(closedByOthers, { ...tenants(closedByOthers), ours: ({ name }) => name === 'deny' })
    expect(found.map(({ policy: { name } }) => name)).to.include('tenant-isolation-web')
  })

  it('sees pods in the network of their node, too', () => {
    const agent = pod('crm/agent', {}, { hostNetwork: true, addresses: ['172.18.0.2'], nodeAddresses: ['172.18.0.2'] })
    const of = under(
      [
        ...MANNING,
        policy('shop/from-node', {
          podSelector: app('db'),
          ingress: [{ from: [{ ipBlock: { cidr: '172.18.0.2/32' } }], ports: [TCP(9090)] }],
        }),
      ],
      [...PODS, agent],
    )
    expect(widened(of, tenants(of)).map(text)).to.deep.equal(['shop/from-node: acme -> manning: no port ?TCP 9090 (1)'])
  })

  it('names no policy that opens what ours open on its side, in the network of a node as elsewhere', () => {
    const agent = pod('crm/agent', { app: 'agent' }, { hostNetwork: true, addresses: ['172.18.0.2'], nodeAddresses: ['172.18.0.2'] })
    const toAcme = {
      policyTypes: ['Egress'],
      egress: [{ to: [{ namespaceSelector: namespacesOf('acme') }, { ipBlock: { cidr: '172.18.0.2/32' } }] }],
    }
    for (const target of ['agent', 'web']) {
      const policies = [
        ours('shop/out', toAcme),
        policy('shop/same', toAcme),
        policy('crm/tenant-isolation', closed, oursOf('acme', '')),
        policy('crm/in', {
          podSelector: app(target),
          ingress: [{ from: [{ namespaceSelector: namespacesOf('manning') }], ports: [TCP(80)] }],
        }),
      ]
      const of = under(policies, [pod('shop/db-0', { app: 'db' }), pod('crm/web', { app: 'web' }), agent])
      const found = widened(of, { ...tenants(of) }).filter(({ from, to }) => from === 'manning' && to === 'acme')
      expect(
        found.map(({ policy: { name } }) => name),
        target,
      ).to.deep.equal(['in'])
    }
  })
})
