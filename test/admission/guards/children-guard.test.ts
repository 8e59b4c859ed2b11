/** What the operator wrote, only the operator changes; judged by the API server, with no operator running. */

import { expect } from 'chai'
import { COLLECTORS } from '../../../src/admission/guards/identities.ts'
import { API_VERSION, KIND } from '../../../src/api/labels.ts'
import { NAMESPACES, NETWORK_POLICIES, TENANT_ISOLATIONS } from '../../../src/reconcile/resources.ts'
import { labelled } from '../../support/build.ts'
import { eventually } from '../../support/eventually.ts'
import {
  allowed,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type GuardedCluster,
  guardedCluster,
  onTenants,
  ROLE_BINDINGS,
  rbac,
  refusal,
  refused,
  send,
  type TenantObject,
} from '../../support/guards.ts'
import { networkPolicy } from '../../support/kube.ts'

const TENANT = 'child'
const MARKED = { labels: { 'tenant-isolation.dev/tenant': TENANT } }
const PROFILE = 'tenant-isolation:child:default'
const dryRun = { dryRun: true }
const AT = { namespace: 'child-shop', name: 'tenant-isolation' }

describe('what the operator wrote', function () {
  this.timeout(120_000)
  let cluster: GuardedCluster
  let tenant: TenantObject

  before(async () => {
    cluster = await guardedCluster()
    await cluster.namespace('child-shop')
    tenant = await cluster.tenant(TENANT, { namespaceSelector: labelled({ guarded: TENANT }) })
    await cluster.child('child-shop', tenant)
    for (const user of ['alice', 'bob']) {
      await cluster.allow(user, `child-${user}`, [
        { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['*'] },
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'], verbs: ['*'] },
        { apiGroups: ['tenant-isolation.dev'], resources: ['podsecurityprofiles'], verbs: ['use'] },
      ])
    }
    await refused(() => cluster.alice.client.delete(NETWORK_POLICIES, AT, { dryRun: true }), 'tenant-isolation')
  })

  after(async () => {
    await cluster.clear()
  })

  const create = (name: string, metadata: object, by = cluster.alice) =>
    by.client.create(NETWORK_POLICIES, networkPolicy('child-shop', name, { podSelector: {} }, metadata), { dryRun: true })
  const patch = (body: object, by = cluster.alice) => by.client.patch(NETWORK_POLICIES, AT, { type: 'merge', body }, { dryRun: true })

  it('is changed by nobody else, whatever RBAC lets them do', async () => {
    expect(await refusal(patch({ spec: { ingress: [{}] } }))).to.include(
      'NetworkPolicy tenant-isolation has the label tenant-isolation.dev/tenant and a name of its making and an owner of kind TenantIsolation, and so only tenant-isolation may write it',
    )
    for (const metadata of [
      { labels: { 'tenant-isolation.dev/tenant': null } },
      { labels: { 'tenant-isolation.dev/tenant': 'another' } },
      { ownerReferences: [] },
      { labels: { harmless: 'yes' } },
    ]) {
      await refusal(patch({ metadata }))
    }
    await refusal(cluster.alice.client.delete(NETWORK_POLICIES, AT))
  })

  it('is not deleted with its collection either', async () => {
    const path = '/apis/networking.k8s.io/v1/namespaces/child-shop/networkpolicies'
    expect(await refusal(send(cluster.alice, { method: 'DELETE', path }))).to.include('only tenant-isolation may write it')
    expect(await refusal(send(cluster.alice, { method: 'DELETE', path, query: { labelSelector: 'tenant-isolation.dev/tenant' } }))).to.be.a(
      'string',
    )
    await cluster.admin.client.get(NETWORK_POLICIES, AT)
  })

  it('is not forged: neither its label nor its names nor its owner', async () => {
    expect(await refusal(create('mine', MARKED))).to.include('has the label tenant-isolation.dev/tenant,')
    expect(await refusal(create('mine', { labels: { 'tenant-isolation.dev/tenant': '' } }))).to.include('has the label')
    expect(await refusal(create('tenant-isolation-0123456789ab', {}))).to.include('has a name of its making')
    const owner = { apiVersion: API_VERSION, kind: KIND, name: TENANT, uid: tenant.metadata.uid }
    expect(await refusal(create('mine', { ownerReferences: [owner] }))).to.include('has an owner of kind TenantIsolation')
    const others = [
      { ...owner, apiVersion: 'elsewhere.example/v1' },
      { ...owner, kind: 'Another' },
      { ...owner, apiVersion: 'v1', kind: 'ConfigMap' },
    ]
    for (const other of others) await create('mine', { ownerReferences: [other] })
    await refusal(create('mine', { ownerReferences: [...others, owner] }))
    await create('tenant-isolation-of-mine', {})
    await create('mine', { labels: { 'app.kubernetes.io/managed-by': 'tenant-isolation' } })
  })

  it('covers roles and bindings', async () => {
    const role = {
      rules: [
        { apiGroups: ['tenant-isolation.dev'], resources: ['podsecurityprofiles'], resourceNames: ['child.default'], verbs: ['use'] },
      ],
    }
    const binding = (name: string) => ({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' }],
    })
    const { client } = cluster.alice
    await refusal(client.create(CLUSTER_ROLES, rbac('ClusterRole', { name: PROFILE }, role), dryRun))
    await refusal(client.create(CLUSTER_ROLES, rbac('ClusterRole', { name: 'mine', ...MARKED }, role), dryRun))
    await refusal(client.create(CLUSTER_ROLE_BINDINGS, rbac('ClusterRoleBinding', { name: PROFILE }, binding('view')), dryRun))
    await refusal(client.create(ROLE_BINDINGS, rbac('RoleBinding', { name: PROFILE, namespace: 'child-shop' }, binding('view')), dryRun))
    await client.create(CLUSTER_ROLES, rbac('ClusterRole', { name: 'tenant-isolation-mine' }, role), dryRun)
    const made = [
      [CLUSTER_ROLES, rbac('ClusterRole', { name: PROFILE, ...MARKED }, role)],
      [CLUSTER_ROLE_BINDINGS, rbac('ClusterRoleBinding', { name: PROFILE, ...MARKED }, binding(PROFILE))],
      [ROLE_BINDINGS, rbac('RoleBinding', { name: PROFILE, namespace: 'child-shop', ...MARKED }, binding('view'))],
    ] as const
    for (const [resource, object] of made) {
      await cluster.make(resource, object)
      const { name, namespace } = object.metadata
      await refusal(client.patch(resource, { name, namespace }, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } }, dryRun))
      await refusal(client.delete(resource, { name, namespace }, dryRun))
    }
  })

  it('does not lose its owner, though that is all that marks it', async () => {
    const owner = { apiVersion: API_VERSION, kind: KIND, name: TENANT, uid: tenant.metadata.uid }
    await cluster.make(NETWORK_POLICIES, networkPolicy('child-shop', 'owned', { podSelector: {} }, { ownerReferences: [owner] }) as never)
    const patched = cluster.alice.client.patch(
      NETWORK_POLICIES,
      { namespace: 'child-shop', name: 'owned' },
      { type: 'merge', body: { metadata: { ownerReferences: null } } },
      dryRun,
    )
    expect(await refusal(patched)).to.include('has an owner of kind TenantIsolation')
    await cluster.admin.client.delete(NETWORK_POLICIES, { namespace: 'child-shop', name: 'owned' })
  })

  it('is taken away by those who collect what belongs to something that is gone', async () => {
    for (const [index, user] of COLLECTORS.entries()) {
      await cluster.allow(user, `child-collector-${index}`, [
        { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['delete'] },
      ])
      await allowed(() => cluster.as({ user }).client.delete(NETWORK_POLICIES, AT, dryRun))
    }
  })

  it('is changed by holders of override on all tenants, and the audit log says so', async () => {
    await cluster.allow('bob', 'child-override-one', [onTenants(['override'], [TENANT])])
    await cluster.allow('alice', 'child-override-probe', [onTenants(['override'], [TENANT])])
    await refusal(patch({ metadata: { labels: { harmless: 'yes' } } }, cluster.bob))
    await cluster.allow('bob', 'child-override-all', [onTenants(['override'])])
    await allowed(() => patch({ metadata: { labels: { harmless: 'yes' } } }, cluster.bob))
    const annotations = await cluster.audited('children-guard.tenant-isolation.dev/needs-override', async () => {
      await patch({ spec: { ingress: [{}] } }, cluster.bob)
      await create('mine', {})
    })
    expect(annotations).to.deep.equal([{ user: 'bob', code: 200, text: 'bob: UPDATE of NetworkPolicy tenant-isolation' }])
  })

  it('goes with its namespace', async () => {
    await cluster.namespace('child-leaving')
    await cluster.child('child-leaving', tenant)
    await cluster.admin.client.delete(NAMESPACES, { name: 'child-leaving' })
    await eventually(
      async () => {
        const { items } = await cluster.admin.client.list(NETWORK_POLICIES, { namespace: 'child-leaving' })
        expect(items).to.have.lengthOf(0)
      },
      { within: 30_000 },
    )
  })

  it('goes with its owner', async () => {
    const leaving = await cluster.make(TENANT_ISOLATIONS, {
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { name: 'child-leaving' },
      spec: { namespaceSelector: labelled({ guarded: 'child-leaving' }) },
    })
    await cluster.child(
      'child-shop',
      leaving,
      { podSelector: labelled({ app: 'a' }), policyTypes: ['Ingress'] },
      'tenant-isolation-0123456789ab',
    )
    await cluster.admin.client.delete(TENANT_ISOLATIONS, { name: 'child-leaving' })
    await eventually(
      async () => {
        const { items } = await cluster.admin.client.list<{ metadata: { name: string } }>(NETWORK_POLICIES, { namespace: 'child-shop' })
        expect(items.map(({ metadata }) => metadata.name)).to.deep.equal(['tenant-isolation'])
      },
      { within: 60_000 },
    )
  })
})

