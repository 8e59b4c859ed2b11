/** support/audit.ts — the API server's own record of who asked for what, from a mark to the present. */

import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../../src/kube/client.ts'
import { isNotFound } from '../../src/kube/errors.ts'
import { CONFIG_MAPS } from './kube-setup.ts'
import { OPERATOR_USER } from './operator.ts'

export type Call = {
  readonly verb: string
  /** Empty for the core group. */
  readonly group: string
  /** Empty for what is not a resource, such as /version. */
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly code: number
  readonly user: string
  readonly userAgent: string
  readonly uri: string
  /** What the authorizer said: allow or forbid, and by which binding of which role. */
  readonly decision: string
  readonly because: string
}

export type Mark = number

/** Calls of one user; the operator's unless said. */
export class AuditLog {
  readonly #path: string
  readonly #client: Client
  readonly #user: string
  readonly #calls: Call[] = []
  #offset = 0
  #rest = ''
  #lastMarker = ''

  constructor(options: { readonly path: string; readonly client: Client; readonly user?: string }) {
    this.#path = options.path
    this.#client = options.client
    this.#user = options.user ?? OPERATOR_USER
  }

  /** Now: all calls that were answered before are before it. */
  async mark(): Promise<Mark> {
    await this.#catchUp()
    return this.#calls.length
  }

  /** Everything since the API server started. */
  async all(): Promise<readonly Call[]> {
    return await this.since(0)
  }

  /** What was answered since the mark. Watches are written when they end. */
  async since(mark: Mark): Promise<readonly Call[]> {
    await this.#catchUp()
    return this.#calls.slice(mark)
  }

  /** What changed something since the mark, leases left out: they are renewed all the time. */
  async writesSince(mark: Mark): Promise<readonly Call[]> {
    return (await this.since(mark)).filter(isWrite)
  }

  /** A call is written just after its answer is sent, so a later call of ours has to turn up first, and one more for good measure. */
  async #catchUp(): Promise<void> {
    for (const _ of [1, 2]) await this.#passMarker()
  }

  async #passMarker(): Promise<void> {
    const marker = `audit-mark-${process.pid}-${markers++}`
    try {
      await this.#client.get(CONFIG_MAPS, { namespace: 'default', name: marker })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    for (let left = 1_000; left > 0; left--) {
      await this.#read(marker)
      if (this.#lastMarker === marker) return
      await sleep(5)
    }
    throw new Error(`the audit log ${this.#path} does not show what we asked for`)
  }

  async #read(marker: string): Promise<void> {
    const file = await open(this.#path)
    try {
      const { size } = await file.stat()
      const buffer = Buffer.alloc(size - this.#offset)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset)
      this.#offset += bytesRead
      const lines = (this.#rest + buffer.toString('utf8', 0, bytesRead)).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#take(line, marker)
    } finally {
      await file.close()
    }
  }

  #take(line: string, marker: string): void {
    if (line.includes(marker)) this.#lastMarker = marker
    if (!line.includes(this.#user)) return
    const event = JSON.parse(line) as AuditEvent
    if (event.user.username !== this.#user) return
    const { apiGroup = '', resource = '', subresource = '', namespace = '', name = '' } = event.objectRef ?? {}
    const { verb, requestURI: uri, userAgent = '' } = event
    this.#calls.push({
      verb,
      group: apiGroup,
      resource,
      subresource,
      namespace,
      name,
      uri,
      code: event.responseStatus.code,
      user: this.#user,
      userAgent,
      decision: event.annotations?.['authorization.k8s.io/decision'] ?? '',
      because: event.annotations?.['authorization.k8s.io/reason'] ?? '',
    })
  }
}

type AuditEvent = {
  readonly verb: string
  readonly requestURI: string
  readonly userAgent?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly user: { readonly username: string }
  readonly responseStatus: { readonly code: number }
  readonly objectRef?: {
    readonly apiGroup?: string
    readonly resource?: string
    readonly subresource?: string
    readonly namespace?: string
    readonly name?: string
  }
}

let markers = 0

const READS = ['get', 'list', 'watch']

export function isWrite({ verb, resource }: Call): boolean {
  return !READS.includes(verb) && resource !== 'leases'
}

/** "create networkpolicies shop/tenant-isolation 201", for differences that a person can read. */
export function callText({ verb, resource, subresource, namespace, name, code }: Call): string {
  const place = [namespace, name].filter((part) => part !== '').join('/')
  return [verb, subresource === '' ? resource : `${resource}/${subresource}`, place, String(code)].filter((part) => part !== '').join(' ')
}

/** The same without names: how often each kind of call was made. */
export function tally(calls: readonly Call[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const { verb, resource, subresource } of calls) {
    const text = `${verb} ${subresource === '' ? resource : `${resource}/${subresource}`}`
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
