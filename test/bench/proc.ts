/** bench/proc.ts — what Linux knows of memory and processor time (proc(5)). */

import { readFileSync } from 'node:fs'

export type Usage = { readonly rssMiB: number; readonly peakRssMiB: number; readonly cpuSeconds: number }

/** Ticks in a second, the same on every Linux that Node runs on. */
const TICKS = 100

/** Of one process, so far. */
export function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mebibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024
  const { own } = cpuSecondsOf(pid)
  return { rssMiB: mebibytes('VmRSS'), peakRssMiB: mebibytes('VmHWM'), cpuSeconds: own }
}

export type Clock = { readonly busy: number; readonly total: number; readonly ours: number }

/** Seconds of all cores since the machine started, and of ours: this process, its children that have ended, and `pids`. */
export function machineClock(pids: readonly number[]): Clock {
  const [, user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? ''
  )
    .split(/\s+/)
    .map((field) => Number(field) / TICKS)
  const busy = user + nice + system + irq + softirq + steal
  const self = cpuSecondsOf(process.pid)
  const ours = pids.reduce((sum, pid) => sum + cpuSecondsOf(pid).own, self.own + self.children)
  return { busy, total: busy + idle + iowait, ours }
}

/** The share of all cores that was busy with something else in between. */
export function busyElsewhere(before: Clock, after: Clock): number {
  return Math.max(0, (after.busy - before.busy - (after.ours - before.ours)) / (after.total - before.total))
}

function cpuSecondsOf(pid: number): { readonly own: number; readonly children: number } {
  // The name in the second field may hold anything, but is the last to end with a bracket. Fields 14 to 17 are the times.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  const seconds = (index: number) => Number(fields[index]) / TICKS
  return { own: seconds(11) + seconds(12), children: seconds(13) + seconds(14) }
}
