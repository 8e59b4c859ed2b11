/** cli/diff/changes.ts — PURE: what the operator would write, change and delete, object by object. */

import { MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL } from '../../api/labels.ts'
import type { ManagedPolicy } from '../../desired/managed.ts'
import { isTenantObjectName } from '../../desired/tenant-objects.ts'
import { type DesiredObject, type DesiredState, GATE_PREFIX } from '../../reconcile/desired-state.ts'
import { fingerprintOf, type Kept, ownedOf as keptParts, type Wanted } from '../../reconcile/kept/entry.ts'
import type { KeptKind } from '../../reconcile/kept/kinds.ts'
import { relevant } from '../../reconcile/namespace.ts'
import { isOurController, type NetworkPolicy, ownedOf, type PolicyEntry, policyEntry, policyObject } from '../../reconcile/policy-entry.ts'
import type { Snapshot } from '../input/snapshot.ts'
import { byPlace } from '../output/kube-objects.ts'
import type { Actual } from './actual.ts'
import { type FieldChange, fieldChanges } from './fields.ts'

export type Change =
  | { readonly action: 'create' | 'delete'; readonly tenant: string; readonly object: DesiredObject }
  | { readonly action: 'change'; readonly tenant: string; readonly object: DesiredObject; readonly fields: readonly FieldChange[] }
  /** Something of somebody else's has the name; the operator leaves it alone. */
  | { readonly action: 'conflict'; readonly tenant: string; readonly object: DesiredObject }

export type Comparison = {
  readonly actual: Actual
  readonly state: DesiredState
  readonly namespaces: Snapshot['namespaces']
  /** Only what is in this namespace. */
  readonly only: string | undefined
}

/** In the order in which objects are shown. */
export function changesBetween({ actual, state, namespaces, only }: Comparison): readonly Change[] {
  const living = new Set(namespaces.filter(({ terminating }) => !terminating).map(({ name }) => name))
  const isLookedAt = ({ object: { metadata } }: Change) =>
    metadata.namespace === undefined
      ? only === undefined
      : living.has(metadata.namespace) && (only ?? metadata.namespace) === metadata.namespace
  return [...policyChanges(actual.policies, state, namespaces), ...keptChanges(actual, state)]
    .filter(isLookedAt)
    .sort((a, b) => byPlace(a.object, b.object))
}

/** What the operator would do to the NetworkPolicies of these namespaces, of which `actual` holds at least those with its names and its marks. */
export function policyChanges(
  actual: readonly NetworkPolicy[],
  state: DesiredState,
  namespaces: Snapshot['namespaces'],
): readonly Change[] {
  const policies = new Map<string, NetworkPolicy[]>()
  for (const policy of actual) {
    const { namespace = '' } = policy.metadata
    const others = policies.get(namespace)
    if (others) others.push(policy)
    else policies.set(namespace, [policy])
  }
  return (
    namespaces
      // One that is going empties itself.
      .filter(({ terminating }) => !terminating)
      .flatMap(({ name }) => inNamespace(name, policies.get(name) ?? [], state))
  )
}

function inNamespace(
  namespace: string,
  policies: readonly NetworkPolicy[],
  { tenants, membership, policiesIn }: DesiredState,
): readonly Change[] {
  const desired = policiesIn(namespace)
  // Its owner is suspended, or cannot be understood.
  if (!desired) return []
  const owner = tenants.get(membership.ownerOf(namespace) ?? '')
  const found = new Map(policies.map((policy) => [policy.metadata.name, policy]))
  const labelled = policies.filter(({ metadata: { labels = {} } }) => labels[TENANT_LABEL] !== undefined)
  // A suspended tenant keeps what it has, even where the namespace has left it.
  if (!owner && labelled.some(({ metadata: { labels = {} } }) => tenants.get(labels[TENANT_LABEL] ?? '')?.intent?.suspended)) return []
  const entries = new Map(
    labelled.map((policy): [string, PolicyEntry] => [policy.metadata.name, policyEntry(policy, undefined, undefined)]),
  )
  const observed = relevant(entries, desired, owner, { tenants })
  const wanted = new Set(desired.map(({ name }) => name))
  return [
    ...desired.flatMap((policy) => policyChange(policy, namespace, found.get(policy.name), observed.get(policy.name))),
    ...[...observed].flatMap(([name, { ours, tenant }]): Change[] => {
      const policy = found.get(name)
      return policy && ours && !wanted.has(name) ? [{ action: 'delete', tenant, object: policy as unknown as DesiredObject }] : []
    }),
  ]
}

