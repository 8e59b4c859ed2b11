/**
 * Kubernetes in Action, section 13.4: the connectivity that the book describes for its listings 13.21 to 13.25, from policies that say
 * what they say, and what the operator writes for the same tenants (test/unit/desired/golden).
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { explain, type Network } from '../../../src/reachability/reachability.ts'
import { labelled, TCP } from '../../support/build.ts'
import { app, ask, flow, network, pod, policy, table } from '../../support/reach.ts'

const PODS = [
  pod('shop/webserver', { app: 'webserver' }),
  pod('shop/database', { app: 'database' }),
  pod('shop/shopping-cart', { app: 'shopping-cart' }),
  pod('warehouse/webserver', { app: 'webserver' }),
  pod('acme/webserver', { app: 'webserver' }),
  pod('kube-system/coredns', { 'k8s-app': 'kube-dns' }),
]
const NAMESPACES = { shop: { tenant: 'manning' }, warehouse: { tenant: 'manning' }, acme: { tenant: 'acme' } }
const INTERNET = '198.51.100.7'
const CLIENT = '192.168.1.7'
const OTHERS = ['shop/webserver', 'shop/shopping-cart', 'warehouse/webserver', 'acme/webserver', INTERNET, CLIENT]

const book = {
  '13.21': { podSelector: null },
  '13.22': { podSelector: app('database'), ingress: [{ from: [{ podSelector: app('webserver') }], ports: [{ port: 5432 }] }] },
  '13.23': {
    podSelector: app('shopping-cart'),
    ingress: [{ from: [{ namespaceSelector: labelled({ tenant: 'manning' }) }], ports: [{ port: 80 }] }],
  },
  '13.24': { podSelector: app('shopping-cart'), ingress: [{ from: [{ ipBlock: { cidr: '192.168.1.0/24' } }] }] },
  '13.25': {
    podSelector: app('webserver'),
    policyTypes: ['Egress'],
    egress: [{ to: [{ podSelector: app('database') }], ports: [TCP(5432)] }],
  },
} as const
type Listing = keyof typeof book

const listing = (...numbers: readonly Listing[]) =>
  network({ pods: PODS, namespaces: NAMESPACES, policies: numbers.map((number) => policy(`shop/listing-${number}`, book[number])) })

/** What the operator writes, in the namespace shop of tenant manning. */
function written(file: string): Network {
  const [, ...documents] = parseAllDocuments(readFileSync(join(import.meta.dirname, '../desired/golden', file), 'utf8'))
  const policies = documents
    .map((document) => document.toJS())
    .map((object) => ({ ...object, metadata: { ...object.metadata, namespace: 'shop' } }))
  return network({ pods: PODS, namespaces: NAMESPACES, policies })
}

const reaching = (of: Network, to: string, port: string) => OTHERS.filter((from) => from !== to && ask(of, from, to, port) === 'allow')

