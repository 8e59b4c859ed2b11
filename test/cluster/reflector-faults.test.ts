/** The reflector against a real API server behind a proxy that breaks one thing at a time. */

import { expect } from 'chai'
import { KubeApiError } from '../../src/kube/errors.ts'
import { createTransport } from '../../src/kube/transport.ts'
import { throughProxy, until } from '../support/kube-setup.ts'
import { PATIENT, reflectorFixture } from '../support/reflector-fixture.ts'

const CRDS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}
const ROLES = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'roles', kind: 'Role', namespaced: true }
const BINDINGS = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'rolebindings', kind: 'RoleBinding', namespaced: true }

describe('a reflector, behind faults', function () {
  this.timeout(60_000)
  const t = reflectorFixture()

  describe('when the watch breaks', () => {
    it('resumes where it was, misses nothing and lists nothing', async () => {
      const { reflector, ends, store, holds, news } = t.mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      await t.make('a')
      await until('seen', () => holds(t.key('a')))
      const refusal = t.proxy.inject(t.watches, { kind: 'cut' }, 3)
      expect(t.proxy.cut(t.watches)).to.equal(1)
      await t.make('b')
      await t.remove('a')
      await until('b is seen and a is gone', () => holds(t.key('b')) && !holds(t.key('a')))
      expect(refusal.hits).to.equal(3)
      expect(ends.map(({ phase, reason }) => `${phase} ${reason}`)).to.deep.equal(Array(4).fill('watching broken'))
      expect([reflector.state.listCount, store.size]).to.deep.equal([1, 1])
      expect(news()).to.deep.equal(['added a', 'added b', 'deleted a'])
    })

    it('notices that no byte comes any more', async () => {
      const { reflector, ends, holds } = t.mirror({ timing: { initialSilenceMs: 30_000 } })
      await until('synced', () => reflector.state.synced)
      const [frozen] = t.proxy.requests.filter(t.watches).slice(-1)
      const frost = t.proxy.freeze((request) => request === frozen)
      await t.make('hidden')
      await until('seen by another watch', () => holds(t.key('hidden')), 5_000)
      frost.thaw()
      expect(ends[0]).to.include({ phase: 'watching', reason: 'silent' })
      expect(reflector.state.listCount).to.equal(1)
    })

    it('lists again when the server does not know its version yet, and so says nothing', async () => {
      const { reflector, ends, holds } = t.mirror({ timing: { initialSilenceMs: 30_000 } })
      await until('synced', () => reflector.state.synced)
      const url = (asked: string) => asked.replace(/resourceVersion=[0-9]+/, 'resourceVersion=99999999')
      t.proxy.inject(t.resumes, { kind: 'rewrite', url })
      t.proxy.cut(t.watches)
      await t.make('a')
      await until('seen by a list', () => holds(t.key('a')))
      expect(ends.slice(0, 2).map(({ reason }) => reason)).to.deep.equal(['broken', 'silent'])
      expect(reflector.state.listCount).to.equal(2)
    })

    it('takes no half events', async () => {
      for (const how of ['end', 'cut'] as const) {
        const { reflector, ends, holds, news, errors } = t.mirror({ timing: PATIENT })
        await until('synced', () => reflector.state.synced)
        t.proxy.inject(t.resumes, { kind: 'truncate', afterLines: 1, how })
        t.proxy.cut(t.watches)
        await t.make(`one-${how}`)
        await until('resumed', () => t.count(t.resumes) > 0)
        await t.make(`two-${how}`)
        await t.make(`three-${how}`)
        await until('all seen', () => holds(t.key(`three-${how}`)))
        expect(
          news()
            .filter((change) => change.includes(how))
            .sort(),
        ).to.deep.equal([`added one-${how}`, `added three-${how}`, `added two-${how}`])
        expect(ends.map(({ reason }) => reason)).to.deep.equal(['broken', how === 'end' ? 'truncated' : 'broken'])
        expect(errors.every((error) => !(error instanceof SyntaxError))).to.equal(true)
        expect(reflector.state.listCount).to.equal(1)
        t.stop.abort()
        await reflector.finished
        t.stop = new AbortController()
      }
    })
  })

  describe('when its version is too old', () => {
    it('lists again and notices what was deleted meanwhile, if the server says so by HTTP', async () => {
      await t.make('gone')
      const { reflector, store, news, errors } = t.mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      news()
      t.proxy.inject(t.resumes, { kind: 'respond', code: 410 })
      const cuts = t.proxy.inject(t.resumes, { kind: 'cut' })
      t.proxy.cut(t.watches)
      await t.remove('gone')
      await t.make('new')
      await until('listed again', () => reflector.state.listCount === 2)
      expect(cuts.hits, 'no watch in between').to.equal(0)
      cuts.remove()
      expect(news().sort()).to.deep.equal(['added new', 'deleted gone'])
      expect(store.size).to.equal(1)
      expect((errors.at(-1) as KubeApiError).code).to.equal(410)
    })

    it('does the same if the watch says so', async () => {
      const by = JSON.stringify({
        type: 'ERROR',
        object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' },
      })
      const { reflector, holds, ends } = t.mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      t.proxy.inject(t.resumes, { kind: 'replace-line', line: 1, by })
      t.proxy.cut(t.watches)
      await t.make('a')
      await until('listed again', () => reflector.state.listCount === 2)
      expect(holds(t.key('a'))).to.equal(true)
      expect(ends.at(-1)).to.include({ reason: 'reported' })
    })

    it('does the same after a line that cannot be read', async () => {
      const { reflector, holds, ends, errors } = t.mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      t.proxy.inject(t.resumes, { kind: 'replace-line', line: 1, by: '{"type":"ADDED","object":{"metadata":{}}}' })
      t.proxy.cut(t.watches)
      await t.make('a')
      await until('listed again', () => reflector.state.listCount === 2)
      expect(holds(t.key('a'))).to.equal(true)
      expect(ends.at(-1)).to.include({ reason: 'malformed' })
      expect(String(errors.at(-1))).to.include('without resourceVersion')
    })
  })

  describe('when the server refuses', () => {
    it('stays away as long as it is asked to', async () => {
      t.proxy.inject(t.streams, { kind: 'respond', code: 429, headers: { 'retry-after': '1' } }, 2)
      const startedAt = performance.now()
      const { reflector, ends } = t.mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      expect(performance.now() - startedAt).to.be.above(2_000)
      expect(t.count(t.ofNamespace)).to.equal(3)
      expect(ends.every(({ waitMs }) => waitMs >= 1_000 && waitMs <= 1_500)).to.equal(true)
    })

    it('does not hammer a server that ends every watch at once', async () => {
      const injection = t.proxy.inject(t.watches, { kind: 'respond', code: 200, body: '' }, 1_000)
      t.mirror({ timing: { ...PATIENT, backoff: { baseMs: 20, capMs: 1_000 } } })
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      expect(injection.hits).to.be.within(4, 14)
      injection.remove()
    })

    it('keeps asking while it may not look, says so, and looks when it may', async () => {
      const alice = createTransport({ kubeConfig: await throughProxy(t.proxy, 'alice'), userAgent: 'test' })
      const { reflector, errors, holds } = t.mirror({ transport: alice, timing: PATIENT })
      await t.make('a')
      await until('refused', () => errors.length > 0)
      expect((errors[0] as KubeApiError).code).to.equal(403)
      const rbac = 'rbac.authorization.k8s.io'
      const metadata = { namespace: t.namespace, name: 'viewer' }
      const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }]
      await t.client.create(ROLES, { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules })
      await t.client.create(BINDINGS, {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: rbac, kind: 'Role', name: 'viewer' },
        subjects: [{ apiGroup: rbac, kind: 'User', name: 'alice' }],
      })
      await until('synced', () => reflector.state.synced, 15_000)
      expect(holds(t.key('a'))).to.equal(true)
      t.stop.abort()
      await reflector.finished
      await alice.close()
    })

    it('waits for a resource that does not exist yet', async () => {
      const group = `${t.namespace}.test.dev`
      const things = { group, version: 'v1', plural: 'things', kind: 'Thing', namespaced: false }
      const { reflector, errors } = t.mirror({ resource: things, namespace: undefined, fieldSelector: undefined, timing: PATIENT })
      await until('refused', () => errors.length > 0)
      expect(errors[0]).to.be.instanceOf(KubeApiError).and.to.include({ code: 404 })
      const schema = { openAPIV3Schema: { type: 'object' } }
      await t.client.create(CRDS, {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `things.${group}` },
        spec: {
          group,
          scope: 'Cluster',
          names: { plural: 'things', kind: 'Thing' },
          versions: [{ name: 'v1', served: true, storage: true, schema }],
        },
      })
      await until('synced', () => reflector.state.synced, 20_000)
      await t.client.delete(CRDS, { name: `things.${group}` })
    })
  })
})
