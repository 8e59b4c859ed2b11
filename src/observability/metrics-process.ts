/** observability/metrics-process.ts — the process itself, under the names that every Prometheus client uses, and its event loop. */

import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'

/** Between two looks at the event loop, in milliseconds. It wakes the process as often, and sees no shorter pause for sure. */
const RESOLUTION_MS = 100

/**
 * prom-client's own collectDefaultMetrics has a dozen more, an observer of the garbage collector and a hook for cluster mode; at rest they are
 * the largest part of what metrics cost. `stop` ends the watching of the event loop.
 */
export function createProcessMetrics(registry: Registry): { readonly stop: () => void } {
  const registers = [registry]
  const gauge = (name: string, help: string, value: () => number | undefined) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = value()
        if (now !== undefined) this.set(now)
      },
    })

  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  const startTime = performance.timeOrigin / 1000
  gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', () => startTime)
  gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss())
  gauge('process_open_fds', 'Number of open file descriptors.', openFiles)
  gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.', () => process.memoryUsage().heapUsed)

  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  new Gauge({
    name: 'tenantisolation_event_loop_delay_seconds',
    help: 'How late timers were since the last scrape: everything else the process does waited at least as long. quantile="1" is the maximum.',
    labelNames: ['quantile'],
    registers,
    collect() {
      for (const quantile of [0.5, 0.99, 1]) {
        // The histogram counts the time between two ticks, which is never less than the time that was asked for.
        const lateMs = delay.count === 0 ? 0 : delay.percentile(quantile * 100) / 1e6 - RESOLUTION_MS
        this.set({ quantile: String(quantile) }, Math.max(0, lateMs) / 1000)
      }
      delay.reset()
    },
  })
  return { stop: () => void delay.disable() }
}

/** Undefined where /proc is not what it is on Linux. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}
