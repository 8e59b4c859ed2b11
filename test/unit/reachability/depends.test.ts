/** What NetworkPolicy leaves to the network plugin: for each reason, when the answer depends on it, and when it does not matter. */

import { expect } from 'chai'
import { explain, outside, REASON_CODES, reach, reasonText, serviceVerdict, verdict } from '../../../src/reachability/reachability.ts'
import { TCP } from '../../support/build.ts'
import { app, ask, endpoint, flow, network, pod, policy, reasons, type Situation } from '../../support/reach.ts'

const NODE = '172.18.0.9'
const OTHER_NODE = '172.18.0.10'
const onNode = { nodeAddresses: [NODE] }
const ofNode = (address: string) => ({ hostNetwork: true, addresses: [address], nodeAddresses: [address] })

const WEB = pod('shop/web', { app: 'web' }, onNode)
const DATABASE = pod('shop/db', { app: 'db' }, { nodeAddresses: [OTHER_NODE] })
const AGENT = pod('ops/agent', { app: 'agent' }, ofNode(NODE))

const closed = (name: string) => policy(`shop/${name}`, { podSelector: app(name), policyTypes: ['Ingress', 'Egress'] })
const inwards = (...from: readonly object[]) => policy('shop/in', { podSelector: app('web'), ingress: [{ from, ports: [TCP(80)] }] })
const outwards = (...to: readonly object[]) =>
  policy('shop/out', { podSelector: app('web'), policyTypes: ['Egress'], egress: [{ to, ports: [TCP(80)] }] })
const block = (cidr: string) => ({ ipBlock: { cidr } })
const everywhere = { namespaceSelector: {} }

const where = (policies: readonly object[], more: Partial<Situation> = {}) => network({ pods: [WEB, DATABASE, AGENT], policies, ...more })

/** What the text says when it is taken literally, where the answer depends. */
function strictly(of: ReturnType<typeof network>, from: string, to: string): string | undefined {
  const answer = verdict(of, flow(of, from, to, '80'))
  return answer.verdict === 'depends' ? answer.strictly : answer.verdict
}

