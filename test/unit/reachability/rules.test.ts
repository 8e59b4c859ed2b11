/** The rules of NetworkPolicy v1, each by its name: sixteen points in which there is no room for taste. */

import { expect } from 'chai'
import { portsText, reach, readPolicies } from '../../../src/reachability/reachability.ts'
import { labelled, TCP, UDP } from '../../support/build.ts'
import { app, ask, endpoint, network, pod, policy, type Situation, table } from '../../support/reach.ts'

const PODS = [pod('shop/web', { app: 'web' }), pod('shop/db', { app: 'db' }), pod('crm/web', { app: 'web' }), pod('crm/bare')]
const NAMESPACES = { shop: { tenant: 'manning' }, crm: { tenant: 'acme' } }
const NAMES = ['shop/web', 'shop/db', 'crm/web', 'crm/bare']
const INTERNET = '198.51.100.7'

const under = (...policies: readonly object[]) => network({ pods: PODS, namespaces: NAMESPACES, policies })
/** With one policy in shop. */
const withSpec = (spec: object | undefined, more: Partial<Situation> = {}) =>
  network({ pods: PODS, namespaces: NAMESPACES, policies: [policy('shop/policy', spec)], ...more })
const withIngress = (...ingress: readonly object[]) => withSpec({ podSelector: app('db'), ingress })
const withEgress = (...egress: readonly object[]) => withSpec({ podSelector: app('web'), policyTypes: ['Egress'], egress })

