/** support/operator.ts — the operator inside the test process, under its own service account, with its doings recorded. */

import { KubeConfig } from '@kubernetes/client-node'
import { NotLeadingError } from '../../src/kube/leading-only.ts'
import type { Logger } from '../../src/observability/logger.ts'
import type { Observed, Telemetry } from '../../src/observability/telemetry.ts'
import { type OperatorSettings, TenantIsolationOperator } from '../../src/operator.ts'
import { OvertakenError } from '../../src/reconcile/overtaken.ts'
import type { Repair } from '../../src/reconcile/repairs.ts'
import { createClusterDNS } from '../../tools/control-plane/cluster-dns.ts'
import type { ControlPlane } from '../../tools/control-plane/control-plane.ts'
import { installOperator, OPERATOR_NAMESPACE, OPERATOR_SERVICE_ACCOUNT } from '../../tools/control-plane/install.ts'
import { sharedControlPlane } from './cluster.ts'

export const OPERATOR_USER = `system:serviceaccount:${OPERATOR_NAMESPACE}:${OPERATOR_SERVICE_ACCOUNT}`

let installed: Promise<{ readonly controlPlane: ControlPlane; readonly kubeconfig: string }> | undefined

/** The shared control plane with CRD, RBAC and cluster DNS; `kubeconfig` is the operator's own. */
export function installedCluster(): Promise<{ readonly controlPlane: ControlPlane; readonly kubeconfig: string }> {
  installed ??= install()
  return installed
}

async function install() {
  const controlPlane = await sharedControlPlane()
  const kubeconfig = await installOperator(controlPlane)
  await createClusterDNS(controlPlane)
  return { controlPlane, kubeconfig }
}

export type RunningOperator = {
  readonly operator: TenantIsolationOperator
  readonly observed: Observed
  readonly repairs: readonly Repair[]
  /** What would be in the log at level warn and above. */
  readonly complaints: readonly string[]
  readonly stop: () => Promise<void>
}

export type Start = Partial<Omit<OperatorSettings, 'telemetry'>> & {
  /** Another address of the API server, such as a fault proxy's. */
  readonly server?: string
  /** Is told what is recorded here: for tests of what the operator tells people. */
  readonly beside?: Telemetry
}

/** Resolves when its caches are filled. */
export async function startOperator({ server, beside, ...settings }: Start = {}): Promise<RunningOperator> {
  const { kubeconfig } = await installedCluster()
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromFile(kubeconfig)
  if (server !== undefined) kubeConfig.loadFromOptions(withServer(kubeConfig, server))
  const recorder = recordingTelemetry(beside)
  const operator = new TenantIsolationOperator({
    kubeConfig,
    namespace: OPERATOR_NAMESPACE,
    leaseName: 'tenant-isolation',
    identity: `test-${process.pid}-${count++}`,
    version: 'test',
    telemetry: recorder.telemetry,
    ...settings,
  })
  await operator.start()
  const { repairs, complaints } = recorder
  return { operator, repairs, complaints, observed: recorder.observed(), stop: () => operator.stop() }
}

/** A CRD that was installed a moment ago is answered for by "storage is (re)initializing" at first: the installation's business, not the operator's. */
export function complaintsOf({ complaints }: RunningOperator): readonly string[] {
  return complaints.filter((complaint) => !complaint.includes('storage is (re)initializing'))
}

let count = 0

/** client-node takes `http:` only without verification. */
function withServer(kubeConfig: KubeConfig, server: string) {
  return {
    clusters: kubeConfig.clusters.map((cluster) => ({ ...cluster, server, skipTLSVerify: true })),
    users: kubeConfig.users,
    contexts: kubeConfig.contexts,
    currentContext: kubeConfig.currentContext,
  }
}

function recordingTelemetry(beside: Telemetry | undefined) {
  const repairs: Repair[] = []
  const complaints: string[] = []
  let observed: Observed | undefined
  const complain = (message: unknown) => complaints.push(message instanceof Error ? message.message : String(message))
  const logger = {
    debug() {},
    info() {},
    warn: complain,
    error: complain,
    child: () => logger,
    isLevelEnabled: () => false,
  } as unknown as Logger
  const telemetry: Telemetry = {
    logger,
    transport: {},
    queue: {},
    workers: {
      reconciled: ({ key, outcome, thrown }) => {
        if (!('error' in outcome)) return
        const { error } = outcome
        const ordinary = error instanceof OvertakenError || error instanceof NotLeadingError
        if (!ordinary) complain(`${key}: ${thrown ? error.stack : error.message}`)
      },
    },
    election: { requestFailed: complain, workFailed: complain },
    reflector: (watch) => ({ onError: (error) => complain(`${watch}: ${error instanceof Error ? error.message : String(error)}`) }),
    start: (parts) => {
      observed = parts
      beside?.start(parts)
    },
    synced() {},
    configured: (error) => {
      if (error) complain(error)
    },
    repaired: (repair, reconcileId) => {
      repairs.push(repair)
      beside?.repaired(repair, reconcileId)
    },
    isolated() {},
    status() {},
    close: async () => await beside?.close(),
  }
  return {
    repairs,
    complaints,
    telemetry,
    observed: (): Observed => {
      if (!observed) throw new Error('the operator was not started')
      return observed
    },
  }
}
