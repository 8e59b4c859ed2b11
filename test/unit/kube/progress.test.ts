import { expect } from 'chai'
import fc from 'fast-check'
import type { Ending } from '../../../src/kube/endings.ts'
import { KubeApiError } from '../../../src/kube/errors.ts'
import { createProgress, type Progress } from '../../../src/kube/progress.ts'
import type { WatchEvent } from '../../../src/kube/watch-events.ts'

const object = 'an object'
const added = (resourceVersion: string): WatchEvent<string> => ({ type: 'ADDED', object, resourceVersion })
const deleted = (resourceVersion: string): WatchEvent<string> => ({ type: 'DELETED', object, resourceVersion })
const bookmark = (resourceVersion: string, initialEventsEnd = false): WatchEvent<string> => ({
  type: 'BOOKMARK',
  resourceVersion,
  initialEventsEnd,
})
const expired: Ending = { kind: 'reported', error: new KubeApiError({ code: 410, reason: 'Expired', message: 'too old' }) }
const forbiddenFeature: Ending = { kind: 'refused', error: new KubeApiError({ code: 422, reason: 'Invalid', message: 'no' }) }

function at(resourceVersion: string): Progress {
  const progress = createProgress()
  progress.take(bookmark(resourceVersion, true))
  return progress
}

describe('a reflector at its beginning', () => {
  it('streams the list, whose objects come in any order, and watches from the bookmark at its end', () => {
    const progress = createProgress()
    expect(progress).to.include({ phase: 'streaming', position: undefined })
    for (const version of ['9', '3']) expect(progress.take(added(version))).to.deep.equal({ act: 'upsert', object, initial: true })
    expect(progress.take(bookmark('5')), 'some other bookmark').to.deep.equal({ act: 'nothing' })
    expect(progress.take(deleted('10'))).to.deep.equal({ act: 'remove', object })
    expect(progress).to.include({ phase: 'streaming', position: undefined })
    expect(progress.take(bookmark('12', true))).to.deep.equal({ act: 'complete', resourceVersion: '12' })
    expect(progress).to.include({ phase: 'watching', position: '12' })
  })

  it('lists in pages for good once the server has refused to stream', () => {
    const progress = createProgress()
    progress.ended(forbiddenFeature, 0)
    expect(progress.phase).to.equal('paging')
    progress.listStarted('7')
    progress.listCompleted('7')
    expect(progress).to.include({ phase: 'watching', position: '7' })
    progress.ended(expired, 60_000)
    expect(progress.phase).to.equal('paging')
  })

  it('lists in pages after a stream that stalled, and tries once more to stream', () => {
    const progress = createProgress()
    progress.ended({ kind: 'silent' }, 60_000)
    expect(progress.phase).to.equal('paging')
    progress.ended({ kind: 'broken', error: new Error('cut') }, 0)
    expect(progress.phase, 'until one list in pages is complete').to.equal('paging')
    progress.listCompleted('7')
    progress.ended(expired, 60_000)
    expect(progress.phase).to.equal('streaming')
    progress.ended({ kind: 'silent' }, 60_000)
    progress.listCompleted('8')
    progress.ended(expired, 60_000)
    expect(progress.phase, 'stalled twice in a row').to.equal('paging')
  })

  it('forgives a stalled stream once another has come to its end', () => {
    const progress = createProgress()
    for (const version of ['5', '6', '7', '8']) {
      progress.ended({ kind: 'silent' }, 60_000)
      progress.listCompleted(version)
      progress.ended(expired, 60_000)
      expect(progress.phase).to.equal('streaming')
      progress.take(bookmark(version, true))
      progress.ended(expired, 60_000)
    }
  })
})

