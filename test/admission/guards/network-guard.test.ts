/** What a tenant's own NetworkPolicies may say; judged by the API server, with no operator running. */

import { expect } from 'chai'
import type { Network } from '../../../src/api/network.ts'
import type { Spec } from '../../../src/api/tenant-isolation.ts'
import type { KubeObject, StoredObject } from '../../../src/kube/objects.ts'
import { NETWORK_POLICIES, TENANT_ISOLATIONS } from '../../../src/reconcile/resources.ts'
import { labelled } from '../../support/build.ts'
import {
  allowed,
  type GuardedCluster,
  guardedCluster,
  onTenants,
  refusal,
  refused,
  SEALED,
  type TenantObject,
} from '../../support/guards.ts'
import { networkPolicy } from '../../support/kube.ts'
import { CILIUM, installKind, PLUGIN_KINDS, pluginPolicy } from '../../support/plugin-kinds.ts'

const TENANT = 'narrow'
const OWN = labelled({ guarded: TENANT })

const NETWORK: Network = {
  ingress: [
    { name: 'office', from: [{ cidr: '192.168.0.0/16', except: ['192.168.7.0/24', '192.168.200.0/24'] }, { cidr: '172.16.0.0/12' }] },
    { name: 'partner', from: [{ cidr: '203.0.113.0/24' }], ports: [{ port: 443 }, { port: 8000, endPort: 8099 }, { port: 'https' }] },
    { name: 'elsewhere', appliesTo: { namespaceSelector: labelled({ zone: 'dmz' }) }, from: [{ cidr: '198.51.100.0/24' }] },
    { name: 'six', from: [{ cidr: '2001:db8::/32' }, { tenant: 'acme' }, { preset: 'Internet' }] },
  ],
  egress: [
    {
      name: 'database',
      to: [{ cidr: '10.0.0.0/8' }, { podSelector: labelled({ app: 'database' }) }],
      ports: [{ port: 5432 }, { protocol: 'UDP' }],
    },
    { name: 'mirror', to: [{ cidr: '172.30.0.0/16' }] },
    { name: 'outpost', appliesTo: { namespaceSelector: labelled({ zone: 'dmz' }) }, to: [{ cidr: '198.51.100.0/24' }] },
  ],
}

type Labelled = KubeObject & StoredObject & { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }

const from = (...peers: readonly object[]) => ({ podSelector: {}, ingress: [{ from: peers }] })
const fromOn = (cidr: string, ports: readonly object[]) => ({ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr } }], ports }] })
const to = (...peers: readonly object[]) => ({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to: peers }] })
const toOn = (cidr: string, ports: readonly object[]) => ({
  podSelector: {},
  policyTypes: ['Egress'],
  egress: [{ to: [{ ipBlock: { cidr } }], ports }],
})
const expression = (key: string, operator: string, values?: readonly string[]) => ({
  matchExpressions: [{ key, operator, ...(values && { values }) }],
})

const ALLOWED: Readonly<Record<string, object>> = {
  'nothing at all': { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  'pods of its namespace': from({ podSelector: labelled({ app: 'web' }) }, { podSelector: {} }),
  'namespaces with the labels of the tenant': from({ namespaceSelector: OWN }),
  'some of them': from({ namespaceSelector: labelled({ guarded: TENANT, stage: 'live' }), podSelector: labelled({ app: 'web' }) }),
  'the same in an expression': to({ namespaceSelector: expression('guarded', 'In', [TENANT]) }),
  'its own namespace by name': from({ namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'narrow-shop' }) }),
  'the same in an expression about its name': from({ namespaceSelector: expression('kubernetes.io/metadata.name', 'In', ['narrow-shop']) }),
  'a range of another line of the same rule': from({ ipBlock: { cidr: '172.20.0.0/16' } }),
  'the first and the last ports of a range': fromOn('203.0.113.7/32', [
    { port: 8000, endPort: 8001 },
    { port: 8098, endPort: 8099 },
  ]),
  'a range inside one of the resource': from({ ipBlock: { cidr: '192.168.4.0/22', except: ['192.168.7.0/24'] } }),
  'one that takes out even more': from({ ipBlock: { cidr: '192.168.4.0/22', except: ['192.168.7.0/24', '192.168.5.0/24'] } }),
  'a range beside what the resource takes out': from({ ipBlock: { cidr: '192.168.8.0/24' } }),
  'a range of IPv6': from({ ipBlock: { cidr: '2001:db8:1::/48' } }),
  'a range with one of its ports': fromOn('203.0.113.7/32', [{ port: 443 }, { port: 8010, endPort: 8020 }, { port: 'https' }]),
  'every port of a protocol that the resource opens whole': toOn('10.1.0.0/16', [{ port: 5432, protocol: 'TCP' }, { protocol: 'UDP' }]),
}

