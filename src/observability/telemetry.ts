/** observability/telemetry.ts — what the operator tells: one place for logs, metrics and Events, so that no other part knows of them. */

import { API_VERSION, KIND } from '../api/labels.ts'
import type { Status } from '../api/status.ts'
import type { LeaderElectionObserver } from '../controller/leader-election.ts'
import type { QueueObserver } from '../controller/queue.ts'
import type { Reconciled, WorkersObserver } from '../controller/workers.ts'
import type { Client } from '../kube/client.ts'
import { NotLeadingError } from '../kube/leading-only.ts'
import type { ReflectorObserver, ReflectorState } from '../kube/reflector-options.ts'
import type { TransportObserver } from '../kube/transport.ts'
import { type Key, parseKey } from '../reconcile/keys.ts'
import { OvertakenError } from '../reconcile/overtaken.ts'
import { objectText, type Repair } from '../reconcile/repairs.ts'
import type { World } from '../reconcile/world.ts'
import { systemClock, systemWallClock } from '../time/clock.ts'
import { createEventRecorder, type EventRecorder, eventSinkOf } from './events.ts'
import type { Logger, RootLogger } from './logger.ts'
import type { Metrics } from './metrics.ts'

/** What telemetry may look at once the parts are built. */
export type Observed = {
  readonly client: Client
  readonly world: World
  readonly identity: string
  readonly states: () => ReadonlyMap<string, ReflectorState>
}

export type Telemetry = {
  readonly logger: Logger
  readonly transport: TransportObserver
  readonly queue: QueueObserver
  readonly workers: WorkersObserver<Key>
  readonly election: LeaderElectionObserver
  readonly reflector: (watch: string) => ReflectorObserver
  start(observed: Observed): void
  synced(counts: { readonly tenants: number; readonly namespaces: number; readonly policies: number }): void
  /** The configuration was read again; with an error when it could not be used. */
  configured(error: Error | undefined): void
  repaired(repair: Repair, reconcileId: string): void
  /** A namespace has all its policies, `ms` after it came to its tenant. */
  isolated(ms: number): void
  /** What status says of a tenant now; undefined when the tenant is gone. */
  status(tenant: string, status: Status | undefined): void
  close(): Promise<void>
}

export type TelemetryOptions = {
  readonly logger: RootLogger
  readonly metrics: Metrics
  /** The API server, as host:port. */
  readonly server: string
}

export function createTelemetry({ logger, metrics, server }: TelemetryOptions): Telemetry {
  const readiness = new Map<string, string>()
  let events: EventRecorder | undefined

  return {
    logger,
    transport: together(metrics.transportObserver(server), { onRequest: (request) => countWrite(metrics, request) }),
    queue: metrics.queueObserver('tenantisolation'),
    workers: together(metrics.workersObserver('tenantisolation'), {
      reconciled: (reconciled: Reconciled<Key>) => sayReconciled(logger, reconciled),
    }),
    election: together(metrics.leaderElectionObserver('tenant-isolation'), electionLog(logger)),
    reflector: (watch) => together(metrics.reflectorObserver(watch), watchLog(logger, watch)),

    start({ client, world, identity, states }) {
      metrics.configReloaded(true)
      metrics.watchManagedObjects('NetworkPolicy', () => world.policies.size)
      metrics.watchManagedObjects('RoleBinding', () => world.extras.kept.stores.get('RoleBinding')?.size ?? 0)
      metrics.watchManagedObjects(KIND, () => world.tenants.size)
      for (const watch of ['networkpolicies', 'namespaces', 'tenantisolations']) {
        metrics.watchCacheAge(watch, () => secondsSince(states().get(watch)?.lastSuccessAt))
      }
      events = createEventRecorder({
        ...eventSinkOf(client),
        reportingController: 'tenant-isolation.dev/operator',
        reportingInstance: identity,
        clock: systemClock,
        wallClock: systemWallClock,
        onError: (error) => logger.warn('an Event could not be written', { error }),
      })
    },

    synced: (counts) => logger.info('caches are filled', counts),

    configured(error) {
      metrics.configReloaded(error === undefined)
      if (error) logger.error('the configuration was not taken over; the one before stays in force', { error })
      else logger.info('the configuration is in force')
    },

    repaired(repair, reconcileId) {
      const { tenant, uid, kind, namespace, name, change, by, ms } = repair
      metrics.driftReverted({ kind, change, seconds: ms / 1000 })
      const note = noteOf(repair)
      logger.info(note, { tenant, namespace, reconcileId, milliseconds: Math.round(ms * 10) / 10 })
      events?.record({
        regarding: { apiVersion: API_VERSION, kind: KIND, name: tenant, uid },
        related: { apiVersion: API_VERSIONS[kind], kind, name, ...(kind !== 'Namespace' && { namespace }) },
        type: 'Warning',
        reason: 'DriftRepaired',
        action: by === undefined ? 'Repair' : `RepairAfter-${by}`.slice(0, 128),
        note,
      })
    },

    isolated: (ms) => metrics.namespaceProtected(ms / 1000),

    status(tenant, status) {
      if (!status) {
        readiness.delete(tenant)
        metrics.forgetTenant(tenant)
        return
      }
      for (const { type, status: value, reason } of status.conditions ?? []) metrics.setCondition({ tenant, type, status: value, reason })
      const ready = status.conditions?.find(({ type }) => type === 'Ready')
      const said = `${ready?.status} ${ready?.reason}`
      if (!ready || readiness.get(tenant) === said) return
      readiness.set(tenant, said)
      if (ready.status === 'False' && ready.reason !== 'Pending')
        logger.warn(`not ready: ${ready.message}`, { tenant, reason: ready.reason })
      else logger.info(ready.message, { tenant, ready: ready.status, reason: ready.reason })
    },

    async close() {
      await events?.close()
      metrics.close()
      await logger.flush()
    },
  }
}

