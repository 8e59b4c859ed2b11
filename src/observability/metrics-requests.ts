/**
 * observability/metrics-requests.ts — requests to the API server, under the names of client-go
 * (k8s.io/component-base/metrics/prometheus/restclient), and what keeps the caches going.
 */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ReflectorObserver } from '../kube/reflector-options.ts'
import type { TransportObserver, Verb } from '../kube/transport.ts'

export type RequestMetrics = {
  /** `host` of the API server, as `host:port`. */
  transportObserver(host: string): TransportObserver
  /** `resource` is its plural name, such as `networkpolicies`. */
  reflectorObserver(resource: string): ReflectorObserver
  /** `ageSeconds`: since the API server was last heard of this resource; asked for at each scrape. Undefined: nothing was heard yet. */
  watchCacheAge(resource: string, ageSeconds: () => number | undefined): void
}

const METHODS: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
}

/** client-go's label for a request that got no answer. */
const NO_CODE = '<error>'

export function createRequestMetrics(registry: Registry): RequestMetrics {
  const registers = [registry]
  const ages = new Map<string, () => number | undefined>()
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labelNames: ['code', 'method', 'host'],
    registers,
  })
  const retries = new Counter({
    name: 'rest_client_request_retries_total',
    help: 'Number of request retries, partitioned by status code, verb, and host.',
    labelNames: ['code', 'verb', 'host'],
    registers,
  })
  const duration = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Request latency in seconds. Broken down by verb, and host.',
    labelNames: ['verb', 'host'],
    // Those of client-go, and three below: writes to an API server nearby take two milliseconds.
    buckets: [0.001, 0.002, 0.003, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
    registers,
  })
  const restarts = new Counter({
    name: 'tenantisolation_watch_restarts_total',
    help: 'Lists and watches that ended and were begun again. "closed" and "deadline" are the usual end of a watch.',
    labelNames: ['resource', 'reason'],
    registers,
  })
  new Gauge({
    name: 'tenantisolation_cache_age_seconds',
    help: 'Time since the API server was last heard of this resource.',
    labelNames: ['resource'],
    registers,
    collect() {
      this.reset()
      for (const [resource, ageSeconds] of ages) {
        const age = ageSeconds()
        if (age !== undefined) this.set({ resource }, age)
      }
    },
  })

  return {
    transportObserver: (host) => ({
      onRequest({ verb, code, seconds }) {
        requests.inc({ code: code === 0 ? NO_CODE : String(code), method: METHODS[verb], host })
        duration.observe({ verb: METHODS[verb], host }, seconds)
      },
      onRetry({ verb, error }) {
        retries.inc({ code: codeOf(error), verb: METHODS[verb], host })
      },
    }),
    reflectorObserver: (resource) => ({
      onEnd({ reason }) {
        if (reason !== 'aborted') restarts.inc({ resource, reason })
      },
    }),
    watchCacheAge: (resource, ageSeconds) => void ages.set(resource, ageSeconds),
  }
}

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | undefined)?.code
  return typeof code === 'number' ? String(code) : NO_CODE
}
