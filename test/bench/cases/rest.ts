/** bench/cases/rest.ts — nothing happens for a minute: what the operator does all the same. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Counts } from '../audit.ts'
import { rounded } from '../measure.ts'
import { type OperatorProcess, usageOf } from '../operator-process.ts'
import type { Bench } from './context.ts'

export type Rest = { readonly cpuSeconds: number; readonly rssMiB: number; readonly peakRssMiB: number; readonly counts: Counts }

export async function rest({ audit, size, progress }: Bench, { pid }: OperatorProcess): Promise<Rest> {
  await audit.quiet(5_000)
  progress(`rest: ${size.restSeconds} s of nothing`)
  const start = audit.end()
  const before = usageOf(pid)
  await sleep(size.restSeconds * 1000)
  const { rssMiB, peakRssMiB, cpuSeconds } = usageOf(pid)
  return {
    cpuSeconds: rounded(cpuSeconds - before.cpuSeconds),
    rssMiB: rounded(rssMiB, 1),
    peakRssMiB: rounded(peakRssMiB, 1),
    counts: audit.countsSince(start),
  }
}