describe('NetworkPolicy v1', () => {
  describe('1. a pod is isolated in a direction if a policy in its own namespace selects it and lists that direction', () => {
    it('and otherwise everything is allowed', () => {
      expect(table(under(), NAMES)).to.deep.equal(['-... shop/web', '.-.. shop/db', '..-. crm/web', '...- crm/bare'])
    })
    it('not in the other direction, not other pods, not pods of other namespaces', () => {
      const closed = withSpec({ podSelector: app('web'), policyTypes: ['Ingress'] })
      expect(table(closed, NAMES)).to.deep.equal(['-... shop/web', 'X-.. shop/db', 'X.-. crm/web', 'X..- crm/bare'])
      expect(ask(closed, INTERNET, 'shop/web')).to.equal('deny')
      expect(ask(closed, 'shop/web', INTERNET)).to.equal('allow')
    })
  })

  describe('2. a connection is allowed if any rule of any such policy allows it', () => {
    it('in whatever order they are', () => {
      const policies = [
        policy('shop/a', { podSelector: {}, policyTypes: ['Ingress'] }),
        policy('shop/b', { podSelector: app('db'), ingress: [{ ports: [TCP(80)] }, { from: [{ podSelector: app('web') }] }] }),
        policy('shop/c', { podSelector: app('db'), ingress: [{ ports: [TCP(443)] }] }),
      ]
      for (const some of [policies, policies.toReversed()]) {
        expect(['80', '443', '22'].map((port) => ask(under(...some), 'crm/web', 'shop/db', port))).to.deep.equal(['allow', 'allow', 'deny'])
        expect(ask(under(...some), 'shop/web', 'shop/db', '22')).to.equal('allow')
      }
    })
  })

  describe('3. from pod to pod, both the egress of the source and the ingress of the destination have to allow it', () => {
    const out = policy('shop/out', { podSelector: app('web'), policyTypes: ['Egress'], egress: [{ to: [{ podSelector: app('db') }] }] })
    const closedOut = policy('shop/out', { podSelector: app('web'), policyTypes: ['Egress'] })
    const inwards = policy('shop/in', { podSelector: app('db'), ingress: [{ from: [{ podSelector: app('web') }] }] })
    const closedIn = policy('shop/in', { podSelector: app('db') })
    it('one side is not enough', () => {
      const answers = [
        [out, inwards],
        [out, closedIn],
        [closedOut, inwards],
        [closedOut, closedIn],
      ].map((policies) => ask(under(...policies), 'shop/web', 'shop/db'))
      expect(answers).to.deep.equal(['allow', 'deny', 'deny', 'deny'])
    })
    it('what is outside has no side', () => {
      expect(ask(under(closedIn), 'shop/db', INTERNET)).to.equal('allow')
      expect(ask(under(closedOut), INTERNET, 'shop/web')).to.equal('allow')
    })
  })

  describe('4. replies need no rule of their own', () => {
    it('the database answers although it may not open a connection', () => {
      const closed = under(policy('shop/db', { podSelector: app('db'), policyTypes: ['Ingress', 'Egress'], ingress: [{}] }))
      expect(ask(closed, 'shop/web', 'shop/db')).to.equal('allow')
      expect(ask(closed, 'shop/db', 'shop/web')).to.equal('deny')
    })
  })

  describe('5. without policyTypes, a policy lists Ingress, and Egress if it has an egress rule', () => {
    const isolates = (spec: object) => {
      const closed = withSpec({ podSelector: app('web'), ...spec })
      return [
        ask(closed, 'crm/web', 'shop/web') === 'deny' && 'Ingress',
        ask(closed, 'shop/web', 'crm/web', '7') === 'deny' && 'Egress',
      ].filter(Boolean)
    }
    const rule = { ports: [TCP(1)] }
    it('absent, null and empty are the same', () => {
      for (const policyTypes of [undefined, null, []]) {
        expect(isolates({ policyTypes })).to.deep.equal(['Ingress'])
        expect(isolates({ policyTypes, egress: [rule] })).to.deep.equal(['Ingress', 'Egress'])
        expect(isolates({ policyTypes, egress: [] })).to.deep.equal(['Ingress'])
        expect(isolates({ policyTypes, egress: null })).to.deep.equal(['Ingress'])
      }
    })
    it('a type that is listed twice counts once, and rules of a type that is not listed count for nothing', () => {
      expect(isolates({ policyTypes: ['Ingress', 'Ingress'], egress: [rule] })).to.deep.equal(['Ingress'])
      expect(isolates({ policyTypes: ['Egress', 'Egress'], ingress: [rule] })).to.deep.equal(['Egress'])
      expect(ask(withSpec({ policyTypes: ['Egress'], egress: [{}], ingress: [rule] }), 'crm/web', 'shop/web')).to.equal('allow')
    })
    it('a policy without a spec closes the ingress of every pod', () => {
      expect(table(withSpec(undefined), NAMES)[3]).to.equal('XX.- crm/bare')
    })
  })

  describe('6. no rules allow nothing, one empty rule allows everything', () => {
    it('for ingress', () => {
      for (const ingress of [undefined, null, []])
        expect(ask(withSpec({ podSelector: app('db'), ingress }), 'shop/web', 'shop/db')).to.equal('deny')
      expect(ask(withIngress({}), 'crm/bare', 'shop/db', 'SCTP 9')).to.equal('allow')
      expect(ask(withIngress({}), INTERNET, 'shop/db', 'UDP 9')).to.equal('allow')
    })
    it('for egress', () => {
      expect(ask(withEgress(), 'shop/web', 'shop/db')).to.equal('deny')
      expect(ask(withEgress({}), 'shop/web', INTERNET)).to.equal('allow')
    })
  })

  describe('7. in a rule, no peers are everybody and no ports are every port; peers and ports are each a choice, and both have to fit', () => {
    it('nothing, null and the empty list are the same', () => {
      for (const nothing of [undefined, null, []]) {
        expect(ask(withIngress({ from: nothing, ports: [TCP(80)] }), INTERNET, 'shop/db', '80')).to.equal('allow')
        expect(ask(withIngress({ from: nothing, ports: [TCP(80)] }), INTERNET, 'shop/db', '81')).to.equal('deny')
        expect(ask(withIngress({ from: [{ podSelector: app('web') }], ports: nothing }), 'shop/web', 'shop/db', 'SCTP 81')).to.equal(
          'allow',
        )
        expect(ask(withEgress({ to: nothing, ports: [UDP(53)] }), 'shop/web', INTERNET, 'UDP 53')).to.equal('allow')
      }
    })
    it('any peer with any port of the rule', () => {
      const rule = { from: [{ podSelector: app('web') }, { namespaceSelector: labelled({ tenant: 'acme' }) }], ports: [TCP(80), UDP(53)] }
      const answers = ['shop/web', 'crm/bare', INTERNET].flatMap((from) =>
        ['TCP 80', 'UDP 53', 'UDP 80'].map((port) => ask(withIngress(rule), from, 'shop/db', port)),
      )
      expect(answers).to.deep.equal(['allow', 'allow', 'deny', 'allow', 'allow', 'deny', 'deny', 'deny', 'deny'])
    })
  })

  describe('8. an empty peer, and an ipBlock beside a selector, are refused', () => {
    const problemsOf = (peer: unknown) =>
      readPolicies([policy('shop/p', { ingress: [{ from: [peer] }] })]).problems.map(({ field, message }) => `${field}: ${message}`)
    it('as the API server refuses them', () => {
      for (const nothing of [{}, { podSelector: null }]) {
        expect(problemsOf(nothing)).to.deep.equal([
          'spec.ingress[0].from[0]: must specify a peer: podSelector, namespaceSelector, or ipBlock',
        ])
      }
      expect(problemsOf({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } })).to.deep.equal([
        'spec.ingress[0].from[0]: may not specify both ipBlock and another peer; write two peers',
      ])
    })
  })

  describe('9. podSelector means the own namespace; namespaceSelector all pods of the namespaces; both together means both', () => {
    const sources = (...from: readonly object[]) =>
      NAMES.filter((name) => name !== 'shop/db' && ask(withIngress({ from }), name, 'shop/db') === 'allow')
    it('one selector', () => {
      expect(sources({ podSelector: app('web') })).to.deep.equal(['shop/web'])
      expect(sources({ namespaceSelector: labelled({ tenant: 'acme' }) })).to.deep.equal(['crm/web', 'crm/bare'])
    })
    it('two in one peer are both, in two peers are either', () => {
      const [pods, namespaces] = [{ podSelector: app('web') }, { namespaceSelector: labelled({ tenant: 'acme' }) }]
      expect(sources({ ...pods, ...namespaces })).to.deep.equal(['crm/web'])
      expect(sources(pods, namespaces)).to.deep.equal(['shop/web', 'crm/web', 'crm/bare'])
    })
  })

  describe('10. the empty selector matches everything; an absent one does not narrow, and never means the whole cluster', () => {
    it('spec.podSelector empty, null or absent selects every pod of the namespace', () => {
      for (const podSelector of [{}, null, undefined, { matchLabels: {} }, { matchExpressions: [] }, { matchLabels: null }]) {
        expect(table(withSpec({ podSelector }), NAMES)[3]).to.equal('XX.- crm/bare')
      }
    })
    it('in a peer, {} is every pod here, or every namespace', () => {
      const answers = (peer: object) =>
        ['shop/web', 'crm/bare', INTERNET].map((from) => ask(withIngress({ from: [peer] }), from, 'shop/db'))
      expect(answers({ podSelector: {} })).to.deep.equal(['allow', 'deny', 'deny'])
      expect(answers({ namespaceSelector: {} })).to.deep.equal(['allow', 'allow', 'deny'])
      expect(answers({ namespaceSelector: {}, podSelector: {} })).to.deep.equal(['allow', 'allow', 'deny'])
    })
  })

  describe('11. NotIn and DoesNotExist also match what lacks the key; all parts of a selector have to match', () => {
    const pods = [
      pod('shop/a', { tier: 'a' }),
      pod('shop/b', { tier: 'b' }),
      pod('shop/none'),
      pod('shop/empty', { tier: '' }),
      pod('shop/target', { is: 'target' }),
    ]
    const matching = (selector: object) => {
      const spec = { podSelector: labelled({ is: 'target' }), ingress: [{ from: [{ podSelector: selector }] }] }
      const some = network({ pods, policies: [policy('shop/p', spec)] })
      return ['a', 'b', 'none', 'empty'].filter((name) => ask(some, `shop/${name}`, 'shop/target') === 'allow')
    }
    const where = (operator: string, ...values: readonly string[]) => ({
      matchExpressions: [{ key: 'tier', operator, ...(values.length > 0 && { values }) }],
    })
    it('the four operators', () => {
      expect(matching(where('In', 'a', ''))).to.deep.equal(['a', 'empty'])
      expect(matching(where('NotIn', 'a'))).to.deep.equal(['b', 'none', 'empty'])
      expect(matching(where('Exists'))).to.deep.equal(['a', 'b', 'empty'])
      expect(matching(where('DoesNotExist'))).to.deep.equal(['none'])
    })
    it('matchLabels and matchExpressions together', () => {
      expect(matching({ matchLabels: { tier: 'a' }, ...where('NotIn', 'b') })).to.deep.equal(['a'])
      expect(matching({ matchLabels: { tier: 'a' }, ...where('NotIn', 'a') })).to.deep.equal([])
    })
    it('labels that are called like members of every object are only there when they were written', () => {
      const exists = { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }
      expect(matching(exists)).to.deep.equal([])
    })
  })

  describe('12. ports: TCP unless said, every port without a number, names are looked up on the pod that is reached', () => {
    const opened = (...ports: readonly object[]) =>
      ['TCP 79', 'TCP 80', 'TCP 90', 'UDP 80', 'SCTP 80'].filter(
        (port) => ask(withIngress({ ports }), 'crm/web', 'shop/db', port) === 'allow',
      )
    it('numbers, ranges and whole protocols', () => {
      expect(opened({ port: 80 })).to.deep.equal(['TCP 80'])
      expect(opened({ port: 80, endPort: 90 })).to.deep.equal(['TCP 80', 'TCP 90'])
      expect(opened({ port: 80, endPort: 80 }, { protocol: 'UDP', port: 80 })).to.deep.equal(['TCP 80', 'UDP 80'])
      expect(opened({ protocol: 'UDP' })).to.deep.equal(['UDP 80'])
      expect(opened({})).to.deep.equal(['TCP 79', 'TCP 80', 'TCP 90'])
    })
    it('a name may be another number on every pod, and needs the protocol, too', () => {
      const http = (port: number, protocol: 'TCP' | 'UDP' = 'TCP') => ({ ports: [{ name: 'http', protocol, port }] })
      const pods = [
        pod('shop/a', {}, http(80)),
        pod('shop/b', {}, http(8080)),
        pod('shop/c', {}, http(80, 'UDP')),
        pod('shop/d'),
        pod('crm/e'),
      ]
      const named = network({
        pods,
        policies: [
          policy('shop/p', { ingress: [{ ports: [TCP('http')] }] }),
          policy('crm/p', { policyTypes: ['Egress'], egress: [{ ports: [TCP('http')] }] }),
        ],
      })
      const open = (name: string) =>
        ['TCP 80', 'TCP 8080', 'UDP 80'].filter((port) => ask(named, 'crm/e', `shop/${name}`, port) === 'allow')
      expect(['a', 'b', 'c', 'd'].map(open)).to.deep.equal([['TCP 80'], ['TCP 8080'], [], []])
    })
    it('a name never matches an address', () => {
      expect(ask(withEgress({ ports: [TCP('http')] }), 'shop/web', INTERNET)).to.equal('deny')
    })
  })

  describe('13. SCTP is a protocol like the others', () => {
    it('and is told apart from them', () => {
      const sctp = withIngress({ ports: [{ protocol: 'SCTP', port: 80 }] })
      expect(['SCTP 80', 'TCP 80', 'SCTP 81'].map((port) => ask(sctp, 'crm/web', 'shop/db', port))).to.deep.equal(['allow', 'deny', 'deny'])
    })
  })

  describe('14. except takes ranges out of its own peer only', () => {
    const block = (cidr: string, ...except: readonly string[]) => ({ ipBlock: { cidr, ...(except.length > 0 && { except }) } })
    const reaches = (address: string, ...to: readonly object[]) => ask(withEgress({ to }), 'shop/web', address)
    it('another peer, or another policy, may allow what it leaves out', () => {
      const outer = block('192.0.2.0/24', '192.0.2.0/28')
      expect(['192.0.2.16', '192.0.2.15', '192.0.3.0'].map((address) => reaches(address, outer))).to.deep.equal(['allow', 'deny', 'deny'])
      expect(reaches('192.0.2.15', outer, block('192.0.2.15/32'))).to.equal('allow')
    })
    it('exceptions may overlap', () => {
      const outer = block('192.0.2.0/24', '192.0.2.0/25', '192.0.2.64/26', '192.0.2.255/32')
      expect(['192.0.2.127', '192.0.2.128', '192.0.2.254', '192.0.2.255'].map((address) => reaches(address, outer))).to.deep.equal([
        'deny',
        'allow',
        'allow',
        'deny',
      ])
    })
    it('IPv6 is a family of its own', () => {
      const everything = block('0.0.0.0/0')
      expect([
        reaches(INTERNET, everything),
        reaches('2001:db8::1', everything),
        reaches('2001:db8::1', block('2001:db8::/32')),
      ]).to.deep.equal(['allow', 'deny', 'allow'])
    })
    it('is strictly inside: an exception as wide as the range, or elsewhere, is refused', () => {
      const problems = (except: string) =>
        readPolicies([policy('shop/p', { ingress: [{ from: [block('192.0.2.0/24', except)] }] })]).problems.length
      expect(['192.0.2.0/24', '192.0.3.0/25', '192.0.0.0/16', '192.0.2.0/25'].map(problems)).to.deep.equal([1, 1, 1, 0])
    })
  })

  describe('15. what policies do to ICMP and other protocols is undefined', () => {
    it('for isolated pods, even by a rule for everything; for others nothing is in the way', () => {
      expect(ask(withIngress({}), 'crm/web', 'shop/db', 'ICMP 0')).to.equal('depends')
      expect(ask(withIngress(), 'crm/web', 'shop/db', 'ICMP 0')).to.equal('depends')
      expect(ask(withEgress({}), 'shop/web', 'crm/web', 'ICMP 0')).to.equal('depends')
      expect(ask(withIngress(), 'shop/db', 'crm/web', 'ICMP 0')).to.equal('allow')
    })
  })

  describe('16. kubernetes.io/metadata.name is the name of the namespace, whatever anybody writes', () => {
    const only = (name: string) => withIngress({ from: [{ namespaceSelector: labelled({ 'kubernetes.io/metadata.name': name }) }] })
    it('also of a namespace of which nothing but its pods is known', () => {
      expect(ask(only('crm'), 'crm/web', 'shop/db')).to.equal('allow')
      expect(ask(only('crm'), 'shop/web', 'shop/db')).to.equal('deny')
    })
    it('and cannot be made to lie', () => {
      const liar = network({
        pods: PODS,
        namespaces: { crm: { 'kubernetes.io/metadata.name': 'shop' } },
        policies: [
          policy('shop/p', {
            podSelector: app('db'),
            ingress: [{ from: [{ namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'shop' }) }] }],
          }),
        ],
      })
      expect([ask(liar, 'crm/web', 'shop/db'), ask(liar, 'shop/web', 'shop/db')]).to.deep.equal(['deny', 'allow'])
    })
  })

  it('says the exact ports between two endpoints', () => {
    const some = withIngress(
      { from: [{ podSelector: app('web') }], ports: [{ port: 80 }, { port: 8000, endPort: 8080 }] },
      { ports: [UDP(53), { protocol: 'TCP', port: 81 }] },
    )
    const [only, ...more] = reach(some, endpoint(some, 'shop/web'), endpoint(some, 'shop/db'))
    expect(more).to.deep.equal([])
    expect(portsText(only?.allowed ?? [])).to.equal('TCP 80-81, 8000-8080; UDP 53')
    expect(only?.depends).to.deep.equal([])
  })
})
