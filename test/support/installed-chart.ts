/** support/installed-chart.ts — a control plane of its own with a release of the chart, and the operator as the release's Deployment runs it. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClusterDNS } from '../../tools/control-plane/cluster-dns.ts'
import { type ControlPlane, type StartOptions, startControlPlane } from '../../tools/control-plane/control-plane.ts'
import { kubeconfig } from '../../tools/control-plane/credentials.ts'
import { freePorts } from '../../tools/control-plane/free-port.ts'
import { kubectl, tryKubectl } from '../../tools/control-plane/kubectl.ts'
import { endProcesses, startServer } from '../../tools/control-plane/processes.ts'
import { until } from '../../tools/control-plane/readiness.ts'
import { CHART, helm, type Manifest, tryHelm, valuesOf } from './helm.ts'
import type { Run } from './run.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

export type Install = { readonly release?: string; readonly namespace: string; readonly values?: object; readonly args?: readonly string[] }

export type RunningRelease = { readonly pid: number; readonly log: string; readonly address: string; readonly stop: () => Promise<void> }

export class ChartCluster {
  readonly controlPlane: ControlPlane

  constructor(controlPlane: ControlPlane) {
    this.controlPlane = controlPlane
  }

  get #admin(): string {
    return this.controlPlane.kubeconfig('admin')
  }

  /** `helm install` or `helm upgrade`, as a person types it. */
  async helm(verb: 'install' | 'upgrade', { release = 'tenant-isolation', namespace, values = {}, args = [] }: Install): Promise<string> {
    return helm([verb, release, CHART, `--namespace=${namespace}`, ...valuesOf(values), ...args], this.#admin)
  }

  async tryHelm(...args: readonly string[]): Promise<Run> {
    return tryHelm(args, this.#admin)
  }

  async kubectl(args: string, input: object | string = ''): Promise<string> {
    return kubectl(this.controlPlane, args.split(' '), { input: typeof input === 'string' ? input : JSON.stringify(input) })
  }

  async tryKubectl(args: string, input: object | string = '') {
    return tryKubectl(this.controlPlane, args.split(' '), { input: typeof input === 'string' ? input : JSON.stringify(input) })
  }

  async get(args: string): Promise<Manifest> {
    return JSON.parse(await this.kubectl(`get --output=json ${args}`)) as Manifest
  }

  /** `kind/name` of everything of these kinds, sorted. */
  async names(kinds: string, ...args: readonly string[]): Promise<readonly string[]> {
    const output = await this.kubectl(['get', kinds, '--output=name', ...args].join(' '))
    return output
      .split('\n')
      .filter((line) => line !== '')
      .sort()
  }

  /**
   * The operator with the arguments and the environment of the first container of the release's Deployment, with the configuration of its
   * ConfigMap, and with a token of its service account. `program` is what takes the place of the image.
   */
  async run(namespace: string, program: readonly string[] = [MAIN]): Promise<RunningRelease> {
    const deployment = await this.get(`deployment/tenant-isolation --namespace=${namespace}`)
    const { serviceAccountName, containers, volumes } = deployment.spec.template.spec
    const { data } = await this.get(`configmap/${volumes[0].configMap.name} --namespace=${namespace}`)
    const file = (name: string) => join(this.controlPlane.directory, name)
    writeFileSync(file('config.yaml'), data['config.yaml'])
    writeFileSync(file('release.kubeconfig'), await this.#kubeconfigOf(serviceAccountName, namespace), { mode: 0o600 })
    const [port = 0] = await freePorts(1)
    const address = `127.0.0.1:${port}`
    const environment = (containers[0].env as readonly { name: string; valueFrom: { fieldRef: { fieldPath: string } } }[]).map(
      ({ name, valueFrom }) => `${name}=${valueFrom.fieldRef.fieldPath === 'metadata.namespace' ? namespace : 'tenant-isolation-pod'}`,
    )
    const args = [
      ...program,
      ...(containers[0].args as readonly string[]),
      // What is elsewhere outside of a pod.
      `--config=${file('config.yaml')}`,
      `--kubeconfig=${file('release.kubeconfig')}`,
      `--listen=${address}`,
    ]
    const log = file('release.log')
    const server = startServer({
      name: 'the operator',
      command: 'env',
      args: [...environment, process.execPath, ...args],
      log,
      detached: false,
    })
    await until({ what: 'readiness of the operator', servers: [server], interval: 10 }, () => isReady(address))
    return { pid: server.pid, log, address, stop: () => endProcesses([{ pid: server.pid, marker: `=${this.controlPlane.directory}/` }]) }
  }

  async #kubeconfigOf(account: string, namespace: string): Promise<string> {
    const { url, caFile } = this.controlPlane
    const token = await this.kubectl(`create token ${account} --namespace=${namespace} --duration=1h`)
    return kubeconfig({ url, certificateAuthority: readFileSync(caFile, 'utf8'), user: account, namespace, token: token.trim() })
  }

  async stop(): Promise<void> {
    await this.controlPlane.stop()
    rmSync(this.controlPlane.directory, { recursive: true, force: true })
  }
}

/** With nothing of ours in it, but with DNS. */
export async function startChartCluster(options: Omit<StartOptions, 'directory'> = {}): Promise<ChartCluster> {
  const controlPlane = await startControlPlane({
    directory: mkdtempSync(join(tmpdir(), 'tenant-isolation-chart-')),
    audit: false,
    ...options,
  })
  await createClusterDNS(controlPlane)
  return new ChartCluster(controlPlane)
}

async function isReady(address: string): Promise<true | undefined> {
  try {
    return (await fetch(`http://${address}/readyz`)).ok ? true : undefined
  } catch {
    return undefined
  }
}
