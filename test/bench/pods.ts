/** bench/pods.ts — a program, `make bench-pods`: what the admission policies add to the creation of a pod (shared/DESIGN.md section 8). */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { bundle } from '../../tools/bundle.ts'
import { createClusterDNS } from '../../tools/control-plane/cluster-dns.ts'
import { startControlPlane } from '../../tools/control-plane/control-plane.ts'
import { installOperator } from '../../tools/control-plane/install.ts'
import { type Api, connect } from './api.ts'
import { controllersAreDone, createAll } from './cases/prepare.ts'
import { noiseOf, percentile, rounded } from './measure.ts'
import { startOperator } from './operator-process.ts'
import { bystander, comparedWith, podOf, SCENARIOS, type Scenario } from './pods/scenarios.ts'
import { NAMESPACES_PATH, namespaceObject, TENANTS_PATH } from './scenario.ts'
import { columns } from './table.ts'

const RESULTS = join(resolve(import.meta.dirname, '../..'), '.bench')

const { values: options } = parseArgs({
  options: {
    /** How often each pod is created. */
    rounds: { type: 'string', default: '150' },
    /** How many tenants there are, one measurement after the other. */
    tenants: { type: 'string', default: '10,1000' },
    /** Added to the API server's command line. */
    'api-server': { type: 'string', multiple: true, default: [] },
    /** Leaves the control plane up for so many seconds, for whoever wants to look at it. */
    keep: { type: 'string', default: '0' },
  },
})

/** Milliseconds. `added` is the median of the differences, round by round, to the same pod in a namespace of no tenant. */
type Row = {
  readonly scenario: string
  readonly tenants: number
  readonly p50: number
  readonly added: number
  readonly noise: readonly number[]
}

const directory = mkdtempSync(join(tmpdir(), 'tenant-isolation-bench-pods-'))
try {
  const rows = await run()
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(join(RESULTS, 'pods.json'), `${JSON.stringify(rows, undefined, 2)}\n`)
  process.stdout.write(`${tableOf(rows)}\n`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
process.exit()

async function run(): Promise<Row[]> {
  await using controlPlane = await startControlPlane({
    directory: join(directory, 'control-plane'),
    extraApiServerArgs: options['api-server'],
  })
  const kubeconfig = await installOperator(controlPlane)
  await createClusterDNS(controlPlane)
  const admin = connect(controlPlane.kubeconfig('admin'), 16)
  const alice = connect(controlPlane.kubeconfig('alice'))
  const operator = await startOperator({ bundle: await bundle(), kubeconfig, directory })
  await mayCreatePods(admin)
  const rows: Row[] = []
  await addTenants(
    admin,
    SCENARIOS.flatMap(({ name, tenant }) => (tenant ? [{ name, podSecurity: tenant.podSecurity }] : [])),
  )
  await createAll(
    admin,
    NAMESPACES_PATH,
    SCENARIOS.filter(({ tenant }) => !tenant).map(({ name }) => namespaceObject(name, 'none')),
  )
  let there = SCENARIOS.filter(({ tenant }) => tenant).length
  for (const tenants of options.tenants.split(',').map(Number)) {
    const more = Array.from({ length: Math.max(0, tenants - there) }, (_, index) => bystander(there + index))
    await addTenants(admin, more)
    there += more.length
    await controllersAreDone(admin)
    for (const scenario of SCENARIOS) await untilItIsSo(alice, scenario)
    process.stderr.write(`bench: ${there} tenants; ${options.rounds} rounds of ${SCENARIOS.length} pods\n`)
    rows.push(...rowsOf(await measure(alice, Number(options.rounds)), there))
  }
  if (Number(options.keep) > 0) process.stderr.write(`bench: ${controlPlane.url} is up; kubeconfig ${controlPlane.kubeconfig('admin')}\n`)
  await sleep(Number(options.keep) * 1000)
  await operator.stop()
  await Promise.all([admin.close(), alice.close()])
  return rows
}

async function mayCreatePods(admin: Api): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io'
  const name = 'bench-creates-pods'
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['create'] }]
  await admin.request('POST', `/apis/${rbac}/v1/clusterroles`, { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules })
  await admin.request('POST', `/apis/${rbac}/v1/clusterrolebindings`, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
    subjects: [{ apiGroup: rbac, kind: 'User', name: 'alice' }],
  })
}

/** Each with one namespace of its name, and as the operator wants it. */
async function addTenants(
  admin: Api,
  tenants: readonly { readonly name: string; readonly podSecurity?: object | undefined }[],
): Promise<void> {
  await createAll(
    admin,
    NAMESPACES_PATH,
    tenants.map(({ name }) => namespaceObject(name, name)),
  )
  await createAll(
    admin,
    TENANTS_PATH,
    tenants.map(({ name, podSecurity }) => ({
      apiVersion: 'tenant-isolation.dev/v1alpha1',
      kind: 'TenantIsolation',
      metadata: { name },
      spec: { namespaceSelector: { matchLabels: { tenant: name } }, ...(podSecurity && { podSecurity }) },
    })),
  )
}

/** The policies have reached the API server's evaluator, and the namespace is sealed. */
async function untilItIsSo(alice: Api, scenario: Scenario): Promise<void> {
  const deadline = performance.now() + 120_000
  for (;;) {
    const { status, message } = await create(alice, scenario)
    if (status === scenario.status && !message.includes('isolated')) return
    if (performance.now() > deadline) throw new Error(`${scenario.text}: answered with ${status} ${message}`)
    await sleep(250)
  }
}

function create(alice: Api, scenario: Scenario) {
  return alice.attempt(`/api/v1/namespaces/${scenario.name}/pods`, JSON.stringify(podOf(scenario)))
}

/** The scenarios in turn, so that all see the same machine. */
async function measure(alice: Api, rounds: number): Promise<ReadonlyMap<Scenario, readonly number[]>> {
  const times = new Map<Scenario, number[]>(SCENARIOS.map((scenario) => [scenario, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [scenario, samples] of times) {
      const start = performance.now()
      const { status, message } = await create(alice, scenario)
      samples.push(performance.now() - start)
      if (status !== scenario.status) throw new Error(`${scenario.text}: answered with ${status} ${message}`)
    }
  }
  return times
}

function rowsOf(times: ReadonlyMap<Scenario, readonly number[]>, tenants: number): Row[] {
  return [...times].map(([scenario, samples]) => {
    const with_ = comparedWith(scenario)
    const compared = (with_ && times.get(with_)) ?? []
    const added = samples.map((ms, round) => ms - (compared[round] ?? Number.NaN))
    return {
      scenario: scenario.text,
      tenants,
      p50: rounded(percentile(samples, 0.5)),
      added: rounded(percentile(added, 0.5)),
      noise: noiseOf(added).thirds,
    }
  })
}

function tableOf(rows: readonly Row[]): string {
  return [
    `milliseconds, one request after the other, as a user; added: the median of the differences to the same pod in a namespace of no tenant,`,
    `and the same of the first, second and last third; ${cpus().length} cores (${cpus()[0]?.model.trim() ?? ''})`,
    '',
    ...columns([
      ['tenants', 'pod', 'p50', 'added', 'noise'],
      ...rows.map(({ tenants, scenario, p50, added, noise }) => [String(tenants), scenario, String(p50), String(added), noise.join(', ')]),
    ]),
  ].join('\n')
}
