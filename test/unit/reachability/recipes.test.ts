/** Fourteen well-known recipes for NetworkPolicies, written anew, each with the outcome that people expect of it. */

import { expect } from 'chai'
import type { PodInput } from '../../../src/reachability/reachability.ts'
import { labelled, TCP, UDP } from '../../support/build.ts'
import { app, ask, network, pod, policy } from '../../support/reach.ts'

const WEB = pod('default/web', { app: 'web' })
const OTHER = pod('default/other', { app: 'other' })
const FAR = pod('far/other', { app: 'other' })
const DNS = pod('kube-system/dns', { 'k8s-app': 'kube-dns' })
const INTERNET = '198.51.100.7'
const EVERYBODY = ['default/other', 'far/other', INTERNET]
const POSTGRES = { podSelector: app('db') }

const NAMESPACES = { default: {}, far: { purpose: 'production' }, dev: { purpose: 'testing' } }

const cluster = (spec: object | readonly object[], ...more: readonly PodInput[]) =>
  network({
    pods: [WEB, OTHER, FAR, DNS, ...more],
    namespaces: NAMESPACES,
    policies: (Array.isArray(spec) ? spec : [spec]).map((one, index) => policy(`default/recipe-${index}`, one)),
  })

/** Who of `from` may open a connection to port 80 of the web server, or to another port. */
const comingIn = (of: ReturnType<typeof network>, from: readonly string[] = EVERYBODY, port = '80') =>
  from.filter((one) => ask(of, one, 'default/web', port) === 'allow')
const goingOut = (of: ReturnType<typeof network>, from: string, to: readonly string[], port = '80') =>
  to.filter((one) => ask(of, from, one, port) === 'allow')

