/** bench/cases/restart.ts — the operator ends and comes back: once to find everything as it left it, once to find drift. */

import type { Counts } from '../audit.ts'
import { firstAnswer, type OperatorProcess, startOperator } from '../operator-process.ts'
import type { Bench } from './context.ts'
import { allBack, driftUnseen, victims } from './drift.ts'

export type Restart = {
  /** From the start of the process until it says that it is ready. */
  readonly readyMs: number
  /** Until it has looked at every tenant and said so in its metrics. */
  readonly steadyMs: number
  readonly counts: Counts
}

export type RestartWithDrift = { readonly driftRepairedMs: number; readonly counts: Counts }

const DRIFTS = 10

export async function restart(bench: Bench, running: OperatorProcess): Promise<{ operator: OperatorProcess; restart: Restart }> {
  const { audit, size, progress } = bench
  progress('restart: the operator ends and comes back')
  await running.stop()
  const start = audit.end()
  const operator = await startAgain(bench)
  const readyAt = await firstAnswer(operator, `${operator.url}/readyz`, { intervalMs: 2 })
  const steadyAt = await firstAnswer(operator, `${operator.url}/metrics`, {
    intervalMs: 10,
    accept: (metrics) => metrics.match(READY_TENANT)?.length === size.tenants,
  })
  await audit.quiet(5_000)
  const since = (at: number) => Math.round(at - operator.startedAt)
  return { operator, restart: { readyMs: since(readyAt), steadyMs: since(steadyAt), counts: audit.countsSince(start) } }
}

export async function restartWithDrift(
  bench: Bench,
  running: OperatorProcess,
): Promise<{ operator: OperatorProcess; restart: RestartWithDrift }> {
  const { audit, progress } = bench
  await running.stop()
  progress(`restart: the operator ends, ${DRIFTS} policies are edited or deleted, and it comes back`)
  const policies = victims(bench, DRIFTS)
  await driftUnseen(bench, policies)
  const start = audit.end()
  const back = allBack(bench, policies)
  const operator = await startAgain(bench)
  const driftRepairedMs = Math.round((await Promise.race([back, operator.failed])) - operator.startedAt)
  await audit.quiet(5_000)
  return { operator, restart: { driftRepairedMs, counts: audit.countsSince(start) } }
}

/** One line of the metrics for each tenant that is as it should be. */
const READY_TENANT = /^tenantisolation_condition\{[^}]*type="Ready",status="True"[^}]*\} 1$/gm

function startAgain({ bundle, kubeconfigs, directory }: Bench): Promise<OperatorProcess> {
  return startOperator({ bundle, kubeconfig: kubeconfigs.operator, directory })
}
