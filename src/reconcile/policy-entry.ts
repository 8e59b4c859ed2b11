/**
 * reconcile/policy-entry.ts — what is remembered of a NetworkPolicy: a fingerprint of what we own, instead of the object.
 *
 * 0.3 KB instead of 3.6 for a policy that is as it should be, because its spec is the desired one, shared by all namespaces of the
 * tenant; and still all that an update needs, so that no repair begins with a GET.
 */

import { API_VERSION, BASELINE_POLICY, GROUP, KIND, MANAGED_BY, MANAGED_BY_LABEL, RULES_ANNOTATION, TENANT_LABEL } from '../api/labels.ts'
import { fingerprintOf, type ManagedPolicy, type Owned, type OwnerReference } from '../desired/managed.ts'
import type { PolicySpec } from '../desired/network/policy.ts'
import type { KubeObject, ObjectMeta, StoredObject } from '../kube/objects.ts'
import { type Fields, labelsIn, lastForeignManager } from './managers.ts'

export type NetworkPolicy = StoredObject & KubeObject<PolicySpec>

type Strings = Readonly<Record<string, string>>

/** What others have written on a policy of ours; it stays. */
type Others = { readonly labels?: Strings; readonly annotations?: Strings; readonly finalizers?: readonly string[] }

export type PolicyEntry = {
  readonly resourceVersion: string
  readonly uid: string
  /** The value of the tenant label. */
  readonly tenant: string
  /** Whether the operator made it: it has, or had when we saw it, a controller of our kind and a name of ours. */
  readonly ours: boolean
  /** Whether it bears our labels and a name of our making, whoever owns it. */
  readonly marked: boolean
  readonly fingerprint: string
  readonly spec: PolicySpec
  readonly others?: Others
  /** The field manager that last set something that is ours, when that was not us. */
  readonly changedBy?: string
  /** Being deleted: finalizers of others hold it. */
  readonly terminating?: true
}

/** The entry for `object`; `desired` is the policy of that name that its namespace should have, whose memory it shares when it is equal. */
export function policyEntry(object: NetworkPolicy, previous: PolicyEntry | undefined, desired: ManagedPolicy | undefined): PolicyEntry {
  const { name, uid, resourceVersion, labels = {}, ownerReferences = [], deletionTimestamp } = object.metadata
  const fingerprint = fingerprintOf(ownedOf(object))
  const same = desired?.fingerprint === fingerprint
  const others = othersOf(object.metadata)
  const changedBy = same ? undefined : lastForeignManager(object.metadata, holdsOurs)
  return {
    resourceVersion,
    uid,
    tenant: labels[TENANT_LABEL] ?? '',
    marked: isPolicyName(name) && labels[MANAGED_BY_LABEL] === MANAGED_BY,
    ours: isPolicyName(name) && (previous?.ours === true || ownerReferences.some(isOurController)),
    fingerprint: same ? desired.fingerprint : fingerprint,
    // Others may put our label on as many policies as they like; what they say is not kept.
    spec: same ? desired.spec : ((isPolicyName(name) ? object.spec : undefined) ?? NOT_OURS),
    ...(others && { others }),
    ...(changedBy !== undefined && { changedBy }),
    ...(deletionTimestamp !== undefined && { terminating: true as const }),
  }
}

/** What of a policy is ours to say; the rest is others'. */
export function ownedOf({ metadata: { labels = {}, annotations = {}, ownerReferences = [] }, spec }: NetworkPolicy): Owned {
  return {
    labels: pick(labels, OUR_LABELS),
    annotations: pick(annotations, OUR_ANNOTATIONS),
    ownerReferences: ownerReferences as readonly OwnerReference[],
    spec,
  }
}

/** The object to write so that `policy` is in `namespace`: over `entry` when there is one, with what others have put there. */
export function policyObject(policy: ManagedPolicy, namespace: string, entry: PolicyEntry | undefined) {
  const { labels, annotations, ownerReferences, spec, name } = policy
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name,
      namespace,
      ...(entry && { uid: entry.uid, resourceVersion: entry.resourceVersion }),
      labels: { ...entry?.others?.labels, ...labels },
      annotations: { ...entry?.others?.annotations, ...annotations },
      ...(entry?.others?.finalizers && { finalizers: entry.others.finalizers }),
      ownerReferences,
    },
    spec,
  }
}

/** Whether the operator could have made a policy of this name. */
export function isPolicyName(name: string): boolean {
  return name === BASELINE_POLICY || POLICY_NAME.test(name)
}

export function isOurController({ apiVersion, kind, controller }: { apiVersion: string; kind: string; controller?: boolean }): boolean {
  return controller === true && kind === KIND && (apiVersion === API_VERSION || apiVersion.startsWith(`${GROUP}/`))
}

const NOT_OURS: PolicySpec = { podSelector: {}, policyTypes: ['Ingress'] }

const POLICY_NAME = new RegExp(`^${BASELINE_POLICY}-[0-9a-f]{12}$`)
const OUR_LABELS: readonly string[] = [MANAGED_BY_LABEL, TENANT_LABEL]
const OUR_ANNOTATIONS = [RULES_ANNOTATION]

function othersOf({ labels = {}, annotations = {}, finalizers = [] }: ObjectMeta): Others | undefined {
  const otherLabels = omit(labels, OUR_LABELS)
  const otherAnnotations = omit(annotations, OUR_ANNOTATIONS)
  const others = {
    ...(otherLabels && { labels: otherLabels }),
    ...(otherAnnotations && { annotations: otherAnnotations }),
    ...(finalizers.length > 0 && { finalizers }),
  }
  return Object.keys(others).length > 0 ? others : undefined
}

function pick(all: Strings, keys: readonly string[]): Strings {
  return Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(all, key) ? [[key, all[key] ?? '']] : [])))
}

function omit(all: Strings, keys: readonly string[]): Strings | undefined {
  const rest = Object.entries(all).filter(([key]) => !keys.includes(key))
  return rest.length > 0 ? Object.fromEntries(rest) : undefined
}

/** Whether one of the fields is ours. */
function holdsOurs(fields: Fields): boolean {
  const { 'f:annotations': annotations, 'f:ownerReferences': owners } = fields['f:metadata'] ?? {}
  return (
    fields['f:spec'] !== undefined ||
    owners !== undefined ||
    labelsIn(fields).some((label) => OUR_LABELS.includes(label)) ||
    OUR_ANNOTATIONS.some((key) => annotations?.[`f:${key}`] !== undefined)
  )
}
