/** observability/metrics.ts — all metrics of one operator. Several operators may live in one process: nothing here is global. */

import { Gauge, Registry } from 'prom-client'
import { type ConditionMetrics, createConditionMetrics } from './metrics-conditions.ts'
import { type ControllerMetrics, createControllerMetrics } from './metrics-controller.ts'
import { createProcessMetrics } from './metrics-process.ts'
import { createRequestMetrics, type RequestMetrics } from './metrics-requests.ts'
import { createTenantMetrics, type TenantMetrics } from './metrics-tenants.ts'

export type Metrics = ControllerMetrics &
  RequestMetrics &
  TenantMetrics &
  ConditionMetrics & {
    readonly contentType: string
    /** All of them in the text format of Prometheus. */
    render(): Promise<string>
    /** Stops watching the event loop. What was counted can still be read. */
    close(): void
  }

export type MetricsOptions = {
  readonly version: string
  /** Of the source, such as a commit; `unknown` unless given. */
  readonly revision?: string
}

export function createMetrics({ version, revision = 'unknown' }: MetricsOptions): Metrics {
  const registry = new Registry()
  new Gauge({
    name: 'tenantisolation_build_info',
    help: 'Always 1; the labels say what is running.',
    labelNames: ['version', 'revision', 'node_version'],
    registers: [registry],
  }).set({ version, revision, node_version: process.version }, 1)
  const { stop } = createProcessMetrics(registry)
  const { render: renderConditions, ...conditions } = createConditionMetrics()
  let rendering: Promise<string> | undefined
  return {
    ...createControllerMetrics(registry),
    ...createRequestMetrics(registry),
    ...createTenantMetrics(registry),
    ...conditions,
    contentType: registry.contentType,
    render() {
      // Those who ask at the same time get the same answer.
      rendering ??= registry
        .metrics()
        .then((text) => `${text}\n${renderConditions()}`)
        .finally(() => {
          rendering = undefined
        })
      return rendering
    },
    close: stop,
  }
}
