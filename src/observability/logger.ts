/** observability/logger.ts — what the operator says while it runs: winston behind the few functions that the rest of the code needs. */

import type { Writable } from 'node:stream'
import winston from 'winston'
import { type LogFields, plainFields, safeText } from './log-fields.ts'
import { textLine } from './log-text.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

/** Lines never throw and never wait. Fields of `child` come first in each of its lines: tenant, namespace, reconcileId. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  child(fields: LogFields): Logger
  /** Ask before making fields that cost something. */
  isLevelEnabled(level: LogLevel): boolean
}

export interface RootLogger extends Logger {
  readonly level: LogLevel
  /** From the next line on, for this logger and all its children. */
  setLevel(level: LogLevel): void
  /** Resolves when everything was handed to the operating system, or after a second. The output stays open. */
  flush(): Promise<void>
}

/** `auto`: text at a terminal, JSON everywhere else. */
export type LogFormat = 'auto' | 'json' | 'text'

export type LogOutput = Writable & { readonly isTTY?: boolean; hasColors?(): boolean }

export type LoggerOptions = {
  readonly level: LogLevel
  readonly format: LogFormat
  readonly stdout?: LogOutput
  readonly stderr?: LogOutput
  /** Milliseconds since the Unix epoch. */
  readonly wallClock?: () => number
}

const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 }

/**
 * Bytes that may wait for a slow reader. A pipe whose reader stands still takes 64 KiB and then leaves everything in our memory; lines that
 * come when this much waits are dropped, counted and reported.
 */
const MAX_WAITING_BYTES = 1024 * 1024

/** Where winston and its formats keep the finished line of an info object (triple-beam's MESSAGE). */
const LINE = Symbol.for('message')

const guarded = new WeakSet<LogOutput>()

export function createLogger(options: LoggerOptions): RootLogger {
  return new RootLine(new Core(options))
}

/** Says nothing: for tests, and for parts that are used without an operator around them. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
  isLevelEnabled: () => false,
}

class Core {
  level: LogLevel
  readonly #output: LogOutput
  readonly #winston: winston.Logger
  readonly #now: () => number
  #dropped = 0

  constructor({ level, format, stdout = process.stdout, stderr = process.stderr, wallClock = Date.now }: LoggerOptions) {
    const asText = format === 'text' || (format === 'auto' && stderr.isTTY === true)
    // Text is for a person, who may be piping what a command prints (`... plan | kubectl apply -f -`): it stays out of stdout. JSON is what a
    // pod is there to say, and log collectors take a line on stderr for an error unless told otherwise.
    this.#output = asText ? stderr : stdout
    // A reader that goes away (EPIPE) must not take the operator with it, as an error event without a listener would.
    if (!guarded.has(this.#output)) this.#output.on('error', ignore)
    guarded.add(this.#output)
    this.level = level
    this.#now = wallClock
    const toLine = asText ? textFormat(this.#output.isTTY === true && this.#output.hasColors?.() !== false) : jsonFormat
    this.#winston = winston.createLogger({
      levels: LEVELS,
      level: 'debug',
      exitOnError: false,
      format: winston.format((info) => Object.assign(info, { [LINE]: toLine(info as unknown as Info) }))(),
      // Its own `log` keeps every line until the next turn of the event loop, to emit an event that nobody hears.
      transports: [new winston.transports.Stream({ stream: this.#output, log: (info, next) => this.#write(info, next) })],
    })
  }

  isLevelEnabled(level: LogLevel): boolean {
    return LEVELS[level] <= LEVELS[this.level]
  }

  emit(level: LogLevel, message: string, context: LogFields, fields: LogFields | undefined): void {
    if (!this.isLevelEnabled(level)) return
    if (this.#output.writableLength > MAX_WAITING_BYTES) {
      this.#dropped++
      return
    }
    if (this.#dropped > 0) {
      const dropped = this.#dropped
      this.#dropped = 0
      this.#log('warn', 'log lines were dropped because nobody read them in time', { dropped }, {})
    }
    this.#log(level, message, context, fields ?? {})
  }

  async flush(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, 1000)
    this.#output.write('', () => resolve())
    await promise
    clearTimeout(timer)
  }

  #log(level: LogLevel, message: string, context: LogFields, fields: LogFields): void {
    const errors = { stacks: this.level === 'debug' }
    try {
      const info: Info = {
        level,
        message: safeText(message),
        wallMs: this.#now(),
        fields: { ...plainFields(context, errors), ...plainFields(fields, errors) },
      }
      this.#winston.log(info as unknown as winston.LogEntry)
    } catch {
      // Nothing that is only said may break what is done.
    }
  }

  #write(info: { readonly [LINE]: string }, next: () => void): void {
    this.#output.write(`${info[LINE]}\n`)
    next()
  }
}

type Info = Parameters<typeof textLine>[0]

function textFormat(colours: boolean): (info: Info) => string {
  return (info) => textLine(info, { colours })
}

function jsonFormat({ level, message, wallMs, fields }: Info): string {
  // What the line itself says comes last only in the spread: a field cannot pass itself off as the level or the time.
  const head = { time: new Date(wallMs).toISOString(), level, message }
  return JSON.stringify({ ...head, ...fields, ...head })
}

class Line implements Logger {
  protected readonly core: Core
  readonly #context: LogFields

  constructor(core: Core, context: LogFields) {
    this.core = core
    this.#context = context
  }

  debug(message: string, fields?: LogFields): void {
    this.core.emit('debug', message, this.#context, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.core.emit('info', message, this.#context, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.core.emit('warn', message, this.#context, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.core.emit('error', message, this.#context, fields)
  }

  child(fields: LogFields): Logger {
    return new Line(this.core, { ...this.#context, ...fields })
  }

  isLevelEnabled(level: LogLevel): boolean {
    return this.core.isLevelEnabled(level)
  }
}

class RootLine extends Line implements RootLogger {
  constructor(core: Core) {
    super(core, {})
  }

  get level(): LogLevel {
    return this.core.level
  }

  setLevel(level: LogLevel): void {
    this.core.level = level
  }

  flush(): Promise<void> {
    return this.core.flush()
  }
}

function ignore(): void {}
