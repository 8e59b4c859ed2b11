import { expect } from 'chai'
import fc from 'fast-check'
import { parseWatchEvent } from '../../../src/kube/watch-events.ts'

const line = (type: string, metadata: object, more: object = {}) => JSON.stringify({ type, object: { metadata, ...more } })

describe('a line of a watch', () => {
  it('is a change, with the object as it came', () => {
    const object = { metadata: { name: 'a', uid: 'u', resourceVersion: '7' }, spec: { unknown: [1] } }
    for (const type of ['ADDED', 'MODIFIED', 'DELETED']) {
      expect(parseWatchEvent(JSON.stringify({ type, object }))).to.deep.equal({ type, object, resourceVersion: '7' })
    }
  })

  it('is a bookmark, which may end the initial events', () => {
    const end = { 'k8s.io/initial-events-end': 'true' }
    expect(parseWatchEvent(line('BOOKMARK', { resourceVersion: '7' }))).to.deep.equal({
      type: 'BOOKMARK',
      resourceVersion: '7',
      initialEventsEnd: false,
    })
    expect(parseWatchEvent(line('BOOKMARK', { resourceVersion: '7', annotations: end }))).to.include({ initialEventsEnd: true })
  })

  it('is an error of the server', () => {
    const event = parseWatchEvent(
      JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } }),
    )
    expect(event.type === 'ERROR' && event.error).to.include({ code: 410, reason: 'Expired', message: 'too old' })
    expect(parseWatchEvent('{"type":"ERROR"}').type).to.equal('ERROR')
  })

  it('is malformed when it lacks what everything later relies on', () => {
    const bad = [
      '',
      'null',
      '7',
      '[]',
      '{}',
      '{"type":"ADDED"',
      '{"type":"ADDED"}',
      '{"type":"ADDED","object":null}',
      '{"type":"ADDED","object":{}}',
      line('ADDED', { resourceVersion: '7' }),
      line('ADDED', { name: '', resourceVersion: '7' }),
      line('ADDED', { name: 'a' }),
      line('MODIFIED', { name: 'a', resourceVersion: 7 }),
      line('BOOKMARK', {}),
      '{"type":{"toString":""},"object":{}}',
      line('NEWS', { name: 'a', resourceVersion: '7' }),
    ]
    for (const text of bad) expect(parseWatchEvent(text).type, text).to.equal('MALFORMED')
  })

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.record({ type: fc.anything(), object: fc.anything() }).map((value) => JSON.stringify(value) ?? ''),
        ),
        (text) => {
          expect(parseWatchEvent(text)).to.have.property('type')
        },
      ),
    )
  })

  it('does not quote the objects of lines that it cannot use, which may be secret', () => {
    const event = parseWatchEvent('{"type":"ADDED","object":{"data":{"password":"hunter2"}')
    expect(JSON.stringify(event)).not.to.include('hunter2')
  })
})
