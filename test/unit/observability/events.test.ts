import { expect } from 'chai'
import { KubeApiError, TransportError } from '../../../src/kube/errors.ts'
import type { EventSeriesField, KubeEvent } from '../../../src/observability/event-object.ts'
import type { Occurrence } from '../../../src/observability/event-series.ts'
import { createEventRecorder, eventSinkOf } from '../../../src/observability/events.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'

const tenant = { apiVersion: 'tenant-isolation.dev/v1', kind: 'TenantIsolation', name: 'acme', uid: '1' }
const sealed: Occurrence = {
  regarding: tenant,
  type: 'Normal',
  reason: 'NamespaceSealed',
  action: 'Seal',
  note: 'namespace acme-web is sealed',
}
const MINUTE = 60_000

const refusal = (code: number, reason = '', details?: KubeApiError['details']) =>
  new KubeApiError({ code, reason, message: `HTTP ${code}`, details })

function setUp() {
  const clock = new ManualClock(5000)
  const requests: string[] = []
  const created: KubeEvent[] = []
  const patched: EventSeriesField[] = []
  const errors: string[] = []
  let answer: (verb: 'create' | 'patch') => Promise<unknown> = async () => undefined
  let ids = 0
  const recorder = createEventRecorder({
    create(event) {
      requests.push(`create ${event.metadata.name}`)
      created.push(event)
      return answer('create')
    },
    patch(namespace, name, { series }) {
      requests.push(`patch ${namespace}/${name} ×${series.count}`)
      patched.push(series)
      return answer('patch')
    },
    reportingController: 'tenant-isolation.dev/operator',
    reportingInstance: 'operator-0',
    clock,
    wallClock: () => Date.UTC(2026, 10, 21) + clock.now(),
    random: () => 1,
    uuid: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    onError: (error) => errors.push(String(error)),
  })
  return {
    clock,
    recorder,
    requests,
    created,
    patched,
    errors,
    answers(next: typeof answer) {
      answer = next
    },
  }
}

const id = (n: number) => `800${String(n).padStart(13, '0')}`

