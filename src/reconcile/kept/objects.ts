/** reconcile/kept/objects.ts — the kept objects as they are, by kind, by tenant and by namespace. */

import { keyOf, splitKey } from '../../kube/objects.ts'
import { type Change, createStore, type Store } from '../../kube/store.ts'
import { type Kept, type KeptEntry, keptEntry } from './entry.ts'
import { KEPT_ORDER, type KeptKind, type Place } from './kinds.ts'

export type KeptStore = Store<Kept, KeptEntry>

export type KeptChange = Change<KeptEntry> & { readonly kind: KeptKind }

const NOTHING: ReadonlyMap<string, KeptEntry> = new Map()

export class KeptObjects {
  readonly stores: ReadonlyMap<KeptKind, KeptStore>
  /** By tenant, and by kind: the keys of what is there. What serves several tenants is under the empty name. */
  readonly #keys = new Map<string, Map<KeptKind, Set<string>>>()

  constructor(onChange: (change: KeptChange) => void) {
    const storeOf = (kind: KeptKind): KeptStore =>
      createStore<Kept, KeptEntry>({
        ingest: keptEntry,
        onChange: (change) => {
          const { key, previous, entry } = change
          if (previous) this.#remove(previous.tenant, kind, key)
          if (entry) this.#add(entry.tenant, kind, key)
          onChange({ ...change, kind })
        },
      })
    this.stores = new Map(KEPT_ORDER.map((kind) => [kind, storeOf(kind)]))
  }

  get({ kind, ...metadata }: Place): KeptEntry | undefined {
    return this.stores.get(kind)?.get(keyOf({ metadata }))
  }

  /** By name. */
  inNamespace(kind: KeptKind, namespace: string): ReadonlyMap<string, KeptEntry> {
    return this.stores.get(kind)?.inNamespace(namespace) ?? NOTHING
  }

  /** Whatever bears the tenant's label and is in no namespace. */
  *clusterWide(tenant: string): Iterable<Place> {
    for (const [kind, keys] of this.#keys.get(tenant) ?? []) if (kind !== 'RoleBinding') for (const name of keys) yield { kind, name }
  }

  /** The namespaces that hold RoleBindings which were made for the tenant, and may be named more than once. */
  *placesOf(tenant: string): Iterable<string> {
    for (const key of this.#keys.get(tenant)?.get('RoleBinding') ?? []) {
      const { namespace, name } = splitKey(key)
      const entry = this.get({ kind: 'RoleBinding', namespace, name })
      // What waits for the finalizers of others has been deleted, as far as that is up to us.
      if (entry?.ours && !entry.terminating) yield namespace
    }
  }

  written(kind: KeptKind, object: Kept): void {
    this.stores.get(kind)?.written(object)
  }

  deleted({ kind, ...metadata }: Place, uid: string): void {
    this.stores.get(kind)?.deleted(keyOf({ metadata }), uid)
  }

  #add(tenant: string, kind: KeptKind, key: string): void {
    const kinds = this.#keys.get(tenant) ?? new Map<KeptKind, Set<string>>()
    this.#keys.set(tenant, kinds)
    const keys = kinds.get(kind) ?? new Set<string>()
    kinds.set(kind, keys.add(key))
  }

  #remove(tenant: string, kind: KeptKind, key: string): void {
    const kinds = this.#keys.get(tenant)
    const keys = kinds?.get(kind)
    if (!kinds || !keys?.delete(key) || keys.size > 0) return
    kinds.delete(kind)
    if (kinds.size === 0) this.#keys.delete(tenant)
  }
}
