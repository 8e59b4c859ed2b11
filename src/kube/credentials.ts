/** Who we are to the API server, from a KubeConfig: request headers and TLS material, re-read as they rotate. */

import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { redact, TransportError } from './errors.ts'

export type TlsOptions = {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

export type Credentials = {
  /** Flat list of names and values. */
  readonly headers: readonly string[]
  readonly tls: TlsOptions
}

export type CredentialSource = {
  /** What to use now. Rejects with a TransportError when it cannot be had. */
  current(): Promise<Credentials>
  /** Like `current`, after the server has refused `refused`: nothing cached is used, unless another caller has renewed it already. */
  renewed(refused: Credentials): Promise<Credentials>
}

/**
 * KubeConfig re-reads the CA and certificate files on every call, synchronously; this asks it every `maxAgeMs` only.
 *
 * Its providers cache as well: a token file for 60 s, an exec plugin's token until its expiry or for ever. They keep that to themselves, so
 * `renewed` goes through a copy of the KubeConfig with fresh providers. (A custom authenticator added to the original is lost by that.)
 */
export function createCredentialSource(kubeConfig: KubeConfig, now: () => number, maxAgeMs: number = 5_000): CredentialSource {
  let config = kubeConfig
  let held: Credentials | undefined
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<Credentials> | undefined
  let renewing: Promise<Credentials> | undefined

  const load = async (): Promise<Credentials> => {
    const fresh = await readCredentials(config)
    // The same object as long as it says the same: `renewed` goes by that.
    if (held === undefined || !same(held, fresh)) held = fresh
    readAt = now()
    return held
  }

  const read = (): Promise<Credentials> => {
    reading ??= load().finally(() => {
      reading = undefined
    })
    return reading
  }

  const renew = async (refused: Credentials): Promise<Credentials> => {
    // Begun before the refusal was known, so it may end in the same cached token.
    if (reading !== undefined) await reading
    if (held !== undefined && held !== refused) return held
    config = copyOf(config)
    return load()
  }

  return {
    async current() {
      return held !== undefined && now() - readAt < maxAgeMs ? held : read()
    },
    async renewed(refused) {
      if (held !== undefined && held !== refused) return held
      renewing ??= renew(refused).finally(() => {
        renewing = undefined
      })
      return renewing
    },
  }
}

function copyOf(config: KubeConfig): KubeConfig {
  const copy = new KubeConfig()
  copy.loadFromOptions({
    clusters: config.clusters,
    users: config.users,
    contexts: config.contexts,
    currentContext: config.currentContext,
  })
  return copy
}

async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (error) {
    // An exec plugin whose output is not JSON is quoted by the parser, and that output is a credential.
    const text = error instanceof SyntaxError ? 'the exec plugin did not print JSON' : redact(String(error))
    throw new TransportError(`no credentials for the API server: ${text}`, { failure: 'credentials', applied: 'no' })
  }
  const headers: string[] = []
  // The token of a file is not trimmed by the file provider, and a newline is not allowed in a header.
  for (const [name, value] of Object.entries(options.headers ?? {})) headers.push(name, String(value).trim())
  if (typeof options.auth === 'string') headers.push('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`)
  return { headers, tls: tlsOf(options) }
}

function tlsOf(options: RequestOptions): TlsOptions {
  const { ca, cert, key, servername, rejectUnauthorized } = options as TlsOptions
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  }
}

function same(a: Credentials, b: Credentials): boolean {
  return a.headers.length === b.headers.length && a.headers.every((text, index) => text === b.headers[index]) && sameTls(a.tls, b.tls)
}

/** Whether both would open the same TLS connection. */
export function sameTls(a: TlsOptions, b: TlsOptions): boolean {
  return (
    sameBytes(a.ca, b.ca) &&
    sameBytes(a.cert, b.cert) &&
    sameBytes(a.key, b.key) &&
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized
  )
}

function sameBytes(a: string | Buffer | undefined, b: string | Buffer | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined) return false
  return Buffer.from(a).equals(Buffer.from(b))
}
