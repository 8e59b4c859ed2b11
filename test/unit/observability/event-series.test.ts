import { expect } from 'chai'
import fc from 'fast-check'
import { EventSeries, type Occurrence, SERIES_MS } from '../../../src/observability/event-series.ts'

const regarding = { apiVersion: 'v1', kind: 'Namespace', name: 'acme-web', uid: '1' }
const drift: Occurrence = { regarding, type: 'Warning', reason: 'DriftReverted', action: 'Update', note: 'NetworkPolicy a was edited' }
const MINUTE = 60_000

function setUp() {
  const series = new EventSeries()
  let made = 0
  const observe = (occurrence: Occurrence, now: number) =>
    series
      .observe(occurrence, { now, wallMs: 1e12 + now }, () => `event-${++made}`)
      .map(({ verb, series: { name, count } }) => `${verb} ${name} ×${count}`)
  const flush = (now: number) => series.flush(now).map(({ verb, series: each }) => `${verb} ${each.name} ×${each.count}`)
  /** As if all that was to be sent had been sent. */
  const sent = (occurrence: Occurrence, now: number) => {
    const sends = series.observe(occurrence, { now, wallMs: 1e12 + now }, () => `event-${++made}`)
    for (const send of sends) send.series.sent = send.series.count
    return sends
  }
  return { series, observe, flush, sent }
}

describe('the same thing happening again', () => {
  it('makes an event, then a series of it, and is then only counted', () => {
    const { observe, flush } = setUp()
    expect(observe(drift, 0)).to.deep.equal(['create event-1 ×1'])
    expect(observe(drift, 1000)).to.deep.equal(['update event-1 ×2'])
    expect([observe(drift, 2000), observe(drift, 3000)]).to.deep.equal([[], []])
    expect(flush(SERIES_MS)).to.deep.equal(['update event-1 ×4'])
  })

  it('counts as one however long it goes on, with one update for each flush and none without news', () => {
    const { series, observe, flush, sent } = setUp()
    for (let minute = 0; minute < 60; minute += 5) sent(drift, minute * MINUTE)
    const [send] = series.flush(60 * MINUTE)
    expect([send?.verb, send?.series.count, send?.series.lastObservedMs]).to.deep.equal(['update', 12, 1e12 + 55 * MINUTE])
    if (send) send.series.sent = send.series.count
    expect(flush(60 * MINUTE)).to.deep.equal([])
    expect(observe(drift, 60 * MINUTE)).to.deep.equal([])
    expect(flush(66 * MINUTE)).to.deep.equal(['update event-1 ×13'])
  })

  it('is a new event after six minutes of rest', () => {
    const { observe } = setUp()
    observe(drift, 0)
    expect(observe(drift, SERIES_MS)).to.deep.equal(['update event-1 ×2'])
    expect(observe(drift, 2 * SERIES_MS + 1)).to.deep.equal(['update event-1 ×2', 'create event-2 ×1'])
  })

  it('leaves nothing behind: the memory of it ends with the series', () => {
    const { series, observe, flush } = setUp()
    observe(drift, 0)
    expect([series.size, flush(SERIES_MS - 1), series.size]).to.deep.equal([1, [], 1])
    expect([flush(SERIES_MS), series.size]).to.deep.equal([[], 0])
  })
})

describe('things that differ', () => {
  it('are events of their own: by object, related object, type, reason, action or note', () => {
    const { observe } = setUp()
    const related = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'acme-web', name: 'a' }
    const different: Occurrence[] = [
      drift,
      { ...drift, regarding: { ...regarding, uid: '2' } },
      { ...drift, regarding: { ...regarding, name: 'acme-db' } },
      { ...drift, related },
      { ...drift, related: { ...related, name: 'b' } },
      { ...drift, type: 'Normal' },
      { ...drift, reason: 'Other' },
      { ...drift, action: 'Create' },
      { ...drift, note: 'NetworkPolicy b was edited' },
    ]
    expect(different.map((each) => observe(each, 0))).to.deep.equal(different.map((_, i) => [`create event-${i + 1} ×1`]))
  })

  it('are one when they say that their notes differ only in detail, and when only the version of the object differs', () => {
    const { observe } = setUp()
    observe({ ...drift, note: 'edited by alice', noteKey: 'edited by' }, 0)
    expect(observe({ ...drift, note: 'edited by bob', noteKey: 'edited by' }, 0)).to.deep.equal(['update event-1 ×2'])
    observe(drift, 0)
    expect(observe({ ...drift, regarding: { ...regarding, resourceVersion: '7' } }, 0)).to.deep.equal(['update event-2 ×2'])
  })
})

