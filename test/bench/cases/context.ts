/** bench/cases/context.ts — what every case works with. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api.ts'
import type { AuditLog, Counts } from '../audit.ts'
import { type Distribution, distributionOf, type Noise, noiseOf, rounded } from '../measure.ts'
import type { Observer } from '../observer.ts'

export type Size = {
  readonly tenants: number
  /** How often each kind of thing is done, one after the other. */
  readonly namespaces: number
  readonly drifts: number
  readonly ruleEdits: number
  readonly restSeconds: number
}

export type Bench = {
  readonly size: Size
  readonly admin: Api
  readonly observer: Observer
  /** Of the operator's requests. */
  readonly audit: AuditLog
  readonly kubeconfigs: { readonly admin: string; readonly operator: string }
  readonly bundle: string
  /** For files that are thrown away in the end. */
  readonly directory: string
  readonly progress: (line: string) => void
}

/** `writes` and `events` are per operation. */
export type Timed = Distribution & { readonly writes: number; readonly events: number }

export type Case = { readonly timed: Timed; readonly noise: Noise; readonly counts: Counts }

/** Between two operations, so that what follows from one is over before the next. */
const PAUSE_MS = 100

/** After this much silence the operator has nothing left to say; status waits a second at most. */
const QUIET_MS = 2_000

/** Runs `operation` for each item, one by one, and counts what the operator asked for from the first to the last echo. */
export async function counted<T, R>(
  { audit }: Pick<Bench, 'audit'>,
  items: readonly T[],
  operation: (item: T) => Promise<R>,
): Promise<{ readonly results: R[]; readonly counts: Counts }> {
  await audit.quiet(QUIET_MS)
  const start = audit.end()
  const results: R[] = []
  for (const item of items) {
    results.push(await operation(item))
    await sleep(PAUSE_MS)
  }
  await audit.quiet(QUIET_MS)
  return { results, counts: audit.countsSince(start) }
}

export function caseOf(samples: readonly number[], counts: Counts): Case {
  const per = (total: number) => rounded(total / samples.length)
  return {
    timed: { ...distributionOf(samples), writes: per(counts.writes), events: per(counts.events) },
    noise: noiseOf(samples),
    counts,
  }
}
