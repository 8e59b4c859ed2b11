/**
 * support/argocd.ts — the real Argo CD beside a control plane: its application controller and its repository server, with Debian's Redis.
 * There is neither its API server nor its web page.
 */

import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureBinaries } from '../../tools/control-plane/binaries.ts'
import type { ControlPlane } from '../../tools/control-plane/control-plane.ts'
import { freePorts } from '../../tools/control-plane/free-port.ts'
import { ARGO_CD } from '../../tools/control-plane/go-module.ts'
import { APPLY, apply as applyObjects, kubectl } from '../../tools/control-plane/kubectl.ts'
import { endProcesses, startServer } from '../../tools/control-plane/processes.ts'
import { until } from '../../tools/control-plane/readiness.ts'
import { run } from './run.ts'

const ROOT = join(import.meta.dirname, '../..')
export const ARGO_CD_NAMESPACE = 'argocd'

export type ResourceStatus = {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly status?: string
  readonly requiresPruning?: boolean
}

export type Application = {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string; readonly deletionTimestamp?: string }
  readonly status?: {
    readonly sync?: { readonly status?: string; readonly revision?: string }
    readonly health?: { readonly status?: string }
    readonly resources?: readonly ResourceStatus[]
    readonly conditions?: readonly { readonly type: string; readonly message: string }[]
    readonly operationState?: {
      readonly phase?: string
      readonly message?: string
      readonly startedAt?: string
      readonly finishedAt?: string
    }
  }
}

type Running = {
  /** The application controller's. */
  readonly log: string
  readonly stop: () => Promise<void>
}

export class ArgoCd {
  readonly #controlPlane: ControlPlane
  readonly #running: Running

  constructor(controlPlane: ControlPlane, running: Running) {
    this.#controlPlane = controlPlane
    this.#running = running
  }

