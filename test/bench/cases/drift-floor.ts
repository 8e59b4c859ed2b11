/** bench/cases/drift-floor.ts — the same drift, repaired by a program that does nothing else: what the API server and Node take. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Policy } from '../observer.ts'
import { NAMESPACES_PATH, namespaceObject, policiesPath } from '../scenario.ts'
import type { Bench } from './context.ts'
import { type Drift, drift } from './drift.ts'
import { controllersAreDone, createAll } from './prepare.ts'

const NAMESPACE = 'floor'

/** `originals`: whose specs are taken. */
export async function driftFloor(bench: Bench, originals: readonly Policy[]): Promise<Drift> {
  const { admin, observer, kubeconfigs } = bench
  const copies = originals.map(({ spec }, index) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${index}` },
    spec,
  }))
  let count = 0
  const all = observer.first('the policies for the floor', ({ type }) => type === 'ADDED' && ++count === copies.length)
  await createAll(admin, NAMESPACES_PATH, [namespaceObject(NAMESPACE, 'none')])
  await Promise.all([all, createAll(admin, policiesPath(NAMESPACE), copies)])
  await controllersAreDone(admin)

  const args = [resolve(import.meta.dirname, '../floor.ts'), kubeconfigs.admin, NAMESPACE]
  const program = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(program, 'exit')
  try {
    await Promise.race([once(program.stdout, 'data'), ended.then(() => Promise.reject(new Error('the floor program ended')))])
    return await drift(bench, observer.in(NAMESPACE))
  } finally {
    program.kill()
    await ended
  }
}
