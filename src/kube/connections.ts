/** The connections to the API server: one pool for requests, one for watches, both rebuilt when the TLS material changes. */

import { createSecureContext } from 'node:tls'
import { type Dispatcher, Pool, ProxyAgent } from 'undici'
import { sameTls, type TlsOptions } from './credentials.ts'
import { TransportError } from './errors.ts'

export type Connections = {
  readonly requests: Dispatcher
  readonly watches: Dispatcher
}

export type ConnectionKeeper = {
  /** The pools for this TLS material. Older ones finish what they carry and close. */
  for(tls: TlsOptions): Connections
  /** Cuts everything. Resolves when all sockets are closed. */
  destroy(reason: Error): Promise<void>
}

/**
 * HTTP/1.1 on purpose: undici would offer HTTP/2 by default, which costs about 40 % of the throughput here and whose sessions have leaked
 * memory elsewhere (pepr adr/0015).
 */
const COMMON = {
  allowH2: false,
  pipelining: 1,
  connectTimeout: 10_000,
  // Below the 60 s after which common load balancers drop idle connections silently, and the API server's own 90 s.
  keepAliveTimeout: 50_000,
  keepAliveMaxTimeout: 50_000,
} as const

/** Seconds of silence before TCP probes whether the other end is still there; client-go's value. */
const TCP_KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 30_000 } as const

const MAX_REQUEST_CONNECTIONS = 32

/** Throws a RangeError for a proxy of a kind that is not supported. */
export function createConnectionKeeper(origin: string, proxyUrl: string | undefined): ConnectionKeeper {
  if (proxyUrl !== undefined && !/^https?:/.test(proxyUrl)) {
    throw new RangeError(`proxy-url ${proxyUrl}: only http and https proxies are supported`)
  }
  let held: { readonly tls: TlsOptions; readonly connections: Connections } | undefined
  let destroyed: Error | undefined
  const open = new Set<Dispatcher>()

  const build = (tls: TlsOptions, connections: number | null): Dispatcher => {
    const pool = createPool({ origin, proxyUrl, tls, connections })
    open.add(pool)
    return pool
  }

  const retire = (pool: Dispatcher): void => {
    const forget = (): void => {
      open.delete(pool)
    }
    pool.close().then(forget, forget)
  }

  return {
    for(tls) {
      if (destroyed !== undefined) throw new TransportError(destroyed.message, { failure: 'aborted', applied: 'no', cause: destroyed })
      if (held !== undefined && (held.tls === tls || sameTls(held.tls, tls))) return held.connections
      if (held !== undefined) {
        retire(held.connections.requests)
        retire(held.connections.watches)
      }
      held = { tls, connections: { requests: build(tls, MAX_REQUEST_CONNECTIONS), watches: build(tls, null) } }
      return held.connections
    },
    async destroy(reason) {
      destroyed = reason
      await Promise.all([...open].map((pool) => pool.destroy(reason)))
    },
  }
}

function createPool(options: {
  readonly origin: string
  readonly proxyUrl: string | undefined
  readonly tls: TlsOptions
  readonly connections: number | null
}): Dispatcher {
  const { origin, proxyUrl, tls, connections } = options
  const { ca, cert, key, ...checks } = tls
  // One for all connections: each of its own would read the certificates again, and keep them.
  const connect = { secureContext: createSecureContext({ ca, cert, key }), ...checks, ...TCP_KEEP_ALIVE }
  if (proxyUrl === undefined) return new Pool(origin, { ...COMMON, connections, connect })
  return new ProxyAgent({ ...COMMON, connections, uri: proxyUrl, requestTls: connect })
}
