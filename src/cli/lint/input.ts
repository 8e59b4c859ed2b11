/** cli/lint/input.ts — PURE: from a snapshot to what lint rules look at, and back from a finding to the object that it is about. */

import { grantsOfPolicy, grantsOfTenant } from '../../lint/grants.ts'
import type { LintInput, LintService, LintTenant } from '../../lint/input.ts'
import type { Annotated } from '../../lint/silence.ts'
import { isOurs } from '../../reachability/reachability.ts'
import { selectorOf } from '../../reconcile/tenants.ts'
import type { Service } from '../input/kinds/service.ts'
import type { Source } from '../input/options.ts'
import { desiredIn, factsOf, type Snapshot } from '../input/snapshot.ts'
import { networksOf } from '../network/networks.ts'
import { enforced } from '../network/policies.ts'

export type LintSubject = {
  readonly input: LintInput
  readonly annotated: readonly Annotated[]
  /** What could not be looked at; each a sentence. */
  readonly notes: readonly string[]
}

/** Everything as it would be once the operator has done its work; what is in mode Audit is looked at as if it were enforced. */
export function lintSubject(given: Snapshot, source: Source): LintSubject {
  const snapshot = enforced(given)
  const state = desiredIn(snapshot)
  const { kept: network, notes } = networksOf(snapshot, state)
  const facts = { ...factsOf(snapshot), tenants: new Map(snapshot.tenants.map((one) => [one.metadata.name, selectorOf(one)])) }
  const tenants = [...state.tenants.values()].flatMap(({ resource, intent }): readonly LintTenant[] => {
    if (!intent || intent.mode === 'Disabled') return []
    const namespaces = [...state.membership.namespacesOf(resource.metadata.name)].sort()
    return [{ resource, namespaces, enforced: intent.mode === 'Enforce' && !intent.suspended }]
  })
  const broken = [...state.tenants.values()]
    .filter(({ intent }) => !intent)
    .map(
      ({ resource, violations }) =>
        `TenantIsolation ${resource.metadata.name} breaks its schema, and was left out: ${violations.join('; ')}`,
    )
  const labelsOf = (namespace: string) => network.cluster.namespaces.get(namespace) ?? {}
  const foreign = network.policies.filter((policy) => !isOurs(policy))
  return {
    input: {
      tenants,
      services: snapshot.services.map(serviceOf),
      network,
      facts,
      grants: [...tenants.flatMap((tenant) => grantsOfTenant(tenant, facts, labelsOf)), ...foreign.flatMap(grantsOfPolicy)],
      // Every cluster has kube-system: files that have it hold a list of all namespaces, and others may leave some out.
      knowsNamespaces: source !== 'files' || snapshot.namespaces.some(({ name, implied }) => name === 'kube-system' && !implied),
    },
    annotated: annotatedIn(snapshot, new Set(foreign.map(({ namespace, name }) => `${namespace}/${name}`))),
    notes: [...broken, ...notes],
  }
}

function serviceOf({ metadata: { namespace = '', name }, spec }: Service): LintService {
  const { type, clusterIP = '', clusterIPs = [clusterIP], externalTrafficPolicy } = spec
  return { namespace, name, type, clusterIPs: clusterIPs.filter((ip) => ip !== '' && ip !== 'None'), externalTrafficPolicy }
}

/** Resources, Services, and the policies of others: ours follow from their resource, where a silence belongs. */
function annotatedIn({ tenants, networkPolicies, services }: Snapshot, foreign: ReadonlySet<string>): readonly Annotated[] {
  return [
    ...tenants.map(({ metadata: { name, annotations } }) => ({ kind: 'TenantIsolation', name, annotations: annotations ?? {} })),
    ...networkPolicies
      .map(({ metadata: { namespace = '', name, annotations } }) => ({ kind: 'NetworkPolicy', namespace, name, annotations }))
      .filter(({ namespace, name }) => foreign.has(`${namespace}/${name}`)),
    ...services.map(({ metadata: { namespace = '', name, annotations } }) => ({ kind: 'Service', namespace, name, annotations })),
  ]
}
