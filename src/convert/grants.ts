/** convert/grants.ts — who may `use` which PodSecurityPolicy, from roles and their bindings. */

import { isController } from '../api/pod-security/subjects.ts'
import type { Subject } from '../api/subjects.ts'
import type { PolicyRule, RbacSubject, Role, RoleBinding } from './documents.ts'

export type Grants = {
  /** By the name of the policy. */
  readonly subjects: ReadonlyMap<string, readonly Subject[]>
  readonly notes: ReadonlyMap<string, readonly string[]>
  readonly general: readonly string[]
  readonly refusals: readonly string[]
}

/** The subjects that may use each of `policies`. */
export function grantsOf(policies: readonly string[], roles: readonly Role[], bindings: readonly RoleBinding[]): Grants {
  const subjects = new Map<string, Subject[]>()
  const notes = new Map<string, string[]>()
  const general: string[] = []
  const refusals: string[] = []
  for (const binding of bindings) {
    const role = roles.find((role) => isOf(binding, role))
    if (role === undefined) {
      refusals.push(`${nameOf(binding)} binds ${binding.roleRef.kind} ${binding.roleRef.name}, which is in none of the files; add it`)
      continue
    }
    const granted = policies.filter((policy) => (role.rules ?? []).some((rule) => grants(rule, policy)))
    if (granted.length === 0) continue
    if ((role.rules ?? []).some(isEverything)) {
      general.push(everything(binding, role))
      continue
    }
    for (const policy of granted) {
      for (const subject of binding.subjects ?? []) {
        const converted = subjectOf(subject, binding.metadata.namespace)
        if (isController(converted)) note(notes, policy, controller(converted))
        else add(subjects, policy, converted)
      }
      if (binding.kind === 'RoleBinding')
        note(
          notes,
          policy,
          `${nameOf(binding)} granted it in the namespace ${binding.metadata.namespace} only; here it counts in all namespaces of the tenant.`,
        )
    }
  }
  return { subjects, notes, general, refusals }
}

function isOf({ kind, metadata, roleRef }: RoleBinding, role: Role): boolean {
  if (role.kind !== roleRef.kind || role.metadata.name !== roleRef.name) return false
  return role.kind === 'ClusterRole' || (kind === 'RoleBinding' && role.metadata.namespace === metadata.namespace)
}

function grants({ apiGroups, resources, resourceNames, verbs }: PolicyRule, policy: string): boolean {
  const has = (list: readonly string[] | null | undefined, ...wanted: readonly string[]) =>
    (list ?? []).some((item) => item === '*' || wanted.includes(item))
  const named = (resourceNames ?? []).length === 0 || (resourceNames ?? []).includes(policy)
  return named && has(apiGroups, 'policy', 'extensions') && has(resources, 'podsecuritypolicies') && has(verbs, 'use')
}

/** As of cluster-admin: it includes `use` on what stands for PodSecurityPolicies now. */
function isEverything({ apiGroups, resources, resourceNames, verbs }: PolicyRule): boolean {
  return [apiGroups, resources, verbs].every((list) => (list ?? []).includes('*')) && (resourceNames ?? []).length === 0
}

function everything(binding: RoleBinding, role: Role): string {
  const who = (binding.subjects ?? []).map(({ kind, name }) => `${kind} ${name}`).join(', ')
  return binding.kind === 'ClusterRoleBinding'
    ? `${nameOf(binding)} gives ${role.kind} ${role.metadata.name}, which may do everything, to ${who}: they may use every profile, as before, and are not listed.`
    : `${nameOf(binding)} gives ${role.kind} ${role.metadata.name}, which may do everything, to ${who} in one namespace: that included every policy, and includes no profile.`
}

function controller({ kind, name }: Subject): string {
  return `It is not granted to ${kind} ${name}, as it was: everyone who can create a Deployment would inherit it. Grant it to the service accounts that pods run as.`
}

function subjectOf({ kind, name, namespace }: RbacSubject, bindingNamespace: string | undefined): Subject {
  if (kind !== 'ServiceAccount') return { kind: kind as 'User' | 'Group', name }
  const home = namespace ?? bindingNamespace
  return { kind, name, ...(home !== undefined && { namespace: home }) }
}

function nameOf({ kind, metadata }: RoleBinding): string {
  return metadata.namespace === undefined ? `${kind} ${metadata.name}` : `${kind} ${metadata.namespace}/${metadata.name}`
}

function add(map: Map<string, Subject[]>, key: string, subject: Subject): void {
  const list = map.get(key) ?? []
  if (!list.some(({ kind, name, namespace }) => kind === subject.kind && name === subject.name && namespace === subject.namespace))
    list.push(subject)
  map.set(key, list)
}

function note(map: Map<string, string[]>, key: string, text: string): void {
  const list = map.get(key) ?? []
  if (!list.includes(text)) list.push(text)
  map.set(key, list)
}
