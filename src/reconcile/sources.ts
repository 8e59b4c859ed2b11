/** reconcile/sources.ts — which watches feed what: the one place that says what the operator looks at. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Configuration } from '../api/configuration.ts'
import { TENANT_LABEL } from '../api/labels.ts'
import type { EndpointSlice, Service } from '../desired/network/discovery.ts'
import type { KubeObject, StoredObject } from '../kube/objects.ts'
import { runReflector } from '../kube/reflector.ts'
import type { Reflector, ReflectorObserver, ReflectorTiming } from '../kube/reflector-options.ts'
import type { Resource } from '../kube/resources.ts'
import type { Sink } from '../kube/sink.ts'
import { createStore, whole } from '../kube/store.ts'
import type { Transport } from '../kube/transport.ts'
import { API_SERVER_SERVICE, dnsServices, SERVICE_NAME_LABEL, type ServiceName } from './facts.ts'
import { keptSelector } from './kept/entry.ts'
import { KEPT_KINDS } from './kept/kinds.ts'
import { ENDPOINT_SLICES, NAMESPACES, NETWORK_POLICIES, SERVICES, TENANT_ISOLATIONS } from './resources.ts'
import type { World } from './world.ts'

export type SourcesOptions = {
  readonly transport: Pick<Transport, 'request' | 'open'>
  readonly world: World
  /** `watch` names the watch for people: "networkpolicies", "services kube-system/kube-dns". */
  readonly observer: (watch: string) => ReflectorObserver
  readonly timing?: Partial<ReflectorTiming> | undefined
  readonly signal: AbortSignal
}

type Selection = {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly metadataOnly?: boolean
}
type Watch = { readonly reflector: Reflector; readonly synced: Promise<void>; readonly stop: () => void }

export class Sources {
  readonly #options: SourcesOptions
  readonly #watches = new Map<string, Watch>()
  /** The Services that are watched, by name; each with its slices. */
  readonly #services = new Map<string, { readonly name: ServiceName; readonly watches: readonly string[] }>()
  #refreshing = false

  constructor(options: SourcesOptions) {
    this.#options = options
  }

  /**
   * Starts every watch, and resolves when all caches are filled. Policies come last: by then it is known what each should be, and those
   * that are as they should be are recognised as they arrive, instead of being kept whole.
   */
  async start(): Promise<void> {
    const { world } = this.#options
    this.followServices(world.facts.configuration)
    await Promise.all([...this.#watches.values()].map(({ synced }) => synced))
    world.refreshFacts()
    await Promise.all([
      this.#watch('namespaces', NAMESPACES, { metadataOnly: true }, world.namespaces),
      this.#watch('tenantisolations', TENANT_ISOLATIONS, {}, world.resources),
    ])
    world.canMutate = await this.#canMutate()
    await Promise.all(
      [...world.extras.kept.stores].map(([kind, store]) =>
        kind !== 'MutatingAdmissionPolicyBinding' || world.canMutate
          ? this.#watch(KEPT_KINDS[kind].plural, KEPT_KINDS[kind], { labelSelector: keptSelector(kind) }, store)
          : undefined,
      ),
    )
    await this.#watch('networkpolicies', NETWORK_POLICIES, { labelSelector: TENANT_LABEL }, world.policies)
  }

  /** Asked of discovery, until there is an answer: a guess would either refuse to start or leave defaulting out. */
  async #canMutate(): Promise<boolean> {
    const { group, version, plural } = KEPT_KINDS.MutatingAdmissionPolicyBinding
    while (!this.#options.signal.aborted) {
      try {
        const { resources } = await this.#options.transport.request<{ readonly resources: readonly { readonly name: string }[] }>({
          method: 'GET',
          path: `/apis/${group}/${version}`,
          signal: this.#options.signal,
        })
        return resources.some(({ name }) => name === plural)
      } catch (error) {
        this.#options.observer('discovery').onError?.(error)
        await sleep(1_000)
      }
    }
    return false
  }

  /** The state of every watch, by its name. */
  states(): ReadonlyMap<string, Reflector['state']> {
    return new Map([...this.#watches].map(([name, { reflector }]) => [name, reflector.state]))
  }

  /** Resolves when the signal has ended all watches. */
  async finished(): Promise<void> {
    await Promise.all([...this.#watches.values()].map(({ reflector }) => reflector.finished))
  }

  /** Watches the Services that the configuration asks for, and no others. */
  followServices(configuration: Configuration): void {
    const wanted = new Map([API_SERVER_SERVICE, ...dnsServices(configuration)].map((name) => [`${name.namespace}/${name.name}`, name]))
    for (const [text, { name, watches }] of this.#services) {
      if (wanted.has(text)) continue
      for (const watch of watches) this.#unwatch(watch)
      this.#services.delete(text)
      this.#options.world.services.forget(name)
    }
    for (const [text, name] of wanted)
      if (!this.#services.has(text)) this.#services.set(text, { name, watches: this.#followService(text, name) })
  }

  #followService(text: string, name: ServiceName): readonly string[] {
    const { services } = this.#options.world
    const service = createStore({
      ingest: whole<StoredObject & Service & KubeObject>,
      onChange: ({ entry }) => this.#changed(() => services.setService(name, entry?.object)),
    })
    const slices = createStore({
      ingest: whole<StoredObject & EndpointSlice & KubeObject>,
      onChange: ({ key, entry }) => this.#changed(() => services.setSlice(name, key, entry?.object)),
    })
    const { namespace } = name
    void this.#watch(`services ${text}`, SERVICES, { namespace, fieldSelector: `metadata.name=${name.name}` }, service)
    void this.#watch(`endpointslices ${text}`, ENDPOINT_SLICES, { namespace, labelSelector: `${SERVICE_NAME_LABEL}=${name.name}` }, slices)
    return [`services ${text}`, `endpointslices ${text}`]
  }

  /** Several changes at once, as in a list, are worked out once. */
  #changed(apply: () => void): void {
    apply()
    if (this.#refreshing) return
    this.#refreshing = true
    queueMicrotask(() => {
      this.#refreshing = false
      if (!this.#options.signal.aborted) this.#options.world.refreshFacts()
    })
  }

  #watch<T extends StoredObject>(name: string, resource: Resource, selection: Selection, sink: Sink<T>): Promise<void> {
    const { transport, observer, signal, timing } = this.#options
    const { promise, resolve } = Promise.withResolvers<void>()
    const own = new AbortController()
    const seen = observer(name)
    const reflector = runReflector({
      transport,
      resource,
      ...selection,
      sink,
      timing,
      signal: AbortSignal.any([signal, own.signal]),
      observer: {
        ...seen,
        onSynced: () => {
          seen.onSynced?.()
          resolve()
        },
      },
    })
    // Whoever waits for the cache must not wait for ever when the operator stops.
    void reflector.finished.then(resolve)
    this.#watches.set(name, { reflector, synced: promise, stop: () => own.abort() })
    return promise
  }

  #unwatch(name: string): void {
    this.#watches.get(name)?.stop()
    this.#watches.delete(name)
  }
}
