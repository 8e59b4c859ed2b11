/** control-plane/cluster.ts — the control plane of a checkout, which lives in its folder .cluster from `cluster-up` to `cluster-down`. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import { createClusterDNS } from './cluster-dns.ts'
import { type ControlPlane, findControlPlane, startControlPlane } from './control-plane.ts'
import { installOperator, OPERATOR_NAMESPACE, writeOperatorKubeconfig } from './install.ts'
import { PROCESS_NAMES } from './layout.ts'
import { withLock } from './lock.ts'
import { endProcesses, isRunning } from './processes.ts'
import { operatorOf, processesOf, readRecord } from './record.ts'
import { elapsed, type Report } from './report.ts'

/** `root` is the top of a checkout. */
export type Cluster = { readonly root: string; readonly report: Report }

const LOCK = 'lock'
const HELM_INSTALL = `helm install tenant-isolation charts/tenant-isolation --namespace ${OPERATOR_NAMESPACE} --create-namespace`

const directoryOf = (root: string) => join(root, '.cluster')

/** Starts it or finds it running, and installs what the checkout has by now; with `empty` nothing of ours, for whoever installs it otherwise. */
export async function clusterUp({ root, report }: Cluster, { empty = false } = {}): Promise<ControlPlane> {
  const directory = directoryOf(root)
  return await withLock(join(directory, LOCK), { purpose: 'another cluster-up or cluster-down', report }, async () => {
    const controlPlane = (await findRunning(directory, report)) ?? (await startAnew(directory, report))
    const what = empty ? 'cluster DNS, and nothing of ours' : 'CRD, RBAC and cluster DNS'
    report.update(`installing ${what}`)
    if (!empty) await installOperator(controlPlane, { crdDirectory: join(root, 'crds'), rbacDirectory: join(root, 'config/rbac') })
    await createClusterDNS(controlPlane)
    report.say(`installed ${what}`)
    return controlPlane
  })
}

/**
 * The path of a kubeconfig, with a new token, for the service account of the operator, whatever has installed it. Throws when there is no
 * cluster, or no such account in it.
 */
export async function operatorKubeconfig({ root }: Pick<Cluster, 'root'>): Promise<string> {
  const directory = directoryOf(root)
  const controlPlane = existsSync(directory) ? await findControlPlane(directory) : undefined
  if (!controlPlane) throw new Error('there is no cluster; run make cluster-up first')
  return writeOperatorKubeconfig(controlPlane).catch((error: Error) => {
    throw error.message.includes('not found') ? new Error(`it is not installed yet; ${HELM_INSTALL}`) : error
  })
}

async function findRunning(directory: string, report: Report): Promise<ControlPlane | undefined> {
  const found = await findControlPlane(directory)
  if (found) report.say(`Kubernetes ${found.version} runs already at ${found.url}`)
  return found
}

async function startAnew(directory: string, report: Report): Promise<ControlPlane> {
  await endRemains(directory, report)
  for (const file of readdirSync(directory)) {
    if (!file.startsWith(LOCK)) rmSync(join(directory, file), { recursive: true, force: true })
  }
  const started = Date.now()
  report.update('starting etcd, kube-apiserver and kube-controller-manager')
  const controlPlane = await startControlPlane({
    directory,
    detached: true,
    report,
    // It may run for weeks, and nobody counts its requests.
    extraApiServerArgs: ['--audit-log-maxsize=100', '--audit-log-maxbackup=1'],
  })
  copyFileSync(controlPlane.kubeconfig('admin'), join(directory, 'kubeconfig'))
  mkdirSync(join(directory, 'bin'))
  symlinkSync(controlPlane.kubectl, join(directory, 'bin/kubectl'))
  report.say(`Kubernetes ${controlPlane.version} runs at ${controlPlane.url}, ready after ${elapsed(Date.now() - started)}`)
  return controlPlane
}

/** Ends what the folder says was started, and removes the folder. */
export async function clusterDown({ root, report }: Cluster): Promise<void> {
  const directory = directoryOf(root)
  if (!existsSync(directory)) return report.say(`nothing to end: there is no ${directory}`)
  await withLock(join(directory, LOCK), { purpose: 'another cluster-up or cluster-down', report }, async () => {
    await endRemains(directory, report)
    // Moved first: a run that waits for the lock must not find half a folder.
    const removed = `${directory}.removed-${process.pid}`
    renameSync(directory, removed)
    rmSync(removed, { recursive: true, force: true })
    report.say(`removed ${directory}`)
  })
}

async function endRemains(directory: string, report: Report): Promise<void> {
  const record = readRecord(directory)
  if (!record) return
  const [operator] = operatorOf(directory, record)
  if (operator && isRunning(operator)) {
    await endProcesses([operator])
    report.say(`ended the operator, process ${operator.pid}`)
  }
  for (const name of PROCESS_NAMES.toReversed()) {
    const { [name]: pid } = record.pids
    if (pid === undefined) continue
    const processes = processesOf(directory, { pids: { [name]: pid } })
    const running = processes.some(isRunning)
    if (running) report.update(`ending ${name}`)
    await endProcesses(processes)
    report.say(running ? `ended ${name}, process ${pid}` : `${name} had ended before`)
  }
}

/** What a person can do with it, ready to paste. */
export function howToUse({ directory, kubeconfig }: ControlPlane, { empty = false } = {}): string {
  return [
    `  export KUBECONFIG=${join(directory, 'kubeconfig')}`,
    `  export PATH=${join(directory, 'bin')}:$PATH   # a kubectl of the same version`,
    '',
    ...(empty ? [`  ${HELM_INSTALL}`] : []),
    '  make operator       run the operator against it',
    ...(empty ? [] : ['  make cluster-up     take up changes of crds/ and config/rbac/']),
    '  make cluster-down   end it',
    '',
    'You are admin; as one of two developers of the group manning-developers:',
    `  kubectl --kubeconfig ${kubeconfig('alice')} auth whoami`,
    `  kubectl --kubeconfig ${kubeconfig('bob')} auth whoami`,
    'There is no scheduler and no kubelet: pods are admitted and stored, and never run.',
  ].join('\n')
}
