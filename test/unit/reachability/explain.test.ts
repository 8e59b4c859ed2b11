/** Why a flow passes, and what is missing where it does not. */

import { expect } from 'chai'
import { explain, policyName, portsNamed } from '../../../src/reachability/reachability.ts'
import { labelled, TCP } from '../../support/build.ts'
import { app, endpoint, flow, network, oursOf, pod, policy } from '../../support/reach.ts'

const PODS = [pod('shop/web', { app: 'web' }), pod('shop/db', { app: 'db' }), pod('crm/web', { app: 'web' })]
const NAMESPACES = { shop: { tenant: 'manning' }, crm: { tenant: 'acme' } }
const closed = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }

const POLICIES = [
  policy('shop/tenant-isolation', closed, oursOf('manning', '')),
  policy(
    'shop/tenant-isolation-db',
    {
      podSelector: app('db'),
      policyTypes: ['Ingress'],
      ingress: [
        { ports: [TCP(9090)] },
        { from: [{ podSelector: app('web') }, { podSelector: app('api') }], ports: [TCP(5432), TCP(5433)] },
      ],
    },
    oursOf('manning', 'ingress/database'),
  ),
  policy(
    'shop/tenant-isolation-web',
    {
      podSelector: app('web'),
      policyTypes: ['Egress'],
      egress: [
        { to: [{ podSelector: app('cache') }], ports: [TCP(6379)] },
        { to: [{ ipBlock: { cidr: '192.0.2.0/24' } }, { podSelector: app('db') }], ports: [TCP(5432)] },
      ],
    },
    oursOf('manning', 'dns, egress/database, egress/office, ingress/other, intraTenant'),
  ),
]
const under = (...more: readonly object[]) => network({ pods: PODS, namespaces: NAMESPACES, policies: [...POLICIES, ...more] })
const why = (of: ReturnType<typeof network>, from: string, to: string, port: string) => explain(of, flow(of, from, to, port))

describe('the explanation of a flow that is allowed', () => {
  const { verdict, egress, ingress, missing } = why(under(), 'shop/web', 'shop/db', '5432')
  it('names who selects each end', () => {
    expect(verdict).to.deep.equal({ verdict: 'allow' })
    expect(missing).to.deep.equal([])
    expect(
      [egress, ingress].map(({ direction, state, answer, selectedBy }) => [direction, state, answer, selectedBy.map(policyName)]),
    ).to.deep.equal([
      ['Egress', 'Isolated', 'allow', ['shop/tenant-isolation', 'shop/tenant-isolation-web']],
      ['Ingress', 'Isolated', 'allow', ['shop/tenant-isolation', 'shop/tenant-isolation-db']],
    ])
  })
  it('names the rule, the peer and the port that decide on each side', () => {
    expect(egress.decidedBy).to.deep.equal([
      {
        policy: { namespace: 'shop', name: 'tenant-isolation-web', ours: true, tenant: 'manning' },
        field: 'spec.egress[1]',
        rule: 1,
        peer: 1,
        port: 0,
        resourceRules: ['dns', 'egress/database', 'egress/office', 'intraTenant'],
        dependsOn: [],
      },
    ])
    expect(ingress.decidedBy.map(({ field, peer, port }) => [field, peer, port])).to.deep.equal([['spec.ingress[1]', 0, 0]])
  })
  it('leads back to the one rule of the resource where there is only one to choose from', () => {
    expect(ingress.decidedBy.flatMap(({ resourceRules }) => resourceRules)).to.deep.equal(['ingress/database'])
  })
  it('says so where a rule names nobody or no port, and where a policy is not ours', () => {
    const [first] = why(under(policy('crm/open', { ingress: [{}] })), 'shop/db', 'crm/web', '80').ingress.decidedBy
    expect(first).to.deep.include({
      policy: { namespace: 'crm', name: 'open', ours: false },
      peer: undefined,
      port: undefined,
      resourceRules: [],
    })
  })
  it('names every rule that would be enough', () => {
    const more = policy('shop/more', { podSelector: app('db'), ingress: [{}, { from: [{ namespaceSelector: {} }] }] })
    expect(
      why(under(more), 'shop/web', 'shop/db', '5432').ingress.decidedBy.map(({ policy: { name }, field }) => `${name} ${field}`),
    ).to.deep.equal(['more spec.ingress[0]', 'more spec.ingress[1]', 'tenant-isolation-db spec.ingress[1]'])
  })
  it('tells an open end, and one outside, from an isolated one', () => {
    const sides = why(under(), 'crm/web', '198.51.100.7', '80')
    expect([sides.egress, sides.ingress]).to.deep.equal([
      { direction: 'Egress', state: 'Open', selectedBy: [], answer: 'allow', decidedBy: [] },
      { direction: 'Ingress', state: 'Outside', selectedBy: [], answer: 'allow', decidedBy: [] },
    ])
  })
})