describe('a reflector that watches', () => {
  it('moves with every event and bookmark', () => {
    const progress = at('5')
    expect(progress.take(added('6'))).to.deep.equal({ act: 'upsert', object, initial: false })
    expect(progress.take(deleted('8'))).to.deep.equal({ act: 'remove', object })
    expect(progress.take(bookmark('9'))).to.deep.equal({ act: 'progress', resourceVersion: '9' })
    expect(progress.take(bookmark('9')), 'the same again').to.deep.equal({ act: 'progress', resourceVersion: '9' })
    expect(progress.position).to.equal('9')
  })

  it('resumes where it was, or gives up its place', () => {
    const progress = at('5')
    progress.ended({ kind: 'closed' }, 60_000)
    expect(progress).to.include({ phase: 'watching', position: '5' })
    progress.ended(expired, 60_000)
    expect(progress).to.include({ phase: 'streaming', position: undefined })
  })

  it('gives up its place when a watch from there stays silent from its beginning', () => {
    const progress = at('5')
    progress.ended({ kind: 'silent' }, 150_000)
    expect(progress.position, 'it had heard the list').to.equal('5')
    progress.take(bookmark('6'))
    progress.ended({ kind: 'silent' }, 150_000)
    expect(progress.position, 'it had heard a bookmark').to.equal('6')
    progress.ended({ kind: 'silent' }, 150_000)
    expect(progress).to.include({ position: undefined, phase: 'streaming' })
  })

  it('ends at an error and at what it cannot read', () => {
    const progress = at('5')
    const error = new KubeApiError({ code: 500, reason: '', message: 'no' })
    expect(progress.take({ type: 'ERROR', error })).to.deep.equal({ act: 'end', ending: { kind: 'reported', error } })
    expect(progress.take({ type: 'MALFORMED', detail: 'x' })).to.deep.equal({ act: 'end', ending: { kind: 'malformed', detail: 'x' } })
    expect(progress.position).to.equal('5')
  })

  it('notices when the server went back in time, and then takes the next list as it is', () => {
    for (const older of [bookmark('7'), added('7'), deleted('7')]) {
      const progress = at('9')
      const step = progress.take(older)
      expect(step).to.deep.equal({ act: 'end', ending: { kind: 'rewound', from: '9', to: '7' } })
      progress.ended({ kind: 'rewound', from: '9', to: '7' }, 60_000)
      expect(progress).to.include({ phase: 'streaming', rewound: true })
      expect(progress.take(bookmark('7', true))).to.deep.equal({ act: 'complete', resourceVersion: '7' })
      expect(progress).to.include({ position: '7', rewound: false })
    }
  })

  it('notices it from a list, too', () => {
    const streamed = at('9')
    streamed.ended(expired, 60_000)
    expect(streamed.take(bookmark('7', true))).to.deep.include({ act: 'end' })
    const paged = at('9')
    paged.ended(expired, 60_000)
    paged.listStarted('7')
    expect(paged.rewound).to.equal(true)
    paged.listCompleted('7')
    expect(paged.rewound).to.equal(false)
  })

  it('never resumes from a version that it has not seen, and never goes back without a list', () => {
    const event = fc.oneof(
      fc.nat(20).map((version) => added(String(version))),
      fc.nat(20).map((version) => deleted(String(version))),
      fc.nat(20).map((version) => bookmark(String(version))),
      fc.nat(20).map((version) => bookmark(String(version), true)),
    )
    const ending = fc.constantFrom<Ending>({ kind: 'closed' }, { kind: 'silent' }, expired, forbiddenFeature, {
      kind: 'malformed',
      detail: '',
    })
    fc.assert(
      fc.property(fc.array(fc.oneof(event, ending)), (happenings) => {
        const progress = createProgress()
        for (const happening of happenings) {
          const before = progress.position
          if ('kind' in happening) {
            progress.ended(happening, 60_000)
            expect(progress.position).to.be.oneOf([before, undefined])
          } else if (progress.phase !== 'paging') {
            const step = progress.take(happening)
            if (step.act === 'end') progress.ended(step.ending, 60_000)
            else if (before !== undefined) expect(Number(progress.position)).to.be.at.least(Number(before))
            else if (progress.position !== undefined) expect(step.act).to.equal('complete')
          } else {
            progress.listCompleted('20')
          }
        }
      }),
    )
  })
})
