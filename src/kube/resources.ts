/** What kind of object a request is about: the static table entry that stands for discovery. */

/** One resource of the API as its URL names it, for example `{group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies', ...}`. */
export type Resource = {
  /** API group; empty for the core group. */
  readonly group: string
  readonly version: string
  /** The name in the URL, in lower case. */
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
}

/** `v1` for the core group, `group/version` for every other. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}