function policyChange(
  policy: ManagedPolicy,
  namespace: string,
  found: NetworkPolicy | undefined,
  entry: PolicyEntry | undefined,
): Change[] {
  const tenant = policy.labels[TENANT_LABEL] ?? ''
  const object: DesiredObject = policyObject(policy, namespace, undefined)
  if (!found) return [{ action: 'create', tenant, object }]
  if (entry?.fingerprint === policy.fingerprint) return []
  // Without our label it is ours only by its owner: then its marks were taken off.
  if (!entry && !found.metadata.ownerReferences?.some(isOurController)) return [{ action: 'conflict', tenant, object }]
  const { spec, ...metadata } = ownedOf(found)
  const { labels, annotations, ownerReferences } = policy
  const after = { metadata: { labels, annotations, ownerReferences }, spec: policy.spec }
  return [{ action: 'change', tenant, object, fields: fieldChanges({ metadata, spec }, after) }]
}

function keptChanges(actual: Actual, { tenants, objectsOf, gates }: DesiredState): readonly Change[] {
  const byName = new Map<string, Kept>()
  for (const [kind, objects] of actual.kept) for (const object of objects) byName.set(idOf(kind, object.metadata), object)
  const changes = [...tenants.keys()].flatMap((tenant) => {
    const wanted = objectsOf(tenant)
    return wanted ? keptChangesOf({ tenant, wanted, byName, isOurs: (kind, name) => isTenantObjectName(tenant, kind, name) }) : []
  })
  return [...changes, ...keptChangesOf({ tenant: '', wanted: gates, byName, isOurs: (_kind, name) => name.startsWith(GATE_PREFIX) })]
}

type Keeping = {
  /** The value of the tenant label; empty for what serves several. */
  readonly tenant: string
  readonly wanted: readonly DesiredObject[]
  readonly byName: ReadonlyMap<string, Kept>
  readonly isOurs: (kind: KeptKind, name: string) => boolean
}

/** The same decisions as those of kept/keep.ts. */
function keptChangesOf({ tenant, wanted, byName, isOurs }: Keeping): readonly Change[] {
  const names = new Set(wanted.map(({ kind, metadata }) => idOf(kind, metadata)))
  const changes = wanted.flatMap((object): Change[] => {
    const found = byName.get(idOf(object.kind, object.metadata))
    if (!found) return [{ action: 'create', tenant, object }]
    if (!isManaged(found) && !found.metadata.ownerReferences?.some(isOurController)) return [{ action: 'conflict', tenant, object }]
    if (isManaged(found) && fingerprintOf(found) === fingerprintOf(object as Wanted)) return []
    return [{ action: 'change', tenant, object, fields: fieldChanges(shown(found), shown(object as Wanted)) }]
  })
  const surplus = [...byName].filter(
    ([
      id,
      {
        kind,
        metadata: { name, labels = {} },
      },
    ]) =>
      !names.has(id) &&
      (labels[TENANT_LABEL] ?? '') === tenant &&
      labels[MANAGED_BY_LABEL] === MANAGED_BY &&
      isOurs(kind as KeptKind, name),
  )
  return [...changes, ...surplus.map(([, object]): Change => ({ action: 'delete', tenant, object: object as unknown as DesiredObject }))]
}

function isManaged({ metadata: { labels = {} } }: Kept): boolean {
  return labels[MANAGED_BY_LABEL] === MANAGED_BY
}

function shown(object: Wanted | Kept) {
  const { content, ...metadata } = keptParts(object)
  return { metadata, ...(content as object) }
}

function idOf(kind: string, { namespace = '', name }: { readonly namespace?: string; readonly name: string }): string {
  return `${kind} ${namespace}/${name}`
}
