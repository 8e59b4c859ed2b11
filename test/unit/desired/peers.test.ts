import { expect } from 'chai'
import { hashOf } from '../../../src/api/canonical.ts'
import type { Peer } from '../../../src/api/network.ts'
import type { Facts } from '../../../src/desired/facts.ts'
import type { PolicyPeer } from '../../../src/desired/network/policy.ts'
import {
  API_SERVER,
  app,
  baselineFor,
  configurationWith,
  egressRule,
  factsWith,
  ingressRule,
  KUBE_DNS,
  labelled,
  meaningOf,
  namespacesOf,
  TCP,
  UDP,
} from '../../support/build.ts'

/** What an ingress and an egress rule for all pods, with no other peer, become. */
function bothWays(peer: Peer, facts: Facts = factsWith()) {
  return {
    ingress: baselineFor({ ingress: [ingressRule({ from: [peer] })] }, facts).ingress,
    egress: baselineFor({ egress: [egressRule({ to: [peer] })] }, facts).egress,
  }
}

/** What the one rule says, which says nothing else. */
function onlyMember(rules: readonly object[] = [], member: string): unknown {
  expect(rules.map(Object.keys)).to.deep.equal([[member]])
  return (rules[0] as Record<string, unknown>)[member]
}

const kubeDnsPods = {
  namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'kube-system' }),
  podSelector: labelled({ 'k8s-app': 'kube-dns' }),
}

