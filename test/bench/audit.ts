/** bench/audit.ts — exact counts of what one user asked of the API server, from its audit log. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export type Counts = {
  /** Without leases and Events. */
  readonly writes: number
  readonly events: number
  readonly lists: number
  readonly gets: number
  readonly leases: number
  /** "create networkpolicies", "update tenantisolations/status": all but leases. Watches are logged when they end. */
  readonly byKind: Readonly<Record<string, number>>
}

type AuditEvent = {
  readonly verb: string
  readonly user: { readonly username: string }
  readonly objectRef?: { readonly resource: string; readonly subresource?: string }
}

type Request = { readonly verb: string; readonly resource: string; readonly subresource: string | undefined }

const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection']

export class AuditLog {
  readonly #path: string
  readonly #user: string

  constructor(path: string, user: string) {
    this.#path = path
    this.#user = user
  }

  /** The present end of the log, to count from. */
  end(): number {
    return withFile(this.#path, (file) => fstatSync(file).size)
  }

  countsSince(start: number): Counts {
    return countsOf(this.#requestsSince(start))
  }

  /** Resolves when the user has asked for nothing but leases and watches for `ms`. */
  async quiet(ms: number, timeoutMs = 120_000): Promise<void> {
    const deadline = performance.now() + timeoutMs
    let position = this.end()
    let since = performance.now()
    while (performance.now() - since < ms) {
      if (performance.now() > deadline) throw new Error(`${this.#user} was still busy after ${timeoutMs / 1000} s`)
      await sleep(50)
      const end = this.end()
      const { writes, events, lists, gets } = countsOf(this.#requestsSince(position, end))
      if (writes + events + lists + gets > 0) since = performance.now()
      position = end
    }
  }

  #requestsSince(start: number, end = this.end()): Request[] {
    const text = withFile(this.#path, (file) => {
      const bytes = Buffer.alloc(end - start)
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, start))
    })
    return text
      .split('\n')
      .filter((line) => line.includes(this.#user))
      .flatMap((line) => {
        const { verb, user, objectRef } = JSON.parse(line) as AuditEvent
        return objectRef && user.username === this.#user ? [{ verb, resource: objectRef.resource, subresource: objectRef.subresource }] : []
      })
  }
}

function countsOf(requests: readonly Request[]): Counts {
  const byKind: Record<string, number> = {}
  let [writes, events, lists, gets, leases] = [0, 0, 0, 0, 0]
  for (const { verb, resource, subresource } of requests) {
    if (resource === 'leases') {
      leases++
      continue
    }
    const kind = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`
    byKind[kind] = (byKind[kind] ?? 0) + 1
    if (verb === 'list') lists++
    else if (verb === 'get') gets++
    else if (WRITES.includes(verb)) {
      if (resource === 'events') events++
      else writes++
    }
  }
  return { writes, events, lists, gets, leases, byKind }
}

function withFile<T>(path: string, use: (file: number) => T): T {
  const file = openSync(path, 'r')
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}