describe('an answer that depends', () => {
  describe('on ToItself: a pod that connects to itself', () => {
    it('only where no rule lets it', () => {
      expect(reasons(where([closed('web')]), 'shop/web', 'shop/web')).to.deep.equal(['ToItself'])
      expect(strictly(where([closed('web')]), 'shop/web', 'shop/web')).to.equal('allow')
      expect(ask(where([inwards(everywhere), outwards(everywhere)]), 'shop/web', 'shop/web')).to.equal('allow')
      expect(ask(where([]), 'shop/web', 'shop/web')).to.equal('allow')
    })
  })

  describe('on OwnNode: a pod and the node on which it runs', () => {
    it('from the node, for probes, and to it', () => {
      expect(reasons(where([closed('web')]), NODE, 'shop/web')).to.deep.equal(['OwnNode'])
      expect(reasons(where([closed('web')]), 'shop/web', NODE)).to.deep.equal(['OwnNode'])
      expect(strictly(where([closed('web')]), NODE, 'shop/web')).to.equal('allow')
    })
    it('not from another node, and not where a rule for everybody lets it', () => {
      expect(ask(where([closed('web')]), OTHER_NODE, 'shop/web')).to.equal('deny')
      expect(ask(where([policy('shop/in', { ingress: [{}] })]), NODE, 'shop/web')).to.equal('allow')
    })
    it('also where it is not known on which node a pod runs', () => {
      const lost = { ...WEB, nodeAddresses: [] }
      expect(reasons(network({ pods: [lost, AGENT], policies: [closed('web')] }), NODE, 'shop/web')).to.deep.equal(['OwnNode'])
      expect(reasons(network({ pods: [lost, AGENT], policies: [closed('web')] }), 'shop/web', 'ops/agent')).to.deep.equal([
        'HostNetwork',
        'OwnNode',
      ])
    })
  })

  describe('on HostNetwork: pods in the network of their node', () => {
    it('as those who are selected', () => {
      const some = where([policy('ops/closed', { policyTypes: ['Ingress', 'Egress'] })])
      expect(reasons(some, 'shop/db', 'ops/agent')).to.deep.equal(['HostNetwork'])
      expect(reasons(some, 'ops/agent', 'shop/db')).to.deep.equal(['HostNetwork'])
      expect(strictly(some, 'shop/db', 'ops/agent')).to.equal('allow')
    })
    it('as those whom a rule names by labels', () => {
      const named = policy('shop/in', { podSelector: app('db'), ingress: [{ from: [everywhere] }] })
      expect(reasons(where([named]), 'ops/agent', 'shop/db')).to.deep.equal(['HostNetwork'])
      expect(strictly(where([named]), 'ops/agent', 'shop/db')).to.equal('deny')
    })
    it('not where no rule names either the pod or any address, and not where everything is open', () => {
      expect(ask(where([closed('db')]), 'ops/agent', 'shop/db')).to.equal('deny')
      expect(ask(where([]), 'ops/agent', 'shop/db')).to.equal('allow')
    })
  })

  describe('on IPBlockOnPods: an ipBlock that holds the address of a pod', () => {
    const around = block('10.244.0.0/16')
    it('in either direction', () => {
      expect(reasons(where([outwards(around)]), 'shop/web', 'shop/db')).to.deep.equal(['IPBlockOnPods'])
      expect(reasons(where([inwards(around)]), 'shop/db', 'shop/web')).to.deep.equal(['IPBlockOnPods'])
      expect(strictly(where([inwards(around)]), 'shop/db', 'shop/web')).to.equal('allow')
    })
    it('not where it lies elsewhere, not on other ports, and not where a selector names the pod as well', () => {
      expect(ask(where([outwards(block('192.0.2.0/24'))]), 'shop/web', 'shop/db')).to.equal('deny')
      expect(ask(where([outwards(around)]), 'shop/web', 'shop/db', '81')).to.equal('deny')
      expect(ask(where([outwards(around, everywhere)]), 'shop/web', 'shop/db')).to.equal('allow')
    })
  })

  describe('on AddressUnknown: a pod without an address, and an ipBlock that may hold it', () => {
    const pods = [WEB, { ...DATABASE, addresses: [] }]
    const known = { ipBlocks: 'Pods' } as const
    it('as long as it may lie on both sides of a border', () => {
      expect(reasons(network({ pods, policies: [outwards(block('10.0.0.0/8'))] }), 'shop/web', 'shop/db')).to.deep.equal([
        'AddressUnknown',
        'IPBlockOnPods',
      ])
      expect(reasons(network({ pods, policies: [outwards(block('10.0.0.0/8'))], assume: known }), 'shop/web', 'shop/db')).to.deep.equal([
        'AddressUnknown',
      ])
    })
    it('not where the ranges of pods lie inside, or outside', () => {
      const within = (range: string) => network({ pods, policies: [outwards(block('10.0.0.0/8'))], podRanges: [range], assume: known })
      expect(['10.1.0.0/16', '192.168.0.0/16', '8.0.0.0/6'].map((range) => ask(within(range), 'shop/web', 'shop/db'))).to.deep.equal([
        'allow',
        'deny',
        'depends',
      ])
    })
  })

  describe('on NamedPortTwice: containers that give one name to different ports', () => {
    const named = policy('shop/in', { podSelector: app('web'), ingress: [{ ports: [TCP('http')] }] })
    const http = (...numbers: readonly number[]) => ({
      ...WEB,
      ports: numbers.map((port) => ({ name: 'http', protocol: 'TCP' as const, port })),
    })
    it('for the second one only', () => {
      const some = network({ pods: [http(80, 8080), DATABASE], policies: [named] })
      expect(['80', '8080', '81'].map((port) => ask(some, 'shop/db', 'shop/web', port))).to.deep.equal(['allow', 'depends', 'deny'])
      expect(reasons(some, 'shop/db', 'shop/web', '8080')).to.deep.equal(['NamedPortTwice'])
    })
    it('not where they agree', () => {
      expect(ask(network({ pods: [http(80, 80), DATABASE], policies: [named] }), 'shop/db', 'shop/web')).to.equal('allow')
    })
  })

  describe('on NodeAddress: which address the traffic of a node comes from', () => {
    it('where an ipBlock holds some addresses and not all', () => {
      const some = where([inwards(block('172.18.0.0/16'))])
      expect(reasons(some, OTHER_NODE, 'shop/web')).to.deep.equal(['NodeAddress'])
      expect(strictly(some, OTHER_NODE, 'shop/web')).to.equal('allow')
      expect(strictly(where([inwards(block('192.168.0.0/16'))]), OTHER_NODE, 'shop/web')).to.equal('deny')
    })
    it('not where it holds all of them, or none is named', () => {
      expect(ask(where([inwards(block('0.0.0.0/0'))]), OTHER_NODE, 'shop/web')).to.equal('allow')
      expect(ask(where([inwards(block('0.0.0.0/1'), block('128.0.0.0/1'))]), OTHER_NODE, 'shop/web')).to.equal('allow')
      expect(ask(where([inwards(everywhere)]), OTHER_NODE, 'shop/web')).to.equal('deny')
    })
    it('not for an address that is no node', () => {
      expect(ask(where([inwards(block('172.18.0.0/16'))]), '172.18.0.77', 'shop/web')).to.equal('allow')
    })
  })

  describe('on AddressFamily: a node that has several addresses', () => {
    it('where a rule allows one of them', () => {
      const agent = { ...AGENT, addresses: [OTHER_NODE, 'fd00::10'], nodeAddresses: [OTHER_NODE, 'fd00::10'] }
      const some = (...cidrs: readonly string[]) =>
        network({ pods: [WEB, agent], policies: [outwards(...cidrs.map(block))], assume: { hostNetwork: 'Node' } })
      expect(reasons(some('172.18.0.0/16'), 'shop/web', 'ops/agent')).to.deep.equal(['AddressFamily'])
      expect(ask(some('172.18.0.0/16', 'fd00::/8'), 'shop/web', 'ops/agent')).to.equal('allow')
    })
  })

  describe('on SourceRewritten: a client outside that comes through a Service', () => {
    const through = (policies: readonly object[], from = '192.0.2.7') => {
      const some = where(policies)
      const answer = verdict(some, { ...flow(some, from, 'shop/web', '80'), throughService: true })
      return answer.verdict === 'depends' ? answer.reasons.map(({ code }) => code) : answer.verdict
    }
    it('because a node or a load balancer may stand for it', () => {
      expect(through([inwards(block('192.0.2.0/24'))])).to.deep.equal(['SourceRewritten'])
      expect(through([closed('web')])).to.deep.equal(['SourceRewritten'])
    })
    it('not where everybody may come', () => {
      expect(through([policy('shop/in', { ingress: [{}] })])).to.equal('allow')
      expect(through([])).to.equal('allow')
    })
    it('is not asked for when nobody says that it comes through a Service', () => {
      expect(ask(where([inwards(block('192.0.2.0/24'))]), '192.0.2.7', 'shop/web')).to.equal('allow')
    })
  })

  describe('on PartOfRange: a range of which a part is allowed', () => {
    it('and the parts are told apart exactly', () => {
      const some = where([outwards({ ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.128/25'] } })])
      expect(reasons(some, 'shop/web', '192.0.2.0/24')).to.deep.equal(['PartOfRange'])
      expect([ask(some, 'shop/web', '192.0.2.0/25'), ask(some, 'shop/web', '192.0.2.128/25')]).to.deep.equal(['allow', 'deny'])
      expect(reach(some, endpoint(some, 'shop/web'), endpoint(some, '192.0.2.0/24'))).to.have.length(2)
      const why = explain(some, flow(some, 'shop/web', '192.0.2.0/24', '80'))
      expect(why.egress.decidedBy.map(({ dependsOn }) => dependsOn)).to.deep.equal([['PartOfRange']])
    })
  })

  describe('on OtherProtocol: what is neither TCP, UDP nor SCTP', () => {
    it('for pods that are isolated', () => {
      expect(reasons(where([closed('web')]), 'shop/db', 'shop/web', 'ICMP 0')).to.deep.equal(['OtherProtocol'])
      expect(strictly(where([closed('web')]), 'shop/db', 'shop/web')).to.equal('deny')
    })
  })

  describe('on ServiceAddress and SomeBackends: a Service and the pods behind it', () => {
    const service = (policies: readonly object[], addresses: readonly string[], ...backends: readonly string[]) => {
      const some = where(policies)
      const { verdict: answer } = serviceVerdict(some, {
        from: endpoint(some, 'shop/web'),
        protocol: 'TCP',
        port: 8080,
        service: { name: 'shop/db', addresses, backends: backends.map((name) => ({ to: endpoint(some, name), port: 80 })) },
      })
      return answer.verdict === 'depends' ? answer.reasons.map(({ code }) => code) : answer.verdict
    }
    const toPod = outwards({ podSelector: app('db') })
    const toAddress = policy('shop/virtual', {
      podSelector: app('web'),
      policyTypes: ['Egress'],
      egress: [{ to: [block('10.96.0.7/32')], ports: [TCP(8080)] }],
    })
    it('where only the pod is allowed, or only the address of the Service', () => {
      expect(service([toPod], ['10.96.0.7'], 'shop/db')).to.deep.equal(['ServiceAddress'])
      expect(service([toAddress], ['10.96.0.7'], 'shop/db')).to.deep.equal(['ServiceAddress'])
    })
    it('not where both are, or neither, or the pod lets nobody in', () => {
      expect(service([toPod, toAddress], ['10.96.0.7'], 'shop/db')).to.equal('allow')
      expect(service([closed('web')], ['10.96.0.7'], 'shop/db')).to.equal('deny')
      expect(service([toPod, toAddress, closed('db')], ['10.96.0.7'], 'shop/db')).to.equal('deny')
    })
    it('not for a headless Service, whose clients connect to the pods', () => {
      expect(service([toPod], [], 'shop/db')).to.equal('allow')
    })
    it('where only some of the pods behind it can be reached', () => {
      expect(service([toPod], [], 'shop/db', 'shop/web')).to.include('SomeBackends')
    })
    it('and a Service with nobody behind it reaches nobody', () => {
      expect(service([], ['10.96.0.7'])).to.equal('deny')
    })
  })

  it('has a sentence that names both ends, for each reason', () => {
    for (const code of REASON_CODES) expect(reasonText(code, 'shop/web', 'crm/db'), code).to.match(/shop\/web|crm\/db/)
  })

  it('becomes certain where it is known how the network plugin reads the text', () => {
    const policies = [outwards(block('10.244.0.0/16')), policy('ops/closed', { policyTypes: ['Ingress'] })]
    const assuming = (assume: Situation['assume']) => {
      const some = where(policies, assume && { assume })
      return [ask(some, 'shop/web', 'shop/db'), ask(some, 'shop/db', 'ops/agent')]
    }
    expect(assuming(undefined)).to.deep.equal(['depends', 'depends'])
    expect(assuming({ ipBlocks: 'Pods', hostNetwork: 'Node' })).to.deep.equal(['allow', 'allow'])
    expect(assuming({ ipBlocks: 'Outside', hostNetwork: 'Pod' })).to.deep.equal(['deny', 'deny'])
  })

  it('is the sum of its ports: allowed, depending, and all others closed', () => {
    const some = where([
      outwards(block('10.244.0.0/16')),
      policy('shop/more', { podSelector: app('web'), policyTypes: ['Egress'], egress: [{ ports: [TCP(443)] }] }),
    ])
    const [only] = reach(some, endpoint(some, 'shop/web'), endpoint(some, 'shop/db'))
    expect([only?.allowed, only?.depends, only?.strictly]).to.deep.equal([
      [443, 444],
      [80, 81],
      [80, 81],
    ])
    expect(outside('nowhere', ['300.0.0.1'])).to.equal(undefined)
  })
})
