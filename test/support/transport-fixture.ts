/** support/transport-fixture.ts — a namespace of the real API server, and a transport to it through a fault proxy. */

import { type Client, createClient } from '../../src/kube/client.ts'
import { KubeApiError, TransportError } from '../../src/kube/errors.ts'
import { createTransport, type Transport, type TransportObserver } from '../../src/kube/transport.ts'
import type { FaultProxy, Match } from './fault-proxy.ts'
import { NAMESPACES, startProxy, throughProxy, uniqueName } from './kube-setup.ts'

type Request = Parameters<NonNullable<TransportObserver['onRequest']>>[0]

/** To be made inside a `describe`: it sets up what it offers before its tests and takes it away afterwards. */
export function transportFixture() {
  const t = {
    proxy: undefined as unknown as FaultProxy,
    client: undefined as unknown as Client,
    namespace: uniqueName('kube'),
    /** What the observer of the transport was told in this test. */
    seen: [] as Request[],
    retries: [] as unknown[],
  }
  let transport: Transport

  before(async () => {
    t.proxy = await startProxy()
    transport = createTransport({
      kubeConfig: await throughProxy(t.proxy),
      userAgent: 'test',
      observer: { onRequest: (request) => t.seen.push(request), onRetry: ({ error }) => t.retries.push(error) },
    })
    t.client = createClient(transport, { fieldManager: 'test' })
    await t.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: t.namespace } })
  })

  beforeEach(() => {
    t.seen = []
    t.retries = []
  })

  after(async () => {
    await t.client.delete(NAMESPACES, { name: t.namespace })
    await Promise.all([transport.close(), t.proxy.close()])
  })

  return t
}

/** Requests whose URL has this in it. */
export function named(text: string, method?: string): Match {
  return (request) => request.url.includes(text) && (method === undefined || request.method === method)
}

/** What the promise fails with, which must be one of the two that a request may fail with. */
export async function failure(promise: Promise<unknown>): Promise<KubeApiError | TransportError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof KubeApiError || error instanceof TransportError) return error
  throw new Error(`expected a failure of the API or the transport, got ${String(error)}`)
}
