/** Events as a real API server takes them. */

import { expect } from 'chai'
import { type Client, createClient } from '../../src/kube/client.ts'
import type { KubeObject } from '../../src/kube/objects.ts'
import type { Resource } from '../../src/kube/resources.ts'
import { createTransport, type Transport } from '../../src/kube/transport.ts'
import type { KubeEvent } from '../../src/observability/event-object.ts'
import type { Occurrence } from '../../src/observability/event-series.ts'
import { createEventRecorder, type EventRecorder, eventSinkOf } from '../../src/observability/events.ts'
import { systemClock } from '../../src/time/clock.ts'
import { kubeConfigOf, uniqueName, until } from '../support/kube-setup.ts'

const EVENTS: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true }

describe('events, on a real API server', function () {
  this.timeout(60_000)

  let transport: Transport
  let client: Client
  let recorder: EventRecorder
  let errors: unknown[]

  before(async () => {
    transport = createTransport({ kubeConfig: await kubeConfigOf(), userAgent: 'test' })
    client = createClient(transport, { fieldManager: 'test' })
  })

  beforeEach(() => {
    errors = []
    recorder = createEventRecorder({
      ...eventSinkOf(client),
      reportingController: 'tenant-isolation.dev/operator',
      reportingInstance: 'x'.repeat(500),
      clock: systemClock,
      onError: (error) => errors.push(error),
    })
  })

  afterEach(() => recorder.close())
  after(() => transport.close())

  const about = (name: string): Occurrence => ({
    regarding: { apiVersion: 'tenant-isolation.dev/v1', kind: 'TenantIsolation', name, uid: 'a-uid' },
    type: 'Warning',
    reason: 'DriftRepaired',
    action: 'Repair',
    note: `${'ü'.repeat(2000)}`,
  })

  const read = async (name: string): Promise<readonly (KubeEvent & KubeObject)[]> =>
    (await client.list<KubeEvent & KubeObject>(EVENTS, { namespace: 'default', fieldSelector: `regarding.name=${name}` })).items

  it('are taken with the longest note, and become a series', async () => {
    const name = uniqueName('acme')
    recorder.record(about(name))
    await until('there is an event', async () => (await read(name)).length === 1)
    for (let i = 0; i < 4; i++) recorder.record(about(name))
    await recorder.close()
    const events = await read(name)
    expect(errors).to.deep.equal([])
    expect(events).to.have.length(1)
    expect(events[0]?.series?.count).to.equal(5)
    expect(events[0]).to.deep.include({ type: 'Warning', reason: 'DriftRepaired', action: 'Repair' })
    expect(Buffer.byteLength(events[0]?.note ?? '')).to.be.within(1020, 1024)
  })

  it('are made anew with their count when the API server has forgotten them', async () => {
    const name = uniqueName('acme')
    recorder.record(about(name))
    await until('there is an event', async () => (await read(name)).length === 1)
    const [event] = await read(name)
    await client.delete(EVENTS, { namespace: 'default', name: event?.metadata.name ?? '' })
    recorder.record(about(name))
    await recorder.close()
    expect([errors, (await read(name)).map(({ series }) => series?.count)]).to.deep.equal([[], [2]])
  })

  it('are taken about objects whose names no event may have', async () => {
    const name = `tenant-isolation:${uniqueName('acme')}`
    recorder.record(about(name))
    await recorder.close()
    expect([errors, (await read(name)).length]).to.deep.equal([[], 1])
  })

  it('are lost quietly in a namespace that does not exist', async () => {
    const occurrence = about('acme')
    recorder.record({ ...occurrence, regarding: { ...occurrence.regarding, namespace: uniqueName('nowhere') } })
    await recorder.close()
    expect(errors).to.deep.equal([])
  })
})
