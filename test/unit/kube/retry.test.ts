import { expect } from 'chai'
import { KubeApiError, TransportError } from '../../../src/kube/errors.ts'
import { type Attempt, retryDelayMs } from '../../../src/kube/retry.ts'

const refused = (code: number, retryAfterSeconds?: number) => new KubeApiError({ code, reason: '', message: 'no', retryAfterSeconds })
const lost = (applied: 'no' | 'unknown', failure: 'connection' | 'timeout' | 'aborted' = 'connection') =>
  new TransportError('no', { failure, applied })
const delay = (error: unknown, more: Partial<Attempt> = {}) =>
  retryDelayMs({ error, method: 'POST', attempts: 1, elapsedMs: 0, random: () => 0.5, ...more })

describe('trying a request again', () => {
  it('waits at least as long as the server asks', () => {
    expect(delay(refused(429, 2))).to.be.within(2_000, 3_100)
    expect(delay(refused(503, 1))).to.be.within(1_000, 1_600)
    expect(delay(refused(429))).to.be.within(1_000, 1_600)
    expect(delay(refused(429, 1), { random: () => 0 })).to.be.at.least(1_000)
  })

  it('leaves to the caller what the server did not ask to repeat', () => {
    for (const code of [400, 401, 403, 404, 409, 410, 422, 500, 503]) expect(delay(refused(code)), String(code)).to.equal(undefined)
  })

  it('gives up after some attempts, and when it would take too long', () => {
    expect(delay(refused(429, 1), { attempts: 4 })).to.be.a('number')
    expect(delay(refused(429, 1), { attempts: 5 })).to.equal(undefined)
    expect(delay(refused(429, 30))).to.equal(undefined)
    expect(delay(refused(429, 1), { elapsedMs: 9_500 })).to.equal(undefined)
  })

  it('repeats a lost request once, when that is harmless', () => {
    expect(delay(lost('unknown'), { method: 'GET' })).to.be.a('number')
    expect(delay(lost('unknown'), { method: 'GET', attempts: 2 })).to.equal(undefined)
    expect(delay(lost('no'))).to.be.a('number')
    expect(delay(lost('unknown'))).to.equal(undefined)
  })

  it('does not repeat what took too long, was given up, or is not a failure of the server', () => {
    expect(delay(lost('unknown', 'timeout'), { method: 'GET' })).to.equal(undefined)
    expect(delay(lost('no', 'aborted'), { method: 'GET' })).to.equal(undefined)
    expect(delay(new Error('bug'), { method: 'GET' })).to.equal(undefined)
  })
})
