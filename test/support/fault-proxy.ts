/**
 * support/fault-proxy.ts — an HTTP proxy in front of a real API server that breaks what it is told to break.
 *
 * It listens on plain HTTP on loopback, speaks TLS to the server, and passes requests with their credentials, so whoever connects here is to
 * the server who they say they are. It never makes up an answer but the errors that it is told to give.
 */

import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export type Seen = {
  readonly method: string
  readonly url: string
  readonly watch: boolean
  readonly authorization: string
  readonly at: number
}
export type Match = (request: Seen) => boolean

export type Fault =
  /** An answer of our own; the server is not asked. */
  | { readonly kind: 'respond'; readonly code: number; readonly headers?: OutgoingHttpHeaders; readonly body?: string }
  /** The connection is cut; the server is not asked. */
  | { readonly kind: 'cut' }
  /** No answer, ever; the server is not asked. */
  | { readonly kind: 'hang' }
  /** The server does what it is asked, and its answer is lost with the connection. */
  | { readonly kind: 'lose-response' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The server is asked something else. */
  | { readonly kind: 'rewrite'; readonly url: (url: string) => string }
  /** The response ends inside the line after so many; properly, or with the connection. */
  | { readonly kind: 'truncate'; readonly afterLines: number; readonly how: 'end' | 'cut' }
  /** Every so-manieth line is replaced by this one. */
  | { readonly kind: 'replace-line'; readonly line: number; readonly by: string }

export type Injection = {
  /** How often it has struck. */
  readonly hits: number
  remove(): void
}

export type FaultProxy = {
  readonly url: string
  /** All requests so far, in order. */
  readonly requests: readonly Seen[]
  /** Made to it so far. */
  readonly connections: number
  /** The next `times` requests that match get the fault; 1 unless said. The injection that was made first wins. */
  inject(match: Match, fault: Fault, times?: number): Injection
  /** No byte of matching responses passes any more, also of those under way; the connections stay open. */
  freeze(match: Match): { thaw(): void }
  /** Cuts the connections of matching requests that are under way; returns how many. */
  cut(match: Match): number
  /** Responses under way that match. */
  open(match: Match): number
  close(): Promise<void>
}

type Rule = { readonly match: Match; readonly fault: Fault; left: number; hits: number }
type Exchange = { readonly seen: Seen; readonly response: ServerResponse; readonly upstream: { pause(): void; resume(): void } | undefined }

export async function startFaultProxy(target: { readonly url: string; readonly ca: string | Buffer }): Promise<FaultProxy> {
  const upstreamUrl = new URL(target.url)
  const agent = new Agent({ ca: target.ca, keepAlive: true })
  const rules: Rule[] = []
  const frozen = new Set<Match>()
  const requests: Seen[] = []
  const exchanges = new Set<Exchange>()
  const sockets = new Set<Socket>()

  const faultFor = (seen: Seen): Fault | undefined => {
    const rule = rules.find(({ match, left }) => left > 0 && match(seen))
    if (rule === undefined) return undefined
    rule.left -= 1
    rule.hits += 1
    return rule.fault
  }

  const isFrozen = (seen: Seen): boolean => [...frozen].some((match) => match(seen))

  const forward = (seen: Seen, incoming: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void => {
    const { host: _host, ...headers } = incoming.headers
    const upstream = httpsRequest(
      {
        agent,
        host: upstreamUrl.hostname,
        port: upstreamUrl.port,
        method: incoming.method,
        path: fault?.kind === 'rewrite' ? fault.url(seen.url) : seen.url,
        headers,
      },
      (answer) => {
        if (fault?.kind === 'lose-response') {
          answer.resume().on('end', () => response.destroy())
          return
        }
        const exchange: Exchange = { seen, response, upstream: answer }
        exchanges.add(exchange)
        response.on('close', () => {
          exchanges.delete(exchange)
          upstream.destroy()
        })
        const { 'transfer-encoding': _encoding, connection: _connection, ...answerHeaders } = answer.headers
        response.writeHead(answer.statusCode ?? 502, answerHeaders)
        response.flushHeaders()
        const editor = editorFor(fault, response)
        answer.on('data', (chunk: Buffer) => {
          if (!editor(chunk)) answer.pause()
        })
        response.on('drain', () => {
          if (!isFrozen(seen)) answer.resume()
        })
        answer.on('end', () => response.end())
        answer.on('error', () => response.destroy())
        if (isFrozen(seen)) answer.pause()
      },
    )
    upstream.on('error', () => response.destroy())
    response.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  }

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = incoming.url ?? ''
    const seen: Seen = {
      method: incoming.method ?? '',
      url,
      watch: /[?&]watch=true/.test(url),
      authorization: incoming.headers.authorization ?? '',
      at: performance.now(),
    }
    requests.push(seen)
    response.on('error', () => {})
    const fault = faultFor(seen)
    switch (fault?.kind) {
      case 'respond':
        incoming.resume()
        response.writeHead(fault.code, { 'content-type': 'application/json', ...fault.headers })
        response.end(fault.body ?? statusBody(fault.code))
        return
      case 'cut':
        response.destroy()
        return
      case 'hang':
        incoming.resume()
        return
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, fault.ms))
        break
      default:
    }
    forward(seen, incoming, response, fault)
  }

  const server: Server = createServer((incoming, response) => void handle(incoming, response))
  server.keepAliveTimeout = 120_000
  let connections = 0
  server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get connections() {
      return connections
    },
    inject(match, fault, times = 1) {
      const rule: Rule = { match, fault, left: times, hits: 0 }
      rules.push(rule)
      return {
        get hits() {
          return rule.hits
        },
        remove() {
          rule.left = 0
        },
      }
    },
    freeze(match) {
      frozen.add(match)
      for (const { seen, upstream } of exchanges) if (match(seen)) upstream?.pause()
      return {
        thaw() {
          frozen.delete(match)
          for (const { seen, upstream } of exchanges) if (!isFrozen(seen)) upstream?.resume()
        },
      }
    },
    cut(match) {
      const hit = [...exchanges].filter(({ seen }) => match(seen))
      for (const { response } of hit) response.destroy()
      return hit.length
    },
    open: (match) => [...exchanges].filter(({ seen }) => match(seen)).length,
    async close() {
      for (const socket of sockets) socket.destroy()
      agent.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A writer that does to the lines of a response what the fault asks; false when the response is full. */
function editorFor(fault: Fault | undefined, response: ServerResponse): (chunk: Buffer) => boolean {
  if (fault?.kind === 'truncate') {
    let left = fault.afterLines
    let over = false
    return (chunk) => {
      if (over) return true
      let end = 0
      while (left > 0) {
        const newline = chunk.indexOf(0x0a, end)
        if (newline < 0) return response.write(chunk)
        end = newline + 1
        left -= 1
      }
      if (end === chunk.length) return response.write(chunk)
      over = true
      const part = chunk.subarray(0, end + Math.max(1, Math.floor((chunk.length - end) / 2)))
      if (fault.how === 'end') response.end(part)
      else response.write(part, () => response.destroy())
      return true
    }
  }
  if (fault?.kind === 'replace-line') {
    let line = 0
    let held = Buffer.alloc(0)
    return (chunk) => {
      held = Buffer.concat([held, chunk])
      let more = true
      for (let newline = held.indexOf(0x0a); newline >= 0; newline = held.indexOf(0x0a)) {
        line += 1
        more = response.write(line % fault.line === 0 ? `${fault.by}\n` : held.subarray(0, newline + 1))
        held = held.subarray(newline + 1)
      }
      return more
    }
  }
  return (chunk) => response.write(chunk)
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  410: 'Expired',
  429: 'TooManyRequests',
}

function statusBody(code: number): string {
  const reason = REASONS[code] ?? 'InternalError'
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `made up by the test: ${code}`,
    reason,
    code,
  })
}
