/**
 * The objects of one kind as far as we know them, from a reflector and from our own writes.
 *
 * Two sources tell of the same objects out of order: the watch, and the answers to our own requests ({@link Store.written},
 * {@link Store.deleted}). One rule settles every case: **a key never goes back to an older resourceVersion**. What the rule needs to know
 * beyond the entries themselves is how far the watch has come (`watermark`: a written object at or below it, but not in the store, was
 * deleted since) and what we deleted before the watch said so (`tombstones`: late events of the deleted object must not bring it back).
 *
 * Versions that are not integers cannot be compared; then everything is accepted, and the last to speak is right.
 */

import { keyOf, type StoredObject, splitKey } from './objects.ts'
import type { Sink } from './sink.ts'
import { compareVersions, isOlder } from './versions.ts'

/** What an entry must hold; the rest is up to `ingest`. */
export type Versioned = { readonly resourceVersion: string; readonly uid: string }

export type Change<Entry> =
  | { readonly type: 'added'; readonly key: string; readonly entry: Entry; readonly previous: undefined; readonly initial: boolean }
  | { readonly type: 'updated'; readonly key: string; readonly entry: Entry; readonly previous: Entry; readonly initial: boolean }
  /** `initial`: a list showed that it is gone, rather than an event. */
  | { readonly type: 'deleted'; readonly key: string; readonly entry: undefined; readonly previous: Entry; readonly initial: boolean }

export type StoreOptions<T, Entry> = {
  /** What to keep of an object. `previous` is the entry of the same key and uid. Called once per accepted version. */
  readonly ingest: (object: T, previous: Entry | undefined) => Entry
  /** Called synchronously after the store has changed, never for what changes nothing. */
  readonly onChange: (change: Change<Entry>) => void
}

export type Store<T, Entry> = Sink<T> & {
  /** `key` as {@link keyOf} gives it. */
  get(key: string): Entry | undefined
  has(key: string): boolean
  /** A live view by name. The namespace of what is not in one is empty. */
  inNamespace(namespace: string): ReadonlyMap<string, Entry>
  namespaces(): Iterable<string>
  values(): Iterable<Entry>
  readonly size: number
  /** The watch has delivered everything up to here; undefined before the first complete list. */
  readonly watermark: string | undefined
  /** Our own deletes that the watch has not confirmed yet. */
  readonly unconfirmedDeletes: number
  /** Our own write, with the object of its answer. */
  written(object: T): void
  /** Our own delete, once the object is known to be gone. Ignored when the store holds another object by that name. */
  deleted(key: string, uid: string): void
}

/** `version` is the last one we knew of the deleted object; `listed` that the list under way still names it. */
type Tombstone = { readonly uid: string; readonly version: string; listed: boolean }