describe('a tenant whose profiles pods have to fit', function () {
  this.timeout(60_000)
  let cluster: GuardedCluster
  const NAME = 'kept-profiles'
  const PROFILES = [{ name: 'default', preset: 'Basic' as const, subjects: [{ kind: 'User' as const, name: 'alice' }] }]

  before(async () => {
    cluster = await guardedCluster()
    await cluster.tenant(NAME, { namespaceSelector: labelled({ guarded: NAME }), podSecurity: { profiles: PROFILES } })
  })

  after(() => cluster.clear())

  const path = `/apis/${API_VERSION}/tenantisolations/${NAME}`
  const orphaned = (options: object) =>
    send(cluster.admin, { method: 'DELETE', path, body: { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'], ...options } })

  it('is not deleted with --cascade=orphan, which would let every pod in, or none', async () => {
    const words = `tenant ${NAME} refuses pods that fit none of its profiles, which --cascade=orphan cannot leave behind`
    await refused(() => orphaned({ propagationPolicy: 'Orphan' }), words, `kubectl patch ti ${NAME}`)
    await refused(() => orphaned({ orphanDependents: true }), words)
    await cluster.admin.client.patch(TENANT_ISOLATIONS, { name: NAME }, { type: 'merge', body: { metadata: { finalizers: ['orphan'] } } })
    await refused(() => orphaned({}), words)
    await cluster.admin.client.patch(TENANT_ISOLATIONS, { name: NAME }, { type: 'merge', body: { metadata: { finalizers: [] } } })
  })

  it('is deleted otherwise, and with it once it is said that any pod may be created', async () => {
    for (const propagationPolicy of ['Background', 'Foreground', undefined]) await orphaned({ propagationPolicy })
    for (const podSecurity of [{ mode: 'Disabled' }, { mode: 'Warn' }, null]) {
      await cluster.changeTenant(NAME, { podSecurity })
      await allowed(() => orphaned({ propagationPolicy: 'Orphan' }))
    }
  })
})

describe('a tenant that is to be kept', function () {
  this.timeout(60_000)
  let cluster: GuardedCluster

  before(async () => {
    cluster = await guardedCluster()
    await cluster.tenant('kept', { namespaceSelector: labelled({ guarded: 'kept' }), preventDeletion: true })
  })

  after(async () => {
    await cluster.changeTenant('kept', { preventDeletion: false })
    await allowed(() => cluster.admin.client.delete(TENANT_ISOLATIONS, { name: 'kept' }, { dryRun: true }))
    await cluster.clear()
  })

  it('is not deleted, by nobody, alone or with all others', async () => {
    await refused(
      () => cluster.admin.client.delete(TENANT_ISOLATIONS, { name: 'kept' }, { dryRun: true }),
      'tenant kept is kept from being deleted by its spec.preventDeletion; set it to false first',
    )
    const path = `/apis/${API_VERSION}/tenantisolations`
    await refused(
      () => send(cluster.admin, { method: 'DELETE', path, query: { dryRun: 'All', fieldSelector: 'metadata.name=kept' } }),
      'tenant kept',
    )
  })
})
