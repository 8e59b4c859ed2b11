import { expect } from 'chai'
import { loggerAndOutput, sayEverything, wallMs } from '../../support/logger-output.ts'

describe('a log line in a cluster', () => {
  it('is one line of JSON on stdout: when, how bad, what, and about whom', () => {
    const { logger, out, err } = loggerAndOutput()
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
    const { logger, lines } = loggerAndOutput()
    logger.error('broken', { level: 'debug', time: 'never', message: 'all is well' })
    expect(lines()).to.deep.equal([{ time: new Date(wallMs).toISOString(), level: 'error', message: 'broken' }])
  })

  it('says of an error what happened and why, and where in the code only at debug', () => {
    const { logger, lines } = loggerAndOutput()
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
    const { logger, lines } = loggerAndOutput()
    logger.error('failed', { error: new Error('cannot write: timeout', { cause: new Error('timeout', { cause: new Error('socket') }) }) })
    const [first, second] = [new Error('first'), new Error('second')]
    first.cause = second
    second.cause = first
    logger.error('failed', { error: first })
    expect(lines().map((line) => line.error)).to.deep.equal(['cannot write: timeout: socket', 'first: second'])
  })

  it('says something of errors without a message', () => {
    const { logger, lines } = loggerAndOutput()
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
    const { logger, out, err } = loggerAndOutput({ format: 'auto', tty: true })
    logger.child({ tenant: 'acme' }).warn('drift repaired', { policy: 'allow all', count: 2 })
    expect(out()).to.equal('')
    const line = err()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of.
    const plain = line.replaceAll(/\u001b\[\d+m/g, '')
    expect(plain).to.equal(`09:32:00.123 WARN  ${'drift repaired'.padEnd(44)} tenant=acme policy="allow all" count=2\n`)
    expect(line).to.contain('\u001b[33mWARN \u001b[0m')
  })

  it('has no colour in a file', () => {
    const { logger, err } = loggerAndOutput({ format: 'text' })
    logger.info('started')
    expect(err()).to.equal('09:32:00.123 INFO  started\n')
  })

  it('shows a stack on lines of its own at debug', () => {
    const { logger, err } = loggerAndOutput({ format: 'text', level: 'debug' })
    logger.error('failed', { error: new Error('no') })
    const [first, ...rest] = err().trimEnd().split('\n')
    expect(first).to.match(/ERROR failed +error=no$/)
    expect(rest[0]).to.equal('    Error: no')
    expect(rest[1]).to.match(/^ {4}at /)
  })

  it('cannot be broken up or coloured by what comes from outside', () => {
    const { logger, err } = loggerAndOutput({ format: 'text' })
    logger.info('one\n09:32:00.123 ERROR two\u001b[31m', { 'a\nb': 'c\u009b31m\r' })
    const text = err()
    expect(text.match(/\n/g)).to.have.length(1)
    expect(text.trimEnd()).to.match(/^\P{Cc}+$/u)
    expect(text).to.contain('one\\n09:32:00.123 ERROR two\\u001b[31m')
  })
})

describe('the format', () => {
  it('is JSON by itself when nobody looks', () => {
    const { logger, lines } = loggerAndOutput({ format: 'auto' })
    logger.info('hello')
    expect(lines()[0]?.message).to.equal('hello')
  })

  it('is JSON at a terminal for those who ask', () => {
    const { logger, lines } = loggerAndOutput({ format: 'json', tty: true })
    logger.info('hello')
    expect(lines()[0]?.message).to.equal('hello')
  })
})

describe('the level', () => {
  it('keeps quieter lines out, and can be changed while it runs, for children too', () => {
    const { logger, lines } = loggerAndOutput({ level: 'warn' })
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