type Request = Parameters<NonNullable<TransportObserver['onRequest']>>[0]

/** Everything but reads, and but the Lease, whose renewals are the one thing that is written at rest. */
function countWrite(metrics: Metrics, { verb, resource, code }: Request): void {
  const reads = verb === 'get' || verb === 'list' || verb === 'watch'
  if (!reads && resource !== 'leases' && code >= 200 && code < 300) metrics.written(resource, verb)
}

const API_VERSIONS: Readonly<Record<Repair['kind'], string>> = {
  NetworkPolicy: 'networking.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  Namespace: 'v1',
}

function noteOf(repair: Repair): string {
  const { kind, change, by, was } = repair
  const object = objectText(repair)
  const who = by === undefined ? '' : ` by ${by}`
  if (kind === 'Namespace') return `set the Pod Security labels of ${object}: there was ${was}${by === undefined ? '' : `, set${who}`}`
  switch (change) {
    case 'edited':
      return `put ${object} back as it was: it had been changed${who}`
    case 'deleted':
      return `put ${object} back: it had been deleted, or its label taken off`
    case 'added':
      return `removed ${object}: it had been added${who} under the marks of the tenant`
  }
}

function sayReconciled(logger: Logger, { key, outcome, reconcileId, thrown }: Reconciled<Key>): void {
  if (outcome.outcome !== 'retry' && outcome.outcome !== 'failed') return
  const { kind, name } = parseKey(key)
  const { error } = outcome
  // Both are part of an ordinary day: somebody else wrote first, and the next look decides.
  const level = error instanceof OvertakenError || error instanceof NotLeadingError ? 'debug' : thrown ? 'error' : 'warn'
  logger[level]('could not be reconciled; it will be tried again', { [kind]: name, reconcileId, error })
}

function electionLog(logger: Logger): LeaderElectionObserver {
  return {
    holderChanged: (holder) => logger.info(holder === '' ? 'nobody leads' : `${holder} leads`),
    started: () => logger.info('this replica leads: it writes'),
    stopped: (why) => logger.info('this replica does not lead any more', { why }),
    requestFailed: (error) => logger.warn('the Lease could not be read or renewed', { error }),
    workFailed: (error) => logger.error('the work of the leader broke off', { error }),
  }
}

/** The first complaint of a watch is worth a warning; those that follow until it works again are more of the same. */
function watchLog(logger: Logger, watch: string): ReflectorObserver {
  let complained = false
  return {
    onError(error) {
      logger[complained ? 'debug' : 'warn'](`the watch on ${watch} has trouble; it goes on trying`, { error })
      complained = true
    },
    onList({ items, seconds, streaming }) {
      if (complained) logger.info(`the watch on ${watch} works again`)
      complained = false
      logger.debug(`listed ${watch}`, { items, seconds, streaming })
    },
    onEnd: ({ phase, reason, waitMs }) => logger.debug(`the watch on ${watch} ended`, { phase, reason, waitMs }),
    onEvent() {
      complained = false
    },
  }
}

function secondsSince(monotonicMs: number | undefined): number | undefined {
  return monotonicMs === undefined ? undefined : (systemClock.now() - monotonicMs) / 1000
}

/** An observer that tells both. */
function together<T extends object>(first: T, second: T): T {
  const names = new Set([...Object.keys(first), ...Object.keys(second)]) as Set<keyof T>
  const all = [...names].map((name) => {
    const [a, b] = [first[name], second[name]] as [((...told: unknown[]) => void)?, ((...told: unknown[]) => void)?]
    return [
      name,
      (...told: unknown[]) => {
        a?.(...told)
        b?.(...told)
      },
    ]
  })
  return Object.fromEntries(all) as T
}