const REFUSED: Readonly<Record<string, readonly [spec: object, says: string]>> = {
  'everything in': [{ podSelector: {}, ingress: [{}] }, 'a rule in ingress without from lets everybody through'],
  'everything out': [{ podSelector: {}, egress: [{}] }, 'a rule in egress without to lets everybody through'],
  'everything in, by one rule of two': [{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }, {}] }, 'without from'],
  'everything out, by one rule of two': [{ podSelector: {}, egress: [{ to: [{ podSelector: {} }] }, {}] }, 'without to'],
  'an empty list of peers': [{ podSelector: {}, ingress: [{ from: [] }] }, 'without from'],
  'ports without peers': [{ podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] }, 'without from'],
  'everything in a direction that policyTypes leaves out': [{ podSelector: {}, policyTypes: ['Ingress'], egress: [{}] }, 'without to'],
  'every namespace': [from({ namespaceSelector: {} }), `ask for guarded=${TENANT}`],
  'namespaces of another tenant': [from({ namespaceSelector: labelled({ guarded: 'acme' }) }), `ask for guarded=${TENANT}`],
  'its own and those of another tenant': [
    to({ namespaceSelector: expression('guarded', 'In', [TENANT, 'acme']) }),
    'namespaceSelector in egress',
  ],
  'all but those of another tenant': [
    from({ namespaceSelector: expression('guarded', 'NotIn', ['acme']) }),
    'namespaceSelector in ingress',
  ],
  'every tenant': [from({ namespaceSelector: expression('guarded', 'Exists') }), 'namespaceSelector in ingress'],
  'pods of another tenant': [
    from({ namespaceSelector: labelled({ guarded: 'acme' }), podSelector: labelled({ app: 'web' }) }),
    'namespaceSelector in ingress',
  ],
  'another namespace by name': [
    from({ namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'kube-system' }) }),
    'namespaceSelector in ingress',
  ],
  'every address': [from({ ipBlock: { cidr: '0.0.0.0/0' } }), '0.0.0.0/0 is not inside a range'],
  'every address in two halves': [from({ ipBlock: { cidr: '0.0.0.0/1' } }, { ipBlock: { cidr: '128.0.0.0/1' } }), '0.0.0.0/1, 128.0.0.0/1'],
  'every address of IPv6': [to({ ipBlock: { cidr: '::/0' } }), '::/0 is not inside a range'],
  'more than the range': [from({ ipBlock: { cidr: '192.0.0.0/8' } }), '192.0.0.0/8'],
  'what the resource takes out': [from({ ipBlock: { cidr: '192.168.7.128/25' } }), '192.168.7.128/25'],
  'a range around what the resource takes out': [from({ ipBlock: { cidr: '192.168.4.0/22' } }), '192.168.4.0/22'],
  'a range around it that takes something else out': [
    from({ ipBlock: { cidr: '192.168.4.0/22', except: ['192.168.5.0/24'] } }),
    '192.168.4.0/22',
  ],
  'a range of the other direction': [from({ ipBlock: { cidr: '10.0.0.0/8' } }), '10.0.0.0/8'],
  'more ports than the range has': [fromOn('203.0.113.7/32', [{ port: 443 }, { port: 22 }]), '203.0.113.7/32'],
  'every port of the range': [from({ ipBlock: { cidr: '203.0.113.7/32' } }), 'with its ports'],
  'more of a range of ports': [fromOn('203.0.113.7/32', [{ port: 8090, endPort: 8100 }]), '203.0.113.7/32'],
  'another protocol': [fromOn('203.0.113.7/32', [{ port: 443, protocol: 'UDP' }]), '203.0.113.7/32'],
  'a port of a name that may be any': [fromOn('203.0.113.7/32', [{ port: 'http' }]), '203.0.113.7/32'],
  'every port of TCP': [toOn('10.1.0.0/16', [{ protocol: 'TCP' }]), '10.1.0.0/16'],
  'a range that the resource allows elsewhere': [from({ ipBlock: { cidr: '198.51.100.0/24' } }), '198.51.100.0/24'],
  'a range to which the resource lets others go': [to({ ipBlock: { cidr: '198.51.100.0/24' } }), '198.51.100.0/24'],
  'the first port of a range and one before it': [fromOn('203.0.113.7/32', [{ port: 7999, endPort: 8001 }]), '203.0.113.7/32'],
  'a strange namespace in one rule of two, to come from': [
    { podSelector: {}, ingress: [OWN, labelled({ guarded: 'acme' })].map((namespaceSelector) => ({ from: [{ namespaceSelector }] })) },
    'namespaceSelector in ingress',
  ],
  'a strange namespace in one rule of two, to go to': [
    { podSelector: {}, egress: [OWN, labelled({ guarded: 'acme' })].map((namespaceSelector) => ({ to: [{ namespaceSelector }] })) },
    'namespaceSelector in egress',
  ],
  'one strange namespace among its own, to come from': [
    from({ namespaceSelector: OWN }, { namespaceSelector: labelled({ guarded: 'acme' }) }),
    'namespaceSelector in ingress',
  ],
  'one strange namespace among its own, to go to': [
    to({ namespaceSelector: OWN }, { namespaceSelector: labelled({ guarded: 'acme' }) }),
    'namespaceSelector in egress',
  ],
  'one bad peer among good ones': [
    from({ podSelector: {} }, { namespaceSelector: OWN }, { ipBlock: { cidr: '8.8.8.8/32' } }),
    '8.8.8.8/32',
  ],
}

