import { KubeApiError } from '../../src/kube/errors.ts'
import type { EventSeriesField, KubeEvent } from '../../src/observability/event-object.ts'
import type { Occurrence } from '../../src/observability/event-series.ts'
import { createEventRecorder } from '../../src/observability/events.ts'
import { ManualClock } from './manual-clock.ts'

export const tenant = { apiVersion: 'tenant-isolation.dev/v1', kind: 'TenantIsolation', name: 'acme', uid: '1' }
export const sealed: Occurrence = {
  regarding: tenant,
  type: 'Normal',
  reason: 'NamespaceSealed',
  action: 'Seal',
  note: 'namespace acme-web is sealed',
}
export const MINUTE = 60_000

export const refusal = (code: number, reason = '', details?: KubeApiError['details']) =>
  new KubeApiError({ code, reason, message: `HTTP ${code}`, details })

/** A recorder, what it asked of the API server, and what the API server answers next. */
export function eventRecorder() {
  const clock = new ManualClock(5000)
  const requests: string[] = []
  const created: KubeEvent[] = []
  const patched: EventSeriesField[] = []
  const errors: string[] = []
  let answer: (verb: 'create' | 'patch') => Promise<unknown> = async () => undefined
  let ids = 0
  const recorder = createEventRecorder({
    create(event) {
      requests.push(`create ${event.metadata.name}`)
      created.push(event)
      return answer('create')
    },
    patch(namespace, name, { series }) {
      requests.push(`patch ${namespace}/${name} ×${series.count}`)
      patched.push(series)
      return answer('patch')
    },
    reportingController: 'tenant-isolation.dev/operator',
    reportingInstance: 'operator-0',
    clock,
    wallClock: () => Date.UTC(2026, 10, 21) + clock.now(),
    random: () => 1,
    uuid: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    onError: (error) => errors.push(String(error)),
  })
  return {
    clock,
    recorder,
    requests,
    created,
    patched,
    errors,
    answers(next: typeof answer) {
      answer = next
    },
  }
}

/** The end of the name of the nth event. */
export const id = (n: number) => `800${String(n).padStart(13, '0')}`
