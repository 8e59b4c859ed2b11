/** The Lease endpoint of an API server in memory: one lease, optimistic concurrency, and faults on request. */

import type { Lease } from '../../src/controller/lease.ts'
import type { Leases } from '../../src/controller/lease-requests.ts'

export type LeaseRequest = { readonly verb: 'get' | 'create' | 'update'; readonly lease?: Lease }

/** `refuse`: not carried out, an error comes back; `lose`: carried out, an error comes back; `hang`: not carried out, no answer. */
export type Fault = 'refuse' | 'lose' | 'hang' | undefined

export class LeaseServer implements Leases {
  lease: Lease | undefined
  readonly requests: LeaseRequest[] = []
  /** Asked before each request. */
  fault: (request: LeaseRequest) => Fault = () => undefined
  #version = 0

  get(): Promise<Lease | undefined> {
    return this.#serve({ verb: 'get' }, () => this.lease)
  }

  create(lease: Lease): Promise<Lease> {
    return this.#serve({ verb: 'create', lease }, () => {
      if (this.lease) throw Object.assign(new Error('AlreadyExists'), { code: 409 })
      return this.put(lease)
    })
  }

  update(lease: Lease): Promise<Lease> {
    return this.#serve({ verb: 'update', lease }, () => {
      if (!this.lease) throw Object.assign(new Error('NotFound'), { code: 404 })
      if (this.lease.metadata.resourceVersion !== lease.metadata.resourceVersion) throw Object.assign(new Error('Conflict'), { code: 409 })
      return this.put(lease)
    })
  }

  /** As somebody else with enough rights would. */
  put(lease: Lease): Lease {
    this.#version++
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.#version) } }
    return this.lease
  }

  get holder(): string | null | undefined {
    return this.lease?.spec?.holderIdentity
  }

  async #serve<T>(request: LeaseRequest, carryOut: () => T): Promise<T> {
    this.requests.push(request)
    const fault = this.fault(request)
    if (fault === 'refuse') throw new Error('connection refused')
    if (fault === 'hang') return new Promise(() => {})
    const answer = carryOut()
    if (fault === 'lose') throw new Error('connection reset')
    return answer
  }
}