describe('the recipes', () => {
  it('1. deny all traffic to an application', () => {
    expect(comingIn(cluster({ podSelector: app('web'), ingress: [] }))).to.deep.equal([])
  })

  it('2. limit traffic to an application to some pods', () => {
    const bookstore = (role: string) => pod(`default/${role}`, { app: 'bookstore', role })
    const limited = cluster(
      { podSelector: app('web'), ingress: [{ from: [{ podSelector: app('bookstore') }] }] },
      bookstore('search'),
      bookstore('api'),
    )
    expect(comingIn(limited, ['default/search', 'default/api', ...EVERYBODY])).to.deep.equal(['default/search', 'default/api'])
  })

  it('2a. allow all traffic to an application, whatever else closes it', () => {
    const closed = { podSelector: {}, policyTypes: ['Ingress'] }
    expect(comingIn(cluster([closed, { podSelector: app('web'), ingress: [{}] }]))).to.deep.equal(EVERYBODY)
    // An empty peer list, and peers that mean every namespace, are not the same: the second one means pods only.
    expect(comingIn(cluster([closed, { podSelector: app('web'), ingress: [{ from: [] }] }]))).to.deep.equal(EVERYBODY)
    expect(
      comingIn(cluster([closed, { podSelector: app('web'), ingress: [{ from: [{ podSelector: {}, namespaceSelector: {} }] }] }])),
    ).to.deep.equal(['default/other', 'far/other'])
  })

  it('3. deny all traffic in a namespace that is not allowed otherwise', () => {
    const denied = cluster({ podSelector: {}, ingress: [] })
    expect(comingIn(denied)).to.deep.equal([])
    expect(ask(denied, 'default/web', 'default/other')).to.equal('deny')
    expect(ask(denied, 'default/web', 'far/other')).to.equal('allow')
  })

  it('4. deny traffic from other namespaces', () => {
    expect(comingIn(cluster({ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }))).to.deep.equal(['default/other'])
  })

  it('5. allow traffic from all namespaces', () => {
    expect(comingIn(cluster({ podSelector: app('web'), ingress: [{ from: [{ namespaceSelector: {} }] }] }))).to.deep.equal([
      'default/other',
      'far/other',
    ])
  })

  it('6. allow traffic from a namespace', () => {
    const production = cluster(
      { podSelector: app('web'), ingress: [{ from: [{ namespaceSelector: labelled({ purpose: 'production' }) }] }] },
      pod('dev/other'),
    )
    expect(comingIn(production, [...EVERYBODY, 'dev/other'])).to.deep.equal(['far/other'])
  })

  it('7. allow traffic from some pods in another namespace', () => {
    const monitoring = { namespaceSelector: labelled({ purpose: 'production' }), podSelector: labelled({ type: 'monitoring' }) }
    const some = cluster(
      { podSelector: app('web'), ingress: [{ from: [monitoring] }] },
      pod('far/monitor', { type: 'monitoring' }),
      pod('default/monitor', { type: 'monitoring' }),
    )
    expect(comingIn(some, [...EVERYBODY, 'far/monitor', 'default/monitor'])).to.deep.equal(['far/monitor'])
  })

  it('8. allow traffic from external clients', () => {
    const closed = { podSelector: {}, policyTypes: ['Ingress'] }
    expect(comingIn(cluster([closed, { podSelector: app('web'), ingress: [{}] }]), [INTERNET, '2001:db8::1'])).to.deep.equal([
      INTERNET,
      '2001:db8::1',
    ])
    const oneport = cluster([closed, { podSelector: app('web'), ingress: [{ ports: [{ port: 80 }] }] }])
    expect([comingIn(oneport, [INTERNET], '80'), comingIn(oneport, [INTERNET], '443')]).to.deep.equal([[INTERNET], []])
  })

  it('9. allow traffic only to a port, by number or by name', () => {
    const monitor = pod('default/monitor', { role: 'monitoring' })
    const from = [{ podSelector: labelled({ role: 'monitoring' }) }]
    const byNumber = cluster({ podSelector: app('web'), ingress: [{ from, ports: [{ port: 5000 }] }] }, monitor)
    const names = { ...WEB, ports: [{ name: 'metrics', protocol: 'TCP' as const, port: 5000 }] }
    const byName = network({
      pods: [names, OTHER, monitor],
      policies: [policy('default/p', { podSelector: app('web'), ingress: [{ from, ports: [{ port: 'metrics' }] }] })],
    })
    for (const some of [byNumber, byName]) {
      expect(comingIn(some, ['default/monitor', 'default/other'], '5000')).to.deep.equal(['default/monitor'])
      expect(comingIn(some, ['default/monitor', 'default/other'], '8000')).to.deep.equal([])
    }
  })

  it('10. allow traffic with multiple selectors', () => {
    const client = (role: string) => pod(`default/${role}`, { app: 'bookstore', role })
    const peers = ['search', 'api'].map((role) => ({ podSelector: labelled({ app: 'bookstore', role }) }))
    const some = cluster({ podSelector: app('web'), ingress: [{ from: peers }] }, client('search'), client('api'), client('catalog'))
    expect(comingIn(some, ['default/search', 'default/api', 'default/catalog'])).to.deep.equal(['default/search', 'default/api'])
  })

  it('11. deny egress traffic from an application: names do not resolve, until DNS is allowed', () => {
    const denied = cluster({ podSelector: app('other'), policyTypes: ['Egress'], egress: [] })
    expect(goingOut(denied, 'default/other', ['default/web', INTERNET])).to.deep.equal([])
    expect(ask(denied, 'default/other', 'kube-system/dns', 'UDP 53')).to.equal('deny')
    expect(ask(denied, 'default/web', 'default/other')).to.equal('allow')
    const withDns = cluster({ podSelector: app('other'), policyTypes: ['Egress'], egress: [{ ports: [UDP(53), TCP(53)] }] })
    expect(['UDP 53', 'TCP 53'].map((port) => ask(withDns, 'default/other', 'kube-system/dns', port))).to.deep.equal(['allow', 'allow'])
    expect(goingOut(withDns, 'default/other', ['default/web', INTERNET])).to.deep.equal([])
    // The rule names no peers: port 53 is open to anybody who listens there.
    expect(ask(withDns, 'default/other', INTERNET, 'UDP 53')).to.equal('allow')
  })

  it('12. deny all egress traffic of a namespace that is not allowed otherwise', () => {
    const denied = cluster({ podSelector: {}, policyTypes: ['Egress'], egress: [] })
    expect(goingOut(denied, 'default/web', ['default/other', 'far/other', INTERNET])).to.deep.equal([])
    expect(comingIn(denied)).to.deep.equal(['far/other', INTERNET])
  })

  it('13. allow egress to some pods only, on their port', () => {
    const database = pod('default/db', { app: 'db' })
    const some = cluster({ podSelector: app('web'), policyTypes: ['Egress'], egress: [{ to: [POSTGRES], ports: [TCP(5432)] }] }, database)
    expect(goingOut(some, 'default/web', ['default/db', 'default/other', INTERNET], '5432')).to.deep.equal(['default/db'])
    expect(goingOut(some, 'default/web', ['default/db'], '80')).to.deep.equal([])
  })

  it('14. deny external egress traffic: pods of the cluster, DNS, and nobody else', () => {
    const inside = cluster({
      podSelector: app('web'),
      policyTypes: ['Egress'],
      egress: [{ ports: [UDP(53), TCP(53)] }, { to: [{ namespaceSelector: {} }] }],
    })
    expect(goingOut(inside, 'default/web', ['default/other', 'far/other', INTERNET])).to.deep.equal(['default/other', 'far/other'])
    expect(ask(inside, 'default/web', INTERNET, 'UDP 53')).to.equal('allow')
  })
})
