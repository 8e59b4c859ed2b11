/** reconcile/repairs.ts — what was put back: it had been as it should be, and somebody changed it. */

import type { DriftLog } from './drift.ts'
import type { Tenant } from './tenants.ts'

export type Repair = {
  readonly tenant: string
  /** Of the tenant's resource. */
  readonly uid: string
  readonly kind: 'NetworkPolicy' | 'RoleBinding' | 'Namespace'
  /** The namespace that it is in, or that it is. */
  readonly namespace: string
  readonly name: string
  readonly change: 'edited' | 'deleted' | 'added'
  /** The field manager that had changed it; nobody signs a deletion. */
  readonly by: string | undefined
  /** What was there instead, where that is short enough to be said. */
  readonly was?: string | undefined
  /** From the watch event that showed it to the answer of the write that put it back. */
  readonly ms: number
}

type Found = Pick<Repair, 'kind' | 'namespace' | 'name' | 'change' | 'by' | 'was'>

export type PossibleRepair = { readonly name: string; readonly told: () => Repair }

/** Of the world: since when an object differs, and who keeps changing it. */
type Memory = {
  readonly differsForMs: (object: string) => number
  readonly repaired: (repair: Parameters<DriftLog['repaired']>[0]) => void
}

type Context = { readonly world: Memory; readonly now: { readonly monotonic: () => number } }

/** What will have been put back once it is written; measures its time when it is asked, and counts towards a fight. */
export function possibleRepair(found: Found, owner: Tenant, { world, now }: Context): PossibleRepair {
  const { name: tenant, uid } = owner.resource.metadata
  const object = objectText(found)
  const since = now.monotonic() - world.differsForMs(object)
  return {
    name: found.name,
    told: () => {
      world.repaired({ object, tenant, by: found.by, now: now.monotonic() })
      return { tenant, uid, ...found, ms: now.monotonic() - since }
    },
  }
}

/** "NetworkPolicy shop/tenant-isolation": how an object is called in status, in Events and in the memory of fights. */
export function objectText({ kind, namespace, name }: Pick<Repair, 'kind' | 'namespace' | 'name'>): string {
  return kind === 'Namespace' ? `Namespace ${namespace}` : `${kind} ${namespace}/${name}`
}
