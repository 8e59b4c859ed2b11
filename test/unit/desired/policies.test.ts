import { expect } from 'chai'
import type { Direction } from '../../../src/api/network.ts'
import {
  app,
  baselineFor,
  egressRule,
  factsWith,
  ingressRule,
  labelled,
  meaningOf,
  namespacesOf,
  policiesFor,
  TCP,
  UDP,
  withNetwork,
} from '../../support/build.ts'

const DNS_OFF = { dns: { mode: 'Disabled' } } as const

describe('a tenant without rules', () => {
  it('is closed in both directions, but for DNS', () => {
    const [baseline, ...others] = policiesFor({})
    expect(others).to.deep.equal([])
    expect(baseline).to.deep.include({ name: 'tenant-isolation', rules: ['dns'] })
    expect(baseline?.spec.podSelector).to.deep.equal({})
    expect(baseline?.spec.policyTypes).to.deep.equal(['Ingress', 'Egress'])
    expect(baseline?.spec).to.have.all.keys('podSelector', 'policyTypes', 'egress')
  })

  it('is closed altogether without DNS', () => {
    expect(policiesFor(DNS_OFF)).to.deep.equal([
      { name: 'tenant-isolation', rules: [], spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } },
    ])
  })
})

describe('intraTenant', () => {
  it('None lets nothing pass', () => {
    expect(baselineFor({ intraTenant: 'None' })).to.have.all.keys('podSelector', 'policyTypes')
  })

  it('Namespace lets the pods of one namespace talk', () => {
    const everyPodHere = { podSelector: {} }
    expect(baselineFor({ intraTenant: 'Namespace' })).to.deep.include({
      ingress: [{ from: [everyPodHere] }],
      egress: [{ to: [everyPodHere] }],
    })
  })

  it('Tenant lets all namespaces of the tenant talk', () => {
    const everyPodOfOurs = { namespaceSelector: namespacesOf('manning') }
    expect(baselineFor({ intraTenant: 'Tenant' })).to.deep.include({
      ingress: [{ from: [everyPodOfOurs] }],
      egress: [{ to: [everyPodOfOurs] }],
    })
  })

  it('is named on the policy that carries it', () => {
    expect(policiesFor({ ...DNS_OFF, intraTenant: 'Tenant' })[0]?.rules).to.deep.equal(['intraTenant'])
  })
})

describe('defaultDeny', () => {
  const network = (...defaultDeny: Direction[]) => ({
    defaultDeny,
    intraTenant: 'Namespace' as const,
    ingress: [ingressRule({ appliesTo: app('a') })],
    egress: [egressRule({ appliesTo: app('b') })],
  })

  it('of Ingress leaves egress open, and writes no rule for it', () => {
    const [baseline, ...others] = policiesFor(network('Ingress'))
    expect(baseline?.spec).to.deep.equal({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] })
    expect(others.map(({ rules, spec }) => [rules, spec.policyTypes])).to.deep.equal([[['ingress/rule'], ['Ingress']]])
  })

  it('of Egress leaves ingress open, and writes no rule for it', () => {
    const [baseline, ...others] = policiesFor(network('Egress'))
    expect(baseline?.spec.policyTypes).to.deep.equal(['Egress'])
    expect(baseline?.spec).not.to.have.property('ingress')
    expect(others.map(({ rules, spec }) => [rules, spec.policyTypes])).to.deep.equal([[['egress/rule'], ['Egress']]])
  })

  it('of both, in any order, and of nothing said, is the same', () => {
    expect(policiesFor(network('Egress', 'Ingress'))).to.deep.equal(policiesFor(network('Ingress', 'Egress')))
    const { defaultDeny: _, ...unsaid } = network()
    expect(policiesFor(unsaid)).to.deep.equal(policiesFor(network('Ingress', 'Egress')))
  })
})

