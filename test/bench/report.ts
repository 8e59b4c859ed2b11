/** bench/report.ts — PURE: from what the cases found to the file that is kept. Its keys are read by others (issue 3) and do not change. */

import type { Case, Size, Timed } from './cases/context.ts'
import type { Drift } from './cases/drift.ts'
import type { NewNamespaces } from './cases/namespaces.ts'
import type { Rest } from './cases/rest.ts'
import type { Restart, RestartWithDrift } from './cases/restart.ts'
import type { Rollout } from './cases/rollout.ts'
import { type Noise, rounded } from './measure.ts'

export type Findings = {
  readonly size: Size
  readonly rollout: Rollout
  readonly bareSeconds: number
  readonly ruleEdit: Case
  readonly namespaces: NewNamespaces
  readonly drift: Drift
  readonly floor: Drift
  readonly rest: Rest
  readonly restart: Restart
  readonly restartWithDrift: RestartWithDrift
  readonly machine: {
    readonly cores: number
    readonly model: string
    readonly memoryGiB: number
    /** The share of all cores that was busy with something else during the run. */
    readonly busyElsewhere: number
  }
  readonly versions: { readonly operator: string; readonly node: string; readonly kubernetes: string }
}

export type Report = ReturnType<typeof reportOf>

export function reportOf(findings: Findings) {
  const { size, rollout, bareSeconds, ruleEdit, namespaces, drift, floor, rest, restart, restartWithDrift, machine, versions } = findings
  const cases = {
    namespaceToSealedMs: namespaces.sealed,
    namespaceToAllMs: namespaces.all,
    driftEditMs: drift.edit,
    driftDeleteMs: drift.remove,
    ruleEditMs: ruleEdit,
  }
  return {
    ...(mapped(cases, ({ timed }) => timed) as Record<keyof typeof cases, Timed>),
    restart: {
      readyMs: restart.readyMs,
      steadyMs: restart.steadyMs,
      writes: restart.counts.writes,
      events: restart.counts.events,
      lists: restart.counts.lists,
      driftRepairedMs: restartWithDrift.driftRepairedMs,
      driftWrites: restartWithDrift.counts.writes,
    },
    rest: {
      seconds: size.restSeconds,
      writes: rest.counts.writes,
      events: rest.counts.events,
      lists: rest.counts.lists,
      leases: rest.counts.leases,
      cpuSeconds: rest.cpuSeconds,
    },
    rollout: {
      objects: rollout.objects,
      seconds: rollout.seconds,
      firstPolicySeconds: rollout.firstPolicySeconds,
      writes: rollout.counts.writes,
      lists: rollout.counts.lists,
      cpuSeconds: rollout.cpuSeconds,
      bareSeconds,
      ratio: rounded(bareSeconds / rollout.seconds),
    },
    rssMiB: rest.rssMiB,
    peakRssMiB: rest.peakRssMiB,
    machine,
    versions,
    floor: { driftEditMs: floor.edit.timed, driftDeleteMs: floor.remove.timed },
    // The other way to measure the same.
    fromReply: { namespaceToSealedMs: namespaces.sealedFromReply.timed, namespaceToAllMs: namespaces.allFromReply.timed },
    fromSending: {
      driftEditMs: drift.editFromSending.timed,
      driftDeleteMs: drift.removeFromSending.timed,
      floor: { driftEditMs: floor.editFromSending.timed, driftDeleteMs: floor.removeFromSending.timed },
    },
    noise: mapped(cases, ({ noise }) => noise) as Record<keyof typeof cases, Noise>,
    requests: {
      rollout: rollout.counts.byKind,
      namespaces: namespaces.all.counts.byKind,
      driftEdits: drift.edit.counts.byKind,
      driftDeletions: drift.remove.counts.byKind,
      ruleEdits: ruleEdit.counts.byKind,
      rest: rest.counts.byKind,
      restart: restart.counts.byKind,
      restartWithDrift: restartWithDrift.counts.byKind,
    },
  }
}

/** What the design promises without a number to argue about: nothing is written where nothing has changed. */
export function broken({ rest, restart }: Report): string[] {
  const sentences = []
  if (rest.writes > 0) sentences.push(`${rest.writes} writes in ${rest.seconds} s of rest; there must be none`)
  if (restart.writes > 0) sentences.push(`${restart.writes} writes after a restart with nothing to repair; there must be none`)
  return sentences
}

function mapped<T, R>(values: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]))
}
