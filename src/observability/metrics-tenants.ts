/** observability/metrics-tenants.ts — what the operator is there for: tenants, their objects, drift. Names begin with tenantisolation_. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export type TenantMetrics = {
  /** `count` is asked for at each scrape. */
  watchManagedObjects(kind: string, count: () => number): void
  /** A change of somebody else was undone; `seconds` from when it was seen until the repair was written. */
  driftReverted(drift: { readonly kind: string; readonly change: string; readonly seconds: number }): void
  /** `seconds` from when a namespace of a tenant was seen until its isolation was in place. */
  namespaceProtected(seconds: number): void
  /** One write that the API server accepted. */
  written(kind: string, verb: string): void
  configReloaded(successful: boolean): void
}

/** A write to an API server nearby takes 2 ms; what takes a minute is a fault. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export function createTenantMetrics(registry: Registry): TenantMetrics {
  const registers = [registry]
  const counts = new Map<string, () => number>()
  new Gauge({
    name: 'tenantisolation_managed_objects',
    help: 'Objects that the operator keeps as they should be.',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, count] of counts) this.set({ kind }, count())
    },
  })
  const reverts = new Counter({
    name: 'tenantisolation_drift_reverts_total',
    help: 'Changes to managed objects by others that were undone.',
    labelNames: ['kind', 'change'],
    registers,
  })
  const revertSeconds = new Histogram({
    name: 'tenantisolation_drift_revert_seconds',
    help: 'From when a change by others was seen until it was undone.',
    buckets: LATENCY_BUCKETS,
    registers,
  })
  const protectedSeconds = new Histogram({
    name: 'tenantisolation_namespace_protected_seconds',
    help: 'From when a namespace of a tenant was seen until its isolation was in place.',
    buckets: LATENCY_BUCKETS,
    registers,
  })
  const writes = new Counter({
    name: 'tenantisolation_writes_total',
    help: 'Writes that the API server accepted. At rest there are none.',
    labelNames: ['kind', 'verb'],
    registers,
  })
  const reloaded = new Gauge({
    name: 'tenantisolation_config_last_reload_successful',
    help: 'Whether the configuration in use is the one that was read last.',
    registers,
  })

  return {
    watchManagedObjects: (kind, count) => void counts.set(kind, count),
    driftReverted({ kind, change, seconds }) {
      reverts.inc({ kind, change })
      revertSeconds.observe(seconds)
    },
    namespaceProtected: (seconds) => protectedSeconds.observe(seconds),
    written: (kind, verb) => writes.inc({ kind, verb }),
    configReloaded: (successful) => reloaded.set(successful ? 1 : 0),
  }
}
