/** judge/patch.ts — what defaulting writes into a pod: JSONPatch, of which it needs `add`. */

/** `path` as in JSONPatch, of members and of places in lists; no name in it needs an escape. */
export type Change = { readonly path: string; readonly value: unknown }

/** The object with the changes, one after the other. */
export function patched(object: unknown, changes: readonly Change[]): unknown {
  return changes.reduce((changed, { path, value }) => added(changed, path.split('/').slice(1), value), object)
}

function added(object: unknown, [name, ...inner]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value
  if (Array.isArray(object)) return object.map((item, index) => (String(index) === name ? added(item, inner, value) : item))
  const members = object as Readonly<Record<string, unknown>>
  return { ...members, [name]: added(members[name], inner, value) }
}
