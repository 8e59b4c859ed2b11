/** The transport against a real API server, with the faults of a proxy between them. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createClient } from '../../src/kube/client.ts'
import { isAlreadyExists, isUnauthorized, TransportError } from '../../src/kube/errors.ts'
import { createTransport, type Transport } from '../../src/kube/transport.ts'
import { CONFIG_MAPS, configMap, kubeConfigOf, kubeConfigWith, throughProxy } from '../support/kube-setup.ts'
import { failure, named, transportFixture } from '../support/transport-fixture.ts'

describe('the transport, against a real API server', function () {
  this.timeout(60_000)
  const t = transportFixture()

  describe('a request that the server throttles', () => {
    it('is sent again when the server asks for it, and its caller does not notice', async () => {
      t.proxy.inject(named(t.namespace, 'POST'), { kind: 'respond', code: 429, headers: { 'retry-after': '1' } })
      const startedAt = performance.now()
      await t.client.create(CONFIG_MAPS, configMap(t.namespace, 'throttled'))
      expect(performance.now() - startedAt).to.be.within(1_000, 2_500)
      expect(t.seen.map(({ code }) => code)).to.deep.equal([429, 201])
      expect(t.retries).to.have.length(1)
    })

    it('becomes the error of the caller when it takes too long', async () => {
      const injection = t.proxy.inject(named('throttled'), { kind: 'respond', code: 429, headers: { 'retry-after': '60' } }, 10)
      const error = await failure(t.client.get(CONFIG_MAPS, { namespace: t.namespace, name: 'throttled' }))
      injection.remove()
      expect(error).to.include({ code: 429, retryAfterSeconds: 60 })
      expect(injection.hits).to.equal(1)
    })

    it('is not repeated for errors that name no time', async () => {
      const injection = t.proxy.inject(named('throttled'), { kind: 'respond', code: 500 })
      expect(await failure(t.client.get(CONFIG_MAPS, { namespace: t.namespace, name: 'throttled' }))).to.include({ code: 500 })
      expect(injection.hits).to.equal(1)
    })
  })

  describe('a request whose answer is lost', () => {
    it('may have been applied, and its caller is told that nobody knows', async () => {
      t.proxy.inject(named(t.namespace, 'POST'), { kind: 'lose-response' })
      const error = await failure(t.client.create(CONFIG_MAPS, configMap(t.namespace, 'lost')))
      expect(error).to.be.instanceOf(TransportError).and.to.include({ failure: 'connection', applied: 'unknown' })
      expect(t.seen.map(({ code }) => code)).to.deep.equal([0])
      expect(isAlreadyExists(await failure(t.client.create(CONFIG_MAPS, configMap(t.namespace, 'lost'))))).to.equal(true)
    })

    it('is sent once more if it only reads', async () => {
      t.proxy.inject(named('/lost', 'GET'), { kind: 'cut' })
      expect((await t.client.get(CONFIG_MAPS, { namespace: t.namespace, name: 'lost' })).metadata.name).to.equal('lost')
      t.proxy.inject(named('/lost', 'GET'), { kind: 'cut' }, 2)
      expect(await failure(t.client.get(CONFIG_MAPS, { namespace: t.namespace, name: 'lost' }))).to.include({ failure: 'connection' })
    })

    it('is as good as lost when it is not of the API', async () => {
      t.proxy.inject(named('/lost'), { kind: 'respond', code: 200, body: '<html>please log in</html>' })
      const error = await failure(t.client.get(CONFIG_MAPS, { namespace: t.namespace, name: 'lost' }))
      expect(error).to.include({ failure: 'protocol', applied: 'unknown' })
    })

    it('is given up after its time', async () => {
      t.proxy.inject(named('/lost'), { kind: 'hang' })
      const startedAt = performance.now()
      const error = await failure(t.client.get(CONFIG_MAPS, { namespace: t.namespace, name: 'lost' }, { timeoutMs: 200 }))
      expect(error).to.include({ failure: 'timeout', applied: 'unknown' })
      expect(performance.now() - startedAt).to.be.within(190, 1_000)
    })

    it('is given up by its signal, also while it waits to be repeated', async () => {
      const stop = new AbortController()
      t.proxy.inject(named('/lost'), { kind: 'hang' })
      const hanging = failure(t.client.get(CONFIG_MAPS, { namespace: t.namespace, name: 'lost' }, { signal: stop.signal }))
      setTimeout(() => stop.abort(), 50)
      expect(await hanging).to.include({ failure: 'aborted' })
      expect(await failure(t.client.get(CONFIG_MAPS, { namespace: t.namespace, name: 'lost' }, { signal: stop.signal }))).to.include({
        failure: 'aborted',
        applied: 'no',
      })

      const other = new AbortController()
      t.proxy.inject(named('/lost'), { kind: 'respond', code: 429, headers: { 'retry-after': '5' } })
      const waiting = failure(t.client.get(CONFIG_MAPS, { namespace: t.namespace, name: 'lost' }, { signal: other.signal }))
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
      const short = createTransport({ kubeConfig: await throughProxy(t.proxy), userAgent: 'test', signal: stop.signal })
      const at = { namespace: t.namespace, name: 'lost' }
      t.proxy.inject(named('/lost'), { kind: 'hang' })
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
      const directory = await mkdtemp(join(tmpdir(), 'kube-test-'))
      const tokenFile = join(directory, 'token')
      await writeFile(tokenFile, await tokenOf('alice'))
      const rotated = createTransport({
        kubeConfig: kubeConfigWith(t.proxy.url, { name: 'x', authProvider: { name: 'tokenFile', config: { tokenFile } } }),
        userAgent: 'test',
      })
      expect(await whoAmI(rotated)).to.equal('alice')
      await writeFile(tokenFile, await tokenOf('bob'))
      expect(await whoAmI(rotated), 'not read for every request').to.equal('alice')
      const alice = `Bearer ${(await tokenOf('alice')).trim()}`
      const expiry = t.proxy.inject(({ authorization }) => authorization === alice, { kind: 'respond', code: 401 }, 100)
      expect(await Promise.all([whoAmI(rotated), whoAmI(rotated), whoAmI(rotated)])).to.deep.equal(['bob', 'bob', 'bob'])
      expiry.remove()
      await rm(directory, { recursive: true })
      await rotated.close()
    })

    it('that stay refused are an error, with no token in it', async () => {
      const token = 'abcdefghijklmnopqrstuvwxyz0123456789'
      const nobody = createTransport({ kubeConfig: kubeConfigWith(t.proxy.url, { name: 'x', token }), userAgent: 'test' })
      const before = t.proxy.requests.length
      const error = await failure(whoAmI(nobody))
      expect(isUnauthorized(error)).to.equal(true)
      expect(t.proxy.requests.length - before, 'tried twice and no more').to.equal(2)
      expect(JSON.stringify([error, error.message, error.stack, error.cause])).not.to.include(token)
      await nobody.close()
    })

    it('that cannot be read are an error of the transport', async () => {
      const tokenFile = '/nonexistent/token'
      const nobody = createTransport({
        kubeConfig: kubeConfigWith(t.proxy.url, { name: 'x', authProvider: { name: 'tokenFile', config: { tokenFile } } }),
        userAgent: 'test',
      })
      expect(await failure(whoAmI(nobody))).to.include({ failure: 'credentials', applied: 'no' })
      await nobody.close()
    })
  })

  describe('many requests at once', () => {
    it('share 64 connections at most, and use them again', async () => {
      const connections = t.proxy.connections
      for (const round of ['a', 'b']) {
        const writes = Array.from({ length: 200 }, (_, index) =>
          t.client.create(CONFIG_MAPS, configMap(t.namespace, `many-${round}-${index}`)),
        )
        await Promise.all(writes)
      }
      expect(t.proxy.connections - connections).to.be.at.most(64)
    })
  })
})