describe('a flood of events', () => {
  const nth = (n: number): Occurrence => ({ ...drift, note: `policy ${n}` })

  it('about one object is cut to 25 at once and then one in five minutes', () => {
    const { observe } = setUp()
    const written = Array.from({ length: 100 }, (_, n) => observe(nth(n), 0)).filter((sends) => sends.length > 0)
    expect(written.length).to.equal(25)
    expect(observe(nth(100), 5 * MINUTE - 1)).to.deep.equal([])
    expect(observe(nth(101), 5 * MINUTE)).to.have.length(1)
    expect(observe(nth(102), 5 * MINUTE)).to.deep.equal([])
    const later = Array.from({ length: 100 }, (_, n) => observe(nth(200 + n), 1000 * MINUTE)).flat()
    expect(later.filter((send) => send.startsWith('create')).length).to.equal(25)
  })

  it('takes nothing from other objects, nor what is normal from what is not', () => {
    const { observe } = setUp()
    for (let n = 0; n < 100; n++) observe({ ...nth(n), type: 'Normal' }, 0)
    expect(observe(nth(0), 0)).to.have.length(1)
    expect(observe({ ...nth(0), type: 'Normal', regarding: { ...regarding, name: 'acme-db' } }, 0)).to.have.length(1)
  })

  it('does not make us forget the count of a series that could not be updated at once', () => {
    const { observe, flush } = setUp()
    observe(drift, 0)
    for (let n = 0; n < 24; n++) observe(nth(n), 0)
    expect(observe(drift, 0)).to.deep.equal([])
    expect(flush(SERIES_MS)).to.deep.equal(['update event-1 ×2'])
  })

  it('does not make us forget the count of a series that has ended, and tells it once', () => {
    const { observe } = setUp()
    observe(drift, 0)
    for (let n = 0; n < 24; n++) observe(nth(n), 0)
    observe(drift, 0)
    observe(nth(24), SERIES_MS)
    expect(observe(drift, SERIES_MS + 1), 'there is no token for a new event').to.deep.equal(['update event-1 ×2'])
    expect(observe(drift, SERIES_MS + 2)).to.deep.equal([])
  })

  it('of many objects does not fill the memory, and what is forgotten is sent before', () => {
    const { series, observe } = setUp()
    const about = (n: number): Occurrence => ({ ...drift, regarding: { ...regarding, name: `ns-${n}` } })
    for (let i = 0; i < 3; i++) observe(about(0), 0)
    for (let n = 1; n < 4096; n++) observe(about(n), 0)
    observe(about(1), 0)
    observe(about(0), 0)
    for (let n = 2; n < 4096; n++) observe(about(n), 0)
    expect(observe(about(4096), 0)).to.deep.equal(['update event-2 ×2', 'create event-4097 ×1'])
    for (let n = 5000; n < 9000; n++) observe(about(n), 0)
    expect(series.size).to.equal(4096)
  })

  it('never makes more requests about an object than it may, and never counts wrong', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(10 * MINUTE)), { maxLength: 200, size: 'max' }), (occurrences) => {
        const { sent } = setUp()
        const counts = new Map<string, number>()
        let [now, creates, observed] = [0, 0, 0]
        for (const [n, wait] of occurrences) {
          now += wait
          observed++
          for (const { verb, series } of sent(nth(n), now)) {
            if (verb === 'create') creates++
            counts.set(series.name, Math.max(counts.get(series.name) ?? 0, series.count))
          }
        }
        expect(creates).to.be.at.most(25 + now / (5 * MINUTE))
        expect([...counts.values()].reduce((sum, count) => sum + count, 0)).to.be.at.most(observed)
      }),
    )
  })
})
