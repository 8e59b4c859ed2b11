/** observability/health.ts — /metrics, /healthz and /readyz over HTTP, answered as the components of Kubernetes answer them. */

import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Nothing when all is well, else why not, in words for whoever reads the probe. Called for every request: it must be cheap. */
export type Check = () => string | undefined

export type Checks = Readonly<Record<string, Check>>

export type HealthServerOptions = {
  /** `host:port`, `[v6]:port`, or `:port` for all addresses. Port 0 takes a free one. */
  readonly address: string
  /** Fails when only a restart helps. */
  readonly liveness: Checks
  /** Fails while the operator cannot do its work. */
  readonly readiness: Checks
  readonly metrics?: { readonly contentType: string; render(): Promise<string> }
}

export type HealthServer = {
  /** The real one, also when 0 was asked for. */
  readonly port: number
  /** Takes no more requests, lets those that are being answered finish for a second, and resolves when all sockets are closed. */
  close(): Promise<void>
}

type Answer = { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }

const CLOSE_AFTER_MS = 1000

/** Rejects when the address is not one (RangeError) or cannot be listened on. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { host, port } = parseAddress(options.address)
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 60_000 }, (request, response) => {
    void answer(request.method, request.url, options).then((given) => send(response, given))
  })
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ port, ...(host !== undefined && { host }) }, resolve)
  await listening
  server.off('error', reject)
  // Later ones concern single connections (EMFILE on accept); without a listener they would end the process.
  server.on('error', () => {})
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

/** Throws a RangeError that says what an address looks like. */
export function parseAddress(address: string): { readonly host?: string; readonly port: number } {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([^\s:[\]]*)):(\d{1,5})$/.exec(address)
  const port = Number(match?.[3])
  if (!match || !(port <= 65_535)) {
    throw new RangeError(`${JSON.stringify(address)} is not an address to listen on; write host:port, [IPv6]:port or :port, such as :8080`)
  }
  const host = match[1] || match[2]
  return host ? { host, port } : { port }
}

async function answer(method: string | undefined, url: string | undefined, options: HealthServerOptions): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'only GET and HEAD\n', headers: { allow: 'GET, HEAD' } }
  const [path, query] = (url ?? '/').split('?', 2)
  const verbose = new URLSearchParams(query).has('verbose')
  switch (path) {
    case '/healthz':
      return report('healthz', options.liveness, verbose)
    case '/readyz':
      return report('readyz', options.readiness, verbose)
    case '/metrics':
      return options.metrics ? metrics(options.metrics) : notFound
    default:
      return notFound
  }
}

const notFound: Answer = { status: 404, body: 'not found; there are /healthz, /readyz and /metrics\n' }

/** `ok`, or a line for each check when one fails or `?verbose` asks for them (k8s.io/apiserver pkg/server/healthz). */
function report(name: string, checks: Checks, verbose: boolean): Answer {
  const results = Object.entries(checks).map(([check, run]) => ({ check, failure: failureOf(run) }))
  const failed = results.some(({ failure }) => failure !== undefined)
  if (!failed && !verbose) return { status: 200, body: 'ok' }
  const lines = results.map(({ check, failure }) => (failure === undefined ? `[+]${check} ok` : `[-]${check} failed: ${failure}`))
  return { status: failed ? 500 : 200, body: `${[...lines, `${name} check ${failed ? 'failed' : 'passed'}`].join('\n')}\n` }
}

function failureOf(check: Check): string | undefined {
  try {
    return check()
  } catch (error) {
    return `the check itself failed: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function metrics({ contentType, render }: NonNullable<HealthServerOptions['metrics']>): Promise<Answer> {
  try {
    return { status: 200, body: await render(), headers: { 'content-type': contentType } }
  } catch (error) {
    return { status: 500, body: `cannot render the metrics: ${error instanceof Error ? error.message : String(error)}\n` }
  }
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  // Node leaves the body out when it answers a HEAD.
  response.end(body)
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  // Closes the idle ones at once.
  server.close(() => resolve())
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_AFTER_MS)
  await promise
  clearTimeout(timer)
}