  async application(name: string): Promise<Application> {
    const args = ['get', 'applications.argoproj.io', name, `--namespace=${ARGO_CD_NAMESPACE}`, '--output=json']
    return JSON.parse(await kubectl(this.#controlPlane, args)) as Application
  }

  async applications(): Promise<readonly Application[]> {
    const args = ['get', 'applications.argoproj.io', `--namespace=${ARGO_CD_NAMESPACE}`, '--output=json']
    return (JSON.parse(await kubectl(this.#controlPlane, args)) as { items: readonly Application[] }).items
  }

  /** What a webhook of the git server does: Argo CD would look by itself after three minutes. */
  async refresh(...names: readonly string[]): Promise<void> {
    await this.annotate(names, 'argocd.argoproj.io/refresh=normal')
  }

  async annotate(names: readonly string[], annotation: string): Promise<void> {
    const args = ['annotate', '--overwrite', 'applications.argoproj.io', ...names, `--namespace=${ARGO_CD_NAMESPACE}`, annotation]
    await kubectl(this.#controlPlane, args)
  }

  /** How often each application was compared with git and the cluster so far. Its metrics know no names of applications. */
  reconciliations(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const line of readFileSync(this.#running.log, 'utf8').split('\n')) {
      if (!line.includes('"msg":"Reconciliation completed"')) continue
      const { application } = JSON.parse(line) as { application: string }
      counts[application] = (counts[application] ?? 0) + 1
    }
    return counts
  }

  async stop(): Promise<void> {
    await this.#running.stop()
  }
}

type Program = {
  readonly name: string
  readonly environment: Readonly<Record<string, string>>
  readonly command: string
  /** By the first, a port of its own, the process is known when it is to be ended. */
  readonly args: readonly [string, ...string[]]
}

/** Installed as its own manifests install it, with what we tell it about our kind, and started. */
export async function startArgoCd(controlPlane: ControlPlane): Promise<ArgoCd> {
  await install(controlPlane)
  const home = join(controlPlane.directory, 'argocd')
  mkdirSync(join(home, 'plugins'), { recursive: true })
  const log = (name: string) => join(home, `${name}.log`)
  const [metricsPort = 0, ...ports] = await freePorts(4)
  const programs = await programsOf({ home, kubeconfig: controlPlane.kubeconfig('admin'), metricsPort, ports })
  const servers = programs.map(({ name, environment, command, args }) => {
    const variables = Object.entries({ HOME: home, TMPDIR: home, ...environment }).map(([key, value]) => `${key}=${value}`)
    return startServer({ name, command: 'env', args: [...variables, command, ...args], log: log(name), detached: false })
  })
  const answers = async () => ((await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).ok ? true : undefined)
  await until({ what: 'an answer of Argo CD', servers, timeout: 120_000 }, answers)
  // In the order in which they need each other.
  const processes = servers.map(({ pid }, index) => ({ pid, marker: programs[index]?.args[0] ?? '' })).reverse()
  return new ArgoCd(controlPlane, { log: log(CONTROLLER), stop: () => endProcesses(processes) })
}

const CONTROLLER = 'application-controller'

type Setting = { readonly home: string; readonly kubeconfig: string; readonly metricsPort: number; readonly ports: readonly number[] }

async function programsOf({ home, kubeconfig, metricsPort, ports }: Setting): Promise<readonly Program[]> {
  const { argocd, helm } = await ensureBinaries({ names: ['argocd', 'helm'] })
  const [redis = 0, repoServer = 0, repoMetrics = 0] = ports
  return [
    {
      name: 'redis',
      environment: {},
      command: 'redis-server',
      args: [`--port ${redis}`, '--set-proc-title no', '--bind 127.0.0.1', '--save ""', '--appendonly no', `--dir ${home}`],
    },
    {
      name: 'repo-server',
      environment: {
        ARGOCD_BINARY_NAME: 'argocd-repo-server',
        ARGOCD_GPG_ENABLED: 'false',
        ARGOCD_PLUGINSOCKFILEPATH: join(home, 'plugins'),
        ARGOCD_ASK_PASS_SOCK: join(home, 'ask-pass.sock'),
        PATH: `${dirname(helm)}:${process.env.PATH}`,
      },
      command: argocd,
      args: [
        `--port=${repoServer}`,
        '--address=127.0.0.1',
        '--metrics-address=127.0.0.1',
        `--metrics-port=${repoMetrics}`,
        `--redis=127.0.0.1:${redis}`,
        '--disable-tls',
      ],
    },
    {
      name: CONTROLLER,
      // Its own kubeconfig is the way to https://kubernetes.default.svc.
      environment: { ARGOCD_BINARY_NAME: 'argocd-application-controller', ARGOCD_FAKE_IN_CLUSTER: 'true', KUBECONFIG: kubeconfig },
      command: argocd,
      args: [
        `--metrics-port=${metricsPort}`,
        `--kubeconfig=${kubeconfig}`,
        `--namespace=${ARGO_CD_NAMESPACE}`,
        `--redis=127.0.0.1:${redis}`,
        `--repo-server=127.0.0.1:${repoServer}`,
        '--repo-server-plaintext',
        // It looks when something has changed, or when `refresh` says so, and not because two minutes have passed.
        '--app-resync=3600',
        '--app-resync-jitter=0',
      ],
    },
  ]
}

async function install(controlPlane: ControlPlane): Promise<void> {
  const manifests = join(await moduleDirectory(), 'manifests')
  const apply = (...args: readonly string[]) => kubectl(controlPlane, [...APPLY, ...args])
  await kubectl(controlPlane, ['create', 'namespace', ARGO_CD_NAMESPACE])
  await apply(`--kustomize=${join(manifests, 'crds')}`)
  await apply(`--namespace=${ARGO_CD_NAMESPACE}`, `--kustomize=${join(manifests, 'base/config')}`)
  await until({ what: 'the project default', servers: [], timeout: 30_000 }, () =>
    applyObjects(controlPlane, [DEFAULT_PROJECT]).then(() => true as const),
  )
  // As docs/gitops.md says it.
  for (const file of ['config/argocd/argocd-cm.yaml', 'examples/gitops/argocd-cm.yaml']) {
    const patch = ['--type=merge', `--patch-file=${join(ROOT, file)}`]
    await kubectl(controlPlane, ['patch', 'configmap', 'argocd-cm', `--namespace=${ARGO_CD_NAMESPACE}`, ...patch])
  }
}

/** What Argo CD's API server makes when it is started the first time: the project in which everything is allowed. */
const DEFAULT_PROJECT = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'default', namespace: ARGO_CD_NAMESPACE },
  spec: {
    sourceRepos: ['*'],
    destinations: [{ server: '*', namespace: '*' }],
    clusterResourceWhitelist: [{ group: '*', kind: '*' }],
  },
}

/** Where Go keeps the sources of the Argo CD that is built here: its manifests are among them. */
async function moduleDirectory(): Promise<string> {
  const { code, output, complaint } = await run('go', ['list', '-m', '-f', '{{.Dir}}', ARGO_CD.versionOf], { cwd: ARGO_CD.directory })
  if (code !== 0 || output.trim() === '') throw new Error(`go cannot say where the sources of Argo CD are: ${complaint}`)
  return output.trim()
}