describe('a peer', () => {
  const platform = configurationWith({
    platform: [
      {
        name: 'monitoring',
        peers: [
          { namespaceSelector: namespacesOf('platform'), podSelector: labelled({ app: 'prometheus' }) },
          { namespaceSelector: labelled({ a: 'b' }) },
        ],
      },
      { name: 'proxy', peers: [{ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }, { cidr: '2001:db8::/32' }] },
      { name: 'everybody', peers: [{ namespaceSelector: {} }] },
    ],
  })
  const forms: readonly { readonly name: string; readonly peer: Peer; readonly becomes: readonly PolicyPeer[] }[] = [
    { name: 'by podSelector means pods of the same namespace', peer: app('web'), becomes: [{ podSelector: labelled({ app: 'web' }) }] },
    { name: 'by an empty podSelector means all pods of the same namespace', peer: { podSelector: {} }, becomes: [{ podSelector: {} }] },
    {
      name: 'by namespaceSelector means all pods of these namespaces',
      peer: { namespaceSelector: labelled({ stage: 'test' }) },
      becomes: [{ namespaceSelector: labelled({ stage: 'test' }) }],
    },
    {
      name: 'by an empty namespaceSelector means all pods of the cluster',
      peer: { namespaceSelector: {} },
      becomes: [{ namespaceSelector: {} }],
    },
    {
      name: 'by both selectors means these pods of these namespaces, in one item',
      peer: { namespaceSelector: labelled({ stage: 'test' }), ...app('web') },
      becomes: [{ namespaceSelector: labelled({ stage: 'test' }), podSelector: labelled({ app: 'web' }) }],
    },
    {
      name: 'by tenant means all pods of its namespaces',
      peer: { tenant: 'acme' },
      becomes: [{ namespaceSelector: namespacesOf('acme') }],
    },
    {
      name: 'by tenant and podSelector means these pods of its namespaces',
      peer: { tenant: 'acme', ...app('web') },
      becomes: [{ namespaceSelector: namespacesOf('acme'), podSelector: labelled({ app: 'web' }) }],
    },
    { name: 'by tenant may be the tenant itself', peer: { tenant: 'manning' }, becomes: [{ namespaceSelector: namespacesOf('manning') }] },
    { name: 'by cidr means these addresses', peer: { cidr: '192.168.1.0/24' }, becomes: [{ ipBlock: { cidr: '192.168.1.0/24' } }] },
    {
      name: 'by an IPv6 cidr means these addresses',
      peer: { cidr: '2001:db8::1/128' },
      becomes: [{ ipBlock: { cidr: '2001:db8::1/128' } }],
    },
    {
      name: 'by cidr with except means these addresses without those',
      peer: { cidr: '10.0.0.0/8', except: ['10.2.0.0/16', '10.1.0.0/16'] },
      becomes: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.2.0.0/16'] } }],
    },
    {
      name: 'by platform means the pods that the platform team has named',
      peer: { platform: 'monitoring' },
      becomes: [
        { namespaceSelector: labelled({ a: 'b' }) },
        { namespaceSelector: namespacesOf('platform'), podSelector: labelled({ app: 'prometheus' }) },
      ],
    },
    {
      name: 'by platform means the addresses that the platform team has named',
      peer: { platform: 'proxy' },
      becomes: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }, { ipBlock: { cidr: '2001:db8::/32' } }],
    },
    {
      name: 'by platform may be everybody, when the platform team says so',
      peer: { platform: 'everybody' },
      becomes: [{ namespaceSelector: {} }],
    },
    { name: 'Cluster means all pods of the cluster', peer: { preset: 'Cluster' }, becomes: [{ namespaceSelector: {} }] },
  ]
  for (const { name, peer, becomes } of forms) {
    it(`${name}, in both directions`, () => {
      const { ingress, egress } = bothWays(peer, factsWith({ configuration: platform }))
      expect(onlyMember(ingress, 'from')).to.have.deep.members(becomes)
      expect(onlyMember(egress, 'to')).to.have.deep.members(becomes)
    })
  }

  it('DNS means, in egress, where DNS is reached, on its own ports', () => {
    expect(bothWays({ preset: 'DNS' }).egress).to.deep.equal([
      { to: [{ ipBlock: { cidr: '10.96.0.10/32' } }, kubeDnsPods], ports: [TCP(53), UDP(53)] },
    ])
  })

  it('DNS means, in ingress, the pods of DNS', () => {
    expect(bothWays({ preset: 'DNS' }).ingress).to.deep.equal([{ from: [kubeDnsPods] }])
  })

  it('KubeAPIServer means, in egress, each of its addresses on its own port', () => {
    expect(bothWays({ preset: 'KubeAPIServer' }).egress).to.deep.equal([
      { to: [{ ipBlock: { cidr: '10.96.0.1/32' } }], ports: [TCP(443)] },
      { to: [{ ipBlock: { cidr: '172.18.0.2/32' } }], ports: [TCP(6443)] },
    ])
  })

  it('KubeAPIServer means, in ingress, the addresses from which it calls webhooks', () => {
    const network = { ingress: [ingressRule({ from: [{ preset: 'KubeAPIServer' }], ports: [{ port: 8443 }] })] }
    expect(baselineFor(network).ingress).to.deep.equal([{ from: [{ ipBlock: { cidr: '172.18.0.2/32' } }], ports: [TCP(8443)] }])
  })

  it('leaves the ports of the rule to the other peers beside it', () => {
    const network = { egress: [egressRule({ to: [app('database'), { tenant: 'acme' }], ports: [{ port: 5432 }] })] }
    expect(baselineFor(network).egress).to.deep.equal([
      { to: [{ namespaceSelector: namespacesOf('acme') }, { podSelector: labelled({ app: 'database' }) }], ports: [TCP(5432)] },
    ])
  })
})

