/** The reflector against a real API server: lists, watches, and its own end. */

import { expect } from 'chai'
import type { KubeApiError } from '../../src/kube/errors.ts'
import { keyOf } from '../../src/kube/objects.ts'
import { runReflector } from '../../src/kube/reflector.ts'
import { CONFIG_MAPS, configMap, until } from '../support/kube-setup.ts'
import { PATIENT, reflectorFixture, type SeenConfigMap, TIMING } from '../support/reflector-fixture.ts'

describe('a reflector, against a real API server', function () {
  this.timeout(60_000)
  const t = reflectorFixture()

  describe('in quiet times', () => {
    it('streams the list and then tells what changes', async () => {
      await t.make('before')
      const { store, reflector, listed, news, errors } = t.mirror()
      await until('synced', () => reflector.state.synced)
      expect(news()).to.deep.equal(['added before'])
      expect(listed).to.have.length(1)
      expect(listed[0]).to.include({ streaming: true, items: 1 })
      await t.make('new')
      await t.client.patch(CONFIG_MAPS, { namespace: t.namespace, name: 'new' }, { type: 'merge', body: { data: { value: '2' } } })
      await t.remove('before')
      await until('all seen', () => !store.has(t.key('before')))
      expect(news()).to.deep.equal(['added new', 'updated new', 'deleted before'])
      expect(store.get(t.key('new'))?.object).to.deep.include({ kind: 'ConfigMap', apiVersion: 'v1', data: { value: '2' } })
      expect([reflector.state.listCount, reflector.state.restarts, errors]).to.deep.equal([1, 0, []])
      expect(Number(reflector.state.lastResourceVersion)).to.be.above(0)
      expect(performance.now() - (reflector.state.lastSuccessAt ?? 0)).to.be.below(5_000)
    })

    it('keeps to its selector, and asks for metadata only if that is all', async () => {
      await t.client.create(CONFIG_MAPS, {
        ...configMap(t.namespace, 'mine'),
        metadata: { namespace: t.namespace, name: 'mine', labels: { app: 'a' } },
      })
      await t.make('other')
      const labelled = t.mirror({ labelSelector: 'app=a', metadataOnly: true })
      await until('synced', () => labelled.reflector.state.synced)
      expect(labelled.news()).to.deep.equal(['added mine'])
      expect(labelled.store.get(t.key('mine'))?.object)
        .to.deep.include({ kind: 'PartialObjectMetadata' })
        .and.not.to.have.property('data')
    })

    it('starts the watch again when the server ends it, at once and without a new list', async () => {
      const { reflector, ends, holds } = t.mirror({ timing: { ...PATIENT, watchMinMs: 2_000, watchMaxMs: 2_000 } })
      await until('ended twice', () => ends.length >= 2)
      await t.make('later')
      await until('seen', () => holds(t.key('later')))
      expect(ends.slice(0, 2).map(({ reason, waitMs }) => [reason, waitMs])).to.deep.equal([
        ['closed', 0],
        ['closed', 0],
      ])
      expect(reflector.state.listCount).to.equal(1)
    })

    it('leaves nothing behind when it is stopped', async () => {
      const { reflector, errors } = t.mirror()
      await until('synced', () => reflector.state.synced)
      expect(t.proxy.open(t.watches)).to.equal(1)
      t.stop.abort()
      await reflector.finished
      await until('the connection is closed', () => t.proxy.open(t.watches) === 0)
      expect(errors).to.deep.equal([])
    })

    it('opens nothing when it is stopped while it lists or waits', async () => {
      t.proxy.inject(t.streams, { kind: 'respond', code: 422 })
      t.proxy.inject(t.lists, { kind: 'hang' })
      const listing = t.mirror({ timing: PATIENT })
      await until('the list is asked for', () => t.count(t.lists) === 1)
      t.stop.abort()
      await listing.reflector.finished
      expect(t.count(t.watches)).to.equal(1)

      t.stop = new AbortController()
      t.proxy.inject(t.watches, { kind: 'respond', code: 429, headers: { 'retry-after': '30' } })
      const waiting = t.mirror()
      await until('it waits', () => waiting.ends.length === 1)
      const before = t.count(t.ofNamespace)
      t.stop.abort()
      await waiting.reflector.finished
      expect(t.count(t.ofNamespace)).to.equal(before)
    })
  })

  describe('when the list cannot be streamed', () => {
    const many = 1_100

    it('lists in pages, and t.watches from there', async () => {
      await Promise.all(Array.from({ length: many }, (_, index) => t.make(`n-${index}`)))
      const refusal = t.proxy.inject(t.streams, { kind: 'respond', code: 422 }, 100)
      const { store, reflector, listed, errors } = t.mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      expect(store.size).to.equal(many)
      expect(listed[0]).to.include({ streaming: false, items: many })
      expect(t.count(t.lists)).to.equal(3)
      expect([...store.values()][0]?.object).to.include({ kind: 'ConfigMap', apiVersion: 'v1' })
      await t.make('later')
      await until('seen', () => store.has(t.key('later')))
      expect(refusal.hits).to.equal(1)
      expect(errors.map((error) => (error as KubeApiError).code)).to.deep.equal([422])

      // The continue token expires in the middle, while an object that was listed already goes away.
      t.proxy.inject(t.resumes, { kind: 'respond', code: 410 })
      t.proxy.inject((request) => t.lists(request) && request.url.includes('continue='), { kind: 'respond', code: 410 })
      t.proxy.cut(t.watches)
      await t.remove('n-0')
      await until('listed again', () => reflector.state.listCount === 2)
      expect(store.size).to.equal(many)
      expect(store.has(t.key('n-0'))).to.equal(false)
      expect(listed[1]).to.include({ streaming: false, items: many })
      refusal.remove()
    })

    it('lists in pages when the initial events do not come to their end', async () => {
      await t.make('a')
      const frost = t.proxy.freeze(t.streams)
      const { reflector, ends, listed, holds } = t.mirror({ timing: { ...PATIENT, initialSilenceMs: 300 } })
      await until('synced', () => reflector.state.synced)
      frost.thaw()
      expect(ends.map(({ phase, reason }) => `${phase} ${reason}`)).to.deep.equal(['streaming silent'])
      expect(listed.map(({ streaming }) => streaming)).to.deep.equal([false])
      expect(holds(t.key('a'))).to.equal(true)
    })
  })

  describe('when its own side fails', () => {
    it('goes on after a sink or an observer that throws', async () => {
      const seen: string[] = []
      const errors: unknown[] = []
      const bug = (name: string): never => {
        throw new Error(`bug in ${name}`)
      }
      const reflector = runReflector<SeenConfigMap>({
        transport: t.transport,
        resource: CONFIG_MAPS,
        namespace: t.namespace,
        signal: t.stop.signal,
        timing: { ...TIMING, ...PATIENT },
        sink: {
          restart: () => bug('restart'),
          upsert: (object) => {
            seen.push(keyOf(object))
            bug('upsert')
          },
          remove: () => bug('remove'),
          synced: () => bug('synced'),
          progressed: () => bug('progressed'),
        },
        observer: {
          onError: (error) => errors.push(error),
          onEnd: () => bug('onEnd'),
          onList: () => bug('onList'),
        },
      })
      await t.make('a')
      await until('seen', () => seen.includes(t.key('a')))
      t.proxy.cut(t.watches)
      await t.make('b')
      await until('seen', () => seen.includes(t.key('b')))
      expect(errors.map(String)).to.include.members([
        'Error: bug in restart',
        'Error: bug in upsert',
        'Error: bug in synced',
        'Error: bug in onEnd',
      ])
      t.stop.abort()
      await reflector.finished
    })
  })
})
