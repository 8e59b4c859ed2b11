/**
 * bench/reachability.ts — how the evaluator grows: 1,000, 3,000 and 10,000 pods, ten to a namespace, ten namespaces to a tenant, five
 * policies in each, as the operator writes them; besides, kube-system with DaemonSets in the network of their nodes, and a policy of
 * somebody else in every hundredth namespace. Each size in a process of its own, for its memory.
 */

import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import {
  byTenant,
  difference,
  explain,
  matrix,
  networkOf,
  outside,
  type PodInput,
  readCluster,
  readPolicies,
  summarize,
  widened,
} from '../../src/reachability/reachability.ts'
import { podsOf, policiesIn, tenantOf } from './reachability-cluster.ts'

const SIZES = [1_000, 3_000, 10_000]

/** Of the clock and of the processor: on a machine that others use as well, the clock says little. */
type Measured = { readonly what: string; readonly seconds: number; readonly cpuSeconds: number; readonly result: string }

function measure(pods: number): readonly Measured[] {
  const namespaces = pods / 10
  const names = Array.from({ length: namespaces }, (_, index) => `ns-${index}`)
  const input: readonly PodInput[] = podsOf(namespaces)
  const objects = names.flatMap((_, index) => policiesIn(index))
  const results: Measured[] = []
  const time = <T>(what: string, run: () => T, tell: (result: T) => string): T => {
    const start = performance.now()
    const cpu = process.cpuUsage()
    const result = run()
    const { user, system } = process.cpuUsage(cpu)
    results.push({ what, seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6, result: tell(result) })
    return result
  }
  const { network, bare } = time(
    'read',
    () => {
      const { cluster } = readCluster({
        pods: input,
        namespaces: names.map((name, index) => ({ name, labels: { tenant: tenantOf(index) } })),
        podRanges: ['10.0.0.0/8'],
      })
      const { policies, problems } = readPolicies(objects)
      if (problems.length > 0) throw new Error(JSON.stringify(problems[0]))
      return { network: networkOf(cluster, policies), bare: networkOf(cluster, []) }
    },
    ({ network: { cluster, policies } }) => `${cluster.pods.length} pods, ${policies.length} policies`,
  )
  const [web, database] = ['web-0', 'database-0'].map((name) => network.cluster.pods.find((pod) => pod.name === name))
  if (!web || !database) throw new Error('the cluster lacks the pods that are asked for')
  time(
    'explain',
    () => explain(network, { from: web, to: database, protocol: 'TCP', port: 5432 }),
    ({ verdict }) => verdict.verdict,
  )

  const tenants = new Map(names.map((_, index) => [tenantOf(index), { matchLabels: { tenant: tenantOf(index) } }]))
  const groupOf = byTenant(network.cluster, tenants, 'system')
  const internet = outside('internet', ['0.0.0.0/0', '2000::/3'])
  const question = { groupOf, outside: internet ? [internet] : [] }
  time(
    'matrix, tenant × tenant',
    () => matrix(network, question),
    ({ groups, cells }) => `${groups.length} groups, ${cells.length} cells`,
  )
  time(
    'widened',
    () => widened(network, question),
    (some) => `${some.length} widenings`,
  )
  time(
    'difference, from no policies',
    () => difference(bare, network, question),
    ({ gained, lost }) => `${lost.length} lost in ${summarize(lost).length} lines, ${gained.length} gained`,
  )
  return results
}

const [, file, size] = process.argv
if (size !== undefined) {
  const results = measure(Number(size))
  // maxRSS is in KiB.
  process.stdout.write(JSON.stringify({ results, mebibytes: Math.round(process.resourceUsage().maxRSS / 1024) }))
} else {
  const [cpu] = cpus()
  process.stdout.write(`${cpus().length} × ${cpu?.model.trim()}, Node ${process.version}\n\n`)
  for (const pods of SIZES) {
    const { stdout, status } = spawnSync(process.execPath, [file ?? fileURLToPath(import.meta.url), String(pods)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (status !== 0) process.exit(1)
    const { results, mebibytes } = JSON.parse(stdout) as { readonly results: readonly Measured[]; readonly mebibytes: number }
    process.stdout.write(`${pods} pods of tenants: ${mebibytes} MiB at most\n`)
    for (const { what, seconds, cpuSeconds, result } of results) {
      process.stdout.write(
        `  ${what.padEnd(30)} ${seconds.toFixed(3).padStart(8)} s  ${cpuSeconds.toFixed(3).padStart(8)} s CPU   ${result}\n`,
      )
    }
  }
}
