/** control-plane/record.ts — what a control plane's directory says about its processes, for those who did not start them. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { layoutOf, PROCESS_NAMES, type ProcessName } from './layout.ts'
import { hasCode } from './lock.ts'
import type { Recorded } from './processes.ts'

export type Pids = Readonly<Record<ProcessName, number>>

export type ControlPlaneRecord = {
  readonly url: string
  readonly kubectl: string
  /** Of those that have been started so far. */
  readonly pids: Partial<Pids>
  /** An operator that was left running beside it, as `make demo KEEP=1` does. */
  readonly operator?: number
  /** Only of one that has become ready. */
  readonly version?: string
}

export function writeRecord(directory: string, record: ControlPlaneRecord): void {
  const file = layoutOf(directory).record
  writeFileSync(`${file}.partial`, `${JSON.stringify(record, undefined, 2)}\n`)
  renameSync(`${file}.partial`, file)
}

export function readRecord(directory: string): ControlPlaneRecord | undefined {
  try {
    return JSON.parse(readFileSync(layoutOf(directory).record, 'utf8')) as ControlPlaneRecord
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** In the order to end them. Each of our command lines names files of the directory. */
export function processesOf(directory: string, { pids }: Pick<ControlPlaneRecord, 'pids'>): readonly Recorded[] {
  return PROCESS_NAMES.toReversed().flatMap((name) => {
    const pid = pids[name]
    return pid === undefined ? [] : [{ pid, marker: `=${directory}/` }]
  })
}

/** The operator that was left running, if one was. */
export function operatorOf(directory: string, { operator }: Pick<ControlPlaneRecord, 'operator'>): readonly Recorded[] {
  return operator === undefined ? [] : [{ pid: operator, marker: `=${directory}/` }]
}
