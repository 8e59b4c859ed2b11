/** The operator's own account, with all rights that RBAC can give, tries to go beyond its job. */

import { expect } from 'chai'
import { API_VERSION, KIND } from '../../../src/api/labels.ts'
import type { Resource } from '../../../src/kube/resources.ts'
import { NAMESPACES, NETWORK_POLICIES, TENANT_ISOLATIONS } from '../../../src/reconcile/resources.ts'
import { labelled } from '../../support/build.ts'
import {
  allowed,
  BINDINGS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type GuardedCluster,
  guardedCluster,
  PROTECTED,
  ROLE_BINDINGS,
  ROLES,
  rbac,
  refusal,
  refused,
  SEALED,
  send,
  type TenantObject,
} from '../../support/guards.ts'
import { networkPolicy } from '../../support/kube.ts'
import { OPERATOR_USER } from '../../support/operator.ts'

const TENANT = 'leash'
const NAME = `tenant-isolation:${TENANT}:default`
const labels = { 'tenant-isolation.dev/tenant': TENANT }
const use = {
  apiGroups: ['tenant-isolation.dev'],
  resources: ['podsecurityprofiles'],
  resourceNames: [`${TENANT}.default`],
  verbs: ['use'],
}
const dryRun = { dryRun: true }
const OWNER = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '0' }

