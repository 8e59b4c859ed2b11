/** reconcile/keys.ts — what the queue holds: a key says what to look at, never what happened. */

/**
 * A tenant's resource: its finalizer, its cluster-scoped objects and its status. A namespace: its policies, and apart from them who has
 * access to it, and its Pod Security labels. Or the gates of all.
 */
export type Key = `${Exclude<Kind, 'gates'>}/${string}` | 'gates/all'

type Kind = 'tenant' | 'namespace' | 'access' | 'standard' | 'gates'

export const tenantKey = (name: string): Key => `tenant/${name}`
export const namespaceKey = (name: string): Key => `namespace/${name}`
export const accessKey = (namespace: string): Key => `access/${namespace}`
export const standardKey = (namespace: string): Key => `standard/${namespace}`

export const GATES_KEY: Key = 'gates/all'

export function parseKey(key: Key): { readonly kind: Kind; readonly name: string } {
  const slash = key.indexOf('/')
  return { kind: key.slice(0, slash) as Kind, name: key.slice(slash + 1) }
}
