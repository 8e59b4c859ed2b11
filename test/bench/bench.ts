/** bench/bench.ts — a program, `make bench`: the operator on a real API server, measured from outside (shared/DESIGN.md section 8). */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle as makeBundle } from '../../tools/bundle.ts'
import { createClusterDNS } from '../../tools/control-plane/cluster-dns.ts'
import { type ControlPlane, startControlPlane } from '../../tools/control-plane/control-plane.ts'
import { installOperator, OPERATOR_NAMESPACE, OPERATOR_SERVICE_ACCOUNT } from '../../tools/control-plane/install.ts'
import { connect } from './api.ts'
import { AuditLog } from './audit.ts'
import type { Bench, Size } from './cases/context.ts'
import { drift, victims } from './cases/drift.ts'
import { driftFloor } from './cases/drift-floor.ts'
import { newNamespaces } from './cases/namespaces.ts'
import { prepare } from './cases/prepare.ts'
import { rest } from './cases/rest.ts'
import { restart, restartWithDrift } from './cases/restart.ts'
import { bareRollout, rollout } from './cases/rollout.ts'
import { ruleEdits } from './cases/rules.ts'
import { rounded } from './measure.ts'
import { Observer } from './observer.ts'
import { busyElsewhere, machineClock } from './proc.ts'
import { broken, type Findings, reportOf } from './report.ts'
import { tableOf } from './table.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const RESULTS = join(ROOT, '.bench')

const FULL: Size = { tenants: 100, namespaces: 100, drifts: 50, ruleEdits: 20, restSeconds: 60 }
const QUICK: Size = { tenants: 10, namespaces: 10, drifts: 10, ruleEdits: 10, restSeconds: 5 }

const { values: options } = parseArgs({
  options: {
    /** A tenth of everything: for whoever works on the benchmark. */
    quick: { type: 'boolean', default: false },
    /** Leaves a CPU profile of the operator in .bench/. */
    'cpu-prof': { type: 'boolean', default: false },
  },
})

process.exitCode = await main()
// The connections of the observer would keep the process.
process.exit()

async function main(): Promise<number> {
  mkdirSync(RESULTS, { recursive: true })
  const directory = mkdtempSync(join(tmpdir(), 'tenant-isolation-bench-'))
  try {
    const report = reportOf(await measure(directory, options.quick ? QUICK : FULL))
    writeFileSync(join(RESULTS, 'latest.json'), `${JSON.stringify(report, undefined, 2)}\n`)
    process.stdout.write(`${tableOf(report)}\n`)
    for (const sentence of broken(report)) process.stderr.write(`bench: ${sentence}\n`)
    rmSync(directory, { recursive: true, force: true })
    return broken(report).length > 0 ? 1 : 0
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.stack : String(error)}\nbench: logs are in ${directory}\n`)
    return 1
  }
}

async function measure(directory: string, size: Size): Promise<Findings> {
  progress('starting a control plane')
  await using controlPlane = await startControlPlane({ directory: join(directory, 'control-plane') })
  const operatorKubeconfig = await installOperator(controlPlane)
  await createClusterDNS(controlPlane)
  const admin = connect(controlPlane.kubeconfig('admin'), 16)
  const bench: Bench = {
    size,
    admin,
    observer: await Observer.start(admin),
    audit: new AuditLog(controlPlane.auditLog, `system:serviceaccount:${OPERATOR_NAMESPACE}:${OPERATOR_SERVICE_ACCOUNT}`),
    kubeconfigs: { admin: controlPlane.kubeconfig('admin'), operator: operatorKubeconfig },
    bundle: await makeBundle(),
    directory,
    progress,
  }
  const pids = Object.values(controlPlane.pids)
  const before = machineClock(pids)
  try {
    const found = await runCases(bench)
    return { ...found, size, machine: machine(busyElsewhere(before, machineClock(pids))), versions: versions(controlPlane) }
  } finally {
    await admin.close()
  }
}

/** In this order, because each leaves something behind: rules are edited before namespaces are added, and rest comes when all is there. */
async function runCases(bench: Bench): Promise<Omit<Findings, 'size' | 'machine' | 'versions'>> {
  const { size } = bench
  await prepare(bench)
  const profiling = options['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${RESULTS}`] : []
  const { operator, rollout: rolledOut } = await rollout(bench, profiling)
  const bareSeconds = await bareRollout(bench)
  const ruleEdit = await ruleEdits(bench)
  const namespaces = await newNamespaces(bench)
  const policies = victims(bench, 2 * size.drifts)
  progress(`${size.drifts} edits and ${size.drifts} deletions of policies`)
  const drifted = await drift(bench, policies)
  progress('the same, repaired by a program that does nothing else')
  const floor = await driftFloor(bench, policies)
  const rested = await rest(bench, operator)
  const restarted = await restart(bench, operator)
  const again = await restartWithDrift(bench, restarted.operator)
  await again.operator.stop()
  const { interruptions } = bench.observer
  if (interruptions > 0) progress(`the API server ended the observer's watch ${interruptions} times; what it saw then, it saw late`)
  return {
    rollout: rolledOut,
    bareSeconds,
    ruleEdit,
    namespaces,
    drift: drifted,
    floor,
    rest: rested,
    restart: restarted.restart,
    restartWithDrift: again.restart,
  }
}

function machine(elsewhere: number): Findings['machine'] {
  const memoryGiB = Math.round(totalmem() / 1024 ** 3)
  return { cores: cpus().length, model: cpus()[0]?.model.trim() ?? '', memoryGiB, busyElsewhere: rounded(elsewhere) }
}

function versions({ version: kubernetes }: ControlPlane): Findings['versions'] {
  const { version: operator } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  return { operator, node: process.version, kubernetes }
}

function progress(line: string): void {
  process.stderr.write(`bench: ${line}\n`)
}