describe('the event recorder', () => {
  it('writes what happened, about an object of the cluster into the namespace default', async () => {
    const { recorder, created } = setUp()
    const related = { apiVersion: 'v1', kind: 'Namespace', name: 'acme-web' }
    recorder.record({ ...sealed, related })
    await settle()
    expect(created).to.deep.equal([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { namespace: 'default', name: `acme.${id(1)}` },
        eventTime: '2026-11-21T00:00:05.000000Z',
        reportingController: 'tenant-isolation.dev/operator',
        reportingInstance: 'operator-0',
        type: 'Normal',
        reason: 'NamespaceSealed',
        action: 'Seal',
        regarding: tenant,
        related,
        note: 'namespace acme-web is sealed',
      },
    ])
    await recorder.close()
  })

  it('sends nothing before whoever recorded it has gone on', async () => {
    const { recorder, requests } = setUp()
    recorder.record(sealed)
    await Promise.resolve()
    expect(requests).to.deep.equal([])
    await settle()
    expect(requests).to.have.length(1)
    await recorder.close()
  })

  it('makes a series of the second, counts the others, and tells the count every six minutes while there is news', async () => {
    const { clock, recorder, requests, patched } = setUp()
    recorder.record(sealed)
    await settle()
    for (let i = 0; i < 9; i++) {
      await clock.run(1000)
      recorder.record(sealed)
    }
    await settle()
    expect(requests).to.deep.equal([`create acme.${id(1)}`, `patch default/acme.${id(1)} ×2`])
    await clock.run(6 * MINUTE)
    expect(requests.slice(2)).to.deep.equal([`patch default/acme.${id(1)} ×10`])
    expect(patched.at(-1)?.lastObservedTime).to.equal('2026-11-21T00:00:14.000000Z')
    for (let i = 0; i < 4; i++) {
      recorder.record(sealed)
      await clock.run(4 * MINUTE)
    }
    expect(requests.slice(3)).to.deep.equal([`patch default/acme.${id(1)} ×12`, `patch default/acme.${id(1)} ×13`])
    await clock.run(60 * MINUTE)
    expect([requests.length, clock.timers]).to.deep.equal([6, 0])
  })

  it('says in one request what happened often before it could be sent', async () => {
    const { recorder, requests, created } = setUp()
    for (let i = 0; i < 5; i++) recorder.record(sealed)
    await settle()
    expect(requests).to.deep.equal([`create acme.${id(1)}`])
    expect(created[0]?.series?.count).to.equal(5)
    await recorder.close()
  })

  it('cuts a note that is too long, and the name of the instance', async () => {
    const { recorder, created } = setUp()
    recorder.record({ ...sealed, note: 'ü'.repeat(2000) })
    await settle()
    expect(Buffer.byteLength(created[0]?.note ?? '')).to.be.within(1000, 1024)
    await recorder.close()
  })

  describe('when the API server', () => {
    it('has forgotten an event, it is made anew with its count', async () => {
      const { clock, recorder, requests, created, answers, errors } = setUp()
      recorder.record(sealed)
      await settle()
      answers((verb) => (verb === 'patch' ? Promise.reject(refusal(404, 'NotFound')) : Promise.resolve()))
      recorder.record(sealed)
      await settle()
      expect(requests.slice(1)).to.deep.equal([`patch default/acme.${id(1)} ×2`, `create acme.${id(1)}`])
      expect([created[1]?.series?.count, errors]).to.deep.equal([2, []])
      await clock.run(60 * MINUTE)
      expect(requests).to.have.length(3)
    })

    it('cannot be reached, it tries again, and gives up in the end', async () => {
      const { clock, recorder, requests, answers, errors } = setUp()
      answers(() => Promise.reject(new TransportError('connection refused', { failure: 'connection', applied: 'no' })))
      recorder.record(sealed)
      await clock.run(1000)
      expect(requests).to.have.length(2)
      await clock.run(5 * MINUTE)
      expect([requests.length, errors]).to.deep.equal([5, ['TransportError: connection refused']])
      answers(async () => undefined)
      recorder.record(sealed)
      await clock.run(0)
      expect(requests.at(-1)).to.equal(`create acme.${id(2)}`)
      await recorder.close()
    })

    it('refuses an event, it is dropped and said, and the next occurrence tries again', async () => {
      const { clock, recorder, requests, answers, errors } = setUp()
      answers(() => Promise.reject(refusal(403, 'Forbidden')))
      recorder.record(sealed)
      await clock.run(MINUTE)
      expect([requests.length, errors]).to.deep.equal([1, ['KubeApiError: HTTP 403']])
      recorder.record(sealed)
      await clock.run(0)
      expect(requests.at(-1)).to.equal(`create acme.${id(2)}`)
      await recorder.close()
    })

    it('refuses an update, it is dropped and said, and no second event is made of it', async () => {
      const { clock, recorder, requests, answers, errors } = setUp()
      recorder.record(sealed)
      await clock.run(0)
      answers(() => Promise.reject(refusal(403, 'Forbidden')))
      recorder.record(sealed)
      await clock.run(MINUTE)
      expect([requests.slice(1), errors]).to.deep.equal([[`patch default/acme.${id(1)} ×2`], ['KubeApiError: HTTP 403']])
      await recorder.close()
    })

    it('has it already, because the answer to the first try was lost, all is well', async () => {
      const { clock, recorder, requests, answers, errors } = setUp()
      const failures = [new TransportError('reset', { failure: 'connection', applied: 'unknown' }), refusal(409, 'AlreadyExists')]
      answers(() => {
        const failure = failures.shift()
        return failure ? Promise.reject(failure) : Promise.resolve()
      })
      recorder.record(sealed)
      await clock.run(MINUTE)
      expect([requests.length, errors]).to.deep.equal([2, []])
      recorder.record(sealed)
      await clock.run(0)
      expect(requests.at(-1)).to.equal(`patch default/acme.${id(1)} ×2`)
      await recorder.close()
    })

    it('takes the namespace away, nobody is bothered', async () => {
      const { clock, recorder, answers, errors } = setUp()
      const terminating = refusal(403, 'Forbidden', { causes: [{ reason: 'NamespaceTerminating' }] })
      const failures = [terminating, refusal(404, 'NotFound')]
      answers(() => Promise.reject(failures.shift()))
      recorder.record(sealed)
      recorder.record({ ...sealed, note: 'another' })
      await clock.run(MINUTE)
      expect(errors).to.deep.equal([])
      await recorder.close()
    })

    it('is slow, an update still comes after its event', async () => {
      const { clock, recorder, requests, answers } = setUp()
      const first = Promise.withResolvers<void>()
      answers(() => first.promise)
      recorder.record(sealed)
      await settle()
      recorder.record(sealed)
      await clock.run(10_000)
      expect(requests).to.have.length(1)
      first.resolve()
      await settle()
      expect(requests).to.deep.equal([`create acme.${id(1)}`, `patch default/acme.${id(1)} ×2`])
      await recorder.close()
    })

    it('hangs, events do not pile up without end, and what was dropped is written when it happens again', async () => {
      const { clock, recorder, requests, answers, errors } = setUp()
      const first = Promise.withResolvers<void>()
      answers(() => first.promise)
      const about = (i: number): Occurrence => ({ ...sealed, regarding: { ...tenant, name: `tenant-${i}` } })
      for (let i = 0; i < 3000; i++) recorder.record(about(i))
      await settle()
      expect(requests).to.have.length(1)
      expect(errors).to.deep.equal(['Error: more than 1000 events wait to be sent; some are dropped'])
      first.resolve()
      await clock.run(0)
      expect(requests).to.have.length(1000)
      recorder.record(about(2999))
      await clock.run(0)
      expect(requests.at(-1)).to.match(/^create tenant-2999/)
      await recorder.close()
    })
  })

  describe('at the end', () => {
    it('sends what was only counted', async () => {
      const { clock, recorder, requests } = setUp()
      recorder.record(sealed)
      await settle()
      recorder.record(sealed)
      await settle()
      recorder.record(sealed)
      await recorder.close()
      expect(requests.slice(2)).to.deep.equal([`patch default/acme.${id(1)} ×3`])
      expect(clock.timers).to.equal(0)
    })

    it('waits for a second and no longer, and keeps no timer', async () => {
      const { clock, recorder, requests, answers } = setUp()
      const answer = Promise.withResolvers<void>()
      answers(() => answer.promise)
      recorder.record(sealed)
      recorder.record({ ...sealed, note: 'another' })
      await settle()
      let closed = false
      const closing = recorder.close().then(() => {
        closed = true
      })
      await clock.run(999)
      expect(closed).to.equal(false)
      await clock.run(1)
      await closing
      answer.resolve()
      await clock.run(MINUTE)
      expect([requests.length, clock.timers]).to.deep.equal([1, 0])
    })

    it('does not go on trying', async () => {
      const { clock, recorder, requests, answers } = setUp()
      answers(() => Promise.reject(refusal(503)))
      recorder.record(sealed)
      await clock.run(1500)
      const closing = recorder.close()
      await clock.run(10 * MINUTE)
      await closing
      expect([requests.length, clock.timers], 'the third try would come after 3 seconds').to.deep.equal([2, 0])
    })

    it('records nothing more, and may be told twice', async () => {
      const { clock, recorder, requests } = setUp()
      await recorder.close()
      recorder.record(sealed)
      await recorder.close()
      await clock.run(MINUTE)
      expect(requests).to.deep.equal([])
    })
  })

  it('never throws into what it tells of', async () => {
    const broken = createEventRecorder({
      create: () => {
        throw new Error('a bug')
      },
      patch: async () => undefined,
      reportingController: 'c',
      reportingInstance: 'i',
      clock: new ManualClock(),
      uuid: () => {
        throw new Error('no randomness')
      },
      onError: () => {
        throw new Error('nor a log')
      },
    })
    broken.record(sealed)
    await settle()
    await broken.close()
    const sink = createEventRecorder({
      create: () => {
        throw new Error('a bug')
      },
      patch: async () => undefined,
      reportingController: 'c',
      reportingInstance: 'i',
      clock: new ManualClock(),
    })
    sink.record(sealed)
    await settle()
    await sink.close()
  })

  it('goes through a client as creates and merge patches of events.k8s.io', async () => {
    const calls: unknown[] = []
    const sink = eventSinkOf({
      create: async (resource, object) => void calls.push(['create', resource.group, resource.plural, object]) as never,
      patch: async (resource, at, patch) => void calls.push(['patch', resource.plural, at, patch]) as never,
    })
    const event = { metadata: { namespace: 'default', name: 'a' } } as KubeEvent
    const series = { count: 2, lastObservedTime: '' }
    await sink.create(event)
    await sink.patch('default', 'a', { series })
    expect(calls).to.deep.equal([
      ['create', 'events.k8s.io', 'events', event],
      ['patch', 'events', { namespace: 'default', name: 'a' }, { type: 'merge', body: { series } }],
    ])
  })
})
