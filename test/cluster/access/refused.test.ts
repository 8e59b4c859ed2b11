/** Access that may not be given, and the rest that is given all the same; and how far the operator's own account gets. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Access } from '../../../src/api/access.ts'
import { API_VERSION, TENANT_LABEL } from '../../../src/api/labels.ts'
import { bindingName, group, RoleBindings, user } from '../../support/access.ts'
import { namespacesOf } from '../../support/build.ts'
import { eventually } from '../../support/eventually.ts'
import { CLUSTER_ROLE_BINDINGS, type GuardedCluster, guardedCluster, ROLE_BINDINGS, ROLES, rbac, refusal } from '../../support/guards.ts'
import { conditionOf, end, type Kube, openKube } from '../../support/kube.ts'
import { OPERATOR_USER, type RunningOperator, startOperator } from '../../support/operator.ts'

const DEVELOPERS = group('manning-developers')
const entry = (clusterRole: string): Access[number] => ({ clusterRole, subjects: [DEVELOPERS] })
/** Refused objects are looked at again after ten seconds. */
const TAKEN_UP = { within: 15_000 }

describe('access', function () {
  this.timeout(90_000)

  let kube: Kube
  let cluster: GuardedCluster
  let running: RunningOperator
  let bindings: RoleBindings
  let directory: string

  before(async () => {
    kube = await openKube()
    cluster = await guardedCluster()
    bindings = new RoleBindings(kube)
    directory = await mkdtemp(join(tmpdir(), 'tenant-isolation-access-'))
    await configure(['view', 'edit', 'admin'])
    running = await startOperator({ configurationFile: join(directory, 'configuration.yaml') })
  })

  after(async () => {
    await end(kube, running)
    await cluster.clear()
    await rm(directory, { recursive: true })
  })

  const configure = (clusterRoles: readonly string[]) =>
    writeFile(
      join(directory, 'configuration.yaml'),
      JSON.stringify({ apiVersion: API_VERSION, kind: 'OperatorConfiguration', access: { clusterRoles } }),
    )
  const given = async (name: string, ...access: Access) => {
    await kube.createNamespace(name, { tenant: name })
    await kube.applyTenant(name, { namespaceSelector: namespacesOf(name), access })
  }
  const says = async (name: string, words: string, within = {}) =>
    conditionOf(await kube.says(name, { AccessBound: words }, within), 'AccessBound')?.message

  describe('to a ClusterRole that the configuration does not allow', () => {
    const TENANT = 'access-role'
    const DEPLOYER = 'access-deployer'

    it('is not given, and status says what to do; the rest is given', async () => {
      await given(TENANT, entry('cluster-admin'), entry('edit'), entry(DEPLOYER))
      const tenant = await kube.says(TENANT, {
        AccessBound: 'False ClusterRoleNotAllowed',
        Ready: 'False ClusterRoleNotAllowed',
        Stalled: 'True ClusterRoleNotAllowed',
        NetworkIsolated: 'True',
        Reconciling: 'False',
      })
      expect(conditionOf(tenant, 'AccessBound')?.message).to.equal(
        "spec.access: nobody gets ClusterRole access-deployer (and 1 more), for the operator's configuration allows view, edit, admin; name one of these, or add it to access.clusterRoles there",
      )
      await eventually(async () => expect(await bindings.names(TENANT)).to.deep.equal([bindingName(TENANT, 'edit')]))
    })

    it('is refused by the API server where only the configuration allows it, and status says which right is missing', async () => {
      await kube.applyTenant(TENANT, { namespaceSelector: namespacesOf(TENANT), access: [entry(DEPLOYER), entry('edit')] })
      await configure(['edit', DEPLOYER])
      expect(await says(TENANT, 'False Refused')).to.equal(
        'the operator may not bind ClusterRole access-deployer in namespace access-role (there is no such ClusterRole): give it verb bind on that ClusterRole, or take it out of access.clusterRoles',
      )
      await cluster.allow('nobody', DEPLOYER, [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }])
      await eventually(async () => {
        expect(await says(TENANT, 'False Refused')).to.equal(
          'the operator may not bind ClusterRole access-deployer in namespace access-role (although its configuration allows it): give it verb bind on that ClusterRole, or take it out of access.clusterRoles',
        )
      }, TAKEN_UP)
      const { status } = await kube.says(TENANT, { Ready: 'False Refused', Stalled: 'True Refused' })
      expect(JSON.stringify(status).length).to.be.below(6_000)
      expect(await bindings.names(TENANT)).to.deep.equal([bindingName(TENANT, 'edit')])
    })

    it('is given once the operator holds verb bind on it', async () => {
      await cluster.allow(OPERATOR_USER, 'access-binds-deployer', [
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], resourceNames: [DEPLOYER], verbs: ['bind'] },
      ])
      await says(TENANT, 'True Bound', TAKEN_UP)
      expect((await bindings.get(TENANT, bindingName(TENANT, DEPLOYER))).roleRef.name).to.equal(DEPLOYER)
    })

    it('is taken away again when the configuration does not allow it any more', async () => {
      await configure(['view'])
      await says(TENANT, 'False ClusterRoleNotAllowed')
      await eventually(async () => expect(await bindings.names(TENANT)).to.deep.equal([]))
      await configure(['view', 'edit', 'admin'])
      await eventually(async () => expect(await bindings.names(TENANT)).to.deep.equal([bindingName(TENANT, 'edit')]))
    })
  })

  describe('by a RoleBinding whose name somebody else has taken', () => {
    const TENANT = 'access-taken'
    const name = bindingName(TENANT, 'edit')

    it('is not given, status says so, and the other stays; the rest is given', async () => {
      await kube.createNamespace(TENANT, { tenant: TENANT })
      const foreign = await bindings.create(TENANT, name, { subjects: [] }, { labels: { team: 'a' } })
      await kube.applyTenant(TENANT, { namespaceSelector: namespacesOf(TENANT), access: [entry('edit'), entry('view')] })
      const tenant = await kube.says(TENANT, {
        AccessBound: 'False NameTaken',
        Conflicted: 'True NameTaken',
        Stalled: 'True NameTaken',
        Ready: 'False NameTaken',
        NetworkIsolated: 'True',
      })
      expect(conditionOf(tenant, 'AccessBound')?.message).to.equal(
        `RoleBinding ${TENANT}/${name} is there, but was not made by the operator; delete or rename it`,
      )
      expect(await bindings.names(TENANT)).to.deep.equal([name, bindingName(TENANT, 'view')])
      expect((await bindings.get(TENANT, name)).metadata.resourceVersion).to.equal(foreign.metadata.resourceVersion)
    })

    it('does not keep others from being put back', async () => {
      await bindings.delete(TENANT, bindingName(TENANT, 'view'))
      await eventually(() => bindings.get(TENANT, bindingName(TENANT, 'view')), TAKEN_UP)
    })

    it('is given by itself when the name is free', async () => {
      await bindings.delete(TENANT, name)
      await says(TENANT, 'True Bound', TAKEN_UP)
      expect((await bindings.get(TENANT, name)).metadata.labels).to.have.property(TENANT_LABEL, TENANT)
    })
  })

  describe("with the operator's own account", () => {
    const create = (what: 'RoleBinding' | 'ClusterRoleBinding', roleRef: { kind: string; name: string }, metadata: object = {}) => {
      const name = bindingName('access-leash', roleRef.name)
      const labels = { [TENANT_LABEL]: 'access-leash' }
      const subjects = [{ ...user('mallory'), apiGroup: 'rbac.authorization.k8s.io' }]
      const namespace = what === 'RoleBinding' ? { namespace: 'access-leash' } : {}
      const body = { roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...roleRef }, subjects }
      return cluster.operator.client.create(
        what === 'RoleBinding' ? ROLE_BINDINGS : CLUSTER_ROLE_BINDINGS,
        rbac(what, { name, labels, ...namespace, ...metadata }, body),
        { dryRun: true },
      )
    }

    it('goes as far as view, edit and admin, in namespaces', async () => {
      await kube.createNamespace('access-leash')
      for (const name of ['view', 'edit', 'admin']) await create('RoleBinding', { kind: 'ClusterRole', name })
    })

    it('is refused for any other ClusterRole', async () => {
      for (const name of ['cluster-admin', 'system:node', 'tenant-isolation-overrider']) {
        const message = await refusal(create('RoleBinding', { kind: 'ClusterRole', name }))
        expect(message, name).to.include('attempting to grant RBAC permissions not currently held')
      }
    })

    it('is refused for Roles, even such as grant what it holds itself', async () => {
      const rules = [{ apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['get'] }]
      await cluster.make(ROLES, rbac('Role', { name: 'view', namespace: 'access-leash' }, { rules }))
      const bound = () => create('RoleBinding', { kind: 'Role', name: 'view' })
      // RBAC learns of the Role a moment later.
      await eventually(async () => expect(await refusal(bound())).to.include('binds nothing in a namespace but ClusterRoles'))
    })

    it('is refused in the whole cluster, in protected namespaces, and under other names', async () => {
      const view = { kind: 'ClusterRole', name: 'view' }
      expect(await refusal(create('ClusterRoleBinding', view))).to.include('binds no ClusterRole in the whole cluster but its own')
      expect(await refusal(create('RoleBinding', view, { namespace: 'kube-system' }))).to.include('protected namespaces')
      for (const name of ['own', bindingName('access-leash', 'edit'), bindingName('other', 'view')])
        await refusal(create('RoleBinding', view, { name }))
      await refusal(create('RoleBinding', view, { labels: {} }))
    })
  })
})
