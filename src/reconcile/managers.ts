/** reconcile/managers.ts — who wrote what, as the managedFields of an object tell. */

import { compareText } from '../api/canonical.ts'
import { FIELD_MANAGER } from '../api/labels.ts'
import type { ObjectMeta } from '../kube/objects.ts'

/** FieldsV1: "f:spec", "f:metadata", "f:labels"... down to empty objects. */
export type Fields = { readonly [field: string]: Fields | undefined }

type Managed = { readonly manager?: string; readonly operation?: string; readonly time?: string; readonly fieldsV1?: Fields }

/**
 * The field manager that last set one of the fields that count, when that was not us. Nobody signs what they take away: then nobody is
 * named. Who only put a label of their own there is not to blame.
 */
export function lastForeignManager({ managedFields = [] }: ObjectMeta, counts: (fields: Fields) => boolean): string | undefined {
  const [newest] = (managedFields as readonly Managed[])
    .filter(({ manager, fieldsV1 }) => manager !== undefined && !isOurs(manager) && fieldsV1 !== undefined && counts(fieldsV1))
    .sort((a, b) => compareText(b.time ?? '', a.time ?? ''))
  return newest?.manager
}

/** By tenant: the labels that were applied for it, server-side, and that nobody has changed since. */
export function labelsApplied({ managedFields = [] }: ObjectMeta): ReadonlyMap<string, readonly string[]> {
  const applied = (managedFields as readonly Managed[]).flatMap(({ manager = '', operation, fieldsV1 }): [string, string[]][] =>
    operation === 'Apply' && manager.startsWith(TENANT_MANAGER) ? [[manager.slice(TENANT_MANAGER.length), labelsIn(fieldsV1)]] : [],
  )
  return applied.length > 0 ? new Map(applied) : NONE
}

/** Under this name labels are applied for the tenant; at most 128 characters, as the API server asks. */
export function managerOf(tenant: string): string {
  return `${TENANT_MANAGER}${tenant}`
}

export function labelsIn(fields: Fields | undefined): string[] {
  return Object.keys(fields?.['f:metadata']?.['f:labels'] ?? {}).flatMap((field) => (field.startsWith('f:') ? [field.slice(2)] : []))
}

const TENANT_MANAGER = `${FIELD_MANAGER}:`

const NONE: ReadonlyMap<string, readonly string[]> = new Map()

function isOurs(manager: string): boolean {
  return manager === FIELD_MANAGER || manager.startsWith(TENANT_MANAGER)
}