describe("the book's network policies", () => {
  describe('13.21, default deny', () => {
    it('keeps everybody from reaching the pods of the namespace', () => {
      for (const to of ['shop/webserver', 'shop/database', 'shop/shopping-cart'])
        expect(reaching(listing('13.21'), to, '80')).to.deep.equal([])
    })
    it('leaves the egress open that the book does not speak of: pods may still dial anywhere', () => {
      for (const to of ['acme/webserver', 'warehouse/webserver', INTERNET])
        expect(ask(listing('13.21'), 'shop/database', to), to).to.equal('allow')
    })
    it('as the operator writes it, closes both directions, but for DNS', () => {
      const closed = written('13.21-default-deny.yaml')
      expect(reaching(closed, 'shop/webserver', '80')).to.deep.equal([])
      for (const to of ['acme/webserver', INTERNET]) expect(ask(closed, 'shop/database', to), to).to.equal('deny')
      expect(['UDP 53', 'TCP 53', '9153'].map((port) => ask(closed, 'shop/database', 'kube-system/coredns', port))).to.deep.equal([
        'allow',
        'allow',
        'deny',
      ])
      expect(ask(closed, 'shop/database', '10.96.0.10', 'UDP 53')).to.equal('allow')
    })
  })

  describe('13.22, the database', () => {
    it('is reached by web servers of its namespace only, on its port only', () => {
      expect(reaching(listing('13.22'), 'shop/database', '5432')).to.deep.equal(['shop/webserver'])
      expect(reaching(listing('13.22'), 'shop/database', '80')).to.deep.equal([])
    })
    it('as the operator writes it, waits for the egress of the web server, and says so', () => {
      const closed = written('13.22-database-from-webserver.yaml')
      const { verdict, egress, ingress, missing } = explain(closed, flow(closed, 'shop/webserver', 'shop/database', '5432'))
      expect([verdict.verdict, egress.answer, ingress.answer]).to.deep.equal(['deny', 'deny', 'allow'])
      expect(missing.map(({ direction, namespace }) => `${direction} of ${namespace}`)).to.deep.equal(['Egress of shop'])
    })
  })

  describe('13.23, the shopping cart', () => {
    it("is reached on port 80 from all of the tenant's namespaces", () => {
      expect(reaching(listing('13.23'), 'shop/shopping-cart', '80')).to.deep.equal(['shop/webserver', 'warehouse/webserver'])
      expect(reaching(listing('13.23'), 'shop/shopping-cart', '443')).to.deep.equal([])
    })
    it('as the operator writes it, too, once the other side is open', () => {
      expect(reaching(written('13.23-shopping-cart-from-tenant.yaml'), 'shop/shopping-cart', '80')).to.deep.equal(['warehouse/webserver'])
    })
  })

  describe('13.24, clients in a range', () => {
    it('reach the shopping cart on every port, and others do not', () => {
      for (const some of [listing('13.24'), written('13.24-shopping-cart-from-range.yaml')]) {
        for (const port of ['80', '443', 'UDP 9']) expect(reaching(some, 'shop/shopping-cart', port)).to.deep.equal([CLIENT])
        expect(ask(some, '192.168.2.1', 'shop/shopping-cart')).to.equal('deny')
      }
    })
  })

  describe('13.25, the web server', () => {
    it('reaches the database and nothing else: its DNS breaks at once', () => {
      const closed = listing('13.25')
      expect(ask(closed, 'shop/webserver', 'shop/database', '5432')).to.equal('allow')
      for (const to of ['shop/database', 'shop/shopping-cart', INTERNET])
        expect(ask(closed, 'shop/webserver', to, '80'), to).to.equal('deny')
      expect(ask(closed, 'shop/webserver', 'kube-system/coredns', 'UDP 53')).to.equal('deny')
    })
    it('as the operator writes it, keeps its DNS', () => {
      const closed = written('13.25-webserver-to-database.yaml')
      expect(ask(closed, 'shop/webserver', 'kube-system/coredns', 'UDP 53')).to.equal('allow')
      expect(ask(closed, 'shop/webserver', 'shop/shopping-cart', '80')).to.equal('deny')
    })
  })

  describe('all together', () => {
    const names = ['shop/webserver', 'shop/database', 'shop/shopping-cart', 'warehouse/webserver', 'acme/webserver']
    const all = listing('13.21', '13.22', '13.23', '13.24', '13.25')
    it('give what the book claims, except that the database and the cart still dial out', () => {
      expect(table(all, names, '5432')).to.deep.equal([
        '-.XXX shop/webserver',
        'X-X.. shop/database',
        'XX-.. shop/shopping-cart',
        'XXX-. warehouse/webserver',
        'XXX.- acme/webserver',
      ])
      expect(table(all, names, '80')).to.deep.equal([
        '-XXXX shop/webserver',
        'X-... shop/database',
        'XX-.. shop/shopping-cart',
        'XX.-. warehouse/webserver',
        'XXX.- acme/webserver',
      ])
    })
    it('as the operator writes them, let nothing out that no rule names', () => {
      const closed = written('13.4-all-together.yaml')
      expect(table(closed, names, '5432')).to.deep.equal([
        '-.XXX shop/webserver',
        'X-XXX shop/database',
        'XX-XX shop/shopping-cart',
        'XXX-. warehouse/webserver',
        'XXX.- acme/webserver',
      ])
      expect(table(closed, names, '80')).to.deep.equal([
        '-XXXX shop/webserver',
        'X-XXX shop/database',
        'XX-XX shop/shopping-cart',
        'XX.-. warehouse/webserver',
        'XXX.- acme/webserver',
      ])
    })
  })
})
