/** reconcile/kept/objects.ts — the kept objects as they are, by kind and by tenant. */

import { createStore, type Store } from '../../kube/store.ts'
import { type Kept, type KeptEntry, keptEntry } from './entry.ts'
import { KEPT_ORDER, type KeptKind } from './kinds.ts'

export type KeptStore = Store<Kept, KeptEntry>

export class KeptObjects {
  readonly stores: ReadonlyMap<KeptKind, KeptStore>
  /** By tenant, and by kind: names. What serves several tenants is under the empty name. */
  readonly #names = new Map<string, Map<KeptKind, Set<string>>>()

  /** `onChange` hears of every change, with the tenant it concerns; empty for what serves several. */
  constructor(onChange: (tenant: string, initial: boolean) => void) {
    const storeOf = (kind: KeptKind): KeptStore =>
      createStore<Kept, KeptEntry>({
        ingest: keptEntry,
        onChange: ({ previous, entry, initial }) => {
          if (previous) this.#of(previous.tenant, kind).delete(previous.name)
          if (entry) this.#of(entry.tenant, kind).add(entry.name)
          for (const tenant of new Set([previous, entry].flatMap((seen) => (seen ? [seen.tenant] : [])))) onChange(tenant, initial)
        },
      })
    this.stores = new Map(KEPT_ORDER.map((kind) => [kind, storeOf(kind)]))
  }

  get(kind: KeptKind, name: string): KeptEntry | undefined {
    return this.stores.get(kind)?.get(name)
  }

  namesOf(tenant: string, kind: KeptKind): ReadonlySet<string> {
    return this.#names.get(tenant)?.get(kind) ?? NONE
  }

  /** Whether anything is left that bears the tenant's label. */
  hasAny(tenant: string): boolean {
    return KEPT_ORDER.some((kind) => this.namesOf(tenant, kind).size > 0)
  }

  written(kind: KeptKind, object: Kept): void {
    this.stores.get(kind)?.written(object)
  }

  deleted(kind: KeptKind, name: string, uid: string): void {
    this.stores.get(kind)?.deleted(name, uid)
  }

  #of(tenant: string, kind: KeptKind): Set<string> {
    const kinds = this.#names.get(tenant) ?? new Map<KeptKind, Set<string>>()
    this.#names.set(tenant, kinds)
    const names = kinds.get(kind) ?? new Set<string>()
    kinds.set(kind, names)
    return names
  }
}

const NONE: ReadonlySet<string> = new Set()
