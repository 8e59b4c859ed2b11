import { PassThrough, Writable } from 'node:stream'
import { expect } from 'chai'
import fc from 'fast-check'
import { createLogger, type LogFormat, type LogLevel, type RootLogger, silentLogger } from '../../../src/observability/logger.ts'
import { settle } from '../../support/manual-clock.ts'

const wallMs = new Date(2026, 10, 21, 9, 32, 0, 123).getTime()

function setUp({ level = 'info', format = 'json', tty = false }: { level?: LogLevel; format?: LogFormat; tty?: boolean } = {}) {
  const written = { out: '', err: '' }
  const terminal = (name: keyof typeof written) => {
    const stream = new Writable({
      write(chunk, _, next) {
        written[name] += chunk
        next()
      },
    })
    return Object.assign(stream, { isTTY: tty, hasColors: () => tty })
  }
  const logger = createLogger({ level, format, stdout: terminal('out'), stderr: terminal('err'), wallClock: () => wallMs })
  const read = (name: keyof typeof written) => {
    const text = written[name]
    written[name] = ''
    return text
  }
  return {
    logger,
    out: () => read('out'),
    err: () => read('err'),
    lines: () =>
      read('out')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

const sayEverything = (logger: RootLogger) => {
  for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level](level)
}

describe('a log line in a cluster', () => {
  it('is one line of JSON on stdout: when, how bad, what, and about whom', () => {
    const { logger, out, err } = setUp()
    const child = logger.child({ tenant: 'acme' }).child({ namespace: 'acme-web', reconcileId: '1' })
    child.info('sealed\nthe namespace', { policies: 5 })
    expect(out()).to.equal(
      `${JSON.stringify({
        time: new Date(wallMs).toISOString(),
        level: 'info',
        message: 'sealed\nthe namespace',
        tenant: 'acme',
        namespace: 'acme-web',
        reconcileId: '1',
        policies: 5,
      })}\n`,
    )
    expect(err()).to.equal('')
  })

  it('cannot be made to lie by its fields', () => {
    const { logger, lines } = setUp()
    logger.error('broken', { level: 'debug', time: 'never', message: 'all is well' })
    expect(lines()).to.deep.equal([{ time: new Date(wallMs).toISOString(), level: 'error', message: 'broken' }])
  })

  it('says of an error what happened and why, and where in the code only at debug', () => {
    const { logger, lines } = setUp()
    const error = new Error('cannot write the policy', { cause: new Error('connect ECONNREFUSED 10.0.0.1:443') })
    logger.error('reconcile failed', { error })
    logger.setLevel('debug')
    logger.error('reconcile failed', { error })
    const [short, long] = lines()
    expect(short?.error).to.equal('cannot write the policy: connect ECONNREFUSED 10.0.0.1:443')
    expect(short).not.to.have.property('errorStack')
    expect(long?.errorStack).to.match(/^Error: cannot write the policy\n +at /)
  })

  it('says once what an error and its cause have in common, and does not follow causes in circles', () => {
    const { logger, lines } = setUp()
    logger.error('failed', { error: new Error('cannot write: timeout', { cause: new Error('timeout', { cause: new Error('socket') }) }) })
    const [first, second] = [new Error('first'), new Error('second')]
    first.cause = second
    second.cause = first
    logger.error('failed', { error: first })
    expect(lines().map((line) => line.error)).to.deep.equal(['cannot write: timeout: socket', 'first: second'])
  })

  it('says something of errors without a message', () => {
    const { logger, lines } = setUp()
    logger.error('failed', {
      error: new AggregateError([new Error('connect ECONNREFUSED ::1:443'), new Error('connect ECONNREFUSED 127.0.0.1:443')]),
    })
    logger.error('failed', { error: Object.assign(new Error(''), { code: 'ECONNRESET' }) })
    logger.error('failed', { error: new TypeError() })
    expect(lines().map((line) => line.error)).to.deep.equal([
      'connect ECONNREFUSED ::1:443, connect ECONNREFUSED 127.0.0.1:443',
      'ECONNRESET',
      'TypeError',
    ])
  })
})

describe('a log line at a terminal', () => {
  it('is aligned, in colour, and on stderr, where it does not mix with what a command prints', () => {
    const { logger, out, err } = setUp({ format: 'auto', tty: true })
    logger.child({ tenant: 'acme' }).warn('drift repaired', { policy: 'allow all', count: 2 })
    expect(out()).to.equal('')
    const line = err()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of.
    const plain = line.replaceAll(/\u001b\[\d+m/g, '')
    expect(plain).to.equal(`09:32:00.123 WARN  ${'drift repaired'.padEnd(44)} tenant=acme policy="allow all" count=2\n`)
    expect(line).to.contain('\u001b[33mWARN \u001b[0m')
  })

  it('has no colour in a file', () => {
    const { logger, err } = setUp({ format: 'text' })
    logger.info('started')
    expect(err()).to.equal('09:32:00.123 INFO  started\n')
  })

  it('shows a stack on lines of its own at debug', () => {
    const { logger, err } = setUp({ format: 'text', level: 'debug' })
    logger.error('failed', { error: new Error('no') })
    const [first, ...rest] = err().trimEnd().split('\n')
    expect(first).to.match(/ERROR failed +error=no$/)
    expect(rest[0]).to.equal('    Error: no')
    expect(rest[1]).to.match(/^ {4}at /)
  })

  it('cannot be broken up or coloured by what comes from outside', () => {
    const { logger, err } = setUp({ format: 'text' })
    logger.info('one\n09:32:00.123 ERROR two\u001b[31m', { 'a\nb': 'c\u009b31m\r' })
    const text = err()
    expect(text.match(/\n/g)).to.have.length(1)
    expect(text.trimEnd()).to.match(/^\P{Cc}+$/u)
    expect(text).to.contain('one\\n09:32:00.123 ERROR two\\u001b[31m')
  })
})

describe('the format', () => {
  it('is JSON by itself when nobody looks', () => {
    const { logger, lines } = setUp({ format: 'auto' })
    logger.info('hello')
    expect(lines()[0]?.message).to.equal('hello')
  })

  it('is JSON at a terminal for those who ask', () => {
    const { logger, lines } = setUp({ format: 'json', tty: true })
    logger.info('hello')
    expect(lines()[0]?.message).to.equal('hello')
  })
})

describe('the level', () => {
  it('keeps quieter lines out, and can be changed while it runs, for children too', () => {
    const { logger, lines } = setUp({ level: 'warn' })
    const child = logger.child({ tenant: 'acme' })
    sayEverything(logger)
    expect(lines().map((line) => line.level)).to.deep.equal(['warn', 'error'])
    logger.setLevel('debug')
    child.debug('now')
    expect([logger.level, child.isLevelEnabled('debug'), lines().length]).to.deep.equal(['debug', true, 1])
    logger.setLevel('error')
    sayEverything(logger)
    expect([child.isLevelEnabled('warn'), lines().map((line) => line.level)]).to.deep.equal([false, ['error']])
  })
})

describe('a secret', () => {
  const secret = 'hunter2-Ab1'

  it('is not logged when its name says what it is', () => {
    const { logger, out } = setUp({ level: 'debug' })
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
    const { logger, out } = setUp({ level: 'debug' })
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
    const { logger, lines } = setUp()
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
          const { logger, out, err } = setUp({ format })
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
    const { logger, out, lines } = setUp()
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
    const { logger, out } = setUp()
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
  const start = performance.now()
  for (let i = 0; i < 20_000; i++) child.info('repaired', { policy: 'tenant-isolation', change: 'edited' })
  // About 4 microseconds each; written before the loop turned.
  expect([written, performance.now() - start < 1000]).to.deep.equal([20_000, true])
})
