import { PassThrough, Writable } from 'node:stream'
import { expect } from 'chai'
import fc from 'fast-check'
import { createLogger, type LogFormat, silentLogger } from '../../../src/observability/logger.ts'
import { loggerAndOutput, sayEverything } from '../../support/logger-output.ts'
import { settle } from '../../support/manual-clock.ts'

describe('a secret', () => {
  const secret = 'hunter2-Ab1'

  it('is not logged when its name says what it is', () => {
    const { logger, out } = loggerAndOutput({ level: 'debug' })
    for (const name of [
      'authorization',
      'Authorization',
      'token',
      'idToken',
      'id-token',
      'password',
      'DB_PASSWORD',
      'clientSecret',
      'client-key-data',
      'cookie',
    ]) {
      logger.info('request', { [name]: secret, headers: { [name]: secret, all: [{ [name]: { value: secret } }] } })
    }
    const text = out()
    expect(text).not.to.contain(secret)
    expect(text).to.contain('[redacted]')
  })

  it('is not logged when it looks like one, wherever it stands', () => {
    const { logger, out } = loggerAndOutput({ level: 'debug' })
    const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'
    for (const text of [
      `Bearer ${secret}`,
      `authorization: bearer ${secret}`,
      jwt,
      `Basic ${btoa(`admin:${secret}`)}`,
      `https://admin:${secret}@proxy:3128`,
    ]) {
      logger.info(text, { note: `got ${text}`, list: [text] })
      logger.child({ text }).error('failed', { error: new Error(`bad: ${text}`, { cause: new Error(text) }) })
    }
    const text = out()
    for (const part of [secret, 'eyJ', btoa(`admin:${secret}`)]) expect(text).not.to.contain(part)
  })

  it('is not seen where there is none', () => {
    const { logger, lines } = loggerAndOutput()
    logger.info('basic users may use profile restricted', {
      text: 'privileged and basic users',
      automountServiceAccountToken: false,
      tokens: 3,
    })
    expect(lines()[0]).to.deep.include({
      message: 'basic users may use profile restricted',
      text: 'privileged and basic users',
      automountServiceAccountToken: false,
      tokens: 3,
    })
  })
})

describe('whatever is logged', () => {
  it('gives one line and never throws', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.dictionary(
          fc.string(),
          fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withSparseArray: true }),
        ),
        fc.constantFrom<LogFormat>('json', 'text'),
        (message, fields, format) => {
          const { logger, out, err } = loggerAndOutput({ format })
          logger.info(message, fields)
          const text = format === 'json' ? out() : err()
          expect(text.match(/\n/g)).to.have.length(1)
          if (format === 'json') JSON.parse(text)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('stays small: no circles, no endless depth, no whole caches', () => {
    const { logger, out, lines } = loggerAndOutput()
    const circle: Record<string, unknown> = { name: 'a' }
    circle.self = circle
    const deep = JSON.parse(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`)
    logger.info('first', {
      circle,
      deep,
      wide: Array.from({ length: 1000 }, (_, i) => i),
      long: 'x'.repeat(100_000),
      map: new Map([[1, 2]]),
      bytes: Buffer.from('abc'),
      get broken(): string {
        throw new Error('a getter')
      },
      big: 1n,
      fn: () => 1,
      nothing: undefined,
      not: Number.NaN,
    })
    const text = out()
    expect(text.length).to.be.lessThan(12_000)
    expect(text).to.contain('"a":"[deeper]"')
    expect(JSON.parse(text)).to.deep.include({
      circle: { name: 'a', self: '[circular]' },
      map: '[Map of 1]',
      bytes: '[3 bytes]',
      broken: '[unreadable]',
      big: '1',
      fn: '[function]',
      not: 'NaN',
    })
    logger.info('second')
    expect(lines()).to.have.length(1)
  })

  it('is at hand for those who want none of it', () => {
    sayEverything({ ...silentLogger, level: 'info', setLevel() {}, flush: async () => {} })
    expect([silentLogger.child({}), silentLogger.isLevelEnabled('error')]).to.deep.equal([silentLogger, false])
  })
})

describe('an output that does not keep up', () => {
  function slowOutput() {
    const written: string[] = []
    const waiting: (() => void)[] = []
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string, _, next) {
        written.push(chunk)
        waiting.push(next)
      },
    })
    return {
      stream,
      written,
      async drain() {
        while (waiting.length > 0) {
          waiting.shift()?.()
          await settle()
        }
      },
    }
  }

  it('does not fill our memory: lines are dropped, and their number is told once it does', async () => {
    const { stream, written, drain } = slowOutput()
    const logger = createLogger({ level: 'info', format: 'json', stdout: stream })
    const text = 'x'.repeat(1000)
    for (let i = 0; i < 5000; i++) logger.info(text)
    expect(stream.writableLength).to.be.within(1_000_000, 1_100_000)
    await drain()
    logger.info('last')
    await drain()
    logger.info('more')
    await drain()
    expect(JSON.parse(written.pop() ?? '')).to.deep.include({ message: 'more' })
    const lines = written.map((line) => JSON.parse(line) as Record<string, unknown>)
    const [report, last] = lines.slice(-2)
    expect(last?.message).to.equal('last')
    expect(report).to.deep.include({ level: 'warn', dropped: 5000 - (lines.length - 2) })
  })

  it('is waited for at the end, but not for ever', async function () {
    this.timeout(5000)
    const { stream, drain } = slowOutput()
    const logger = createLogger({ level: 'info', format: 'json', stdout: stream })
    logger.info('one')
    let flushed = false
    const flush = logger.flush().then(() => {
      flushed = true
    })
    await settle()
    expect(flushed).to.equal(false)
    await drain()
    await flush
    logger.info('two')
    await logger.flush()
  })

  it('may go away', async () => {
    const { logger, out } = loggerAndOutput()
    logger.info('before')
    expect(out()).to.contain('before')
    const gone = new PassThrough()
    const other = createLogger({ level: 'info', format: 'json', stdout: gone })
    gone.destroy(new Error('EPIPE'))
    other.info('after')
    await settle()
  })
})

it('logging in bursts costs microseconds, and the event loop holds none of it back', () => {
  let written = 0
  const stream = new Writable({
    write(_chunk, _encoding, next) {
      written++
      next()
    },
  })
  const logger = createLogger({ level: 'info', format: 'json', stdout: stream })
  const child = logger.child({ tenant: 'acme', namespace: 'acme-web', reconcileId: 'id' })
  const start = process.cpuUsage()
  for (let i = 0; i < 20_000; i++) child.info('repaired', { policy: 'tenant-isolation', change: 'edited' })
  // About 4 microseconds of the processor each; written before the loop turned.
  expect([written, process.cpuUsage(start).user / 1000 < 1000]).to.deep.equal([20_000, true])
})