describe('a peer that cannot be resolved', () => {
  const gaps: readonly {
    readonly name: string
    readonly peer: Peer
    readonly facts?: Partial<Facts>
    readonly gap: string
    readonly says: string
  }[] = [
    { name: 'an unknown tenant', peer: { tenant: 'nobody' }, gap: 'TenantUnknown', says: 'no TenantIsolation is called nobody' },
    {
      name: 'a tenant named like a member of every object',
      peer: { tenant: 'constructor' },
      gap: 'TenantUnknown',
      says: 'no TenantIsolation is called constructor',
    },
    {
      name: 'a tenant whose selector is empty, which no schema of ours lets through',
      peer: { tenant: 'acme' },
      facts: { tenants: new Map([['acme', {}]]) },
      gap: 'TenantUnknown',
      says: 'acme',
    },
    {
      name: 'an unknown platform peer',
      peer: { platform: 'monitoring' },
      gap: 'PlatformPeerUnknown',
      says: 'names no platform peer monitoring',
    },
    {
      name: 'a platform peer without peers',
      peer: { platform: 'monitoring' },
      facts: { configuration: configurationWith({ platform: [{ name: 'monitoring', peers: [] }] }) },
      gap: 'PlatformPeerUnknown',
      says: 'monitoring',
    },
    { name: 'DNS that was not found', peer: { preset: 'DNS' }, facts: { dns: undefined }, gap: 'DNSNotFound', says: 'dns.service' },
    {
      name: 'an API server that was not found',
      peer: { preset: 'KubeAPIServer' },
      facts: { apiServer: undefined },
      gap: 'KubeAPIServerNotFound',
      says: 'default/kubernetes has no EndpointSlices',
    },
    {
      name: 'an Internet of which nothing is left',
      peer: { preset: 'Internet' },
      facts: { configuration: configurationWith({ privateRanges: ['0.0.0.0/0', '::/0'] }) },
      gap: 'InternetEmpty',
      says: 'counts every public address as private',
    },
  ]
  for (const { name, peer, facts = {}, gap, says } of gaps) {
    it(`stays closed, and is reported: ${name}`, () => {
      const all = factsWith(facts)
      expect(bothWays(peer, all)).to.deep.equal({ ingress: undefined, egress: undefined })
      const { unresolved } = meaningOf(
        { dns: { mode: 'Disabled' }, ingress: [ingressRule({ from: [peer] })], egress: [egressRule({ name: 'out', to: [peer] })] },
        all,
      )
      expect(unresolved.map((entry) => [entry.rule, entry.gap])).to.deep.equal([
        ['ingress/rule', gap],
        ['egress/out', gap],
      ])
      for (const { message } of unresolved) expect(message).to.include(says)
    })
  }

  it('takes nothing from the peers beside it', () => {
    const network = { ingress: [ingressRule({ from: [{ tenant: 'nobody' }, app('web'), { platform: 'nothing' }], ports: [{ port: 80 }] })] }
    expect(baselineFor(network).ingress).to.deep.equal([{ from: [{ podSelector: labelled({ app: 'web' }) }], ports: [TCP(80)] }])
    expect(meaningOf(network).unresolved.map(({ gap }) => gap)).to.deep.equal(['TenantUnknown', 'PlatformPeerUnknown'])
  })

  it('is not reported in a direction that is open anyway', () => {
    const network = {
      defaultDeny: ['Egress' as const],
      dns: { mode: 'Disabled' as const },
      ingress: [ingressRule({ from: [{ tenant: 'nobody' }] })],
    }
    expect(meaningOf(network).unresolved).to.deep.equal([])
  })

  it('is resolved once the fact is there', () => {
    const network = { egress: [egressRule({ to: [{ preset: 'KubeAPIServer' }] })] }
    const before = meaningOf(network, factsWith({ apiServer: undefined }))
    const after = meaningOf(network, factsWith({ apiServer: API_SERVER }))
    expect(before.unresolved).to.have.length(1)
    expect(after.unresolved).to.deep.equal([])
    expect(before.fingerprint).not.to.equal(after.fingerprint)
  })

  it('is DNS for every pod, too, in mode Auto', () => {
    const { of, unresolved } = meaningOf({}, factsWith({ dns: undefined }))
    expect(of({})[0].spec).to.deep.equal({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
    expect(unresolved.map(({ rule, gap }) => [rule, gap])).to.deep.equal([['dns', 'DNSNotFound']])
    expect(hashOf(meaningOf({}, factsWith({ dns: KUBE_DNS })).unresolved, 8)).to.equal(hashOf([], 8))
  })
})