describe("a tenant's own NetworkPolicy", function () {
  this.timeout(120_000)
  let cluster: GuardedCluster
  const spec: Spec = { namespaceSelector: OWN, network: NETWORK }

  before(async () => {
    cluster = await guardedCluster()
    await cluster.namespace('narrow-shop', { guarded: TENANT })
    await cluster.namespace('narrow-dmz', { guarded: TENANT, zone: 'dmz' })
    await cluster.namespace('narrow-outside')
    await cluster.tenant(TENANT, spec)
    for (const namespace of ['narrow-shop', 'narrow-dmz', 'narrow-outside']) {
      await cluster.bind('alice', 'admin', 'alice', namespace)
      await cluster.bind('bob', 'admin', 'bob', namespace)
    }
    await refused(() => create(REFUSED['everything in']?.[0] ?? {}), 'boundary')
  })

  after(async () => {
    await cluster.clear()
  })

  const create = (policy: object, namespace = 'narrow-shop') =>
    cluster.alice.client.create(NETWORK_POLICIES, networkPolicy(namespace, 'own', policy), { dryRun: true })

  describe('may name', () => {
    for (const [what, policy] of Object.entries(ALLOWED)) {
      it(what, async () => {
        await create(policy)
      })
    }

    it('a range of a rule for the namespaces that it is in', async () => {
      await create(from({ ipBlock: { cidr: '198.51.100.0/24' } }), 'narrow-dmz')
    })

    it('anything in a namespace of no tenant', async () => {
      await create({ podSelector: {}, ingress: [{}] }, 'narrow-outside')
    })
  })

  describe('may not name', () => {
    for (const [what, [policy, says]] of Object.entries(REFUSED)) {
      it(what, async () => {
        const message = await refusal(create(policy))
        expect(message).to.include(`NetworkPolicy own would open the boundary of tenant ${TENANT}: `).and.to.include(says)
      })
    }
  })

  it('may not be changed into one that opens the boundary, but be renewed and deleted', async () => {
    const { client } = cluster.alice
    await client.create(NETWORK_POLICIES, networkPolicy('narrow-shop', 'changes', from({ podSelector: {} })))
    const at = { namespace: 'narrow-shop', name: 'changes' }
    await refusal(client.patch(NETWORK_POLICIES, at, { type: 'merge', body: { spec: { ingress: [{}] } } }))
    await client.patch(NETWORK_POLICIES, at, { type: 'merge', body: { spec: from({ podSelector: labelled({ app: 'web' }) }) } })
    await client.delete(NETWORK_POLICIES, at)
  })

  it('that was there before may get labels and lose finalizers, but say nothing new', async () => {
    // The administrator may override.
    await cluster.make(NETWORK_POLICIES, networkPolicy('narrow-shop', 'old', { podSelector: {}, ingress: [{}] }) as never)
    const at = { namespace: 'narrow-shop', name: 'old' }
    const patch = (body: object) => cluster.alice.client.patch(NETWORK_POLICIES, at, { type: 'merge', body })
    await patch({ metadata: { labels: { reviewed: 'true' } } })
    await refusal(patch({ spec: { egress: [{}] } }))
  })

  it('is not seen when it gets the label of the operator, who alone may put it there', async () => {
    const tenant = await cluster.admin.client.get(TENANT_ISOLATIONS, { name: TENANT })
    await cluster.child('narrow-shop', tenant as TenantObject)
    const at = { namespace: 'narrow-shop', name: 'tenant-isolation' }
    const stripped = { metadata: { labels: { 'tenant-isolation.dev/tenant': null } } }
    const policy = await cluster.admin.client.patch<Labelled>(NETWORK_POLICIES, at, { type: 'merge', body: stripped })
    const labels = { ...policy.metadata.labels, 'tenant-isolation.dev/tenant': TENANT }
    const bridge = { ...policy, metadata: { ...policy.metadata, labels }, spec: { ...SEALED, ingress: [{}], egress: [{}] } }
    await cluster.operator.client.update(NETWORK_POLICIES, bridge, { dryRun: true })
  })

  it('may be anything for whoever holds override on the tenant', async () => {
    const open = networkPolicy('narrow-shop', 'bobs', { podSelector: {}, ingress: [{}] })
    const attempt = () => cluster.bob.client.create(NETWORK_POLICIES, open, { dryRun: true })
    await refusal(attempt())
    await cluster.allow('bob', 'narrow-override-other', [onTenants(['override'], ['acme'])])
    await refusal(attempt())
    await cluster.allow('bob', 'narrow-override', [onTenants(['override'], [TENANT])])
    await allowed(attempt)
  })

  it("may not be of a network plugin's kind", async () => {
    await Promise.all(PLUGIN_KINDS.map((kind) => installKind(cluster, kind)))
    const rules = PLUGIN_KINDS.map(({ group, plural }) => ({ apiGroups: [group], resources: [plural], verbs: ['*'] }))
    await cluster.allow('alice', 'narrow-plugins', rules)
    const attempt = (namespace: string, kind = CILIUM) => cluster.alice.client.create(kind, pluginPolicy(namespace, kind), { dryRun: true })
    for (const kind of PLUGIN_KINDS) {
      await refused(() => attempt('narrow-shop', kind), `${kind.kind} own would open the boundary`, 'cannot be judged')
      // The administrator may override.
      await cluster.make(kind, pluginPolicy('narrow-shop', kind, 'old'))
      const patch = (body: object) =>
        cluster.alice.client.patch(kind, { namespace: 'narrow-shop', name: 'old' }, { type: 'merge', body }, { dryRun: true })
      await refusal(patch({ specs: [] }))
      await refusal(patch({ spec: {} }))
      await patch({ metadata: { labels: { reviewed: 'true' } } })
    }
    await refused(() => attempt('narrow-shop'), 'CiliumNetworkPolicy own would open the boundary', 'cannot be judged')
    await allowed(() => attempt('narrow-outside'))
    await cluster.changeTenant(TENANT, { network: { tenantPolicies: 'Allow' } })
    await allowed(() => attempt('narrow-shop'))
  })

  it('goes as far as the resource says at this moment', async () => {
    const open = () => create({ podSelector: {}, ingress: [{}] })
    const narrow = () => create(from({ podSelector: {} }))
    await cluster.changeTenant(TENANT, { network: { tenantPolicies: 'Forbid' } })
    await refused(open, 'tenantPolicies: Forbid')
    await refused(narrow, 'tenantPolicies: Forbid')
    await cluster.changeTenant(TENANT, { network: { tenantPolicies: 'Allow' } })
    await allowed(open)
    await cluster.changeTenant(TENANT, { network: { tenantPolicies: 'Narrow' } })
    await refused(open, 'boundary')
    await allowed(narrow)
    await cluster.changeTenant(TENANT, { network: { mode: 'Audit' } })
    await allowed(open)
    await cluster.changeTenant(TENANT, { network: { mode: 'Enforce' } })
    await refused(open, 'boundary')
  })
})