describe('the explanation of a flow that is denied', () => {
  const missing = (from: string, to: string, port: string, ...more: readonly object[]) => why(under(...more), from, to, port).missing

  it('names the side, the namespace and the tenant that would have to write a rule', () => {
    const sides = missing('shop/web', 'shop/db', '80').map(({ direction, namespace, tenant }) => [direction, namespace, tenant])
    expect(sides).to.deep.equal([
      ['Egress', 'shop', 'manning'],
      ['Ingress', 'shop', 'manning'],
    ])
    expect(missing('crm/web', 'shop/db', '5432').map(({ direction }) => direction)).to.deep.equal(['Ingress'])
    expect(missing('shop/db', 'crm/web', '80').map(({ direction }) => direction)).to.deep.equal(['Egress'])
  })
  it('offers the rule that names the peer and lacks the port', () => {
    const [out] = missing('shop/web', 'shop/db', '80')
    expect(out?.nearest).to.deep.equal({
      policy: { namespace: 'shop', name: 'tenant-isolation-web' },
      field: 'spec.egress[1]',
      resourceRules: ['dns', 'egress/database', 'egress/office', 'intraTenant'],
      lacks: 'port',
    })
  })
  it('offers the rule that opens the port, and of several the one whose peer is nearest', () => {
    const far = policy('shop/far', {
      podSelector: app('db'),
      ingress: [{ from: [{ namespaceSelector: labelled({ a: 'b', c: 'd' }), podSelector: app('x') }], ports: [TCP(5432)] }],
    })
    const [side] = missing('crm/web', 'shop/db', '5432', far)
    expect(side?.nearest).to.deep.include({ field: 'spec.ingress[1]', lacks: 'peer', resourceRules: ['ingress/database'] })
    expect(side?.message).to.equal(
      'no ingress rule in namespace shop (TenantIsolation manning) lets shop/db be reached by crm/web on TCP 5432; the nearest, spec.ingress[1] of shop/tenant-isolation-db, from ingress/database, opens the port, but not for crm/web',
    )
  })
  it('offers no rule for everybody: to widen it would open far more', () => {
    const everybody = policy('crm/some', { ingress: [{ ports: [TCP(80)] }] })
    expect(missing('shop/db', 'crm/web', '81', everybody).find(({ direction }) => direction === 'Ingress')).to.deep.include({
      nearest: undefined,
      tenant: undefined,
    })
  })
  it('offers a rule for every port after those for one', () => {
    const [every, one] = [[], [TCP(80)]].map((ports, index) =>
      policy(`crm/in-${index}`, { ingress: [{ from: [{ podSelector: labelled({ a: 'b', c: `${index}` }) }], ports }] }),
    )
    const [side] = missing('shop/web', 'crm/web', '80', every as object, one as object).filter(({ direction }) => direction === 'Ingress')
    expect(side?.nearest?.policy.name).to.equal('in-1')
  })
  it('says where none is near', () => {
    const [side] = missing('shop/db', 'crm/web', '80')
    expect(side?.nearest).to.equal(undefined)
    expect(side?.message).to.equal(
      'no egress rule in namespace shop (TenantIsolation manning) lets shop/db connect to crm/web on TCP 80, and none is near: one has to be written',
    )
  })
  it('offers a range for an address before it offers pods', () => {
    const [side] = missing('shop/web', '198.51.100.7', '5432')
    expect(side?.nearest).to.deep.include({ field: 'spec.egress[1]', lacks: 'peer' })
  })
})

describe('the explanation of a flow that depends', () => {
  const around = policy('crm/around', { policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] })
  const { verdict, egress } = why(network({ pods: PODS, policies: [around] }), 'crm/web', 'shop/web', '80')
  it('says on which rule, and on what', () => {
    expect(verdict.verdict).to.equal('depends')
    expect(egress.answer).to.equal('depends')
    expect(egress.decidedBy.map(({ field, dependsOn }) => [field, dependsOn])).to.deep.equal([['spec.egress[0]', ['IPBlockOnPods']]])
  })
  it('says of protocols that NetworkPolicy does not know only who selects', () => {
    const { egress: side, missing } = why(network({ pods: PODS, policies: [around] }), 'crm/web', 'shop/web', 'ICMP 0')
    expect([side.answer, side.selectedBy.map(policyName), missing]).to.deep.equal(['depends', ['crm/around'], []])
  })
})

it('a port by name is what the pod calls so', () => {
  const of = network({ pods: [pod('shop/web', {}, { ports: [{ name: 'http', protocol: 'TCP', port: 8080 }] })] })
  const web = endpoint(of, 'shop/web')
  expect(web.kind === 'Pod' && portsNamed(web, 'http')).to.deep.equal([{ protocol: 'TCP', port: 8080 }])
})
