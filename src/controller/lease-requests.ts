/** controller/lease-requests.ts — the three requests of an election, each of which ends in time. */

import type { Client } from '../kube/client.ts'
import type { Resource } from '../kube/resources.ts'
import type { Clock } from '../time/clock.ts'
import type { Lease } from './lease.ts'

/** Each rejects when the API server refuses or cannot be reached; the signal asks to give up. */
export type Leases = {
  /** `undefined` when there is no such lease. */
  get(at: { readonly namespace: string; readonly name: string }, signal: AbortSignal): Promise<Lease | undefined>
  create(lease: Lease, signal: AbortSignal): Promise<Lease>
  /** Must be refused when the lease has another resourceVersion by now. */
  update(lease: Lease, signal: AbortSignal): Promise<Lease>
}

const resource: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true }

export function leasesOf(client: Pick<Client, 'get' | 'create' | 'update'>): Leases {
  return {
    async get(at, signal) {
      try {
        return await client.get<Lease>(resource, at, { signal })
      } catch (error) {
        if ((error as { readonly code?: unknown }).code === 404) return undefined
        throw error
      }
    },
    create: (lease, signal) => client.create(resource, lease, { signal }),
    update: (lease, signal) => client.update(resource, lease, { signal }),
  }
}

/**
 * What `request` gives, or a rejection once `ms` have passed or `stop` is aborted, even if the request hears nothing of its signal: an
 * elector that hangs with its connection would never notice that it has lost.
 */
export async function within<T>(
  { clock, ms, stop }: { readonly clock: Clock; readonly ms: number; readonly stop?: AbortSignal | undefined },
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (stop?.aborted) throw new Error('given up because of a stop')
  const controller = new AbortController()
  const { promise, reject } = Promise.withResolvers<never>()
  const giveUp = (error: Error) => {
    controller.abort(error)
    reject(error)
  }
  const onStop = () => giveUp(new Error('given up because of a stop'))
  const cancel = clock.setTimer(() => giveUp(new Error(`no answer within ${Math.round(ms)} ms`)), ms)
  stop?.addEventListener('abort', onStop)
  try {
    return await Promise.race([promise, request(controller.signal)])
  } finally {
    cancel()
    stop?.removeEventListener('abort', onStop)
  }
}
