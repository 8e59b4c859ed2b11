/** control-plane/operator-process.ts — the operator as a process of its own, under its own service account. */
import { join, resolve } from 'node:path'

import type { ControlPlane } from './control-plane.ts'
import { freePorts } from './free-port.ts'
import { layoutOf } from './layout.ts'
import { disown } from './owned-processes.ts'
import { endProcesses, startServer } from './processes.ts'
import { until } from './readiness.ts'
import { readRecord, writeRecord } from './record.ts'

const ROOT = resolve(import.meta.dirname, '../..')

export type OperatorProcess = { readonly pid: number; readonly log: string; readonly address: string; readonly stop: () => Promise<void> }

/** Resolves when it is ready: its caches are filled. `detached` leaves it running, for cluster-down to end. */
export async function startOperatorProcess(controlPlane: ControlPlane, { detached = false } = {}): Promise<OperatorProcess> {
  const { directory } = controlPlane
  const [port = 0] = await freePorts(1)
  const address = `127.0.0.1:${port}`
  const log = join(directory, 'operator.log')
  const args = [
    join(ROOT, 'src/main.ts'),
    'run',
    `--kubeconfig=${layoutOf(directory).operatorKubeconfig}`,
    `--listen=${address}`,
    '--log-format=json',
  ]
  const server = startServer({ name: 'the operator', command: process.execPath, args, log, detached })
  await until({ what: 'readiness of the operator', servers: [server], interval: 10 }, () => isReady(address))
  const record = readRecord(directory)
  if (detached && record) {
    writeRecord(directory, { ...record, operator: server.pid })
    disown(server.pid)
  }
  return { pid: server.pid, log, address, stop: () => endProcesses([{ pid: server.pid, marker: `=${directory}/` }]) }
}

async function isReady(address: string): Promise<true | undefined> {
  try {
    const { ok } = await fetch(`http://${address}/readyz`)
    return ok ? true : undefined
  } catch {
    return undefined
  }
}