describe('dns', () => {
  it('Disabled writes no rule', () => {
    expect(policiesFor(DNS_OFF)[0]?.spec).not.to.have.property('egress')
  })

  it('Auto is what was found, and the same as nothing said', () => {
    expect(policiesFor({ dns: { mode: 'Auto' } })).to.deep.equal(policiesFor({}))
    expect(policiesFor({ dns: {} })).to.deep.equal(policiesFor({}))
  })

  it('Custom is the peers that are named, on 53 over UDP and TCP', () => {
    const [baseline] = policiesFor({ dns: { mode: 'Custom', to: [{ cidr: '10.0.0.53/32' }] } })
    expect(baseline?.rules).to.deep.equal(['dns'])
    expect(baseline?.spec.egress).to.deep.equal([{ to: [{ ipBlock: { cidr: '10.0.0.53/32' } }], ports: [TCP(53), UDP(53)] }])
  })

  it('Custom takes other ports, instead of those', () => {
    const [baseline] = policiesFor({
      dns: { mode: 'Custom', to: [app('resolver')], ports: [{ port: 853 }, { port: 5353, protocol: 'UDP' }] },
    })
    expect(baseline?.spec.egress).to.deep.equal([{ to: [{ podSelector: labelled({ app: 'resolver' }) }], ports: [UDP(5353), TCP(853)] }])
  })

  it('Custom asks for nobody when its peer is unknown, and says so', () => {
    const { of, unresolved } = meaningOf({ dns: { mode: 'Custom', to: [{ platform: 'resolver' }] } })
    expect(of({})[0].spec).not.to.have.property('egress')
    expect(unresolved.map(({ rule, gap }) => [rule, gap])).to.deep.equal([['dns', 'PlatformPeerUnknown']])
  })

  it('is no business of a tenant whose egress is open', () => {
    expect(meaningOf({ defaultDeny: ['Ingress'] }, factsWith({ dns: undefined })).unresolved).to.deep.equal([])
  })
})

describe('appliesTo', () => {
  it('nobody in particular means all pods: the rule goes into the baseline', () => {
    const everywhere = [{}, { appliesTo: {} }, { appliesTo: { podSelector: {} } }, { appliesTo: { podSelector: { matchLabels: {} } } }]
    for (const appliesTo of everywhere) {
      const policies = policiesFor({ ...DNS_OFF, ingress: [ingressRule(appliesTo)] })
      expect(policies.map(({ name, rules }) => [name, rules])).to.deep.equal([['tenant-isolation', ['ingress/rule']]])
    }
  })

  it('some pods means a policy for them, in the direction of the rule', () => {
    const [baseline, policy, ...more] = policiesFor({
      ...DNS_OFF,
      egress: [egressRule({ appliesTo: app('web'), ports: [{ port: 5432 }] })],
    })
    expect(baseline?.spec).to.deep.equal({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
    expect(policy?.rules).to.deep.equal(['egress/rule'])
    expect(policy?.spec).to.deep.equal({
      podSelector: labelled({ app: 'web' }),
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: labelled({ app: 'database' }) }], ports: [TCP(5432)] }],
    })
    expect(more).to.deep.equal([])
  })

  it('some namespaces means that the rule is only there', () => {
    const ingress = [ingressRule({ appliesTo: { namespaceSelector: labelled({ stage: 'test' }) } })]
    const rulesIn = (labels: Record<string, string>) => policiesFor({ ...DNS_OFF, ingress }, { labels })[0]?.rules
    expect(rulesIn({ tenant: 'manning', stage: 'test' })).to.deep.equal(['ingress/rule'])
    expect(rulesIn({ tenant: 'manning', stage: 'live' })).to.deep.equal([])
    expect(rulesIn({ tenant: 'manning' })).to.deep.equal([])
  })

  it('all namespaces, by an empty selector, means all of them', () => {
    expect(policiesFor({ ...DNS_OFF, ingress: [ingressRule({ appliesTo: { namespaceSelector: {} } })] })[0]?.rules).to.deep.equal([
      'ingress/rule',
    ])
  })

  it('some pods of some namespaces means a policy only there', () => {
    const ingress = [ingressRule({ appliesTo: { ...app('web'), namespaceSelector: labelled({ stage: 'test' }) } })]
    expect(policiesFor({ ingress }, { labels: { stage: 'test' } })).to.have.length(2)
    expect(policiesFor({ ingress }, { labels: { stage: 'live' } })).to.have.length(1)
  })

  it('tells apart namespaces to which as many, but other rules apply', () => {
    const stage = (name: string) => ingressRule({ name, appliesTo: { namespaceSelector: labelled({ stage: name }) } })
    const { of } = meaningOf({ ...DNS_OFF, ingress: [stage('test'), stage('live')] })
    expect(['test', 'live', 'test'].map((name) => of({ stage: name })[0].rules)).to.deep.equal([
      ['ingress/test'],
      ['ingress/live'],
      ['ingress/test'],
    ])
  })

  it('works on the same policies for all namespaces to which the same rules apply', () => {
    const { of } = meaningOf({ ingress: [ingressRule({ appliesTo: { namespaceSelector: labelled({ stage: 'test' }) } })] })
    expect(of({ stage: 'test', a: '1' })).to.equal(of({ stage: 'test', a: '2' }))
    expect(of({ stage: 'test' })).not.to.equal(of({ stage: 'live' }))
    expect(of({ stage: 'live' })).to.equal(of({}))
  })
})

