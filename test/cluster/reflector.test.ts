/** The reflector against a real API server, with the faults of a proxy between them. */

import { expect } from 'chai'
import { type Client, createClient } from '../../src/kube/client.ts'
import { KubeApiError } from '../../src/kube/errors.ts'
import { keyOf, type StoredObject } from '../../src/kube/objects.ts'
import { runReflector } from '../../src/kube/reflector.ts'
import type { ReflectorObserver, ReflectorOptions } from '../../src/kube/reflector-options.ts'
import { createStore, whole } from '../../src/kube/store.ts'
import { createTransport, type Transport } from '../../src/kube/transport.ts'
import type { FaultProxy, Match } from '../support/fault-proxy.ts'
import {
  CONFIG_MAPS,
  type ConfigMap,
  configMap,
  kubeConfigOf,
  NAMESPACES,
  startProxy,
  throughProxy,
  uniqueName,
  until,
} from '../support/kube-setup.ts'

type Seen = ConfigMap & StoredObject
type End = Parameters<NonNullable<ReflectorObserver['onEnd']>>[0]
type List = Parameters<NonNullable<ReflectorObserver['onList']>>[0]

const CRDS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}
const ROLES = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'roles', kind: 'Role', namespaced: true }
const BINDINGS = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'rolebindings', kind: 'RoleBinding', namespaced: true }

/** Short enough for a test, in the same proportions. */
const TIMING = {
  openMs: 1_000,
  watchMinMs: 300_000,
  watchMaxMs: 600_000,
  initialSilenceMs: 500,
  silenceMs: 500,
  backoffInitialMs: 20,
  backoffMaxMs: 200,
}
const PATIENT = { initialSilenceMs: 30_000, silenceMs: 30_000 }

