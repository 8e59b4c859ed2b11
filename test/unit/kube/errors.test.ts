import { expect } from 'chai'
import {
  errorFromResponse,
  errorFromStatus,
  isAborted,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNamespaceTerminating,
  isNotFound,
  isRetryable,
  isTooManyRequests,
  isUnauthorized,
  KubeApiError,
  parseRetryAfter,
  redact,
  TransportError,
} from '../../../src/kube/errors.ts'

const request = 'POST /api/v1/namespaces/a/configmaps'
const status = (fields: object) => JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', ...fields })
const api = (code: number, reason = '', more: object = {}) => new KubeApiError({ code, reason, message: 'no', ...more })

describe('an answer that is a refusal', () => {
  it('says what the Status says', () => {
    const details = { name: 'a', causes: [{ reason: 'FieldValueInvalid', field: 'spec' }] }
    const error = errorFromResponse({ code: 422, body: status({ message: 'spec: no', reason: 'Invalid', details, code: 422 }), request })
    expect(error).to.include({ code: 422, reason: 'Invalid', message: 'spec: no' })
    expect(error.details).to.deep.equal(details)
    expect(error.retryAfterSeconds).to.equal(undefined)
  })

  it('says where it comes from when it is not a Status', () => {
    const error = errorFromResponse({ code: 502, body: '<html>\n  <h1>Bad Gateway</h1>', request })
    expect(error).to.include({ code: 502, reason: '', message: `HTTP 502 from ${request}: <html> <h1>Bad Gateway</h1>` })
    expect(errorFromResponse({ code: 404, body: '', request }).message).to.equal(`HTTP 404 from ${request}`)
    expect(errorFromResponse({ code: 500, body: '{"kind":"Status"', request }).message).to.match(/^HTTP 500 from/)
    expect(errorFromResponse({ code: 500, body: '[1]', request }).code).to.equal(500)
  })

  it('says when to come back, by the header or else by the Status', () => {
    const body = status({ code: 429, details: { retryAfterSeconds: 7 } })
    expect(errorFromResponse({ code: 429, body, retryAfter: '2', request }).retryAfterSeconds).to.equal(2)
    expect(errorFromResponse({ code: 429, body, request }).retryAfterSeconds).to.equal(7)
    expect(errorFromResponse({ code: 429, body: '', retryAfter: '2', request }).retryAfterSeconds).to.equal(2)
  })

  it('takes any Status of a watch, even one that says nothing', () => {
    expect(errorFromStatus({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })).to.include({
      code: 410,
      reason: 'Expired',
    })
    expect(errorFromStatus(null)).to.include({ code: 500, reason: '', message: 'HTTP 500' })
    expect(errorFromStatus({ code: '410', details: [] })).to.include({ code: 500 })
  })

  it('never quotes a credential', () => {
    const token = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl'
    const opaque = 'cc1TdSxVzhqKwmTzKqAwqP8Kx0Vf1xWm'
    for (const text of [
      `bad token ${token}`,
      `Authorization: Bearer ${opaque}`,
      `bearer ${token}`,
      `Basic ${Buffer.from('user:a long password').toString('base64')}`,
    ]) {
      expect(errorFromResponse({ code: 500, body: text, request }).message, text)
        .to.include('[redacted]')
        .and.not.include(text.split(' ').at(-1))
      expect(errorFromResponse({ code: 500, body: status({ message: text }), request }).message, text).to.include('[redacted]')
    }
    expect(redact('the Basic profile forbids it; bearer of news')).to.equal('the Basic profile forbids it; bearer of news')
  })
})

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  it('is seconds or a date', () => {
    expect(parseRetryAfter('3', now)).to.equal(3)
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:05 GMT', now)).to.equal(5)
    expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).to.equal(0)
  })
  it('is nothing when it is neither', () => {
    expect(parseRetryAfter(undefined, now)).to.equal(undefined)
    expect(parseRetryAfter('soon', now)).to.equal(undefined)
  })
})

describe('telling errors apart', () => {
  it('distinguishes what shares an HTTP status', () => {
    expect([isAlreadyExists, isConflict].map((is) => is(api(409, 'AlreadyExists')))).to.deep.equal([true, false])
    expect([isAlreadyExists, isConflict].map((is) => is(api(409, 'Conflict')))).to.deep.equal([false, true])
    const terminating = api(403, 'Forbidden', { details: { causes: [{ reason: 'NamespaceTerminating' }] } })
    expect([isForbidden, isNamespaceTerminating].map((is) => is(terminating))).to.deep.equal([true, true])
    expect([isForbidden, isNamespaceTerminating].map((is) => is(api(403, 'Forbidden')))).to.deep.equal([true, false])
  })

  it('knows an expired version by status or reason', () => {
    expect([api(410), api(410, 'Gone'), api(500, 'Expired'), api(404)].map(isGone)).to.deep.equal([true, true, true, false])
  })

  it('goes by the HTTP status otherwise', () => {
    const is = [isUnauthorized, isForbidden, isNotFound, isInvalid, isTooManyRequests]
    expect([401, 403, 404, 422, 429].map((code) => is.map((predicate) => predicate(api(code))))).to.deep.equal(
      is.map((_, row) => is.map((_, column) => row === column)),
    )
    expect(is.some((predicate) => predicate(new Error('no')) || predicate(undefined))).to.equal(false)
  })

  it('knows what may succeed later by itself', () => {
    const transport = (failure: 'timeout' | 'aborted') => new TransportError('no', { failure, applied: 'unknown' })
    expect([429, 408, 500, 503, 504].map((code) => isRetryable(api(code)))).to.not.include(false)
    expect([400, 401, 403, 404, 409, 410, 422].map((code) => isRetryable(api(code)))).to.not.include(true)
    expect([transport('timeout'), transport('aborted'), new Error('no')].map(isRetryable)).to.deep.equal([true, false, false])
    expect([transport('timeout'), transport('aborted')].map(isAborted)).to.deep.equal([false, true])
  })
})
