/** bench/cases/rest.ts — nothing happens for a minute: what the operator does all the same. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Counts } from '../audit.ts'
import { rounded } from '../measure.ts'
import type { OperatorProcess } from '../operator-process.ts'
import { usageOf } from '../proc.ts'
import type { Bench } from './context.ts'

/** After the last work, V8 takes about a minute and a half to give back what that work had needed. */
const SETTLE_MS = 45_000

export type Rest = { readonly cpuSeconds: number; readonly rssMiB: number; readonly peakRssMiB: number; readonly counts: Counts }

export async function rest({ audit, size, progress }: Bench, { pid }: OperatorProcess): Promise<Rest> {
  progress(`rest: ${size.restSeconds} s of nothing`)
  await audit.quiet(size.restSeconds < SETTLE_MS / 1000 ? 5_000 : SETTLE_MS)
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
