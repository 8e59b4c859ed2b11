/**
 * observability/metrics-controller.ts — controllers, queues and leader election, under the names and labels of controller-runtime
 * (pkg/internal/controller/metrics, pkg/metrics/workqueue.go), so that the dashboards and alerts that people have already work.
 */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { LeaderElectionObserver } from '../controller/leader-election.ts'
import type { QueueObserver, QueueSnapshot } from '../controller/queue.ts'
import type { WorkersObserver } from '../controller/workers.ts'

export type ControllerMetrics = {
  queueObserver(name: string): QueueObserver
  workersObserver(controller: string): WorkersObserver
  leaderElectionObserver(name: string): LeaderElectionObserver
}

/** ExponentialBuckets(10e-9, 10, 12), written out: multiplied, they would come out as 1.0000000000000001e-7. */
const QUEUE_BUCKETS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000]

const RECONCILE_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5,
  5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
]

/** What controller-runtime's queue calls them (handler.LowPriority is -100). */
const PRIORITIES = { fresh: '0', initial: '-100' } as const

export function createControllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry]
  return { ...queueMetrics(registers), ...workerMetrics(registers), ...leaderMetrics(registers) }
}

function queueMetrics(registers: Registry[]): Pick<ControllerMetrics, 'queueObserver'> {
  const labelNames = ['name', 'controller']
  const snapshots = new Map<string, () => QueueSnapshot>()
  const adds = new Counter({ name: 'workqueue_adds_total', help: 'Total number of adds handled by workqueue', labelNames, registers })
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by workqueue',
    labelNames,
    registers,
  })
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested',
    labelNames,
    buckets: QUEUE_BUCKETS,
    registers,
  })
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes.',
    labelNames,
    buckets: QUEUE_BUCKETS,
    registers,
  })
  // What these show is asked for when somebody looks, and costs nothing before.
  new Gauge({
    name: 'workqueue_depth',
    help: 'Current depth of workqueue by workqueue and priority',
    labelNames: [...labelNames, 'priority'],
    registers,
    collect() {
      for (const [name, snapshot] of snapshots) {
        const { depth } = snapshot()
        this.set({ name, controller: name, priority: PRIORITIES.fresh }, depth.fresh)
        this.set({ name, controller: name, priority: PRIORITIES.initial }, depth.initial)
      }
    },
  })
  const gauge = (name: string, help: string, value: (snapshot: QueueSnapshot) => number) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const [queue, snapshot] of snapshots) this.set({ name: queue, controller: queue }, value(snapshot()))
      },
    })
  gauge(
    'workqueue_unfinished_work_seconds',
    "How many seconds of work has been done that is in progress and hasn't been observed by work_duration.",
    ({ unfinishedWorkMs }) => unfinishedWorkMs / 1000,
  )
  gauge(
    'workqueue_longest_running_processor_seconds',
    'How many seconds has the longest running processor for workqueue been running.',
    ({ longestProcessingMs }) => longestProcessingMs / 1000,
  )

  return {
    queueObserver(name) {
      const labels = { name, controller: name }
      const [added, retried] = [adds.labels(labels), retries.labels(labels)]
      const [queueDuration, workDuration] = [waited.labels(labels), worked.labels(labels)]
      for (const counter of [added, retried]) counter.inc(0)
      return {
        created: (snapshot) => void snapshots.set(name, snapshot),
        added: () => added.inc(),
        taken: (ms) => queueDuration.observe(ms / 1000),
        done: (ms) => workDuration.observe(ms / 1000),
        retried: () => retried.inc(),
      }
    },
  }
}

function workerMetrics(registers: Registry[]): Pick<ControllerMetrics, 'workersObserver'> {
  const labelNames = ['controller']
  const counter = (name: string, help: string, labels: readonly string[] = labelNames) =>
    new Counter({ name: `controller_runtime_${name}`, help, labelNames: labels, registers })
  const gauge = (name: string, help: string) => new Gauge({ name: `controller_runtime_${name}`, help, labelNames, registers })

  const total = counter('reconcile_total', 'Total number of reconciliations per controller', ['controller', 'result'])
  const errors = counter('reconcile_errors_total', 'Total number of reconciliation errors per controller')
  const terminal = counter('terminal_reconcile_errors_total', 'Total number of terminal reconciliation errors per controller')
  const panics = counter('reconcile_panics_total', 'Total number of reconciliation panics per controller')
  const workers = gauge('max_concurrent_reconciles', 'Maximum number of concurrent reconciles per controller')
  const active = gauge('active_workers', 'Number of currently used workers per controller')
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
    labelNames,
    buckets: RECONCILE_BUCKETS,
    registers,
  })

  return {
    workersObserver(controller) {
      const labels = { controller }
      const result = (name: string) => total.labels({ controller, result: name })
      const results = { done: result('success'), requeueAfter: result('requeue_after'), retry: result('error'), failed: result('error') }
      const [failed, given, thrown] = [errors.labels(labels), terminal.labels(labels), panics.labels(labels)]
      const [busy, duration] = [active.labels(labels), time.labels(labels)]
      // A rate over a counter that was not there before its first error shows nothing of that error.
      for (const each of [...Object.values(results), failed, given, thrown]) each.inc(0)
      busy.set(0)
      return {
        started: ({ concurrency }) => workers.set(labels, concurrency),
        reconciling: () => busy.inc(),
        reconciled({ outcome, thrown: threw, ms }) {
          busy.dec()
          duration.observe(ms / 1000)
          results[outcome.outcome].inc()
          if (outcome.outcome === 'retry' || outcome.outcome === 'failed') failed.inc()
          if (outcome.outcome === 'failed') given.inc()
          if (threw) thrown.inc()
        },
      }
    },
  }
}

function leaderMetrics(registers: Registry[]): Pick<ControllerMetrics, 'leaderElectionObserver'> {
  const master = new Gauge({
    name: 'leader_election_master_status',
    help: "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease. Please make sure to group by name.",
    labelNames: ['name'],
    registers,
  })
  return {
    leaderElectionObserver(name) {
      const status = master.labels({ name })
      status.set(0)
      return { started: () => status.set(1), stopped: () => status.set(0) }
    },
  }
}
