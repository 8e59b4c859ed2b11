/**
 * control-plane/control-plane.ts — a real etcd, kube-apiserver and kube-controller-manager on loopback.
 *
 * There is no scheduler and no kubelet: pods are admitted and stored, and never run.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { ensureBinaries } from './binaries.ts'
import type { User } from './credentials.ts'
import { layoutOf, PROCESS_NAMES } from './layout.ts'
import { endProcesses, isRunning, ServerEnded } from './processes.ts'
import { isReady } from './readiness.ts'
import { type ControlPlaneRecord, type Pids, processesOf, readRecord } from './record.ts'
import type { Report } from './report.ts'
import { type Start, startOnce } from './start.ts'

export type ControlPlane = {
  readonly directory: string
  /** https://127.0.0.1:PORT */
  readonly url: string
  /** The certificates to verify `url` with. */
  readonly caFile: string
  readonly kubectl: string
  /** One JSON event per answered request. Not there if audit was switched off. */
  readonly auditLog: string
  /** As the API server says, for example v1.36.3. */
  readonly version: string
  readonly pids: Pids
  /** The path of the user's kubeconfig. */
  readonly kubeconfig: (user: User) => string
  /** Ends the processes and leaves the files. May be called again. */
  readonly stop: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export type StartOptions = {
  /** For the files of this control plane alone; made if it is not there. */
  readonly directory: string
  /** It outlives this process; `findControlPlane(directory)` finds it, to be stopped. Otherwise it ends with this process. */
  readonly detached?: boolean
  /** On unless said. */
  readonly audit?: boolean
  /** Told about the binaries if they have to be compiled; standard error unless said. */
  readonly report?: Report
  /** Added after our own, so that they win. */
  readonly extraApiServerArgs?: readonly string[]
}

const ATTEMPTS = 4

export async function startControlPlane(options: StartOptions): Promise<ControlPlane> {
  const directory = resolve(options.directory)
  const record = readRecord(directory)
  if (record && processesOf(directory, record).some(isRunning)) throw new Error(`another control plane runs in ${directory}`)
  const binaries = await ensureBinaries(options.report ? { report: options.report } : {})
  const { detached = false, audit = true, extraApiServerArgs = [] } = options
  return handleOf(directory, await startOnFreePorts({ directory, binaries, detached, audit, extraApiServerArgs }))
}

/** Between finding a free port and listening on it, another program may have taken it. */
async function startOnFreePorts(start: Start, attempt = 1): Promise<ControlPlaneRecord> {
  try {
    return await startOnce(start)
  } catch (error) {
    if (attempt >= ATTEMPTS || !(error instanceof ServerEnded && error.portTaken)) throw error
    return startOnFreePorts(start, attempt + 1)
  }
}

/** The control plane that was started in `directory`, if all of it runs and answers. */
export async function findControlPlane(directory: string): Promise<ControlPlane | undefined> {
  const record = readRecord(resolve(directory))
  if (record?.version === undefined) return undefined
  const found = handleOf(resolve(directory), record)
  const processes = processesOf(found.directory, record)
  if (processes.length < PROCESS_NAMES.length || !processes.every(isRunning)) return undefined
  const client = { url: found.url, certificateAuthority: readFileSync(found.caFile, 'utf8'), token: '' }
  const ready = await isReady(client).catch(() => undefined)
  return ready && found
}

/** Ends what runs in `directory`, be it complete or not. */
export async function stopProcesses(directory: string): Promise<void> {
  const record = readRecord(resolve(directory))
  if (record) await endProcesses(processesOf(resolve(directory), record))
}

function handleOf(directory: string, record: ControlPlaneRecord): ControlPlane {
  const { url, kubectl, pids, version = '' } = record
  const layout = layoutOf(directory)
  const stop = () => stopProcesses(directory)
  return {
    directory,
    url,
    caFile: layout.certificateAuthority,
    kubectl,
    auditLog: layout.auditLog,
    version,
    pids: pids as Pids,
    kubeconfig: layout.kubeconfig,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
