/** cli/network/policies.ts — PURE: the NetworkPolicies of a snapshot: those that are there, and those that would be once the operator has done its work. */

import type { TenantIsolation } from '../../api/tenant-isolation.ts'
import { type Policy, problemText, readPolicies } from '../../reachability/reachability.ts'
import type { DesiredState } from '../../reconcile/desired-state.ts'
import type { NetworkPolicy as StoredPolicy } from '../../reconcile/policy-entry.ts'
import { policyChanges } from '../diff/changes.ts'
import type { Snapshot } from '../input/snapshot.ts'
import { desiredIn } from '../input/snapshot.ts'
import { UsageError } from '../usage-error.ts'

/** Throws a UsageError for a policy that cannot be read: an answer without it could be wrong. */
export function policiesNow({ networkPolicies }: Snapshot): readonly Policy[] {
  return read(networkPolicies)
}

/**
 * What the operator would leave: ours as it writes them, and everybody else's as they are. Where it would not write, because a tenant is
 * suspended or is not understood, or somebody else has the name, what is there stays.
 */
export function policiesKept(snapshot: Snapshot, state: DesiredState = desiredIn(snapshot)): readonly Policy[] {
  const { networkPolicies, namespaces } = snapshot
  const changes = policyChanges(networkPolicies as unknown as readonly StoredPolicy[], state, namespaces)
  const policies = new Map<string, object>(networkPolicies.map((policy) => [idOf(policy.metadata), policy]))
  for (const { action, object } of changes) {
    if (action === 'delete') policies.delete(idOf(object.metadata))
    else if (action !== 'conflict') policies.set(idOf(object.metadata), object)
  }
  return read([...policies.values()])
}

/** The same tenants, as if each that is in mode Audit were enforced. */
export function enforced(snapshot: Snapshot): Snapshot {
  const { tenants } = snapshot
  if (!tenants.some(({ spec }) => spec?.network?.mode === 'Audit')) return snapshot
  return {
    ...snapshot,
    tenants: tenants.map((tenant) =>
      tenant.spec?.network?.mode === 'Audit'
        ? { ...tenant, spec: { ...tenant.spec, network: { ...tenant.spec.network, mode: 'Enforce' as const } } }
        : tenant,
    ),
  }
}

/** The same tenants, as if each that only warns of pods, or notes them, refused them. */
export function podsEnforced(snapshot: Snapshot): Snapshot {
  const isLenient = ({ spec }: TenantIsolation) => spec?.podSecurity?.mode === 'Warn' || spec?.podSecurity?.mode === 'Audit'
  if (!snapshot.tenants.some(isLenient)) return snapshot
  const stern = (tenant: TenantIsolation): TenantIsolation => {
    const { podSecurity } = tenant.spec
    return podSecurity && isLenient(tenant)
      ? { ...tenant, spec: { ...tenant.spec, podSecurity: { ...podSecurity, mode: 'Enforce' } } }
      : tenant
  }
  return { ...snapshot, tenants: snapshot.tenants.map(stern) }
}

function read(objects: readonly object[]): readonly Policy[] {
  const { policies, problems } = readPolicies(objects)
  if (problems.length > 0) throw new UsageError(problems.map(problemText).join('\n'))
  return policies
}

function idOf({ namespace = '', name }: { readonly namespace?: string | undefined; readonly name: string }): string {
  return `${namespace}/${name}`
}
