/** reconcile/keys.ts — what the queue holds: a key says what to look at, never what happened. */

/** A tenant's resource: its finalizer, its cluster-scoped objects and its status. A namespace: its policies. Or the gates of all. */
export type Key = `tenant/${string}` | `namespace/${string}` | 'gates/all'

export const tenantKey = (name: string): Key => `tenant/${name}`
export const namespaceKey = (name: string): Key => `namespace/${name}`

export const GATES_KEY: Key = 'gates/all'

export function parseKey(key: Key): { readonly kind: 'tenant' | 'namespace' | 'gates'; readonly name: string } {
  const slash = key.indexOf('/')
  return { kind: key.slice(0, slash) as 'tenant' | 'namespace' | 'gates', name: key.slice(slash + 1) }
}