export function createStore<T extends StoredObject, Entry extends Versioned>({
  ingest,
  onChange,
}: StoreOptions<T, Entry>): Store<T, Entry> {
  const byNamespace = new Map<string, Map<string, Entry>>()
  const tombstones = new Map<string, Tombstone>()
  const empty: ReadonlyMap<string, Entry> = new Map()
  let size = 0
  let watermark: string | undefined
  /** The keys that the list under way has named so far; undefined between lists. */
  let named: Set<string> | undefined
  /** Versions from before this list mean nothing: the server's history went back. */
  let rewound = false

  const find = (namespace: string, name: string): Entry | undefined => byNamespace.get(namespace)?.get(name)

  const put = (namespace: string, name: string, entry: Entry): void => {
    let entries = byNamespace.get(namespace)
    if (entries === undefined) {
      entries = new Map()
      byNamespace.set(namespace, entries)
    }
    if (!entries.has(name)) size += 1
    entries.set(name, entry)
  }

  const drop = (namespace: string, name: string): void => {
    const entries = byNamespace.get(namespace)
    if (!entries?.delete(name)) return
    size -= 1
    if (entries.size === 0) byNamespace.delete(namespace)
  }

  const advance = (version: string): void => {
    if (watermark === undefined || !isOlder(version, watermark)) watermark = version
  }

  /** `source`: only what the reflector delivers counts as named by its list. */
  const accept = (object: T, source: 'list' | 'event' | 'written'): void => {
    const { namespace = '', name, uid, resourceVersion } = object.metadata
    const key = keyOf(object)
    const incomparable = rewound && source === 'list' && !named?.has(key)
    if (source !== 'written') named?.add(key)

    const tombstone = tombstones.get(key)
    if (tombstone !== undefined) {
      if (tombstone.uid === uid) {
        if (source === 'list') tombstone.listed = true
        return
      }
      if (isOlder(resourceVersion, tombstone.version)) return
    }

    const initial = source === 'list'
    const previous = find(namespace, name)
    if (previous === undefined) {
      const entry = ingest(object, undefined)
      put(namespace, name, entry)
      onChange({ type: 'added', key, entry, previous, initial })
      return
    }
    const same = previous.uid === uid
    const stale = (same && previous.resourceVersion === resourceVersion) || isOlder(resourceVersion, previous.resourceVersion)
    if (stale && !incomparable) return

    const entry = ingest(object, same ? previous : undefined)
    put(namespace, name, entry)
    if (same) {
      onChange({ type: 'updated', key, entry, previous, initial })
      return
    }
    // Deleted and made again while we were not looking: what held for the old object holds no more.
    try {
      onChange({ type: 'deleted', key, entry: undefined, previous, initial })
    } finally {
      onChange({ type: 'added', key, entry, previous: undefined, initial })
    }
  }

  /** Removes what the list has not named, as far as the list can know of it, and tells of each even if one listener fails. */
  const sweep = (seen: ReadonlySet<string>, listVersion: string): void => {
    const gone: { readonly key: string; readonly previous: Entry }[] = []
    for (const [namespace, entries] of byNamespace) {
      for (const [name, previous] of entries) {
        const key = keyOf({ metadata: { namespace, name } })
        // Newer than the list: our own write, which the watch will confirm or take back.
        if (seen.has(key) || (!rewound && isOlder(listVersion, previous.resourceVersion))) continue
        gone.push({ key, previous })
        drop(namespace, name)
      }
    }
    const failures: unknown[] = []
    for (const { key, previous } of gone) {
      try {
        onChange({ type: 'deleted', key, entry: undefined, previous, initial: true })
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${gone.length} deletions were not taken`)
  }

  return {
    restart(options) {
      named = new Set()
      rewound = options?.rewound === true
      if (rewound) {
        tombstones.clear()
        watermark = undefined
      }
      for (const tombstone of tombstones.values()) tombstone.listed = false
    },

    upsert(object, { initial }) {
      if (named === undefined) advance(object.metadata.resourceVersion)
      accept(object, initial ? 'list' : 'event')
    },

    remove(object) {
      const { namespace = '', name, uid, resourceVersion } = object.metadata
      if (named === undefined) advance(resourceVersion)
      const key = keyOf(object)
      const tombstone = tombstones.get(key)
      if (tombstone !== undefined && (tombstone.uid === uid || !isOlder(resourceVersion, tombstone.version))) tombstones.delete(key)

      const previous = find(namespace, name)
      if (previous === undefined || isOlder(resourceVersion, previous.resourceVersion)) return
      drop(namespace, name)
      onChange({ type: 'deleted', key, entry: undefined, previous, initial: false })
    },

    synced(resourceVersion) {
      const seen = named
      named = undefined
      advance(resourceVersion)
      for (const [key, { listed, version }] of tombstones) {
        if (!listed && !isOlder(resourceVersion, version)) tombstones.delete(key)
      }
      try {
        if (seen !== undefined) sweep(seen, resourceVersion)
      } finally {
        rewound = false
      }
    },

    progressed: advance,

    written(object) {
      const { namespace = '', name, resourceVersion } = object.metadata
      const order = watermark === undefined ? undefined : compareVersions(resourceVersion, watermark)
      const overtaken = order !== undefined && order <= 0 && find(namespace, name) === undefined
      if (!overtaken) accept(object, 'written')
    },

    deleted(key, uid) {
      const { namespace, name } = splitKey(key)
      const previous = find(namespace, name)
      if (previous === undefined || previous.uid !== uid) return
      drop(namespace, name)
      tombstones.set(key, { uid, version: previous.resourceVersion, listed: named?.has(key) === true })
      onChange({ type: 'deleted', key, entry: undefined, previous, initial: false })
    },

    get: (key) => {
      const { namespace, name } = splitKey(key)
      return find(namespace, name)
    },
    has: (key) => {
      const { namespace, name } = splitKey(key)
      return find(namespace, name) !== undefined
    },
    inNamespace: (namespace) => byNamespace.get(namespace) ?? empty,
    namespaces: () => byNamespace.keys(),
    *values() {
      for (const entries of byNamespace.values()) yield* entries.values()
    },
    get size() {
      return size
    },
    get watermark() {
      return watermark
    },
    get unconfirmedDeletes() {
      return tombstones.size
    },
  }
}

/** An `ingest` that keeps the object whole. */
export function whole<T extends StoredObject>(object: T): Versioned & { readonly object: T } {
  const { resourceVersion, uid } = object.metadata
  return { resourceVersion, uid, object }
}
