/** judge/requester.ts — who creates a pod, with the groups that Kubernetes puts everybody in. */

/** A user as the API server knows it once it has logged in. */
export type Requester = { readonly user: string; readonly groups: readonly string[] }

const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/
const AUTHENTICATED = 'system:authenticated'

/** The user of that name. Whoever has logged in is in system:authenticated, service accounts in groups of their own as well. */
export function requesterOf(user: string, groups: readonly string[] = []): Requester {
  if (user === 'system:anonymous') return { user, groups: [...new Set([...groups, 'system:unauthenticated'])] }
  const [, namespace] = ACCOUNT.exec(user) ?? []
  const own = namespace === undefined ? [] : accountGroups(namespace)
  return { user, groups: [...new Set([...groups, ...own, AUTHENTICATED])] }
}

/** Somebody who has logged in, of whom nothing else is known: a controller, or whoever made a pod by hand. */
export const SOMEBODY: Requester = { user: '', groups: [AUTHENTICATED] }

/**
 * The service account of a pod, as the authorizer of CEL knows it: it has not logged in, and is in system:serviceaccounts only (apiserver
 * pkg/authentication/serviceaccount/util.go UserInfo).
 */
export function podAccount(namespace: string, name: string): Requester {
  return { user: accountUser(namespace, name), groups: accountGroups(namespace) }
}

export function accountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}

function accountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}
