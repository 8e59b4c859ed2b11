import { expect } from 'chai'
import { TransportError } from '../../../src/kube/errors.ts'
import type { Occurrence } from '../../../src/observability/event-series.ts'
import { eventRecorder, id, MINUTE, refusal, sealed, tenant } from '../../support/event-recorder.ts'
import { settle } from '../../support/manual-clock.ts'

describe('the event recorder', () => {
  describe('when the API server', () => {
    it('has forgotten an event, it is made anew with its count', async () => {
      const { clock, recorder, requests, created, answers, errors } = eventRecorder()
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
      const { clock, recorder, requests, answers, errors } = eventRecorder()
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
      const { clock, recorder, requests, answers, errors } = eventRecorder()
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
      const { clock, recorder, requests, answers, errors } = eventRecorder()
      recorder.record(sealed)
      await clock.run(0)
      answers(() => Promise.reject(refusal(403, 'Forbidden')))
      recorder.record(sealed)
      await clock.run(MINUTE)
      expect([requests.slice(1), errors]).to.deep.equal([[`patch default/acme.${id(1)} ×2`], ['KubeApiError: HTTP 403']])
      await recorder.close()
    })

    it('has it already, because the answer to the first try was lost, all is well', async () => {
      const { clock, recorder, requests, answers, errors } = eventRecorder()
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
      const { clock, recorder, answers, errors } = eventRecorder()
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
      const { clock, recorder, requests, answers } = eventRecorder()
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
      const { clock, recorder, requests, answers, errors } = eventRecorder()
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
})
