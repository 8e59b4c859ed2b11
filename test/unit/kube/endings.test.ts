import { expect } from 'chai'
import { decide, type Ending, type Phase } from '../../../src/kube/endings.ts'
import { KubeApiError, TransportError } from '../../../src/kube/errors.ts'

const api = (code: number, more: { reason?: string; retryAfterSeconds?: number; cause?: string } = {}) =>
  new KubeApiError({
    code,
    reason: more.reason ?? '',
    message: 'no',
    retryAfterSeconds: more.retryAfterSeconds,
    details: more.cause === undefined ? undefined : { causes: [{ reason: more.cause }] },
  })
const refused = (...args: Parameters<typeof api>): Ending => ({ kind: 'refused', error: api(...args) })
const reported = (...args: Parameters<typeof api>): Ending => ({ kind: 'reported', error: api(...args) })
const broken = (failure: 'connection' | 'timeout'): Ending => ({
  kind: 'broken',
  error: new TransportError('no', { failure, applied: 'unknown' }),
})
const decisionAfter = (ending: Ending, phase: Phase = 'watching', livedMs = 60_000, heard = true) =>
  decide(ending, { phase, livedMs, heard })

const AT_ONCE = undefined

describe('after the end of a watch', () => {
  it('resumes at once when it lived, with a back-off when it did not', () => {
    for (const kind of ['closed', 'truncated', 'deadline', 'silent'] as const) {
      expect(decisionAfter({ kind }), kind).to.include({ next: 'resume', waitAtLeastMs: AT_ONCE })
      expect(decisionAfter({ kind }, 'watching', 1_000), kind).to.include({ next: 'resume', waitAtLeastMs: 0 })
    }
  })

  it('lists again when it never heard anything: its version may be one that the server does not have any more', () => {
    expect(decisionAfter({ kind: 'silent' }, 'watching', 60_000, false)).to.include({ next: 'list', waitAtLeastMs: AT_ONCE })
    expect(decisionAfter({ kind: 'closed' }, 'watching', 60_000, false)).to.include({ next: 'resume' })
  })

  it('resumes with a back-off when the connection broke', () => {
    expect(decisionAfter(broken('connection'))).to.include({ next: 'resume', waitAtLeastMs: 0 })
    expect(decisionAfter({ kind: 'broken', error: new Error('anything') })).to.include({ next: 'resume', waitAtLeastMs: 0 })
  })

  it('lists again when the version is too old, by HTTP or in the stream', () => {
    expect(decisionAfter(reported(410, { reason: 'Expired' }))).to.include({ next: 'list', waitAtLeastMs: AT_ONCE })
    expect(decisionAfter(refused(410, { reason: 'Expired' }), 'watching', 0)).to.include({ next: 'list', waitAtLeastMs: 0 })
    // A server that always says so must not be asked in a hot loop.
    expect(decisionAfter(reported(410), 'watching', 5)).to.include({ next: 'list', waitAtLeastMs: 0 })
  })

  it('lists again when it cannot know what was said, or the server knows less than we do', () => {
    expect(decisionAfter({ kind: 'malformed', detail: 'x' })).to.include({ next: 'list', waitAtLeastMs: 0 })
    expect(decisionAfter({ kind: 'rewound', from: '9', to: '5' })).to.include({ next: 'list', waitAtLeastMs: 0 })
    expect(decisionAfter(refused(504, { cause: 'ResourceVersionTooLarge' }))).to.include({ next: 'list' })
    expect(decisionAfter(reported(500))).to.include({ next: 'list', waitAtLeastMs: 0 })
    expect(decisionAfter(refused(400))).to.include({ next: 'list', waitAtLeastMs: 0 })
  })

  it('resumes when the server is busy, and stays away as long as it asks', () => {
    for (const make of [refused, reported]) {
      expect(decisionAfter(make(429, { retryAfterSeconds: 3 }))).to.include({ next: 'resume', waitAtLeastMs: 3_000 })
      expect(decisionAfter(make(503))).to.include({ next: 'resume', waitAtLeastMs: 0 })
    }
  })

  it('keeps its place while it may not watch, and gives it up when the resource is gone', () => {
    expect(decisionAfter(refused(401), 'watching', 0)).to.include({ next: 'resume' })
    expect(decisionAfter(refused(403), 'watching', 0)).to.include({ next: 'resume', waitAtLeastMs: 1_000 })
    expect(decisionAfter(refused(404), 'watching', 0)).to.include({ next: 'list', waitAtLeastMs: 1_000 })
  })

  it('stops only when it was told to', () => {
    expect(decisionAfter({ kind: 'aborted' }).next).to.equal('stop')
  })
})

describe('after a list that is not complete', () => {
  const endings: readonly Ending[] = [
    ...(['closed', 'truncated', 'deadline', 'silent'] as const).map((kind) => ({ kind })),
    broken('connection'),
    { kind: 'malformed', detail: '' },
    ...[400, 401, 403, 404, 410, 422, 429, 500, 503].flatMap((code) => [refused(code), reported(code)]),
  ]

  it('lists again, whatever happened and however long it took, and never in a hot loop', () => {
    for (const phase of ['streaming', 'paging'] as const) {
      for (const ending of endings) {
        const { next, waitAtLeastMs, streaming } = decisionAfter(ending, phase)
        expect(next, `${phase} ${JSON.stringify(ending)}`).to.equal('list')
        if (streaming !== 'never') expect(waitAtLeastMs, `${phase} ${JSON.stringify(ending)}`).to.be.at.least(0)
      }
    }
  })

  it('does without streaming when the server refuses it', () => {
    for (const code of [400, 422]) {
      expect(decisionAfter(refused(code), 'streaming', 0)).to.deep.equal({ next: 'list', waitAtLeastMs: AT_ONCE, streaming: 'never' })
      expect(decisionAfter(refused(code), 'paging', 0).streaming, 'pages have nothing to do with it').to.equal('keep')
    }
    for (const code of [401, 403, 404, 429, 503]) expect(decisionAfter(refused(code), 'streaming', 0).streaming).to.equal('keep')
  })

  it('tries pages when the stream did not come to its end', () => {
    for (const ending of [{ kind: 'silent' }, { kind: 'deadline' }, { kind: 'malformed', detail: '' }, broken('timeout')] as const) {
      expect(decisionAfter(ending, 'streaming').streaming, ending.kind).to.equal('skip-once')
      expect(decisionAfter(ending, 'paging').streaming, ending.kind).to.equal('keep')
    }
    expect(decisionAfter(broken('connection'), 'streaming').streaming).to.equal('keep')
  })
})
