/** reconcile/kept/entry.ts — what is remembered of a kept object: a fingerprint of what we own, which is everything but others' marks. */

import { hashOf } from '../../api/canonical.ts'
import { MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL } from '../../api/labels.ts'
import type { OwnerReference } from '../../desired/managed.ts'
import type { KubeObject, ObjectMeta, StoredObject } from '../../kube/objects.ts'
import { type Fields, labelsIn, lastForeignManager } from '../managers.ts'
import { isOurController } from '../policy-entry.ts'
import { KEPT_KINDS, type KeptKind, type Place } from './kinds.ts'

type Strings = Readonly<Record<string, string>>

/** An object as it should be: its kind's own fields stand beside the metadata. */
export type Wanted = {
  readonly apiVersion: string
  readonly kind: KeptKind
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels: Strings
    readonly ownerReferences?: readonly OwnerReference[]
  }
}

export type Kept = StoredObject & KubeObject

type Others = Pick<ObjectMeta, 'labels' | 'annotations' | 'finalizers'>

export type KeptEntry = {
  readonly resourceVersion: string
  readonly uid: string
  /** The value of the tenant label; empty for what serves several tenants. */
  readonly tenant: string
  /** Whether a TenantIsolation controls it, or did when we saw it. */
  readonly ours: boolean
  readonly fingerprint: string
  /** Of a binding of roles: it can never be changed, so that another role needs another object. */
  readonly roleRef: string
  readonly others?: Others
  /** The field manager that last set something that is ours, when that was not us. */
  readonly changedBy?: string
  /** Being deleted: finalizers of others hold it. */
  readonly terminating?: true
}

export function keptEntry(object: Kept, previous?: KeptEntry): KeptEntry {
  const { uid, resourceVersion, labels = {}, ownerReferences = [], deletionTimestamp } = object.metadata
  const others = othersOf(object.metadata)
  const changedBy = lastForeignManager(object.metadata, holdsOurs)
  return {
    resourceVersion,
    uid,
    tenant: labels[TENANT_LABEL] ?? '',
    ours: previous?.ours === true || ownerReferences.some(isOurController),
    fingerprint: fingerprintOf(object),
    roleRef: roleRefOf(object),
    ...(others && { others }),
    ...(changedBy !== undefined && { changedBy }),
    ...(deletionTimestamp !== undefined && { terminating: true as const }),
  }
}

/** Whether we made it, as far as its marks go: by the label, or by its controller when the label is gone. */
export function isMarked({ metadata: { labels, ownerReferences } }: Kept): boolean {
  return labels?.[MANAGED_BY_LABEL] === MANAGED_BY || ownerReferences?.some(isOurController) === true
}

export function placeOf({ kind, metadata: { namespace, name } }: Wanted): Place {
  return { kind, ...(namespace !== undefined && { namespace }), name }
}

/** Equal for two objects exactly when all that we own is equal, whether the API server has filled in its defaults or not. */
export function fingerprintOf(object: Wanted | Kept): string {
  const { labels, ownerReferences, content } = ownedOf(object)
  return hashOf([labels, ownerReferences, content], 24)
}

/** What of an object is ours to say, with the API server's defaults filled in. */
export function ownedOf(object: Wanted | Kept) {
  const { labels = {}, ownerReferences = [] } = object.metadata
  const { apiVersion: _, kind, metadata: __, status: ___, ...content } = object as Kept & Record<string, unknown>
  const own = Object.entries(labels).filter(([key]) => OUR_LABELS.includes(key))
  return { labels: Object.fromEntries(own), ownerReferences, content: withDefaults(kind as KeptKind, content) }
}

export function roleRefOf(object: object): string {
  return 'roleRef' in object ? hashOf(object.roleRef, 24) : ''
}

/** The object to write over `entry`, with what others have put there. */
export function over(entry: KeptEntry, wanted: Wanted) {
  const { others = {}, uid, resourceVersion } = entry
  const { labels, ...metadata } = wanted.metadata
  return { ...wanted, metadata: { ...metadata, uid, resourceVersion, ...others, labels: { ...others.labels, ...labels } } }
}

/**
 * The label by which objects of the kind are watched. What serves several tenants bears none of them; in namespaces, only the label of a
 * tenant is one that nobody else may put on as many objects as he likes (children-guard).
 */
export function keptSelector(kind: KeptKind): string {
  return KEPT_KINDS[kind].namespaced ? TENANT_LABEL : `${MANAGED_BY_LABEL}=${MANAGED_BY}`
}

const OUR_LABELS: readonly string[] = [MANAGED_BY_LABEL, TENANT_LABEL]

/** What the API server fills in where nothing is written (admissionregistration/v1 defaults.go). */
function withDefaults(kind: KeptKind, content: Readonly<Record<string, unknown>>): unknown {
  if (kind !== 'ValidatingAdmissionPolicyBinding' && kind !== 'MutatingAdmissionPolicyBinding') return content
  const { spec } = content as { spec: { matchResources?: object } }
  if (!spec.matchResources) return content
  return {
    ...content,
    spec: { ...spec, matchResources: { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {}, ...spec.matchResources } },
  }
}

/** Everything is ours but labels, annotations and finalizers of others. */
function holdsOurs(fields: Fields): boolean {
  return (
    Object.keys(fields).some((field) => field !== 'f:metadata') ||
    fields['f:metadata']?.['f:ownerReferences'] !== undefined ||
    labelsIn(fields).some((label) => OUR_LABELS.includes(label))
  )
}

function othersOf({ labels = {}, annotations, finalizers }: ObjectMeta): Others | undefined {
  const foreign = Object.entries(labels).filter(([key]) => !OUR_LABELS.includes(key))
  const others: Others = {
    ...(foreign.length > 0 && { labels: Object.fromEntries(foreign) }),
    ...(annotations && { annotations }),
    ...(finalizers && { finalizers }),
  }
  return Object.keys(others).length > 0 ? others : undefined
}
