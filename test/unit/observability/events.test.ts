import { expect } from 'chai'
import type { KubeEvent } from '../../../src/observability/event-object.ts'
import { createEventRecorder, eventSinkOf } from '../../../src/observability/events.ts'
import { eventRecorder, id, MINUTE, refusal, sealed, tenant } from '../../support/event-recorder.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'

describe('the event recorder', () => {
  it('writes what happened, about an object of the cluster into the namespace default', async () => {
    const { recorder, created } = eventRecorder()
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
    const { recorder, requests } = eventRecorder()
    recorder.record(sealed)
    await Promise.resolve()
    expect(requests).to.deep.equal([])
    await settle()
    expect(requests).to.have.length(1)
    await recorder.close()
  })

  it('makes a series of the second, counts the others, and tells the count every six minutes while there is news', async () => {
    const { clock, recorder, requests, patched } = eventRecorder()
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
    const { recorder, requests, created } = eventRecorder()
    for (let i = 0; i < 5; i++) recorder.record(sealed)
    await settle()
    expect(requests).to.deep.equal([`create acme.${id(1)}`])
    expect(created[0]?.series?.count).to.equal(5)
    await recorder.close()
  })

  it('cuts a note that is too long, and the name of the instance', async () => {
    const { recorder, created } = eventRecorder()
    recorder.record({ ...sealed, note: 'ü'.repeat(2000) })
    await settle()
    expect(Buffer.byteLength(created[0]?.note ?? '')).to.be.within(1000, 1024)
    await recorder.close()
  })

  describe('at the end', () => {
    it('sends what was only counted', async () => {
      const { clock, recorder, requests } = eventRecorder()
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
      const { clock, recorder, requests, answers } = eventRecorder()
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
      const { clock, recorder, requests, answers } = eventRecorder()
      answers(() => Promise.reject(refusal(503)))
      recorder.record(sealed)
      await clock.run(1500)
      const closing = recorder.close()
      await clock.run(10 * MINUTE)
      await closing
      expect([requests.length, clock.timers], 'the third try would come after 3 seconds').to.deep.equal([2, 0])
    })

    it('records nothing more, and may be told twice', async () => {
      const { clock, recorder, requests } = eventRecorder()
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
