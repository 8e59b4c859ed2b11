/** A response body that is read while it comes, for watches. */

import type { Dispatcher } from 'undici'
import { errorFromResponse, TransportError } from './errors.ts'
import { failureOf, first, pathOnly } from './exchange.ts'

export type OpenStream = {
  readonly code: number
  /** Pulls from the socket only as fast as it is read. Throws a TransportError when the connection breaks or is aborted. To be read once. */
  readonly body: AsyncIterable<Uint8Array>
  /** Closes the connection; the reader of the body gets a TransportError with failure `aborted`. May be called twice. */
  abort(): void
}

export type StreamRequest = {
  readonly origin: string
  readonly path: string
  readonly headers: string[]
  readonly headersTimeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** Enough for any Status; a page of a proxy in front of the API server need not be read further. */
const MAX_ERROR_BODY_BYTES = 256 * 1024

/** Resolves when the head of a 2xx response is there. Rejects with a KubeApiError for other answers, or a TransportError. */
export async function openStream(dispatcher: Dispatcher, request: StreamRequest): Promise<OpenStream> {
  const { origin, path, headers, headersTimeoutMs, signal } = request
  const where = `GET ${pathOnly(path)}`
  let response: Dispatcher.ResponseData
  try {
    const options = { origin, path, method: 'GET', headers, headersTimeout: headersTimeoutMs, bodyTimeout: 0 }
    response = await dispatcher.request(signal === undefined ? options : { ...options, signal })
  } catch (error) {
    throw transportError(where, error, signal)
  }
  const { statusCode: code, body } = response
  // Nobody may be listening when the connection breaks: an error event without a listener would end the process.
  body.on('error', ignore)

  if (code >= 300) {
    const retryAfter = first(response.headers['retry-after'])
    throw errorFromResponse({ code, body: await readStart(body, headersTimeoutMs), retryAfter, request: where })
  }
  const abort = (): void => {
    body.destroy(new TransportError(`${where}: given up`, { failure: 'aborted', applied: 'unknown' }))
  }
  return { code, body: chunksOf(body, where, signal), abort }
}

async function* chunksOf(body: AsyncIterable<Uint8Array>, where: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw transportError(where, error, signal)
  }
}

/** The beginning of an error's body; whatever has come when the time is over. */
async function readStart(body: Dispatcher.ResponseData['body'], timeoutMs: number): Promise<string> {
  const timer = setTimeout(() => body.destroy(), timeoutMs)
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > MAX_ERROR_BODY_BYTES) break
    }
  } catch {
    // The status says enough.
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function transportError(where: string, error: unknown, signal: AbortSignal | undefined): TransportError {
  if (error instanceof TransportError) return error
  const failure = signal?.aborted ? 'aborted' : failureOf(error)
  const message = failure === 'aborted' ? 'given up' : error instanceof Error ? error.message : String(error)
  return new TransportError(`${where}: ${message}`, { failure, applied: 'unknown', cause: error })
}

function ignore(): void {}
