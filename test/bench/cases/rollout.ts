/** bench/cases/rollout.ts — the operator comes to a cluster where everything is there already but the policies. */

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { TENANT_LABEL } from '../../../src/api/labels.ts'
import type { Counts } from '../audit.ts'
import { rounded } from '../measure.ts'
import type { Policy } from '../observer.ts'
import { type OperatorProcess, startOperator } from '../operator-process.ts'
import { usageOf } from '../proc.ts'
import { NAMESPACES_PATH, NAMESPACES_PER_TENANT, namespaceObject, POLICIES_PER_NAMESPACE, policiesPath } from '../scenario.ts'
import type { Bench } from './context.ts'
import { controllersAreDone, createAll } from './prepare.ts'

export type Rollout = {
  /** Policies. */
  readonly objects: number
  /** From the start of the process to the last policy. */
  readonly seconds: number
  readonly firstPolicySeconds: number
  /** Of the operator, from its start. */
  readonly cpuSeconds: number
  readonly counts: Counts
}

export async function rollout(bench: Bench, nodeOptions: readonly string[]): Promise<{ operator: OperatorProcess; rollout: Rollout }> {
  const { observer, audit, size, bundle, directory, kubeconfigs, progress } = bench
  const objects = size.tenants * NAMESPACES_PER_TENANT * POLICIES_PER_NAMESPACE
  progress(`rollout: the operator starts, and ${objects} policies follow`)
  const start = audit.end()
  let count = 0
  let firstAt: number | undefined
  const last = observer.first(`the last of ${objects} policies`, ({ type, at }) => {
    if (type !== 'ADDED') return false
    firstAt ??= at
    count++
    return count === objects
  })
  const operator = await startOperator({ bundle, kubeconfig: kubeconfigs.operator, directory, nodeOptions })
  const { at } = await Promise.race([last, operator.failed])
  const { cpuSeconds } = usageOf(operator.pid)
  await audit.quiet(3_000)
  return {
    operator,
    rollout: {
      objects,
      seconds: rounded((at - operator.startedAt) / 1000),
      firstPolicySeconds: rounded(((firstAt ?? at) - operator.startedAt) / 1000),
      cpuSeconds: rounded(cpuSeconds),
      counts: audit.countsSince(start),
    },
  }
}

/** In how many namespaces the bare loop makes its policies. */
const BARE_NAMESPACES = 5

/** The same policies again, by a program that does nothing else, in seconds. They are taken away afterwards. */
export async function bareRollout({ admin, observer, kubeconfigs, directory, progress }: Bench): Promise<number> {
  const namespaces = Array.from({ length: BARE_NAMESPACES }, (_, index) => `bare-${index}`)
  await createAll(
    admin,
    NAMESPACES_PATH,
    namespaces.map((name) => namespaceObject(name, 'bare')),
  )
  await controllersAreDone(admin)
  const objects = [...observer.policies.values()].map((policy, index) =>
    bareCopy(policy, namespaces[index % BARE_NAMESPACES] ?? '', `policy-${index}`),
  )
  progress(`rollout: the bare loop makes the same ${objects.length} policies`)
  const file = join(directory, 'bare.json')
  writeFileSync(file, JSON.stringify(objects))
  const seconds = Number(await outputOf(resolve(import.meta.dirname, '../bare-loop.ts'), [kubeconfigs.admin, file]))

  let left = objects.length
  const gone = observer.first('the end of the policies of the bare loop', ({ type }) => type === 'DELETED' && --left === 0)
  await Promise.all([gone, ...namespaces.map((namespace) => admin.request('DELETE', policiesPath(namespace)))])
  return rounded(seconds)
}

/** As large as the original, with the same owner; under another label, so that the operator does not see it. */
function bareCopy({ metadata, spec }: Policy, namespace: string, name: string): { readonly path: string; readonly object: object } {
  const { labels, annotations, ownerReferences } = metadata
  const renamed = Object.entries(labels ?? {}).map(([key, value]) => [key === TENANT_LABEL ? key.replace('tenant', 'broken') : key, value])
  const copy = { name, namespace, labels: Object.fromEntries(renamed), annotations, ownerReferences }
  return { path: policiesPath(namespace), object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: copy, spec } }
}

function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${program} ended with exit code ${code}`))))
  })
}
