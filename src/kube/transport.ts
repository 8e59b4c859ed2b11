/** HTTP to one API server: credentials, connections, deadlines, throttling. JSON in and out, untouched. */

import type { KubeConfig } from '@kubernetes/client-node'
import { type Clock, sleep, systemClock } from '../time/clock.ts'
import { type Connections, createConnectionKeeper } from './connections.ts'
import { type Credentials, createCredentialSource } from './credentials.ts'
import { errorFromResponse, isUnauthorized, KubeApiError, TransportError } from './errors.ts'
import { type ExchangeResponse, exchange, pathOnly } from './exchange.ts'
import { type Query, queryOf } from './paths.ts'
import { retryDelayMs } from './retry.ts'
import { type OpenStream, openStream } from './stream.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type KubeRequest = {
  readonly method: Method
  readonly path: string
  readonly query?: Query | undefined
  /** Serialized as JSON. */
  readonly body?: unknown
  /** Of the body; `application/json` unless said. */
  readonly contentType?: string | undefined
  /** `application/json` unless said. */
  readonly accept?: string | undefined
  /** For each attempt; 30,000 unless said. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** For the observer only. */
  readonly verb?: Verb | undefined
  readonly resource?: string | undefined
}

export type KubeStreamRequest = Omit<KubeRequest, 'method' | 'body' | 'contentType' | 'timeoutMs'> & {
  /** For the response's head; 30,000 unless said. The body has no limit here: its reader knows what silence means. */
  readonly timeoutMs?: number | undefined
}

/** For metrics. Called once per answer or failure, so more than once for a request that is retried. Must not throw. */
export type TransportObserver = {
  /** `code` is the HTTP status, 0 when there was no answer; `seconds` until the whole answer, or the head of a watch. */
  onRequest?(event: { readonly verb: Verb; readonly resource: string; readonly code: number; readonly seconds: number }): void
  onRetry?(event: { readonly verb: Verb; readonly resource: string; readonly error: unknown; readonly delayMs: number }): void
}

export type Transport = {
  /** The parsed body of a 2xx answer. Rejects with a KubeApiError or a TransportError. */
  request<T>(request: KubeRequest): Promise<T>
  /** A GET whose body is read as it comes. Rejects like `request`; a body that breaks throws a TransportError while it is read. */
  open(request: KubeStreamRequest): Promise<OpenStream>
  /** Cuts what is under way and closes all sockets. */
  close(): Promise<void>
}

export type TransportOptions = {
  readonly kubeConfig: KubeConfig
  readonly userAgent: string
  readonly observer?: TransportObserver | undefined
  /** Ends the transport, like `close`. */
  readonly signal?: AbortSignal | undefined
  readonly random?: (() => number) | undefined
  readonly clock?: Clock | undefined
}

const DEFAULT_TIMEOUT_MS = 30_000
const JSON_TYPE = 'application/json'
const VERBS: Readonly<Record<Method, Verb>> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

/** Throws a RangeError when the KubeConfig names no cluster, or a proxy of a kind that is not supported. */
export function createTransport(options: TransportOptions): Transport {
  const { kubeConfig, userAgent, observer, random = Math.random, clock = systemClock } = options
  const cluster = kubeConfig.getCurrentCluster()
  if (cluster === null) throw new RangeError('the kubeconfig has no current cluster')
  const server = new URL(cluster.server)
  const prefix = server.pathname.replace(/\/+$/, '')
  const credentials = createCredentialSource(kubeConfig, clock.now)
  const connections = createConnectionKeeper(server.origin, cluster.proxyUrl)

  const close = (): Promise<void> => connections.destroy(new Error('the transport is closed'))
  options.signal?.addEventListener('abort', () => void close(), { once: true })
  if (options.signal?.aborted) void close()

  type Sender<R> = (pools: Connections, headers: string[], used: Credentials) => Promise<R>

  /** Runs one attempt with credentials that the server accepts: a 401 renews them once. */
  const authenticated = async <R>(accept: string | undefined, send: Sender<R>): Promise<R> => {
    const headersOf = (used: Credentials): string[] => [...used.headers, 'User-Agent', userAgent, 'Accept', accept ?? JSON_TYPE]
    const first = await credentials.current()
    try {
      return await send(connections.for(first.tls), headersOf(first), first)
    } catch (error) {
      if (!isUnauthorized(error)) throw error
      const second = await credentials.renewed(first)
      return send(connections.for(second.tls), headersOf(second), second)
    }
  }

  /** Retries what may be retried, and tells the observer about every attempt. */
  const attempted = async <R>(request: KubeRequest, attempt: () => Promise<R>): Promise<R> => {
    const startedAt = clock.now()
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await attempt()
      } catch (error) {
        const delayMs = retryDelayMs({ error, method: request.method, attempts, elapsedMs: clock.now() - startedAt, random })
        if (delayMs === undefined || request.signal?.aborted) throw error
        observer?.onRetry?.({ ...labelsOf(request), error, delayMs })
        await sleep(clock, delayMs, request.signal)
        if (request.signal?.aborted) throw error
      }
    }
  }

  /** Tells the observer how one exchange with the server went. */
  const measured = async <R extends { readonly code: number }>(request: KubeRequest, run: () => Promise<R>): Promise<R> => {
    if (observer?.onRequest === undefined) return run()
    const startedAt = clock.now()
    let code = 0
    try {
      const response = await run()
      code = response.code
      return response
    } catch (error) {
      if (error instanceof KubeApiError) code = error.code
      throw error
    } finally {
      observer.onRequest({ ...labelsOf(request), code, seconds: (clock.now() - startedAt) / 1000 })
    }
  }

  return {
    close,
    async request<T>(request: KubeRequest) {
      const { method, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = request
      const path = prefix + request.path + queryOf(request.query)
      const body = request.body === undefined ? undefined : JSON.stringify(request.body)
      const send: Sender<ExchangeResponse> = async (pools, headers) => {
        if (body !== undefined) headers.push('Content-Type', request.contentType ?? JSON_TYPE)
        const response = await measured(request, () =>
          exchange(pools.requests, { origin: server.origin, path, method, headers, body, timeoutMs, signal }),
        )
        if (response.code < 300) return response
        throw errorFromResponse({
          code: response.code,
          body: response.text,
          retryAfter: response.retryAfter,
          request: `${method} ${request.path}`,
        })
      }
      const response = await attempted(request, () => authenticated(request.accept, send))
      return parseBody<T>(response.text, request)
    },
    async open(request) {
      const path = prefix + request.path + queryOf(request.query)
      const asGet: KubeRequest = { verb: 'watch', ...request, method: 'GET' }
      return authenticated(request.accept, (pools, headers) =>
        measured(asGet, () =>
          openStream(pools.watches, {
            origin: server.origin,
            path,
            headers,
            headersTimeoutMs: request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
            signal: request.signal,
          }),
        ),
      )
    },
  }
}

function labelsOf(request: KubeRequest): { readonly verb: Verb; readonly resource: string } {
  return { verb: request.verb ?? VERBS[request.method], resource: request.resource ?? '' }
}

function parseBody<T>(text: string, request: KubeRequest): T {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TransportError(`${request.method} ${pathOnly(request.path)}: the answer is not JSON`, {
      failure: 'protocol',
      applied: 'unknown',
      cause,
    })
  }
}
