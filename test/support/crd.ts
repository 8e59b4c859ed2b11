/** support/crd.ts — the custom resource in the shared API server, for tests that need no operator. */

import { join } from 'node:path'
import { API_VERSION } from '../../src/api/labels.ts'
import { APPLY, kubectl } from '../../tools/control-plane/kubectl.ts'
import { sharedControlPlane } from './cluster.ts'
import { until } from './kube-setup.ts'

export const TENANT_ISOLATIONS = `/apis/${API_VERSION}/tenantisolations`

const CRDS = `--filename=${join(import.meta.dirname, '../../crds')}`

/** As the chart installs it; returns when resources can be written. */
export async function installCrd(): Promise<void> {
  const controlPlane = await sharedControlPlane()
  await kubectl(controlPlane, [...APPLY, CRDS])
  // Established is said a moment before the API server serves the new path, and `kubectl wait` gives up on a CRD that has no conditions yet.
  const isServed = () =>
    kubectl(controlPlane, ['get', `--raw=${TENANT_ISOLATIONS}`]).then(
      () => true,
      () => false,
    )
  await until('the API server serves TenantIsolations', isServed, 30_000)
}
