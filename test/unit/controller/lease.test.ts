import { expect } from 'chai'
import {
  acquired,
  checkDurations,
  decide,
  defaultDurations,
  type Lease,
  type LeaseSpec,
  newLease,
  observe,
  released,
  renewed,
} from '../../../src/controller/lease.ts'

const lease = (spec: LeaseSpec): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { namespace: 'ops', name: 'operator', resourceVersion: '7', labels: { team: 'platform' } },
  spec,
})
const heldByOther = lease({ holderIdentity: 'other', leaseDurationSeconds: 15 })
const me = { identity: 'me', leaseMs: 15_000 }

describe('the decision about a lease', () => {
  it('is to create one when there is none', () => {
    expect(decide(undefined, { ...me, now: 0 })).to.deep.equal({ action: 'create' })
  })

  it('is to take one that was released, at once', () => {
    const observed = { lease: lease({ holderIdentity: '', leaseDurationSeconds: 1 }), changedAt: 1000 }
    expect(decide(observed, { ...me, now: 1000 })).to.deep.equal({ action: 'acquire', why: 'released' })
  })

  it('is to take one that never had a holder', () => {
    for (const spec of [{}, { holderIdentity: null }]) {
      expect(decide({ lease: lease(spec), changedAt: 0 }, { ...me, now: 0 })).to.deep.equal({ action: 'acquire', why: 'released' })
    }
  })

  it('is to renew the own one, however old', () => {
    const observed = { lease: lease({ holderIdentity: 'me', leaseDurationSeconds: 15 }), changedAt: 0 }
    expect(decide(observed, { ...me, now: 1e9 })).to.deep.equal({ action: 'renew' })
  })

  it("is to wait for another's until it has not changed for its whole duration", () => {
    const observed = { lease: heldByOther, changedAt: 1000 }
    expect(decide(observed, { ...me, now: 15_999 })).to.deep.equal({ action: 'wait', holder: 'other', untilMs: 16_000 })
    expect(decide(observed, { ...me, now: 16_000 })).to.deep.equal({ action: 'acquire', why: 'expired' })
  })

  it('goes by the duration that its holder promised, not by the own one', () => {
    const observed = { lease: lease({ holderIdentity: 'other', leaseDurationSeconds: 60 }), changedAt: 0 }
    expect(decide(observed, { ...me, now: 59_999 }).action).to.equal('wait')
  })

  it('waits the own duration for a holder that promised none', () => {
    const observed = { lease: lease({ holderIdentity: 'other' }), changedAt: 0 }
    expect(decide(observed, { ...me, now: 14_999 }).action).to.equal('wait')
    expect(decide(observed, { ...me, now: 15_000 }).action).to.equal('acquire')
  })

  it('takes no notice of the times in the lease, which are those of another clock', () => {
    const old = lease({ holderIdentity: 'other', leaseDurationSeconds: 15, renewTime: '1999-01-01T00:00:00.000000Z' })
    expect(decide(observe(undefined, old, 5000), { ...me, now: 5000 }).action).to.equal('wait')
  })
})

describe('the observation of a lease', () => {
  it('starts at the first look, and again with every renewal', () => {
    const first = observe(undefined, heldByOther, 100)
    expect(first.changedAt).to.equal(100)
    expect(observe(first, lease({ ...heldByOther.spec, renewTime: '2026-01-01T00:00:00.000001Z' }), 200).changedAt).to.equal(200)
  })

  it('goes on when only the metadata changed, so that nobody keeps a dead leader alive by annotating', () => {
    const first = observe(undefined, heldByOther, 100)
    const annotated: Lease = { ...heldByOther, metadata: { ...heldByOther.metadata, resourceVersion: '8', annotations: { a: 'b' } } }
    const second = observe(first, annotated, 200)
    expect(second).to.deep.equal({ lease: annotated, changedAt: 100 })
  })
})

describe('the lease that is written', () => {
  const writer = { identity: 'me', leaseMs: 15_000, wallMs: Date.UTC(2026, 10, 21, 9, 32, 0) + 123.4567 }
  const now = '2026-11-21T09:32:00.123456Z'

  it('is new: held from now, with no transition', () => {
    expect(newLease({ namespace: 'ops', name: 'operator' }, writer)).to.deep.equal({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'ops', name: 'operator' },
      spec: { holderIdentity: 'me', leaseDurationSeconds: 15, acquireTime: now, renewTime: now, leaseTransitions: 0 },
    })
  })

  it('is taken over: one more transition, the metadata and the version as they were read', () => {
    expect(acquired(lease({ ...heldByOther.spec, leaseTransitions: 4, acquireTime: 'before' }), writer)).to.deep.equal(
      lease({ holderIdentity: 'me', leaseDurationSeconds: 15, acquireTime: now, renewTime: now, leaseTransitions: 5 }),
    )
  })

  it('is renewed: the time, and nothing else', () => {
    const mine = lease({ holderIdentity: 'me', leaseDurationSeconds: 15, acquireTime: 'before', renewTime: 'before', leaseTransitions: 4 })
    expect(renewed(mine, writer)).to.deep.equal(lease({ ...mine.spec, renewTime: now }))
  })

  it('is released: nobody holds it, and for one second', () => {
    const mine = lease({ holderIdentity: 'me', leaseDurationSeconds: 15, acquireTime: 'before', renewTime: 'before', leaseTransitions: 4 })
    expect(released(mine, writer.wallMs)).to.deep.equal(
      lease({ holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions: 4 }),
    )
  })

  it('never promises less than it keeps: a duration of 1.5 s is written as 2', () => {
    expect(newLease({ namespace: 'a', name: 'b' }, { ...writer, leaseMs: 1500 }).spec?.leaseDurationSeconds).to.equal(2)
  })
})

describe('lease durations', () => {
  it('are refused when two could lead at once, or a leader would lose its lease by waiting', () => {
    checkDurations(defaultDurations)
    expect(() => checkDurations({ leaseMs: 10_000, renewDeadlineMs: 10_000, retryMs: 2000 })).to.throw(RangeError, 'lease duration')
    expect(() => checkDurations({ leaseMs: 15_000, renewDeadlineMs: 2400, retryMs: 2000 })).to.throw(RangeError, 'renew deadline')
    expect(() => checkDurations({ leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 0 })).to.throw(RangeError, 'retry period')
    expect(() => checkDurations({ leaseMs: Number.NaN, renewDeadlineMs: 10_000, retryMs: 2000 })).to.throw(RangeError)
  })
})
