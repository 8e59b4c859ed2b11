/** operator.ts — the operator's life: builds the parts, starts them in order, stops them in reverse. */

import dotI from '@dot-i/k8s-operator'
import type { KubeConfig } from '@kubernetes/client-node'
import { type Configuration, DEFAULT_CONFIGURATION } from './api/configuration.ts'
import { FIELD_MANAGER } from './api/labels.ts'
import { followConfiguration, readConfiguration } from './configuration-file.ts'
import { systemClock, systemWallClock } from './controller/clock.ts'
import { type LeaderElection, runLeaderElection } from './controller/leader-election.ts'
import type { LeaseDurations } from './controller/lease.ts'
import { leasesOf } from './controller/lease-requests.ts'
import { createQueue } from './controller/queue.ts'
import { type Outcome, type ReconcileContext, runWorkers } from './controller/workers.ts'
import { type Client, createClient } from './kube/client.ts'
import { leadingOnly } from './kube/leading-only.ts'
import type { ReflectorTiming } from './kube/reflector-options.ts'
import { createTransport, type Transport } from './kube/transport.ts'
import type { Telemetry } from './observability/telemetry.ts'
import { reconcileAccess } from './reconcile/access.ts'
import { reconcileGates } from './reconcile/gates.ts'
import { type Key, parseKey } from './reconcile/keys.ts'
import { reconcileNamespace } from './reconcile/namespace.ts'
import type { Repair } from './reconcile/repairs.ts'
import { Sources } from './reconcile/sources.ts'
import { reconcileStandard } from './reconcile/standard.ts'
import { TenantStatusReconciler } from './reconcile/tenant.ts'
import { type Now, World } from './reconcile/world.ts'

export type OperatorSettings = {
  readonly kubeConfig: KubeConfig
  /** The namespace that the operator runs in: there is its Lease, and no tenant may take it. */
  readonly namespace: string
  readonly leaseName: string
  /** Who this process is to the other replicas; the pod's name in a cluster. */
  readonly identity: string
  /** A file in the format of api/configuration.ts; without one, the defaults hold. */
  readonly configurationFile?: string | undefined
  readonly version: string
  /** How many keys are reconciled at once: writes of different namespaces run in parallel. */
  readonly concurrency?: number | undefined
  readonly leaseDurations?: LeaseDurations | undefined
  readonly watchTiming?: Partial<ReflectorTiming> | undefined
  readonly telemetry: Telemetry
}

/** Enough to fill the time that the API server takes for a write; more only makes it share. */
const CONCURRENCY = 32

const now: Now = { monotonic: () => systemClock.now(), wall: systemWallClock }

type Parts = {
  readonly transport: Transport
  readonly world: World
  readonly sources: Sources
  readonly election: LeaderElection
}

/**
 * @dot-i/k8s-operator is the shell: `start` runs `init`, `stop` ends it. Its watches end the process on any error, and its status and
 * finalizer helpers lose errors, so none of them is used (docs/decisions/0003, and a test holds us to it).
 */
export class TenantIsolationOperator extends dotI.default {
  readonly #settings: OperatorSettings
  readonly #ending = new AbortController()
  readonly #synced = Promise.withResolvers<void>()
  #parts: Parts | undefined
  #ready = false

  constructor(settings: OperatorSettings) {
    super(settings.telemetry.logger)
    this.#settings = settings
    this.kubeConfig = settings.kubeConfig
  }

