import { Writable } from 'node:stream'
import { createLogger, type LogFormat, type LogLevel, type RootLogger } from '../../src/observability/logger.ts'

export const wallMs = new Date(2026, 10, 21, 9, 32, 0, 123).getTime()

/** A logger, and what it wrote since it was last asked. */
export function loggerAndOutput({
  level = 'info',
  format = 'json',
  tty = false,
}: {
  level?: LogLevel
  format?: LogFormat
  tty?: boolean
} = {}) {
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

export const sayEverything = (logger: RootLogger) => {
  for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level](level)
}