describe('the policies of a namespace', () => {
  it('are one per distinct set of pods, whatever the spelling of its selector', () => {
    const spellings = [
      app('web'),
      { podSelector: { matchExpressions: [{ key: 'app', operator: 'In' as const, values: ['web'] }] } },
      { podSelector: { matchExpressions: [{ key: 'app', operator: 'In' as const, values: ['web', 'web'] }], matchLabels: { app: 'web' } } },
    ]
    const ingress = spellings.map((appliesTo, index) => ingressRule({ name: `rule-${index}`, appliesTo, ports: [{ port: index + 1 }] }))
    const [, ...others] = policiesFor({ ingress, egress: [egressRule({ name: 'out', appliesTo: app('web') })] })
    expect(others.map(({ rules, spec }) => [rules, spec.podSelector, spec.policyTypes])).to.deep.equal([
      [['egress/out', 'ingress/rule-0', 'ingress/rule-1', 'ingress/rule-2'], labelled({ app: 'web' }), ['Ingress', 'Egress']],
    ])
  })

  it('are two for sets of pods that only look alike', () => {
    const ingress = [{ app: 'web', tier: 'a' }, { app: 'web' }, { app: 'Web' }, { app: '' }].map((labels, index) =>
      ingressRule({ name: `rule-${index}`, appliesTo: { podSelector: labelled(labels) } }),
    )
    expect(policiesFor({ ingress })).to.have.length(5)
  })

  it('are called by what they select, so that a new rule renames none', () => {
    const names = (...apps: string[]) =>
      policiesFor({ ingress: apps.map((name) => ingressRule({ name, appliesTo: app(name) })) }).map(({ name }) => name)
    expect(names('webserver')).to.deep.equal(['tenant-isolation', 'tenant-isolation-9eb224ddf9f2'])
    expect(names('a', 'webserver', 'b')).to.include('tenant-isolation-9eb224ddf9f2')
    expect(names('a', 'webserver', 'b')).to.deep.equal(names('b', 'a', 'webserver'))
    for (const name of names('a', 'b')) expect(name).to.match(/^tenant-isolation(-[0-9a-f]{12})?$/)
  })

  it('keep their names when their rules change', () => {
    const name = (port: number) => policiesFor({ ingress: [ingressRule({ appliesTo: app('web'), ports: [{ port }] })] })[1]?.name
    expect(name(80)).to.equal(name(81))
  })

  it('have a fingerprint that is stable, and changes with what they say', () => {
    const { network = {} } = withNetwork({ ingress: [ingressRule({ ports: [{ port: 80 }] })] }).spec
    expect(meaningOf(network).fingerprint).to.equal(meaningOf(structuredClone(network)).fingerprint)
    expect(meaningOf(network).fingerprint).not.to.equal(meaningOf({ ingress: [ingressRule({ ports: [{ port: 81 }] })] }).fingerprint)
  })

  it('always write the protocol', () => {
    const ports = [
      { port: 80 },
      { port: 53, protocol: 'UDP' as const },
      { port: 'http' },
      { protocol: 'SCTP' as const },
      { port: 1000, endPort: 2000 },
    ]
    const [rule] = baselineFor({ ingress: [ingressRule({ ports })] }).ingress ?? []
    expect((rule as { ports: unknown }).ports).to.have.deep.members([
      TCP(80),
      UDP(53),
      TCP('http'),
      { protocol: 'SCTP' },
      { protocol: 'TCP', port: 1000, endPort: 2000 },
    ])
  })
})