describe('a reflector, against a real API server', function () {
  this.timeout(60_000)

  let proxy: FaultProxy
  let transport: Transport
  let direct: Transport
  /** Not through the proxy. */
  let client: Client
  let namespace: string
  let stop: AbortController

  const ofNamespace: Match = ({ url }) => url.includes(`/namespaces/${namespace}/configmaps`)
  const watches: Match = (request) => ofNamespace(request) && request.watch
  const streams: Match = (request) => watches(request) && request.url.includes('sendInitialEvents=true')
  const resumes: Match = (request) => watches(request) && !request.url.includes('sendInitialEvents')
  const lists: Match = (request) => ofNamespace(request) && request.method === 'GET' && !request.watch
  const count = (match: Match): number => proxy.requests.filter(match).length

  /** A store that a reflector keeps, and all that is to be seen of both. */
  const mirror = (options: Partial<ReflectorOptions<Seen>> = {}) => {
    const ends: End[] = []
    const listed: List[] = []
    const errors: unknown[] = []
    const changes: string[] = []
    const sink = createStore<Seen, ReturnType<typeof whole<Seen>>>({
      ingest: whole,
      onChange: ({ type, key }) => changes.push(`${type} ${key.slice(key.indexOf('/') + 1)}`),
    })
    const reflector = runReflector<Seen>({
      transport,
      resource: CONFIG_MAPS,
      namespace,
      fieldSelector: 'metadata.name!=kube-root-ca.crt',
      sink,
      signal: stop.signal,
      ...options,
      timing: { ...TIMING, ...options.timing },
      observer: {
        onEnd: (end) => ends.push(end),
        onList: (list) => listed.push(list),
        onError: (error) => errors.push(error),
        ...options.observer,
      },
    })
    const news = () => changes.splice(0)
    const holds = (key: string, value?: string) => {
      const entry = sink.get(key)
      return entry !== undefined && (value === undefined || entry.object.data?.value === value)
    }
    return { store: sink, reflector, ends, listed, errors, news, holds }
  }
  const make = (name: string, value = '') => client.create(CONFIG_MAPS, configMap(namespace, name, { value }))
  const remove = (name: string) => client.delete(CONFIG_MAPS, { namespace, name })
  const key = (name: string) => `${namespace}/${name}`

  before(async () => {
    proxy = await startProxy()
    transport = createTransport({ kubeConfig: await throughProxy(proxy), userAgent: 'test' })
    direct = createTransport({ kubeConfig: await kubeConfigOf(), userAgent: 'test' })
    client = createClient(direct, { fieldManager: 'test' })
  })

  beforeEach(async () => {
    namespace = uniqueName('reflector')
    stop = new AbortController()
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  })

  afterEach(async () => {
    stop.abort()
    await client.delete(NAMESPACES, { name: namespace })
  })

  after(async () => {
    await Promise.all([transport.close(), direct.close(), proxy.close()])
  })

  describe('in quiet times', () => {
    it('streams the list and then tells what changes', async () => {
      await make('before')
      const { store, reflector, listed, news, errors } = mirror()
      await until('synced', () => reflector.state.synced)
      expect(news()).to.deep.equal(['added before'])
      expect(listed).to.have.length(1)
      expect(listed[0]).to.include({ streaming: true, items: 1 })
      await make('new')
      await client.patch(CONFIG_MAPS, { namespace, name: 'new' }, { type: 'merge', body: { data: { value: '2' } } })
      await remove('before')
      await until('all seen', () => !store.has(key('before')))
      expect(news()).to.deep.equal(['added new', 'updated new', 'deleted before'])
      expect(store.get(key('new'))?.object).to.deep.include({ kind: 'ConfigMap', apiVersion: 'v1', data: { value: '2' } })
      expect([reflector.state.listCount, reflector.state.restarts, errors]).to.deep.equal([1, 0, []])
      expect(Number(reflector.state.lastResourceVersion)).to.be.above(0)
      expect(performance.now() - (reflector.state.lastSuccessAt ?? 0)).to.be.below(5_000)
    })

    it('keeps to its selector, and asks for metadata only if that is all', async () => {
      await client.create(CONFIG_MAPS, { ...configMap(namespace, 'mine'), metadata: { namespace, name: 'mine', labels: { app: 'a' } } })
      await make('other')
      const labelled = mirror({ labelSelector: 'app=a', metadataOnly: true })
      await until('synced', () => labelled.reflector.state.synced)
      expect(labelled.news()).to.deep.equal(['added mine'])
      expect(labelled.store.get(key('mine'))?.object)
        .to.deep.include({ kind: 'PartialObjectMetadata' })
        .and.not.to.have.property('data')
    })

    it('starts the watch again when the server ends it, at once and without a new list', async () => {
      const { reflector, ends, holds } = mirror({ timing: { ...PATIENT, watchMinMs: 2_000, watchMaxMs: 2_000 } })
      await until('ended twice', () => ends.length >= 2)
      await make('later')
      await until('seen', () => holds(key('later')))
      expect(ends.slice(0, 2).map(({ reason, waitMs }) => [reason, waitMs])).to.deep.equal([
        ['closed', 0],
        ['closed', 0],
      ])
      expect(reflector.state.listCount).to.equal(1)
    })

    it('leaves nothing behind when it is stopped', async () => {
      const { reflector, errors } = mirror()
      await until('synced', () => reflector.state.synced)
      expect(proxy.open(watches)).to.equal(1)
      stop.abort()
      await reflector.finished
      await until('the connection is closed', () => proxy.open(watches) === 0)
      expect(errors).to.deep.equal([])
    })

    it('opens nothing when it is stopped while it lists or waits', async () => {
      proxy.inject(streams, { kind: 'respond', code: 422 })
      proxy.inject(lists, { kind: 'hang' })
      const listing = mirror({ timing: PATIENT })
      await until('the list is asked for', () => count(lists) === 1)
      stop.abort()
      await listing.reflector.finished
      expect(count(watches)).to.equal(1)

      stop = new AbortController()
      proxy.inject(watches, { kind: 'respond', code: 429, headers: { 'retry-after': '30' } })
      const waiting = mirror()
      await until('it waits', () => waiting.ends.length === 1)
      const before = count(ofNamespace)
      stop.abort()
      await waiting.reflector.finished
      expect(count(ofNamespace)).to.equal(before)
    })
  })

  describe('when the list cannot be streamed', () => {
    const many = 1_100

    it('lists in pages, and watches from there', async () => {
      await Promise.all(Array.from({ length: many }, (_, index) => make(`n-${index}`)))
      const refusal = proxy.inject(streams, { kind: 'respond', code: 422 }, 100)
      const { store, reflector, listed, errors } = mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      expect(store.size).to.equal(many)
      expect(listed[0]).to.include({ streaming: false, items: many })
      expect(count(lists)).to.equal(3)
      expect([...store.values()][0]?.object).to.include({ kind: 'ConfigMap', apiVersion: 'v1' })
      await make('later')
      await until('seen', () => store.has(key('later')))
      expect(refusal.hits).to.equal(1)
      expect(errors.map((error) => (error as KubeApiError).code)).to.deep.equal([422])

      // The continue token expires in the middle, while an object that was listed already goes away.
      proxy.inject(resumes, { kind: 'respond', code: 410 })
      proxy.inject((request) => lists(request) && request.url.includes('continue='), { kind: 'respond', code: 410 })
      proxy.cut(watches)
      await remove('n-0')
      await until('listed again', () => reflector.state.listCount === 2)
      expect(store.size).to.equal(many)
      expect(store.has(key('n-0'))).to.equal(false)
      expect(listed[1]).to.include({ streaming: false, items: many })
      refusal.remove()
    })

    it('lists in pages when the initial events do not come to their end', async () => {
      await make('a')
      const frost = proxy.freeze(streams)
      const { reflector, ends, listed, holds } = mirror({ timing: { ...PATIENT, initialSilenceMs: 300 } })
      await until('synced', () => reflector.state.synced)
      frost.thaw()
      expect(ends.map(({ phase, reason }) => `${phase} ${reason}`)).to.deep.equal(['streaming silent'])
      expect(listed.map(({ streaming }) => streaming)).to.deep.equal([false])
      expect(holds(key('a'))).to.equal(true)
    })
  })

  describe('when the watch breaks', () => {
    it('resumes where it was, misses nothing and lists nothing', async () => {
      const { reflector, ends, store, holds, news } = mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      await make('a')
      await until('seen', () => holds(key('a')))
      const refusal = proxy.inject(watches, { kind: 'cut' }, 3)
      expect(proxy.cut(watches)).to.equal(1)
      await make('b')
      await remove('a')
      await until('b is seen and a is gone', () => holds(key('b')) && !holds(key('a')))
      expect(refusal.hits).to.equal(3)
      expect(ends.map(({ phase, reason }) => `${phase} ${reason}`)).to.deep.equal(Array(4).fill('watching broken'))
      expect([reflector.state.listCount, store.size]).to.deep.equal([1, 1])
      expect(news()).to.deep.equal(['added a', 'added b', 'deleted a'])
    })

    it('notices that no byte comes any more', async () => {
      const { reflector, ends, holds } = mirror({ timing: { initialSilenceMs: 30_000 } })
      await until('synced', () => reflector.state.synced)
      const [frozen] = proxy.requests.filter(watches).slice(-1)
      const frost = proxy.freeze((request) => request === frozen)
      await make('hidden')
      await until('seen by another watch', () => holds(key('hidden')), 5_000)
      frost.thaw()
      expect(ends[0]).to.include({ phase: 'watching', reason: 'silent' })
      expect(reflector.state.listCount).to.equal(1)
    })

    it('lists again when the server does not know its version yet, and so says nothing', async () => {
      const { reflector, ends, holds } = mirror({ timing: { initialSilenceMs: 30_000 } })
      await until('synced', () => reflector.state.synced)
      const url = (asked: string) => asked.replace(/resourceVersion=[0-9]+/, 'resourceVersion=99999999')
      proxy.inject(resumes, { kind: 'rewrite', url })
      proxy.cut(watches)
      await make('a')
      await until('seen by a list', () => holds(key('a')))
      expect(ends.slice(0, 2).map(({ reason }) => reason)).to.deep.equal(['broken', 'silent'])
      expect(reflector.state.listCount).to.equal(2)
    })

    it('takes no half events', async () => {
      for (const how of ['end', 'cut'] as const) {
        const { reflector, ends, holds, news, errors } = mirror({ timing: PATIENT })
        await until('synced', () => reflector.state.synced)
        proxy.inject(resumes, { kind: 'truncate', afterLines: 1, how })
        proxy.cut(watches)
        await make(`one-${how}`)
        await until('resumed', () => count(resumes) > 0)
        await make(`two-${how}`)
        await make(`three-${how}`)
        await until('all seen', () => holds(key(`three-${how}`)))
        expect(
          news()
            .filter((change) => change.includes(how))
            .sort(),
        ).to.deep.equal([`added one-${how}`, `added three-${how}`, `added two-${how}`])
        expect(ends.map(({ reason }) => reason)).to.deep.equal(['broken', how === 'end' ? 'truncated' : 'broken'])
        expect(errors.every((error) => !(error instanceof SyntaxError))).to.equal(true)
        expect(reflector.state.listCount).to.equal(1)
        stop.abort()
        await reflector.finished
        stop = new AbortController()
      }
    })
  })

  describe('when its version is too old', () => {
    it('lists again and notices what was deleted meanwhile, if the server says so by HTTP', async () => {
      await make('gone')
      const { reflector, store, news, errors } = mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      news()
      proxy.inject(resumes, { kind: 'respond', code: 410 })
      const cuts = proxy.inject(resumes, { kind: 'cut' })
      proxy.cut(watches)
      await remove('gone')
      await make('new')
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
      const { reflector, holds, ends } = mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      proxy.inject(resumes, { kind: 'replace-line', line: 1, by })
      proxy.cut(watches)
      await make('a')
      await until('listed again', () => reflector.state.listCount === 2)
      expect(holds(key('a'))).to.equal(true)
      expect(ends.at(-1)).to.include({ reason: 'reported' })
    })

    it('does the same after a line that cannot be read', async () => {
      const { reflector, holds, ends, errors } = mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      proxy.inject(resumes, { kind: 'replace-line', line: 1, by: '{"type":"ADDED","object":{"metadata":{}}}' })
      proxy.cut(watches)
      await make('a')
      await until('listed again', () => reflector.state.listCount === 2)
      expect(holds(key('a'))).to.equal(true)
      expect(ends.at(-1)).to.include({ reason: 'malformed' })
      expect(String(errors.at(-1))).to.include('without resourceVersion')
    })
  })

  describe('when the server refuses', () => {
    it('stays away as long as it is asked to', async () => {
      proxy.inject(streams, { kind: 'respond', code: 429, headers: { 'retry-after': '1' } }, 2)
      const startedAt = performance.now()
      const { reflector, ends } = mirror({ timing: PATIENT })
      await until('synced', () => reflector.state.synced)
      expect(performance.now() - startedAt).to.be.above(2_000)
      expect(count(ofNamespace)).to.equal(3)
      expect(ends.every(({ waitMs }) => waitMs >= 1_000 && waitMs <= 1_500)).to.equal(true)
    })

    it('does not hammer a server that ends every watch at once', async () => {
      const injection = proxy.inject(watches, { kind: 'respond', code: 200, body: '' }, 1_000)
      mirror({ timing: { ...PATIENT, backoffMaxMs: 1_000 } })
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      expect(injection.hits).to.be.within(4, 14)
      injection.remove()
    })

    it('keeps asking while it may not look, says so, and looks when it may', async () => {
      const alice = createTransport({ kubeConfig: await throughProxy(proxy, 'alice'), userAgent: 'test' })
      const { reflector, errors, holds } = mirror({ transport: alice, timing: PATIENT })
      await make('a')
      await until('refused', () => errors.length > 0)
      expect((errors[0] as KubeApiError).code).to.equal(403)
      const rbac = 'rbac.authorization.k8s.io'
      const metadata = { namespace, name: 'viewer' }
      const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }]
      await client.create(ROLES, { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules })
      await client.create(BINDINGS, {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: rbac, kind: 'Role', name: 'viewer' },
        subjects: [{ apiGroup: rbac, kind: 'User', name: 'alice' }],
      })
      await until('synced', () => reflector.state.synced, 15_000)
      expect(holds(key('a'))).to.equal(true)
      stop.abort()
      await reflector.finished
      await alice.close()
    })

    it('waits for a resource that does not exist yet', async () => {
      const group = `${namespace}.test.dev`
      const things = { group, version: 'v1', plural: 'things', kind: 'Thing', namespaced: false }
      const { reflector, errors } = mirror({ resource: things, namespace: undefined, fieldSelector: undefined, timing: PATIENT })
      await until('refused', () => errors.length > 0)
      expect(errors[0]).to.be.instanceOf(KubeApiError).and.to.include({ code: 404 })
      const schema = { openAPIV3Schema: { type: 'object' } }
      await client.create(CRDS, {
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
      await client.delete(CRDS, { name: `things.${group}` })
    })
  })

  describe('when its own side fails', () => {
    it('goes on after a sink or an observer that throws', async () => {
      const seen: string[] = []
      const errors: unknown[] = []
      const bug = (name: string): never => {
        throw new Error(`bug in ${name}`)
      }
      const reflector = runReflector<Seen>({
        transport,
        resource: CONFIG_MAPS,
        namespace,
        signal: stop.signal,
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
      await make('a')
      await until('seen', () => seen.includes(key('a')))
      proxy.cut(watches)
      await make('b')
      await until('seen', () => seen.includes(key('b')))
      expect(errors.map(String)).to.include.members([
        'Error: bug in restart',
        'Error: bug in upsert',
        'Error: bug in synced',
        'Error: bug in onEnd',
      ])
      stop.abort()
      await reflector.finished
    })
  })

  describe('in bad times', () => {
    it('ends equal to the server, whatever happens in between', async () => {
      const { store, reflector, ends } = mirror({ timing: { ...TIMING, watchMinMs: 1_000, watchMaxMs: 2_000, graceMs: 1_000 } })
      const random = seeded(20_261_121)
      const until_ = performance.now() + 8_000
      const faults = [
        () => proxy.cut(watches),
        () => proxy.inject(watches, { kind: 'cut' }, 2),
        () => proxy.inject(ofNamespace, { kind: 'respond', code: 410 }),
        () => proxy.inject(ofNamespace, { kind: 'respond', code: 503 }),
        () => proxy.inject(ofNamespace, { kind: 'respond', code: 401 }, 3),
        () => proxy.inject(streams, { kind: 'respond', code: 500 }),
        () => proxy.inject(watches, { kind: 'truncate', afterLines: 2, how: 'end' }),
        () => proxy.inject(watches, { kind: 'replace-line', line: 3, by: 'garbage' }),
        () => proxy.inject(watches, { kind: 'hang' }),
        () => {
          const frost = proxy.freeze(watches)
          setTimeout(frost.thaw, 300 + random() * 600)
        },
      ]
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
      const writer = async (): Promise<void> => {
        while (performance.now() < until_) {
          const name = `x-${Math.floor(random() * 30)}`
          const write = random() < 0.4 ? remove(name) : random() < 0.5 ? make(name) : touch(name)
          await write.catch((error: unknown) => {
            if (!(error instanceof KubeApiError && [404, 409].includes(error.code))) throw error
          })
        }
      }
      const touch = (name: string) =>
        client.patch(CONFIG_MAPS, { namespace, name }, { type: 'merge', body: { data: { value: String(random()) } } })
      const breaker = async (): Promise<void> => {
        while (performance.now() < until_) {
          pick(faults)()
          await new Promise((resolve) => setTimeout(resolve, random() * 300))
        }
      }
      await Promise.all([writer(), writer(), breaker()])

      const truth = await client.list<Seen>(CONFIG_MAPS, { namespace, fieldSelector: 'metadata.name!=kube-root-ca.crt' })
      const versions = (objects: Iterable<Seen>) =>
        Object.fromEntries(
          [...objects].map((object) => [keyOf(object), object.metadata.resourceVersion] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      const expected = JSON.stringify(versions(truth.items))
      await until(
        'the store is equal to the server',
        () => JSON.stringify(versions([...store.values()].map(({ object }) => object))) === expected,
        15_000,
      )
      expect(ends.length, 'there were faults').to.be.above(5)
      expect(reflector.state.listCount, 'and lists').to.be.above(1)
    })
  })
})

/** Mulberry32: numbers that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