  /**
   * Resolves when the caches are filled and the operator campaigns for its Lease. Throws a ConfigurationError when the configuration
   * cannot be used; an API server that does not answer is waited for instead.
   */
  protected override async init(): Promise<void> {
    const { configurationFile, telemetry } = this.#settings
    const configuration = configurationFile === undefined ? DEFAULT_CONFIGURATION : await readConfiguration(configurationFile)
    this.#parts = this.#build(configuration)
    const { sources, world } = this.#parts
    if (configurationFile !== undefined) this.#follow(configurationFile, this.#parts)
    await sources.start()
    if (this.#ending.signal.aborted) return
    this.#ready = true
    this.#synced.resolve()
    telemetry.synced({ tenants: world.tenants.size, namespaces: world.namespaces.size, policies: world.policies.size })
  }

  /** Ends the work at hand, gives the Lease back so that another replica takes over at once, and closes everything. */
  override async stop(): Promise<void> {
    this.#ending.abort()
    await this.#parts?.election.stopped
    await this.#parts?.sources.finished()
    // Before its connections: it writes down what it had only counted so far.
    await this.#settings.telemetry.close()
    await this.#parts?.transport.close()
  }

  /** Why the operator is not ready, check by check: nothing for a check that passes. */
  readonly readiness: Readonly<Record<string, () => string | undefined>> = {
    caches: () => (this.#ready ? undefined : `waiting for ${this.#unsynced().join(', ') || 'the API server'}`),
    watches: () => this.#quietWatches(),
  }

  isLeader(): boolean {
    return this.#parts?.election.isLeader() ?? false
  }

  #build(configuration: Configuration): Parts {
    const { kubeConfig, namespace, leaseName, identity, version, telemetry, leaseDurations, watchTiming } = this.#settings
    const { signal } = this.#ending
    const transport = createTransport({ kubeConfig, userAgent: `${FIELD_MANAGER}/${version}`, observer: telemetry.transport })
    const client = createClient(transport, { fieldManager: FIELD_MANAGER })
    const queue = createQueue<Key>({ clock: systemClock, observer: telemetry.queue })
    const world = new World({ configuration, ownNamespace: namespace, now, enqueue: (key, priority) => queue.add(key, priority) })
    const sources = new Sources({ transport, world, observer: telemetry.reflector, timing: watchTiming, signal })
    const writer = leadingOnly(client, () => this.#parts?.election.isLeader() ?? false)
    const reconcile = reconciler(world, writer, telemetry)
    const election = runLeaderElection({
      leases: leasesOf(client),
      namespace,
      name: leaseName,
      identity,
      ...(leaseDurations && { durations: leaseDurations }),
      clock: systemClock,
      observer: telemetry.election,
      signal,
      onStartedLeading: async (term) => {
        // Whoever decides on half a picture deletes what the other half asks for.
        await Promise.race([this.#synced.promise, aborted(term)])
        if (term.aborted) return
        world.enqueueEverything()
        await runWorkers({
          queue,
          concurrency: this.#settings.concurrency ?? CONCURRENCY,
          reconcile,
          clock: systemClock,
          signal: term,
          observer: telemetry.workers,
        })
      },
    })
    telemetry.start({ client, world, identity, states: () => sources.states() })
    return { transport, world, sources, election }
  }

  #follow(path: string, { world, sources }: Parts): void {
    const { telemetry } = this.#settings
    followConfiguration({
      path,
      signal: this.#ending.signal,
      onChange: (configuration) => {
        sources.followServices(configuration)
        world.refreshFacts(configuration)
        telemetry.configured(undefined)
      },
      onError: (error) => telemetry.configured(error),
    })
  }

  #unsynced(): string[] {
    return [...(this.#parts?.sources.states() ?? [])].filter(([, { synced }]) => !synced).map(([name]) => name)
  }

  /** A watch that is silent for longer than the API server's bookmarks allow is broken, or is about to be found out. */
  #quietWatches(): string | undefined {
    const since = systemClock.now() - QUIET_MS
    const quiet = [...(this.#parts?.sources.states() ?? [])]
      .filter(([, { lastSuccessAt }]) => (lastSuccessAt ?? 0) < since)
      .map(([name]) => name)
    return quiet.length > 0 ? `nothing heard for ${QUIET_MS / 60_000} minutes from ${quiet.join(', ')}` : undefined
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The API server sends a bookmark about every minute. */
const QUIET_MS = 180_000

function reconciler(world: World, writer: Client, telemetry: Telemetry): (key: Key, context: ReconcileContext) => Promise<Outcome> {
  const tenants = new TenantStatusReconciler({ world, writer, now, onStatus: telemetry.status })
  return async (key, { reconcileId }) => {
    const { kind, name } = parseKey(key)
    if (kind === 'tenant') return await tenants.reconcile(name)
    if (kind === 'gates') return await reconcileGates({ world, writer, now })
    const context = { world, writer, now, onRepair: (repair: Repair) => telemetry.repaired(repair, reconcileId) }
    if (kind === 'access') return await reconcileAccess(name, context)
    if (kind === 'standard') return await reconcileStandard(name, context)
    return await reconcileNamespace(name, { ...context, onIsolated: (ms) => telemetry.isolated(ms) })
  }
}
