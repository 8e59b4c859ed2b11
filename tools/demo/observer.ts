/** demo/observer.ts — somebody else who watches tenants and policies, and by whose clock every time of the story is told. */

import { setTimeout as sleep } from 'node:timers/promises'
import { KubeConfig } from '@kubernetes/client-node'
import { type Client, createClient } from '../../src/kube/client.ts'
import { type KubeObject, keyOf, type StoredObject } from '../../src/kube/objects.ts'
import { runReflector } from '../../src/kube/reflector.ts'
import { createStore, whole } from '../../src/kube/store.ts'
import { createTransport } from '../../src/kube/transport.ts'
import { NETWORK_POLICIES, TENANT_ISOLATIONS } from '../../src/reconcile/resources.ts'
import type { ControlPlane } from '../control-plane/control-plane.ts'

export type Policy = KubeObject<{ readonly ingress?: unknown; readonly policyTypes?: readonly string[] }> & StoredObject

export type Observer = {
  readonly client: Client
  /** How many tenants there are. */
  readonly tenants: () => number
  /** The policies of a namespace by name, as they are now. */
  readonly policiesIn: (namespace: string) => readonly Policy[]
  /** Milliseconds from `since` (performance.now()) until the watch showed that `holds`; throws after ten seconds. */
  readonly until: (what: string, since: number, holds: () => boolean) => Promise<number>
  readonly close: () => Promise<void>
}

const PATIENCE_MS = 10_000

/** As the cluster's admin. */
export async function observe(controlPlane: ControlPlane): Promise<Observer> {
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromFile(controlPlane.kubeconfig('admin'))
  const ending = new AbortController()
  const transport = createTransport({ kubeConfig, userAgent: 'demo' })
  const waiting = new Set<() => void>()
  const lookAll = () => {
    for (const look of waiting) look()
  }
  const store = createStore({ ingest: whole<Policy>, onChange: lookAll })
  const resources = createStore({ ingest: whole<StoredObject>, onChange: lookAll })
  const reflectors = [
    runReflector<Policy>({ transport, resource: NETWORK_POLICIES, sink: store, signal: ending.signal }),
    runReflector<StoredObject>({ transport, resource: TENANT_ISOLATIONS, sink: resources, signal: ending.signal }),
  ]
  while (!reflectors.every(({ state }) => state.synced)) await sleep(5)

  return {
    client: createClient(transport, { fieldManager: 'kubectl-edit' }),
    tenants: () => resources.size,
    policiesIn: (namespace) =>
      [...store.inNamespace(namespace).values()].map(({ object }) => object).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    until: async (what, since, holds) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      const look = () => {
        if (holds()) resolve(performance.now() - since)
      }
      const timer = setTimeout(() => reject(new Error(`${what}: did not come true within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
      waiting.add(look)
      look()
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        waiting.delete(look)
      }
    },
    close: async () => {
      ending.abort()
      await Promise.all(reflectors.map(({ finished }) => finished))
      await transport.close()
    },
  }
}
