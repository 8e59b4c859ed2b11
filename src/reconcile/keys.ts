/** reconcile/keys.ts — what the queue holds: a key says what to look at, never what happened. */

/** A tenant's resource: its finalizer and its status. Or a namespace: its policies. */
export type Key = `tenant/${string}` | `namespace/${string}`

export const tenantKey = (name: string): Key => `tenant/${name}`
export const namespaceKey = (name: string): Key => `namespace/${name}`

export function parseKey(key: Key): { readonly kind: 'tenant' | 'namespace'; readonly name: string } {
  const slash = key.indexOf('/')
  return { kind: key.startsWith('tenant/') ? 'tenant' : 'namespace', name: key.slice(slash + 1) }
}
