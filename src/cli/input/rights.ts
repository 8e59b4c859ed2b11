/** cli/input/rights.ts — PURE: what somebody may not read, and the line of RBAC by which an administrator lets them. */

import { compareText, hashOf } from '../../api/canonical.ts'
import type { Resource } from '../../kube/resources.ts'

export type Right = {
  readonly verb: 'get' | 'list'
  readonly resource: Resource
  /** Undefined: in the whole cluster. */
  readonly namespace: string | undefined
}

/** One sentence, and one line for the whole cluster or for each namespace. */
export function missingRights(user: string, rights: readonly Right[], server: string): string {
  const places = sorted(rights.map(({ namespace = '' }) => namespace)).map((place) => ({
    place,
    own: rights.filter(({ namespace = '' }) => namespace === place),
  }))
  const missing = places.map(({ place, own }) => `${rightsText(own)}${place && ` in namespace ${place}`}`)
  const lines = places.map(({ place, own }) => `  ${grant(user, own, place)}`)
  return [`user "${user}" may not ${missing.join(', nor ')} (${server}). An administrator gives this right with:`, '', ...lines, ''].join(
    '\n',
  )
}

/** "get namespaces, nor list networkpolicies, pods" */
function rightsText(rights: readonly Right[]): string {
  const kinds = (verb: string) => sorted(rights.filter((right) => right.verb === verb).map(({ resource }) => resource.plural))
  return sorted(rights.map(({ verb }) => verb))
    .map((verb) => `${verb} ${kinds(verb).join(', ')}`)
    .join(', nor ')
}

/** The role is named by what it holds and by whom it is for, so that the lines of two commands never meet. `place` is empty for everywhere. */
function grant(user: string, rights: readonly Right[], place: string): string {
  const verbs = sorted(rights.map(({ verb }) => verb)).join()
  const resources = sorted(rights.map(({ resource: { plural, group } }) => (group === '' ? plural : `${plural}.${group}`))).join()
  const name = `tenant-isolation-reader-${hashOf([user, verbs, resources, place], 6)}`
  const [, account] = /^system:serviceaccount:([^:]+:[^:]+)$/.exec(user) ?? []
  const subject = account === undefined ? `--user=${quoted(user)}` : `--serviceaccount=${account}`
  const binding = place === '' ? `clusterrolebinding ${name}` : `rolebinding ${name} --namespace=${place}`
  return `kubectl create clusterrole ${name} --verb=${verbs} --resource=${resources} && kubectl create ${binding} --clusterrole=${name} ${subject}`
}

/** Each once. */
function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compareText)
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
