/** One HTTP request and its whole response, with a deadline, straight on undici's dispatch: no stream, no AbortController. */

import type { Dispatcher } from 'undici'
import { TransportError, type TransportFailure } from './errors.ts'

export type ExchangeRequest = {
  readonly origin: string
  readonly path: string
  readonly method: string
  readonly headers: string[]
  readonly body?: string | undefined
  /** For the whole exchange, including the wait for a free connection. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

export type ExchangeResponse = {
  readonly code: number
  readonly text: string
  readonly retryAfter: string | undefined
}

/** Rejects with a TransportError only. */
export function exchange(dispatcher: Dispatcher, request: ExchangeRequest): Promise<ExchangeResponse> {
  return new Promise((resolve, reject) => {
    const { origin, path, method, headers, body } = request
    const handler = new ExchangeHandler(request, resolve, reject)
    if (!handler.settled) {
      // undici's own limits are between packets; ours is for all of it and is enough.
      dispatcher.dispatch({ origin, path, method, headers, body: body ?? null, headersTimeout: 0, bodyTimeout: 0 }, handler)
    }
  })
}

/** A class because undici calls methods of one object, and every write goes through here. */
class ExchangeHandler implements Dispatcher.DispatchHandler {
  settled = false
  readonly #request: ExchangeRequest
  readonly #resolve: (response: ExchangeResponse) => void
  readonly #reject: (error: TransportError) => void
  readonly #timer: NodeJS.Timeout
  #controller: Dispatcher.DispatchController | undefined
  #code = 0
  #retryAfter: string | undefined
  #chunks: Buffer[] = []

  constructor(request: ExchangeRequest, resolve: (response: ExchangeResponse) => void, reject: (error: TransportError) => void) {
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = setTimeout(this.#onTimeout, request.timeoutMs)
    if (request.signal?.aborted) this.#onAbort()
    else request.signal?.addEventListener('abort', this.#onAbort)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.settled) {
      controller.abort(new Error('given up while waiting for a connection'))
      return
    }
    this.#controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, code: number, headers: Record<string, string | string[] | undefined>): void {
    if (code < 200) return
    this.#code = code
    if (code >= 300) this.#retryAfter = first(headers['retry-after'])
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (!this.#settle()) return
    const [only] = this.#chunks
    const bytes = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks)
    this.#resolve({ code: this.#code, text: bytes.toString('utf8'), retryAfter: this.#retryAfter })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(failureOf(error), error.message, error)
  }

  readonly #onTimeout = (): void => {
    this.#fail('timeout', `no answer within ${this.#request.timeoutMs / 1000} s`)
  }

  readonly #onAbort = (): void => {
    this.#fail('aborted', 'given up by the caller', this.#request.signal?.reason)
  }

  #fail(failure: TransportFailure, message: string, cause?: unknown): void {
    if (!this.#settle()) return
    const { method, path } = this.#request
    const applied = this.#controller === undefined ? 'no' : 'unknown'
    const error = new TransportError(`${method} ${pathOnly(path)}: ${message}`, { failure, applied, cause })
    this.#controller?.abort(error)
    this.#reject(error)
  }

  #settle(): boolean {
    if (this.settled) return false
    this.settled = true
    clearTimeout(this.#timer)
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
    return true
  }
}

/** What kind of failure an error of undici is. */
export function failureOf(error: unknown): TransportFailure {
  const code = String((error as { code?: unknown } | null)?.code ?? '')
  if (code.startsWith('HPE_') || code === 'UND_ERR_INVALID_ARG' || code.startsWith('UND_ERR_HEADERS_OVERFLOW')) return 'protocol'
  if (code === 'UND_ERR_ABORTED' || code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return 'aborted'
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return 'timeout'
  return 'connection'
}

export function pathOnly(path: string): string {
  const query = path.indexOf('?')
  return query < 0 ? path : path.slice(0, query)
}

export function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
