/** demo/demo.ts — `make demo`: everything from nothing to an isolated cluster, told with times. `--keep` leaves it up. */

import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ensureBinaries } from '../control-plane/binaries.ts'
import { clusterDown, clusterUp, howToUse } from '../control-plane/cluster.ts'
import { createClusterDNS } from '../control-plane/cluster-dns.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { installOperator, OPERATOR_NAMESPACE, OPERATOR_SERVICE_ACCOUNT } from '../control-plane/install.ts'
import { endAll } from '../control-plane/owned-processes.ts'
import { reportTo } from '../control-plane/report.ts'
import { type Operator, startOperator } from './operator.ts'
import { tellStory } from './story.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const keep = process.argv.includes('--keep')
const report = reportTo(process.stdout)
const say = (line: string): void => report.say(line)

process.exitCode = await demo()

/** 0: the whole story came true. 1: it did not, and a sentence says where. */
async function demo(): Promise<number> {
  say('tenant-isolation: the tenants of "Kubernetes in Action", chapter 13, on a real API server\n')
  let controlPlane: ControlPlane | undefined
  let operator: Operator | undefined
  try {
    await ensureBinaries({ report })
    controlPlane = await timed('etcd, kube-apiserver and kube-controller-manager are up', () => start())
    const { version } = controlPlane
    operator = await timed(`the operator runs as system:serviceaccount:${OPERATOR_NAMESPACE}:${OPERATOR_SERVICE_ACCOUNT}`, () =>
      startOperator(controlPlane as ControlPlane, { detached: keep }),
    )
    await tellStory(controlPlane, operator, say)
    say(`\nAll of it came true on Kubernetes ${version}.`)
    if (keep) {
      // The story ends while it is stopped.
      await operator.start()
      say(lookAround(controlPlane, operator))
    }
    return 0
  } catch (error) {
    process.stderr.write(`\nthe demo failed: ${error instanceof Error ? error.message : String(error)}\n`)
    if (operator) process.stderr.write(`the operator's log is ${keep ? 'in' : 'gone with'} ${operator.process().log}\n`)
    return 1
  } finally {
    if (!keep) await end(controlPlane, operator)
  }
}

async function start(): Promise<ControlPlane> {
  if (keep) {
    // From nothing, for the story begins there.
    await clusterDown({ root: ROOT, report })
    return await clusterUp({ root: ROOT, report })
  }
  const directory = await mkdtemp(join(tmpdir(), 'tenant-isolation-demo-'))
  // Also after Ctrl-C: first those who write there, then the folder.
  process.once('exit', () => {
    endAll()
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const controlPlane = await startControlPlane({ directory, report })
  await installOperator(controlPlane)
  await createClusterDNS(controlPlane)
  return controlPlane
}

async function end(controlPlane: ControlPlane | undefined, operator: Operator | undefined): Promise<void> {
  await operator?.stop()
  await controlPlane?.stop()
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work()
  say(`✓ ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  return result
}

function lookAround(controlPlane: ControlPlane, operator: Operator): string {
  const { log, address } = operator.process()
  return [
    '\nIt stays up; the operator, too. To look around:\n',
    howToUse(controlPlane),
    '',
    '  kubectl explain tenantisolation.spec --recursive',
    '  kubectl describe tenantisolation manning',
    '  kubectl delete networkpolicies --all --namespace warehouse; kubectl get networkpolicies --namespace warehouse',
    `  kubectl --kubeconfig ${controlPlane.kubeconfig('alice')} run shell --image=alpine --privileged --namespace warehouse`,
    `  curl http://${address}/metrics`,
    `  tail -f ${log}`,
  ].join('\n')
}
