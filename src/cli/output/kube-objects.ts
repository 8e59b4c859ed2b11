/** cli/output/kube-objects.ts — PURE: objects of Kubernetes in the one order in which they are shown. */

import { compareText } from '../../api/canonical.ts'
import type { DesiredObject } from '../../reconcile/desired-state.ts'
import { NO_UID } from '../input/kinds/tenant-isolation.ts'

export type Identity = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** What is in no namespace first, then namespace by namespace; by kind, then by name. */
export function byPlace(a: Identity, b: Identity): number {
  return (
    compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
    compareText(a.kind, b.kind) ||
    compareText(a.metadata.name, b.metadata.name)
  )
}

/** `NetworkPolicy shop/tenant-isolation` */
export function nameOf({ kind, metadata: { name, namespace } }: Identity): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

/** Without the reference to an owner that no cluster has made yet: its uid is the API server's to give. */
export function withoutUnknownOwner(object: DesiredObject): DesiredObject {
  const { ownerReferences = [], ...metadata } = object.metadata
  const known = ownerReferences.filter(({ uid }) => uid !== NO_UID)
  if (known.length === ownerReferences.length) return object
  return { ...object, metadata: known.length > 0 ? { ...metadata, ownerReferences: known } : metadata }
}
