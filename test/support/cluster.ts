/** support/cluster.ts — the real API server that all test files of one run share. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ControlPlane, startControlPlane } from '../../tools/control-plane/control-plane.ts'

let shared: Promise<ControlPlane> | undefined

/** Started by the first who asks; stopped by `hooks.ts`. Make namespaces of your own in it. */
export function sharedControlPlane(): Promise<ControlPlane> {
  shared ??= start()
  return shared
}

export async function stopSharedControlPlane(): Promise<void> {
  if (shared === undefined) return
  const controlPlane = await shared
  shared = undefined
  await controlPlane.stop()
  await rm(controlPlane.directory, { recursive: true, force: true })
}

async function start(): Promise<ControlPlane> {
  const directory = await mkdtemp(join(tmpdir(), 'tenant-isolation-test-'))
  return startControlPlane({ directory })
}
