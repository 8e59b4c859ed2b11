/** Electors on one Lease of a real API server. */

import { expect } from 'chai'
import { type LeaderElection, runLeaderElection } from '../../src/controller/leader-election.ts'
import type { Lease } from '../../src/controller/lease.ts'
import { leasesOf } from '../../src/controller/lease-requests.ts'
import { type Client, createClient } from '../../src/kube/client.ts'
import type { Resource } from '../../src/kube/resources.ts'
import { createTransport, type Transport } from '../../src/kube/transport.ts'
import { systemClock } from '../../src/time/clock.ts'
import type { FaultProxy } from '../support/fault-proxy.ts'
import { kubeConfigOf, startProxy, throughProxy, uniqueName, until } from '../support/kube-setup.ts'

const LEASES: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true }
const durations = { leaseMs: 2000, renewDeadlineMs: 1200, retryMs: 200 }
const namespace = 'default'

type Elector = { readonly election: LeaderElection; readonly terms: AbortSignal[]; stop(): Promise<void> }

describe('electors on a lease of a real API server', function () {
  this.timeout(60_000)

  let proxy: FaultProxy
  let direct: Transport
  let proxied: Transport
  let client: Client
  const running: Elector[] = []

  before(async () => {
    proxy = await startProxy()
    direct = createTransport({ kubeConfig: await kubeConfigOf(), userAgent: 'test' })
    proxied = createTransport({ kubeConfig: await throughProxy(proxy), userAgent: 'test' })
    client = createClient(direct, { fieldManager: 'test' })
  })

  afterEach(async () => {
    await Promise.all(running.splice(0).map((elector) => elector.stop()))
  })

  after(async () => {
    await Promise.all([direct.close(), proxied.close(), proxy.close()])
  })

  function start(name: string, identity: string, transport: Transport): Elector {
    const stopping = new AbortController()
    const terms: AbortSignal[] = []
    const election = runLeaderElection({
      leases: leasesOf(createClient(transport, { fieldManager: identity })),
      namespace,
      name,
      identity,
      durations,
      clock: systemClock,
      signal: stopping.signal,
      onStartedLeading: (signal) => void terms.push(signal),
    })
    const elector: Elector = {
      election,
      terms,
      stop() {
        stopping.abort()
        return election.stopped
      },
    }
    running.push(elector)
    return elector
  }

  const read = (name: string) => client.get<Lease>(LEASES, { namespace, name })

  it('let one lead, hand over at once when it stops, and count the change', async () => {
    const name = uniqueName('election')
    const a = start(name, 'a', direct)
    await until('a leads', () => a.election.isLeader())
    const first = await read(name)
    expect(first.spec).to.deep.include({ holderIdentity: 'a', leaseDurationSeconds: 2, leaseTransitions: 0 })
    expect(first.spec?.renewTime).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)

    const b = start(name, 'b', direct)
    await until('b knows who leads', () => b.election.holder() === 'a')
    await until('a has renewed', async () => (await read(name)).spec?.renewTime !== first.spec?.renewTime)
    expect([a.election.isLeader(), b.election.isLeader()]).to.deep.equal([true, false])

    await a.stop()
    const released = performance.now()
    expect(a.terms.map((term) => term.aborted)).to.deep.equal([true])
    await until('b leads', () => b.election.isLeader())
    expect(performance.now() - released, 'long before the lease would have expired').to.be.lessThan(1000)
    expect((await read(name)).spec).to.deep.include({ holderIdentity: 'b', leaseTransitions: 1 })

    await b.stop()
    expect((await read(name)).spec).to.deep.include({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 1 })
  })

  it('let exactly one of many win a new lease', async () => {
    const name = uniqueName('election')
    const electors = ['a', 'b', 'c', 'd', 'e'].map((identity) => start(name, identity, direct))
    await until('all know who leads', () => electors.every(({ election }) => election.holder() !== ''))
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(electors.filter(({ election }) => election.isLeader()).length).to.equal(1)
    expect((await read(name)).spec?.leaseTransitions).to.equal(0)
  })

  it('never lead together when one is cut off: it stops before the other begins, and stands by when it is back', async () => {
    const name = uniqueName('election')
    const a = start(name, 'a', proxied)
    await until('a leads', () => a.election.isLeader())
    const b = start(name, 'b', direct)
    await until('b knows who leads', () => b.election.holder() === 'a')

    const cutOff = proxy.inject(({ url }) => url.includes(name), { kind: 'hang' }, Number.POSITIVE_INFINITY)
    const begin = performance.now()
    let lost = 0
    await until('b leads', () => {
      if (lost === 0 && !a.election.isLeader()) lost = performance.now() - begin
      expect(a.election.isLeader() && b.election.isLeader(), 'both lead').to.equal(false)
      return b.election.isLeader()
    })
    const won = performance.now() - begin
    expect(lost, 'the renew deadline, less what had passed since the last renewal').to.be.within(800, 1400)
    expect(won, 'the lease, less what had passed since the last renewal').to.be.within(1500, 2800)

    cutOff.remove()
    await until('a sees that b leads', () => a.election.holder() === 'b')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect([a.election.isLeader(), b.election.isLeader(), a.terms.length]).to.deep.equal([false, true, 1])
  })

  it('go on leading when an answer is lost after the renewal was carried out', async () => {
    const name = uniqueName('election')
    const a = start(name, 'a', proxied)
    await until('a leads', () => a.election.isLeader())
    const lost = proxy.inject(({ url, method }) => url.includes(name) && method === 'PUT', { kind: 'lose-response' }, 3)
    await until('three answers are lost', () => lost.hits === 3)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect([a.election.isLeader(), a.terms.length]).to.deep.equal([true, 1])
    expect((await read(name)).spec).to.deep.include({ holderIdentity: 'a', leaseTransitions: 0 })
  })

  it('ask for little: one write for each renewal of the leader, one read for each look of a standby', async () => {
    const name = uniqueName('election')
    const a = start(name, 'a', proxied)
    await until('a leads', () => a.election.isLeader())
    const before = proxy.requests.length
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const renewals = proxy.requests.slice(before).filter(({ url }) => url.includes(name))
    expect(renewals.every(({ method }) => method === 'PUT')).to.equal(true)
    expect(renewals.length).to.be.within(3, 6)
    await a.stop()

    const other = uniqueName('election')
    const holder = start(other, 'holder', direct)
    await until('the holder leads', () => holder.election.isLeader())
    const standby = start(other, 'standby', proxied)
    const start_ = proxy.requests.length
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const looks = proxy.requests.slice(start_).filter(({ url }) => url.includes(other))
    expect(looks.every(({ method }) => method === 'GET')).to.equal(true)
    expect(looks.length).to.be.within(3, 8)
    expect(standby.election.isLeader()).to.equal(false)
  })
})
