/** cli/network/networks.ts — PURE: what questions about flows are put to: a cluster under the policies that are there, and under those that the operator would leave. */

import { type Cluster, type Network, networkOf } from '../../reachability/reachability.ts'
import type { DesiredState } from '../../reconcile/desired-state.ts'
import type { Need } from '../input/cluster-objects.ts'
import { desiredIn, type Snapshot } from '../input/snapshot.ts'
import { clusterOf } from './cluster.ts'
import { policiesKept, policiesNow } from './policies.ts'

/** What has to be read of a cluster for networks; with Services and Ingresses where flows are to be named by them. */
export const NETWORK_NEEDS: readonly Need[] = ['networkPolicies', 'pods']
export const ENTRY_NEEDS: readonly Need[] = [...NETWORK_NEEDS, 'services', 'endpointSlices', 'ingresses']

export type Networks = {
  readonly cluster: Cluster
  /** Under the policies that are there. */
  readonly now: Network
  /** Under those that the operator would leave: ours as it writes them, everybody else's as they are. */
  readonly kept: Network
  readonly notes: readonly string[]
}

/** Both networks share their cluster. Throws a UsageError for a policy that cannot be read. */
export function networksOf(snapshot: Snapshot, state: DesiredState = desiredIn(snapshot)): Networks {
  const { cluster, notes } = clusterOf(snapshot)
  return {
    cluster,
    now: networkOf(cluster, policiesNow(snapshot)),
    kept: networkOf(cluster, policiesKept(snapshot, state)),
    notes,
  }
}
