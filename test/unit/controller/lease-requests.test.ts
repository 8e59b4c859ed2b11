import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { newLease } from '../../../src/controller/lease.ts'
import { leasesOf, within } from '../../../src/controller/lease-requests.ts'
import type { Client } from '../../../src/kube/client.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'

const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.then(String, (error: unknown) => `rejected: ${String(error)}`)

describe('a request of the elector', () => {
  it('gives its answer, and leaves neither timer nor listener behind', async () => {
    const clock = new ManualClock()
    const stop = new AbortController().signal
    expect(await within({ clock, ms: 1000, stop }, async () => 'yes')).to.equal('yes')
    expect([clock.timers, getEventListeners(stop, 'abort')]).to.deep.equal([0, []])
  })

  it('is given up after its time, even if it takes no notice of its signal', async () => {
    const clock = new ManualClock()
    let signal: AbortSignal | undefined
    const result = outcome(
      within({ clock, ms: 1000 }, (given) => {
        signal = given
        return new Promise(() => {})
      }),
    )
    await clock.run(999)
    expect(signal?.aborted).to.equal(false)
    await clock.run(1)
    expect([await result, signal?.aborted]).to.deep.equal(['rejected: Error: no answer within 1000 ms', true])
  })

  it('is given up at a stop', async () => {
    const stopping = new AbortController()
    const result = outcome(within({ clock: new ManualClock(), ms: 1000, stop: stopping.signal }, () => new Promise(() => {})))
    stopping.abort()
    expect(await result).to.match(/given up because of a stop/)
  })

  it('is not even sent after a stop', async () => {
    let sent = false
    const request = async () => {
      sent = true
    }
    const result = await outcome(within({ clock: new ManualClock(), ms: 1000, stop: AbortSignal.abort() }, request))
    expect([result, sent]).to.deep.equal(['rejected: Error: given up because of a stop', false])
  })

  it('fails as the request fails, and nobody hears of an answer that comes too late', async () => {
    const clock = new ManualClock()
    expect(await outcome(within({ clock, ms: 1000 }, () => Promise.reject(new Error('refused'))))).to.equal('rejected: Error: refused')
    const late = Promise.withResolvers<never>()
    const result = outcome(within({ clock, ms: 1000 }, () => late.promise))
    await clock.run(1000)
    late.reject(new Error('too late'))
    await settle()
    expect(await result).to.match(/no answer/)
  })
})

describe('the leases of a client', () => {
  const lease = newLease({ namespace: 'ops', name: 'operator' }, { identity: 'a', leaseMs: 15_000, wallMs: 0 })
  const signal = new AbortController().signal

  function clientThat(answer: () => Promise<unknown>): {
    readonly client: Pick<Client, 'get' | 'create' | 'update'>
    readonly calls: unknown[][]
  } {
    const calls: unknown[][] = []
    const call =
      (verb: string) =>
      (...args: unknown[]) => {
        calls.push([verb, ...args])
        return answer()
      }
    return {
      client: { get: call('get'), create: call('create'), update: call('update') } as Pick<Client, 'get' | 'create' | 'update'>,
      calls,
    }
  }

  it('are read, made and replaced where they should be, each with the signal', async () => {
    const { client, calls } = clientThat(async () => lease)
    const leases = leasesOf(client)
    await leases.get({ namespace: 'ops', name: 'operator' }, signal)
    await leases.create(lease, signal)
    await leases.update(lease, signal)
    expect(calls.map(([verb, resource, what, options]) => [verb, (resource as { plural: string }).plural, what, options])).to.deep.equal([
      ['get', 'leases', { namespace: 'ops', name: 'operator' }, { signal }],
      ['create', 'leases', lease, { signal }],
      ['update', 'leases', lease, { signal }],
    ])
  })

  it('are undefined when there is none, and an error when the answer is any other refusal', async () => {
    const at = { namespace: 'ops', name: 'operator' }
    const missing = clientThat(() => Promise.reject(Object.assign(new Error('not found'), { code: 404 })))
    expect(await leasesOf(missing.client).get(at, signal)).to.equal(undefined)
    const forbidden = clientThat(() => Promise.reject(Object.assign(new Error('forbidden'), { code: 403 })))
    expect(await outcome(leasesOf(forbidden.client).get(at, signal))).to.equal('rejected: Error: forbidden')
  })
})