describe("the operator's own account", function () {
  this.timeout(120_000)
  let cluster: GuardedCluster
  let tenant: TenantObject

  before(async () => {
    cluster = await guardedCluster()
    await cluster.namespace('leash-shop', { team: 'x' })
    tenant = await cluster.tenant(TENANT, { namespaceSelector: labelled({ guarded: TENANT }) })
    await cluster.make(NETWORK_POLICIES, networkPolicy('leash-shop', 'foreign', SEALED) as never)
    await cluster.make(CLUSTER_ROLES, rbac('ClusterRole', { name: 'leash-foreign' }, { rules: [] }))
    // Everything that follows is refused by the guard, not by RBAC.
    await cluster.bind(OPERATOR_USER, 'cluster-admin', 'leash-cluster-admin')
    await allowed(() => cluster.operator.client.create(CLUSTER_ROLES, role([use]), dryRun))
    await refused(() => cluster.operator.client.create(CLUSTER_ROLES, role([{ ...use, verbs: ['*'] }]), dryRun), 'the operator')
  })

  after(async () => {
    await cluster.clear()
  })

  const role = (rules: readonly object[], metadata: object = {}, more: object = {}) =>
    rbac('ClusterRole', { name: NAME, labels, ...metadata }, { rules, ...more })
  const binding = (kind: string, metadata: object = {}, roleRef: object = {}) =>
    rbac(
      kind,
      { name: NAME, labels, ...metadata },
      {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME, ...roleRef },
        subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' }],
      },
    )

  const edit = (resource: Resource, at: { readonly name: string; readonly namespace?: string }) =>
    cluster.operator.client.patch(resource, at, { type: 'merge', body: { metadata: { annotations: { a: 'b' } } } }, dryRun)

  it('writes and deletes its policies, and no others', async () => {
    const { client } = cluster.operator
    const create = (name: string, metadata: object, namespace = 'leash-shop') =>
      client.create(NETWORK_POLICIES, networkPolicy(namespace, name, SEALED, metadata), dryRun)
    await create('tenant-isolation', { labels })
    await create('tenant-isolation-0123456789ab', { labels })
    expect(await refusal(create('tenant-isolation', {}))).to.include('writes only what has the label')
    await refusal(create('mine', { labels }))
    await refusal(create('tenant-isolation', { labels: { 'tenant-isolation.dev/tenant': '' } }))
    for (const namespace of PROTECTED) {
      expect(await refusal(create('tenant-isolation', { labels }, namespace))).to.include('protected namespaces')
    }
    const at = { namespace: 'leash-shop', name: 'foreign' }
    await refusal(client.delete(NETWORK_POLICIES, at, dryRun))
    await refusal(client.patch(NETWORK_POLICIES, at, { type: 'merge', body: { metadata: { labels } } }, dryRun))
  })

  it('writes no role but use on the profiles of the tenant in its name', async () => {
    const create = (object: ReturnType<typeof role>) => cluster.operator.client.create(CLUSTER_ROLES, object, dryRun)
    const beyond: readonly object[] = [
      { ...use, verbs: ['use', 'get'] },
      { ...use, verbs: ['*'] },
      { ...use, apiGroups: ['*'] },
      { ...use, apiGroups: [''], resources: ['secrets'] },
      { ...use, resources: ['podsecurityprofiles', 'tenantisolations'] },
      { ...use, resources: ['*'] },
      { apiGroups: use.apiGroups, resources: use.resources, verbs: use.verbs },
      { ...use, resourceNames: ['acme.privileged'] },
      { ...use, resourceNames: [`${TENANT}.default`, 'acme.privileged'] },
      { ...use, resourceNames: [`${TENANT}ed.privileged`] },
      { nonResourceURLs: ['/metrics'], verbs: ['get'] },
    ]
    for (const rule of beyond) expect(await refusal(create(role([use, rule])))).to.include('the operator writes no ClusterRole but use')
    await refusal(create(role([], {}, { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } })))
    await refusal(create(role([use], { name: 'tenant-isolation:acme:default' })))
    await refusal(create(role([use], { name: `tenant-isolation:${TENANT}ed:default` })))
    await refusal(create(role([use], { name: 'mine' })))
    await refusal(create(role([use], { labels: {} })))
    await refusal(cluster.operator.client.delete(CLUSTER_ROLES, { name: 'leash-foreign' }, dryRun))
    await refusal(cluster.operator.client.delete(CLUSTER_ROLES, { name: 'cluster-admin' }, dryRun))
    await refusal(edit(CLUSTER_ROLES, { name: 'leash-foreign' }))
  })

  it('takes away what somebody has made of its roles and bindings', async () => {
    const name = `tenant-isolation:${TENANT}:spoilt`
    await cluster.make(CLUSTER_ROLES, role([{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }], { name }))
    await cluster.make(CLUSTER_ROLE_BINDINGS, binding('ClusterRoleBinding', { name }, { name: 'view' }))
    for (const resource of [CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS]) {
      await refusal(edit(resource, { name }))
      await cluster.operator.client.delete(resource, { name }, dryRun)
    }
  })

  it('binds nothing in the whole cluster but its own roles, and writes no Roles', async () => {
    const { client } = cluster.operator
    const create = (object: ReturnType<typeof binding>) => client.create(CLUSTER_ROLE_BINDINGS, object, dryRun)
    await create(binding('ClusterRoleBinding'))
    await refusal(create(binding('ClusterRoleBinding', {}, { name: 'cluster-admin' })))
    await refusal(create(binding('ClusterRoleBinding', { name: 'mine' })))
    await refusal(create(binding('ClusterRoleBinding', { labels: {} })))
    await cluster.make(CLUSTER_ROLE_BINDINGS, binding('ClusterRoleBinding', { name: 'leash-foreign', labels: {} }, { name: 'view' }))
    await refusal(client.delete(CLUSTER_ROLE_BINDINGS, { name: 'leash-foreign' }, dryRun))
    await refusal(edit(CLUSTER_ROLE_BINDINGS, { name: 'leash-foreign' }))
    await refusal(client.create(ROLES, rbac('Role', { name: NAME, namespace: 'leash-shop', labels }, { rules: [] }), dryRun))
    const foreign = { name: 'leash-foreign', namespace: 'leash-shop' }
    await cluster.make(ROLES, rbac('Role', foreign, { rules: [] }))
    await cluster.make(ROLE_BINDINGS, binding('RoleBinding', { ...foreign, labels: {} }, { name: 'view' }))
    for (const resource of [ROLES, ROLE_BINDINGS]) {
      await refusal(client.delete(resource, foreign, dryRun))
      await refusal(edit(resource, foreign))
    }
  })

  it('binds ClusterRoles in namespaces, under the name of the tenant and of the role', async () => {
    const { client } = cluster.operator
    const create = (metadata: object, roleRef: object) =>
      client.create(
        ROLE_BINDINGS,
        binding('RoleBinding', { name: `tenant-isolation:${TENANT}:edit`, namespace: 'leash-shop', ...metadata }, roleRef),
        dryRun,
      )
    const edit = { name: 'edit' }
    await create({}, edit)
    expect(await refusal(create({}, { name: 'admin' }))).to.include('binds nothing in a namespace but ClusterRoles, under the name of')
    for (const name of ['mine', 'tenant-isolation:acme:edit', `tenant-isolation:${TENANT}:`]) await refusal(create({ name }, edit))
    await refusal(create({}, { ...edit, kind: 'Role' }))
    await refusal(create({ labels: {} }, edit))
    await refusal(create({ labels: { 'tenant-isolation.dev/tenant': 'acme' } }, edit))
    expect(await refusal(create({ namespace: 'kube-system' }, edit))).to.include('protected namespaces')
  })

  it('deletes what lost its label, but only what the tenant in its name controls', async () => {
    const controller = (more: object = {}) => ({
      apiVersion: API_VERSION,
      kind: KIND,
      name: TENANT,
      uid: tenant.metadata.uid,
      controller: true,
      ...more,
    })
    const lost = (name: string, ...ownerReferences: readonly object[]) =>
      binding('ClusterRoleBinding', { name, labels: {}, ownerReferences }, { name: 'view' })
    const remove = async (name: string, ...owners: readonly object[]) => {
      await cluster.make(CLUSTER_ROLE_BINDINGS, lost(name, ...owners))
      return await cluster.operator.client.delete(CLUSTER_ROLE_BINDINGS, { name }, dryRun)
    }
    await remove(NAME, controller())
    const config = { apiVersion: 'v1', kind: 'ConfigMap', name: TENANT, uid: tenant.metadata.uid, controller: true }
    await remove(`tenant-isolation:${TENANT}:also-owned`, { ...config, controller: false }, controller())
    for (const [name, owner] of [
      ['leash-own', controller()],
      ['tenant-isolation:acme:default', controller()],
      [`tenant-isolation:${TENANT}:a`, controller({ controller: false })],
      [`tenant-isolation:${TENANT}:b`, config],
      [`tenant-isolation:${TENANT}:c`, controller({ apiVersion: 'example.com/v1' })],
      [`tenant-isolation:${TENANT}:d`, controller({ kind: 'PodSecurityProfile' })],
      [`tenant-isolation:${TENANT}:e`, controller({ controller: undefined })],
    ] as const)
      expect(await refusal(remove(name, owner)), name).to.include('writes only what has the label')
    // It may not be made into something that binds, either, nor made anew without the label.
    const anew = binding(
      'ClusterRoleBinding',
      { name: `tenant-isolation:${TENANT}:f`, labels: {}, ownerReferences: [controller()] },
      { name: `tenant-isolation:${TENANT}:f` },
    )
    expect(await refusal(cluster.operator.client.create(CLUSTER_ROLE_BINDINGS, anew, dryRun))).to.include('writes only what has the label')
    const patch = { type: 'merge', body: { metadata: { labels: { a: 'b' } } } } as const
    await refusal(cluster.operator.client.patch(CLUSTER_ROLE_BINDINGS, { name: NAME }, patch, dryRun))
  })

  it('changes nothing of a namespace but its Pod Security labels', async () => {
    const { client } = cluster.operator
    const patch = (metadata: object, subresource?: string) =>
      client.patch(NAMESPACES, { name: 'leash-shop', subresource }, { type: 'merge', body: { metadata } }, dryRun)
    await patch({ labels: { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/warn-version': 'v1.36' } })
    await refusal(patch({ labels: { guarded: TENANT } }))
    await refusal(patch({ labels: { team: null } }))
    await refusal(patch({ labels: { team: 'y' } }, 'status'))
    await refusal(patch({ annotations: { a: 'b' } }))
    await refusal(patch({ finalizers: ['a.example/b'] }))
    await refusal(patch({ ownerReferences: [OWNER] }))
    const { metadata } = await client.get(NAMESPACES, { name: 'leash-shop' })
    const finalize = { apiVersion: 'v1', kind: 'Namespace', metadata, spec: { finalizers: [] } }
    await refusal(
      send(cluster.operator, { method: 'PUT', path: '/api/v1/namespaces/leash-shop/finalize', query: { dryRun: 'All' }, body: finalize }),
    )
    const kube = { type: 'merge', body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } } } as const
    for (const name of PROTECTED) expect(await refusal(client.patch(NAMESPACES, { name }, kube, dryRun))).to.include('protected namespaces')
    await refusal(client.delete(NAMESPACES, { name: 'leash-shop' }, dryRun))
    await refusal(client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'leash-new' } }, dryRun))
  })

  it('is not kept from its own guard: the API server asks no policy about bindings of policies (docs/rights.md says so)', async () => {
    await cluster.operator.client.delete(BINDINGS, { name: 'operator-guard.tenant-isolation.dev' }, dryRun)
  })

  it('changes nothing of a tenant but its finalizers and status', async () => {
    const { client } = cluster.operator
    const patch = (body: object) => client.patch(TENANT_ISOLATIONS, { name: TENANT }, { type: 'merge', body }, dryRun)
    await patch({ metadata: { finalizers: ['tenant-isolation.dev/let-go-in-order'] } })
    await refusal(patch({ spec: { network: { mode: 'Disabled' } } }))
    await refusal(patch({ metadata: { ownerReferences: [OWNER] } }))
    await refusal(patch({ metadata: { labels: { a: 'b' } } }))
    await refusal(patch({ metadata: { annotations: { a: 'b' } } }))
    await refusal(client.delete(TENANT_ISOLATIONS, { name: TENANT }, dryRun))
    const other = {
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { name: 'leash-other' },
      spec: { namespaceSelector: labelled({ a: 'b' }) },
    }
    await refusal(client.create(TENANT_ISOLATIONS, other, dryRun))
  })
})
