/** The client and transport against a real API server, with the faults of a proxy between them. */

import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Client, createClient } from '../../src/kube/client.ts'
import {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isNamespaceTerminating,
  isNotFound,
  isUnauthorized,
  KubeApiError,
  TransportError,
} from '../../src/kube/errors.ts'
import type { Resource } from '../../src/kube/resources.ts'
import { createTransport, type Transport, type TransportObserver } from '../../src/kube/transport.ts'
import type { FaultProxy, Match } from '../support/fault-proxy.ts'
import {
  CONFIG_MAPS,
  type ConfigMap,
  configMap,
  kubeConfigOf,
  kubeConfigWith,
  NAMESPACES,
  startProxy,
  throughProxy,
  uniqueName,
} from '../support/kube-setup.ts'

const CLUSTER_ROLES: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
}
const SERVICES: Resource = { group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true }

type Request = Parameters<NonNullable<TransportObserver['onRequest']>>[0]

const failure = async (promise: Promise<unknown>): Promise<KubeApiError | TransportError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof KubeApiError || error instanceof TransportError) return error
  throw new Error(`expected a failure of the API or the transport, got ${String(error)}`)
}

describe('kube, against a real API server', function () {
  this.timeout(60_000)

  let proxy: FaultProxy
  let direct: Transport
  let transport: Transport
  let client: Client
  /** Of the transport through the proxy. */
  let seen: Request[]
  let retries: unknown[]
  const namespace = uniqueName('kube')
  const named =
    (text: string, method?: string): Match =>
    (request) =>
      request.url.includes(text) && (method === undefined || request.method === method)

  before(async () => {
    proxy = await startProxy()
    direct = createTransport({ kubeConfig: await kubeConfigOf(), userAgent: 'test' })
    transport = createTransport({
      kubeConfig: await throughProxy(proxy),
      userAgent: 'test',
      observer: { onRequest: (request) => seen.push(request), onRetry: ({ error }) => retries.push(error) },
    })
    client = createClient(transport, { fieldManager: 'test' })
    seen = []
    retries = []
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  })

  beforeEach(() => {
    seen = []
    retries = []
  })

  after(async () => {
    await client.delete(NAMESPACES, { name: namespace })
    await Promise.all([direct.close(), transport.close(), proxy.close()])
  })

  describe('an object', () => {
    it('is made, read, replaced and deleted, with nothing added or lost', async () => {
      const data = { text: 'ü\u2028\n', empty: '' }
      const made = await client.create(CONFIG_MAPS, configMap(namespace, 'life', data))
      expect(made).to.deep.include({ kind: 'ConfigMap', data })
      const updated = await client.update(CONFIG_MAPS, { ...made, data: { a: '1' } })
      expect(Number(updated.metadata.resourceVersion)).to.be.above(Number(made.metadata.resourceVersion))
      const read = await client.get<ConfigMap>(CONFIG_MAPS, { namespace, name: 'life' })
      expect(read).to.deep.equal(updated)
      expect(read.metadata.managedFields?.map((entry) => (entry as { manager: string }).manager)).to.deep.equal(['test'])

      const { uid, resourceVersion } = updated.metadata
      const at = { namespace, name: 'life' }
      expect(isConflict(await failure(client.update(CONFIG_MAPS, made)))).to.equal(true)
      expect(isAlreadyExists(await failure(client.create(CONFIG_MAPS, configMap(namespace, 'life'))))).to.equal(true)
      expect(isConflict(await failure(client.delete(CONFIG_MAPS, at, { uid, resourceVersion: made.metadata.resourceVersion })))).to.equal(
        true,
      )
      expect(isConflict(await failure(client.delete(CONFIG_MAPS, at, { uid: 'another' })))).to.equal(true)
      expect(await client.delete(CONFIG_MAPS, at, { uid, resourceVersion })).to.equal('gone')
      expect(isNotFound(await failure(client.get(CONFIG_MAPS, at)))).to.equal(true)
      expect(isNotFound(await failure(client.delete(CONFIG_MAPS, at)))).to.equal(true)
      expect(seen.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)).to.deep.equal([
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
      await client.create(CONFIG_MAPS, configMap(namespace, 'dry'), { dryRun: true })
      expect(isNotFound(await failure(client.get(CONFIG_MAPS, { namespace, name: 'dry' })))).to.equal(true)
    })

    it('is known to wait for its finalizers when it is deleted', async () => {
      const held = configMap(namespace, 'held')
      await client.create(CONFIG_MAPS, { ...held, metadata: { ...held.metadata, finalizers: ['test.dev/hold'] } })
      const at = { namespace, name: 'held' }
      expect(await client.delete(CONFIG_MAPS, at)).to.equal('terminating')
      await client.patch(CONFIG_MAPS, at, { type: 'merge', body: { metadata: { finalizers: null } } })
      expect(isNotFound(await failure(client.get(CONFIG_MAPS, at)))).to.equal(true)
    })

    it('is patched in every way', async () => {
      const at = { namespace, name: 'patched' }
      await client.create(CONFIG_MAPS, configMap(namespace, 'patched', { a: '1', b: '2' }))
      const data = async (...patch: Parameters<typeof client.patch<ConfigMap>> extends [infer _R, infer _A, ...infer P] ? P : never) =>
        (await client.patch<ConfigMap>(CONFIG_MAPS, at, ...patch)).data
      expect(await data({ type: 'merge', body: { data: { a: null, c: '3' } } })).to.deep.equal({ b: '2', c: '3' })
      expect(await data({ type: 'json', body: [{ op: 'remove', path: '/data/b' }] })).to.deep.equal({ c: '3' })
      expect(await data({ type: 'strategic', body: { data: { d: '4' } } })).to.deep.equal({ c: '3', d: '4' })
      const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'patched', namespace }, data: { c: '5' } }
      const other = { fieldManager: 'other' }
      expect(isConflict(await failure(client.patch(CONFIG_MAPS, at, { type: 'apply', body: applied }, other)))).to.equal(true)
      expect(await data({ type: 'apply', body: applied, force: true }, other)).to.deep.equal({ c: '5', d: '4' })
    })

    it('has its status written apart', async () => {
      const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'status', namespace }, spec: { ports: [{ port: 80 }] } }
      const made = await client.create(SERVICES, service)
      const conditions = [
        { type: 'test.dev/Seen', status: 'True', reason: 'Test', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ]
      await client.updateStatus(SERVICES, { ...made, spec: { ports: [{ port: 81 }] }, status: { conditions } })
      const read = await client.get(SERVICES, { namespace, name: 'status' })
      expect(read.status).to.deep.include({ conditions })
      expect((read.spec as { ports: { port: number }[] }).ports[0]?.port).to.equal(80)
    })

    it('is found by its exact name, colons and capitals included', async () => {
      const name = `${namespace}:Role:X`
      await client.create(CLUSTER_ROLES, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name } })
      expect((await client.get(CLUSTER_ROLES, { name })).metadata.name).to.equal(name)
      expect(await client.delete(CLUSTER_ROLES, { name })).to.equal('gone')
    })

    it('cannot be made in a namespace that goes away, and that is told apart', async () => {
      const name = uniqueName('going')
      await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, finalizers: ['test.dev/hold'] } })
      expect(await client.delete(NAMESPACES, { name })).to.equal('terminating')
      const error = await failure(client.create(CONFIG_MAPS, configMap(name, 'late')))
      expect([isForbidden(error), isNamespaceTerminating(error)]).to.deep.equal([true, true])
      await client.patch(NAMESPACES, { name }, { type: 'merge', body: { metadata: { finalizers: null } } })
    })

    it('is listed by selector and by page', async () => {
      const app = uniqueName('app')
      for (const name of ['l1', 'l2', 'l3']) {
        const object = configMap(namespace, name)
        await client.create(CONFIG_MAPS, { ...object, metadata: { ...object.metadata, labels: { app } } })
      }
      const page = await client.list<ConfigMap>(CONFIG_MAPS, { namespace, labelSelector: `app=${app}`, limit: 2 })
      expect(page.items.map(({ metadata }) => metadata.name)).to.deep.equal(['l1', 'l2'])
      const rest = await client.list<ConfigMap>(CONFIG_MAPS, { labelSelector: `app=${app}`, namespace, continue: page.metadata.continue })
      expect(rest.items.map(({ metadata }) => metadata.name)).to.deep.equal(['l3'])
      expect(rest.metadata.continue ?? '').to.equal('')
    })
  })

  describe('a request that the server throttles', () => {
    it('is sent again when the server asks for it, and its caller does not notice', async () => {
      proxy.inject(named(namespace, 'POST'), { kind: 'respond', code: 429, headers: { 'retry-after': '1' } })
      const startedAt = performance.now()
      await client.create(CONFIG_MAPS, configMap(namespace, 'throttled'))
      expect(performance.now() - startedAt).to.be.within(1_000, 2_500)
      expect(seen.map(({ code }) => code)).to.deep.equal([429, 201])
      expect(retries).to.have.length(1)
    })

    it('becomes the error of the caller when it takes too long', async () => {
      const injection = proxy.inject(named('throttled'), { kind: 'respond', code: 429, headers: { 'retry-after': '60' } }, 10)
      const error = await failure(client.get(CONFIG_MAPS, { namespace, name: 'throttled' }))
      injection.remove()
      expect(error).to.include({ code: 429, retryAfterSeconds: 60 })
      expect(injection.hits).to.equal(1)
    })

    it('is not repeated for errors that name no time', async () => {
      const injection = proxy.inject(named('throttled'), { kind: 'respond', code: 500 })
      expect(await failure(client.get(CONFIG_MAPS, { namespace, name: 'throttled' }))).to.include({ code: 500 })
      expect(injection.hits).to.equal(1)
    })
  })

  describe('a request whose answer is lost', () => {
    it('may have been applied, and its caller is told that nobody knows', async () => {
      proxy.inject(named(namespace, 'POST'), { kind: 'lose-response' })
      const error = await failure(client.create(CONFIG_MAPS, configMap(namespace, 'lost')))
      expect(error).to.be.instanceOf(TransportError).and.to.include({ failure: 'connection', applied: 'unknown' })
      expect(seen.map(({ code }) => code)).to.deep.equal([0])
      expect(isAlreadyExists(await failure(client.create(CONFIG_MAPS, configMap(namespace, 'lost'))))).to.equal(true)
    })

    it('is sent once more if it only reads', async () => {
      proxy.inject(named('/lost', 'GET'), { kind: 'cut' })
      expect((await client.get(CONFIG_MAPS, { namespace, name: 'lost' })).metadata.name).to.equal('lost')
      proxy.inject(named('/lost', 'GET'), { kind: 'cut' }, 2)
      expect(await failure(client.get(CONFIG_MAPS, { namespace, name: 'lost' }))).to.include({ failure: 'connection' })
    })

    it('is as good as lost when it is not of the API', async () => {
      proxy.inject(named('/lost'), { kind: 'respond', code: 200, body: '<html>please log in</html>' })
      const error = await failure(client.get(CONFIG_MAPS, { namespace, name: 'lost' }))
      expect(error).to.include({ failure: 'protocol', applied: 'unknown' })
    })

    it('is given up after its time', async () => {
      proxy.inject(named('/lost'), { kind: 'hang' })
      const startedAt = performance.now()
      const error = await failure(client.get(CONFIG_MAPS, { namespace, name: 'lost' }, { timeoutMs: 200 }))
      expect(error).to.include({ failure: 'timeout', applied: 'unknown' })
      expect(performance.now() - startedAt).to.be.within(190, 1_000)
    })

    it('is given up by its signal, also while it waits to be repeated', async () => {
      const stop = new AbortController()
      proxy.inject(named('/lost'), { kind: 'hang' })
      const hanging = failure(client.get(CONFIG_MAPS, { namespace, name: 'lost' }, { signal: stop.signal }))
      setTimeout(() => stop.abort(), 50)
      expect(await hanging).to.include({ failure: 'aborted' })
      expect(await failure(client.get(CONFIG_MAPS, { namespace, name: 'lost' }, { signal: stop.signal }))).to.include({
        failure: 'aborted',
        applied: 'no',
      })

      const other = new AbortController()
      proxy.inject(named('/lost'), { kind: 'respond', code: 429, headers: { 'retry-after': '5' } })
      const waiting = failure(client.get(CONFIG_MAPS, { namespace, name: 'lost' }, { signal: other.signal }))
      setTimeout(() => other.abort(), 50)
      const startedAt = performance.now()
      await waiting
      expect(performance.now() - startedAt).to.be.below(1_000)
    })
  })

  describe('a server that is not there', () => {
    it('has applied nothing', async () => {
      const nobody = createTransport({ kubeConfig: kubeConfigWith('http://127.0.0.1:9', { name: 'x', token: 'x' }), userAgent: 'test' })
      const error = await failure(nobody.request({ method: 'POST', path: '/api/v1/namespaces', body: {} }))
      expect(error).to.include({ failure: 'connection', applied: 'no' })
      await nobody.close()
    })

    it('is not believed when its certificate is not of our authority', async () => {
      const config = await kubeConfigOf()
      const cluster = config.getCurrentCluster()
      const user = config.getCurrentUser()
      if (cluster === null || user === null) throw new Error('no cluster')
      const stranger = await kubeConfigOf()
      stranger.loadFromClusterAndUser({ name: 'x', server: cluster.server, skipTLSVerify: false }, user)
      const wary = createTransport({ kubeConfig: stranger, userAgent: 'test' })
      expect(await failure(wary.request({ method: 'GET', path: '/api' }))).to.include({ failure: 'connection', applied: 'no' })
      await wary.close()
    })
  })

  describe('a closed transport', () => {
    it('ends what is under way and takes nothing more', async () => {
      const stop = new AbortController()
      const short = createTransport({ kubeConfig: await throughProxy(proxy), userAgent: 'test', signal: stop.signal })
      const at = { namespace, name: 'lost' }
      proxy.inject(named('/lost'), { kind: 'hang' })
      const hanging = failure(createClient(short, { fieldManager: 'x' }).get(CONFIG_MAPS, at))
      setTimeout(() => stop.abort(), 50)
      expect(await hanging).to.include({ failure: 'aborted' })
      expect(await failure(createClient(short, { fieldManager: 'x' }).get(CONFIG_MAPS, at))).to.include({
        failure: 'aborted',
        applied: 'no',
      })
      await short.close()
    })
  })

  describe('credentials', () => {
    const whoAmI = async (asked: Transport): Promise<string | undefined> => {
      const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
      const answer = await asked.request<{ status: { userInfo: { username: string } } }>({ method: 'POST', path, body: review })
      return answer.status.userInfo.username
    }
    const tokenOf = async (user: 'alice' | 'bob') => `${(await kubeConfigOf(user)).getCurrentUser()?.token}\n`

    it('are read anew from their file when the server refuses them', async () => {
      const tokenFile = join(await mkdtemp(join(tmpdir(), 'kube-test-')), 'token')
      await writeFile(tokenFile, await tokenOf('alice'))
      const rotated = createTransport({
        kubeConfig: kubeConfigWith(proxy.url, { name: 'x', authProvider: { name: 'tokenFile', config: { tokenFile } } }),
        userAgent: 'test',
      })
      expect(await whoAmI(rotated)).to.equal('alice')
      await writeFile(tokenFile, await tokenOf('bob'))
      expect(await whoAmI(rotated), 'not read for every request').to.equal('alice')
      const alice = `Bearer ${(await tokenOf('alice')).trim()}`
      const expiry = proxy.inject(({ authorization }) => authorization === alice, { kind: 'respond', code: 401 }, 100)
      expect(await Promise.all([whoAmI(rotated), whoAmI(rotated), whoAmI(rotated)])).to.deep.equal(['bob', 'bob', 'bob'])
      expiry.remove()
      await rotated.close()
    })

    it('that stay refused are an error, with no token in it', async () => {
      const token = 'abcdefghijklmnopqrstuvwxyz0123456789'
      const nobody = createTransport({ kubeConfig: kubeConfigWith(proxy.url, { name: 'x', token }), userAgent: 'test' })
      const before = proxy.requests.length
      const error = await failure(whoAmI(nobody))
      expect(isUnauthorized(error)).to.equal(true)
      expect(proxy.requests.length - before, 'tried twice and no more').to.equal(2)
      expect(JSON.stringify([error, error.message, error.stack, error.cause])).not.to.include(token)
      await nobody.close()
    })

    it('that cannot be read are an error of the transport', async () => {
      const tokenFile = '/nonexistent/token'
      const nobody = createTransport({
        kubeConfig: kubeConfigWith(proxy.url, { name: 'x', authProvider: { name: 'tokenFile', config: { tokenFile } } }),
        userAgent: 'test',
      })
      expect(await failure(whoAmI(nobody))).to.include({ failure: 'credentials', applied: 'no' })
      await nobody.close()
    })
  })

  describe('many requests at once', () => {
    it('share few connections', async () => {
      await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          createClient(direct, { fieldManager: 'x' }).create(CONFIG_MAPS, configMap(namespace, `many-${index}`)),
        ),
      )
      const list = await createClient(direct, { fieldManager: 'x' }).list(CONFIG_MAPS, { namespace, limit: 1 })
      expect(list.metadata.remainingItemCount).to.be.at.least(199)
    })
  })
})
