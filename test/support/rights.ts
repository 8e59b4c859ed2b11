/** support/rights.ts — the roles in config/rbac, and the single rights that they are made of. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const RBAC_DIRECTORY = join(import.meta.dirname, '../../config/rbac')

/** Roles for people: the operator is bound to none of them. */
export const PLATFORM_ROLES = 'platform-roles.yaml'

export type Role = {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly verbs: readonly string[]
    readonly resourceNames?: readonly string[]
  }[]
}

/** The roles of those files that `of` takes. */
export function rolesIn(of: (file: string) => boolean): readonly Role[] {
  return readdirSync(RBAC_DIRECTORY)
    .filter((file) => file.endsWith('.yaml') && of(file))
    .flatMap((file) => parseAllDocuments(readFileSync(join(RBAC_DIRECTORY, file), 'utf8')).map((document) => document.toJS() as Role))
    .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
}

/** One verb on one resource. */
export type Right = {
  /** ClusterRole "tenant-isolation", as the API server writes it. */
  readonly role: string
  readonly verb: string
  /** With its group: networkpolicies.networking.k8s.io. */
  readonly resource: string
  /** The objects that it is for; all unless said. */
  readonly names: readonly string[]
}

export function rightsOf({ kind, metadata, rules = [] }: Role): readonly Right[] {
  const role = `${kind} "${metadata.name}"`
  return rules.flatMap(({ apiGroups, resources, verbs, resourceNames: names = [] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({ role, verb, resource: group === '' ? resource : `${resource}.${group}`, names })),
      ),
    ),
  )
}

/** `ClusterRole "tenant-isolation": list pods` */
export function rightText({ role, verb, resource }: Omit<Right, 'names'>): string {
  return `${role}: ${verb} ${resource}`
}
