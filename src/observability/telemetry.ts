/** observability/telemetry.ts — what the operator tells: one place for logs, metrics and Events, so that no other part knows of them. */

import type { Status } from '../api/status.ts'
import type { LeaderElectionObserver } from '../controller/leader-election.ts'
import type { QueueObserver } from '../controller/queue.ts'
import type { WorkersObserver } from '../controller/workers.ts'
import type { Client } from '../kube/client.ts'
import type { ReflectorObserver, ReflectorState } from '../kube/reflector-options.ts'
import type { TransportObserver } from '../kube/transport.ts'
import type { Key } from '../reconcile/keys.ts'
import type { Repair } from '../reconcile/namespace.ts'
import type { World } from '../reconcile/world.ts'
import type { Logger } from './logger.ts'

/** What telemetry may look at once the parts are built. */
export type Observed = {
  readonly client: Client
  readonly world: World
  readonly identity: string
  readonly isLeader: () => boolean
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
