/** reconcile/namespace-entry.ts — what is remembered of a namespace: its labels, and who wrote those of Pod Security. */

import { POD_SECURITY_PREFIX } from '../api/labels.ts'
import type { Labels } from '../api/selectors.ts'
import type { StoredObject } from '../kube/objects.ts'
import { labelsApplied, labelsIn, lastForeignManager } from './managers.ts'

export type NamespaceEntry = {
  readonly resourceVersion: string
  readonly uid: string
  readonly labels: Labels
  readonly terminating: boolean
  readonly createdAt: number
  /** By tenant: the labels that we have applied for it, and that are ours to take off. */
  readonly applied: ReadonlyMap<string, readonly string[]>
  /** The field manager that last set a Pod Security label, when that was not us. */
  readonly securedBy?: string
}

export function namespaceEntry({ metadata }: StoredObject): NamespaceEntry {
  const { resourceVersion, uid, labels = {}, deletionTimestamp, creationTimestamp = '' } = metadata
  const secured = Object.keys(labels).some(isPodSecurityLabel)
  const securedBy = secured ? lastForeignManager(metadata, (fields) => labelsIn(fields).some(isPodSecurityLabel)) : undefined
  return {
    resourceVersion,
    uid,
    labels,
    terminating: deletionTimestamp !== undefined,
    createdAt: Date.parse(creationTimestamp),
    applied: labelsApplied(metadata),
    ...(securedBy !== undefined && { securedBy }),
  }
}

function isPodSecurityLabel(label: string): boolean {
  return label.startsWith(POD_SECURITY_PREFIX)
}
