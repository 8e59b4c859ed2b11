/** The client against a real API server. */

import { expect } from 'chai'
import { isAlreadyExists, isConflict, isForbidden, isNamespaceTerminating, isNotFound } from '../../src/kube/errors.ts'
import type { Resource } from '../../src/kube/resources.ts'
import { CONFIG_MAPS, type ConfigMap, configMap, NAMESPACES, uniqueName } from '../support/kube-setup.ts'
import { failure, transportFixture } from '../support/transport-fixture.ts'

const CLUSTER_ROLES: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
}
const SERVICES: Resource = { group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true }

describe('the client, against a real API server', function () {
  this.timeout(60_000)
  const t = transportFixture()

  describe('an object', () => {
    it('is made, read, replaced and deleted, with nothing added or lost', async () => {
      const data = { text: 'ü\u2028\n', empty: '' }
      const made = await t.client.create(CONFIG_MAPS, configMap(t.namespace, 'life', data))
      expect(made).to.deep.include({ kind: 'ConfigMap', data })
      const updated = await t.client.update(CONFIG_MAPS, { ...made, data: { a: '1' } })
      expect(Number(updated.metadata.resourceVersion)).to.be.above(Number(made.metadata.resourceVersion))
      const read = await t.client.get<ConfigMap>(CONFIG_MAPS, { namespace: t.namespace, name: 'life' })
      expect(read).to.deep.equal(updated)
      expect(read.metadata.managedFields?.map((entry) => (entry as { manager: string }).manager)).to.deep.equal(['test'])

      const { uid, resourceVersion } = updated.metadata
      const at = { namespace: t.namespace, name: 'life' }
      expect(isConflict(await failure(t.client.update(CONFIG_MAPS, made)))).to.equal(true)
      expect(isAlreadyExists(await failure(t.client.create(CONFIG_MAPS, configMap(t.namespace, 'life'))))).to.equal(true)
      expect(isConflict(await failure(t.client.delete(CONFIG_MAPS, at, { uid, resourceVersion: made.metadata.resourceVersion })))).to.equal(
        true,
      )
      expect(isConflict(await failure(t.client.delete(CONFIG_MAPS, at, { uid: 'another' })))).to.equal(true)
      expect(await t.client.delete(CONFIG_MAPS, at, { uid, resourceVersion })).to.equal('gone')
      expect(isNotFound(await failure(t.client.get(CONFIG_MAPS, at)))).to.equal(true)
      expect(isNotFound(await failure(t.client.delete(CONFIG_MAPS, at)))).to.equal(true)
      expect(t.seen.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)).to.deep.equal([
        'create configmaps 201',
        'update configmaps 200',
        'get configmaps 200',
        'update configmaps 409',
        'create configmaps 409',
        'delete configmaps 409',
        'delete configmaps 409',
        'delete configmaps 200',
        'get configmaps 404',
        'delete configmaps 404',
      ])
    })

    it('is not stored by a dry run', async () => {
      await t.client.create(CONFIG_MAPS, configMap(t.namespace, 'dry'), { dryRun: true })
      expect(isNotFound(await failure(t.client.get(CONFIG_MAPS, { namespace: t.namespace, name: 'dry' })))).to.equal(true)
    })

    it('is known to wait for its finalizers when it is deleted', async () => {
      const held = configMap(t.namespace, 'held')
      await t.client.create(CONFIG_MAPS, { ...held, metadata: { ...held.metadata, finalizers: ['test.dev/hold'] } })
      const at = { namespace: t.namespace, name: 'held' }
      expect(await t.client.delete(CONFIG_MAPS, at)).to.equal('terminating')
      await t.client.patch(CONFIG_MAPS, at, { type: 'merge', body: { metadata: { finalizers: null } } })
      expect(isNotFound(await failure(t.client.get(CONFIG_MAPS, at)))).to.equal(true)
    })

    it('is patched in every way', async () => {
      const at = { namespace: t.namespace, name: 'patched' }
      await t.client.create(CONFIG_MAPS, configMap(t.namespace, 'patched', { a: '1', b: '2' }))
      const data = async (...patch: Parameters<typeof t.client.patch<ConfigMap>> extends [infer _R, infer _A, ...infer P] ? P : never) =>
        (await t.client.patch<ConfigMap>(CONFIG_MAPS, at, ...patch)).data
      expect(await data({ type: 'merge', body: { data: { a: null, c: '3' } } })).to.deep.equal({ b: '2', c: '3' })
      expect(await data({ type: 'json', body: [{ op: 'remove', path: '/data/b' }] })).to.deep.equal({ c: '3' })
      expect(await data({ type: 'strategic', body: { data: { d: '4' } } })).to.deep.equal({ c: '3', d: '4' })
      const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'patched', namespace: t.namespace }, data: { c: '5' } }
      const other = { fieldManager: 'other' }
      expect(isConflict(await failure(t.client.patch(CONFIG_MAPS, at, { type: 'apply', body: applied }, other)))).to.equal(true)
      expect(await data({ type: 'apply', body: applied, force: true }, other)).to.deep.equal({ c: '5', d: '4' })
    })

    it('has its status written apart', async () => {
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'status', namespace: t.namespace },
        spec: { ports: [{ port: 80 }] },
      }
      const made = await t.client.create(SERVICES, service)
      const conditions = [
        { type: 'test.dev/Seen', status: 'True', reason: 'Test', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ]
      await t.client.updateStatus(SERVICES, { ...made, spec: { ports: [{ port: 81 }] }, status: { conditions } })
      const read = await t.client.get(SERVICES, { namespace: t.namespace, name: 'status' })
      expect(read.status).to.deep.include({ conditions })
      expect((read.spec as { ports: { port: number }[] }).ports[0]?.port).to.equal(80)
    })

    it('is found by its exact name, colons and capitals included', async () => {
      const name = `${t.namespace}:Role:X`
      await t.client.create(CLUSTER_ROLES, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name } })
      expect((await t.client.get(CLUSTER_ROLES, { name })).metadata.name).to.equal(name)
      expect(await t.client.delete(CLUSTER_ROLES, { name })).to.equal('gone')
    })

    it('cannot be made in a t.namespace that goes away, and that is told apart', async () => {
      const name = uniqueName('going')
      await t.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, finalizers: ['test.dev/hold'] } })
      expect(await t.client.delete(NAMESPACES, { name })).to.equal('terminating')
      const error = await failure(t.client.create(CONFIG_MAPS, configMap(name, 'late')))
      expect([isForbidden(error), isNamespaceTerminating(error)]).to.deep.equal([true, true])
      await t.client.patch(NAMESPACES, { name }, { type: 'merge', body: { metadata: { finalizers: null } } })
    })

    it('is listed by selector and by page', async () => {
      const app = uniqueName('app')
      for (const name of ['l1', 'l2', 'l3']) {
        const object = configMap(t.namespace, name)
        await t.client.create(CONFIG_MAPS, { ...object, metadata: { ...object.metadata, labels: { app } } })
      }
      const page = await t.client.list<ConfigMap>(CONFIG_MAPS, { namespace: t.namespace, labelSelector: `app=${app}`, limit: 2 })
      expect(page.items.map(({ metadata }) => metadata.name)).to.deep.equal(['l1', 'l2'])
      const rest = await t.client.list<ConfigMap>(CONFIG_MAPS, {
        labelSelector: `app=${app}`,
        namespace: t.namespace,
        continue: page.metadata.continue,
      })
      expect(rest.items.map(({ metadata }) => metadata.name)).to.deep.equal(['l3'])
      expect(rest.metadata.continue ?? '').to.equal('')
    })
  })
})
