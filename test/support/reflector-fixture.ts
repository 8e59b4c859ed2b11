/** support/reflector-fixture.ts — a namespace of the real API server, a fault proxy before it, and reflectors that look through the proxy. */

import { type Client, createClient } from '../../src/kube/client.ts'
import type { StoredObject } from '../../src/kube/objects.ts'
import { runReflector } from '../../src/kube/reflector.ts'
import type { Reflector, ReflectorObserver, ReflectorOptions } from '../../src/kube/reflector-options.ts'
import { createStore, type Store, whole } from '../../src/kube/store.ts'
import { createTransport, type Transport } from '../../src/kube/transport.ts'
import type { FaultProxy, Match } from './fault-proxy.ts'
import { CONFIG_MAPS, type ConfigMap, configMap, kubeConfigOf, NAMESPACES, startProxy, throughProxy, uniqueName } from './kube-setup.ts'

export type SeenConfigMap = ConfigMap & StoredObject
type End = Parameters<NonNullable<ReflectorObserver['onEnd']>>[0]
type List = Parameters<NonNullable<ReflectorObserver['onList']>>[0]

/** Short enough for a test, in the same proportions. */
export const TIMING = {
  watchMinMs: 300_000,
  watchMaxMs: 600_000,
  openMs: 1_000,
  initialSilenceMs: 500,
  silenceMs: 500,
  backoff: { baseMs: 20, capMs: 200 },
}
/** For tests in which silence is no fault. */
export const PATIENT = { initialSilenceMs: 30_000, silenceMs: 30_000 }

/** A store that a reflector keeps, and all that is to be seen of both. */
export type Mirror = {
  readonly store: Store<SeenConfigMap, ReturnType<typeof whole<SeenConfigMap>>>
  readonly reflector: Reflector
  readonly ends: readonly End[]
  readonly listed: readonly List[]
  readonly errors: readonly unknown[]
  /** The changes since it was last asked, as `added name`. */
  news(): string[]
  holds(key: string): boolean
}

/** To be made inside a `describe`: it sets up what it offers before each test and takes it away afterwards. */
export function reflectorFixture() {
  const t = {
    proxy: undefined as unknown as FaultProxy,
    /** Through the proxy. */
    transport: undefined as unknown as Transport,
    /** Not through the proxy. */
    client: undefined as unknown as Client,
    namespace: '',
    /** Ends the reflectors of the test. */
    stop: new AbortController(),

    ofNamespace: (({ url }) => url.includes(`/namespaces/${t.namespace}/configmaps`)) as Match,
    watches: ((request) => t.ofNamespace(request) && request.watch) as Match,
    /** Watches that begin with a list. */
    streams: ((request) => t.watches(request) && request.url.includes('sendInitialEvents=true')) as Match,
    /** Watches that begin at a version. */
    resumes: ((request) => t.watches(request) && !request.url.includes('sendInitialEvents')) as Match,
    lists: ((request) => t.ofNamespace(request) && request.method === 'GET' && !request.watch) as Match,
    count: (match: Match): number => t.proxy.requests.filter(match).length,

    key: (name: string): string => `${t.namespace}/${name}`,
    make: (name: string) => t.client.create(CONFIG_MAPS, configMap(t.namespace, name)),
    remove: (name: string) => t.client.delete(CONFIG_MAPS, { namespace: t.namespace, name }),
    mirror: (options: Partial<ReflectorOptions<SeenConfigMap>> = {}): Mirror =>
      mirrorOf({ transport: t.transport, namespace: t.namespace, signal: t.stop.signal, ...options }),
  }

  let direct: Transport

  before(async () => {
    t.proxy = await startProxy()
    t.transport = createTransport({ kubeConfig: await throughProxy(t.proxy), userAgent: 'test' })
    direct = createTransport({ kubeConfig: await kubeConfigOf(), userAgent: 'test' })
    t.client = createClient(direct, { fieldManager: 'test' })
  })

  beforeEach(async () => {
    t.namespace = uniqueName('reflector')
    t.stop = new AbortController()
    await t.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: t.namespace } })
  })

  afterEach(async () => {
    t.stop.abort()
    await t.client.delete(NAMESPACES, { name: t.namespace })
  })

  after(async () => {
    await Promise.all([t.transport.close(), direct.close(), t.proxy.close()])
  })

  return t
}

function mirrorOf(
  options: Partial<ReflectorOptions<SeenConfigMap>> & Pick<ReflectorOptions<SeenConfigMap>, 'transport' | 'signal'>,
): Mirror {
  const ends: End[] = []
  const listed: List[] = []
  const errors: unknown[] = []
  const changes: string[] = []
  const store = createStore<SeenConfigMap, ReturnType<typeof whole<SeenConfigMap>>>({
    ingest: whole,
    onChange: ({ type, key }) => changes.push(`${type} ${key.slice(key.indexOf('/') + 1)}`),
  })
  const reflector = runReflector<SeenConfigMap>({
    resource: CONFIG_MAPS,
    // Every namespace gets it sooner or later.
    fieldSelector: 'metadata.name!=kube-root-ca.crt',
    sink: store,
    ...options,
    timing: { ...TIMING, ...options.timing },
    observer: { onEnd: (end) => ends.push(end), onList: (list) => listed.push(list), onError: (error) => errors.push(error) },
  })
  return { store, reflector, ends, listed, errors, news: () => changes.splice(0), holds: (key) => store.has(key) }
}
