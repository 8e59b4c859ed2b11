/** support/guards.ts — the guards in the shared API server, and people who try them. No operator runs: what it would write is written here. */

import { readFile, stat } from 'node:fs/promises'
import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import type { ValidatingBinding } from '../../src/admission/binding.ts'
import { type GuardedTenant, gateBindings, guardBindings, guardPolicies, tenantBindings } from '../../src/admission/guards/guards.ts'
import { OPERATOR_ACCOUNT, protectedNamespaces } from '../../src/admission/guards/identities.ts'
import type { ValidatingPolicy } from '../../src/admission/policy.ts'
import { API_VERSION, KIND } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { managedPolicy } from '../../src/desired/managed.ts'
import type { PolicySpec } from '../../src/desired/network/policy.ts'
import { isNotFound, KubeApiError } from '../../src/kube/errors.ts'
import type { KubeObject, StoredObject } from '../../src/kube/objects.ts'
import type { Resource } from '../../src/kube/resources.ts'
import type { KubeRequest } from '../../src/kube/transport.ts'
import { policyObject } from '../../src/reconcile/policy-entry.ts'
import { NAMESPACES, NETWORK_POLICIES, PODS, TENANT_ISOLATIONS } from '../../src/reconcile/resources.ts'
import { eventually } from './eventually.ts'
import { impersonating, type Person, personWith } from './guarded-people.ts'
import { kubeConfigOf } from './kube-setup.ts'
import { GUARD_JUDGES, judgeBinding } from './mutants/guard-judges.ts'
import { IS_WATCHED, isCopy, watch } from './mutants/guard-watch.ts'
import { installedCluster } from './operator.ts'
import { ADMIN, account, person as impersonated, openPeople, type People, type Person as Somebody } from './people.ts'

const ADMISSION = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false } as const
export const POLICIES: Resource = { ...ADMISSION, plural: 'validatingadmissionpolicies', kind: 'ValidatingAdmissionPolicy' }
export const BINDINGS: Resource = { ...ADMISSION, plural: 'validatingadmissionpolicybindings', kind: 'ValidatingAdmissionPolicyBinding' }

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const
export const CLUSTER_ROLES: Resource = { ...RBAC, plural: 'clusterroles', kind: 'ClusterRole', namespaced: false }
export const CLUSTER_ROLE_BINDINGS: Resource = { ...RBAC, plural: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false }
export const ROLES: Resource = { ...RBAC, plural: 'roles', kind: 'Role', namespaced: true }
export const ROLE_BINDINGS: Resource = { ...RBAC, plural: 'rolebindings', kind: 'RoleBinding', namespaced: true }

/** Long enough for a policy or a binding to become known to the API server's evaluator. */
export const EFFECTIVE = { within: 15_000 } as const

/** What is made here goes in reverse order when it is cleared. */
export class GuardedCluster {
  readonly admin: Person
  readonly operator: Person
  readonly alice: Person
  readonly bob: Person
  readonly #auditLog: string
  readonly #people: People
  readonly #made: { readonly resource: Resource; readonly at: { readonly name: string; readonly namespace?: string | undefined } }[] = []

  constructor(people: Readonly<Record<'admin' | 'operator' | 'alice' | 'bob', Person>>, auditLog: string, copies: People) {
    this.#auditLog = auditLog
    this.#people = copies
    this.admin = people.admin
    this.operator = people.operator
    this.alice = people.alice
    this.bob = people.bob
  }

  /** As the administrator; taken away by `clear`. */
  async make<T extends KubeObject>(resource: Resource, object: T, by: Person = this.admin): Promise<T & StoredObject> {
    const { name, namespace } = object.metadata
    this.#made.push({ resource, at: { name, namespace } })
    return (await by.client.create(resource, object)) as T & StoredObject
  }

  async namespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.make(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
  }

  /** The resource and its bindings, as the operator would write them. */
  async tenant(name: string, spec: Spec): Promise<TenantObject> {
    const tenant = await this.make(TENANT_ISOLATIONS, { apiVersion: API_VERSION, kind: KIND, metadata: { name }, spec })
    for (const binding of tenantBindings({ name, spec }, PROTECTED)) await this.#bind(binding)
    return tenant
  }

  async gates(tenants: readonly GuardedTenant[], ...further: readonly string[]): Promise<void> {
    for (const binding of gateBindings(tenants, [...PROTECTED, ...further])) await this.#bind(binding)
  }

  /** With the judge of its mutants beside it, which refuses nothing. */
  async #bind(binding: ValidatingBinding): Promise<void> {
    if (IS_WATCHED) await this.make(BINDINGS, judgeBinding(binding))
    await this.make(BINDINGS, binding)
  }

  async changeTenant(name: string, spec: object): Promise<void> {
    await this.admin.client.patch(TENANT_ISOLATIONS, { name }, { type: 'merge', body: { spec } })
  }

  /** As the operator's account: its baseline, or another policy of a name that it makes. */
  async child(namespace: string, owner: TenantObject, spec: PolicySpec = SEALED, name = 'tenant-isolation'): Promise<void> {
    const { uid } = owner.metadata
    const policy = managedPolicy({ name, rules: [], spec }, { name: owner.metadata.name, uid })
    await this.make(NETWORK_POLICIES, policyObject(policy, namespace, undefined) as KubeObject, this.operator)
  }

  /** ClusterRole and binding (in `namespace`: a RoleBinding) that let `user` do this. */
  async allow(user: string, name: string, rules: readonly object[], namespace?: string): Promise<void> {
    await this.make(CLUSTER_ROLES, rbac('ClusterRole', { name }, { rules }))
    await this.bind(user, name, name, namespace)
  }

  async bind(user: string, clusterRole: string, name: string, namespace?: string): Promise<void> {
    const subject = { kind: 'User', apiGroup: RBAC.group, name: user }
    const body = { roleRef: { kind: 'ClusterRole', name: clusterRole, apiGroup: RBAC.group }, subjects: [subject] }
    if (namespace === undefined) await this.make(CLUSTER_ROLE_BINDINGS, rbac('ClusterRoleBinding', { name }, body))
    else await this.make(ROLE_BINDINGS, rbac('RoleBinding', { name, namespace }, body))
  }

  /** In the name of somebody who has no token here. */
  as(who: Somebody): Person {
    return impersonating(this.#people, who, IS_WATCHED ? (request) => watch(this.#people, who, request) : undefined)
  }

  /** The audit annotations of this key that `during` leaves. */
  async audited(key: string, during: () => Promise<void>): Promise<readonly Audited[]> {
    const { size: before } = await stat(this.#auditLog)
    await during()
    const marker = `audited-${process.pid}-${before}`
    await this.admin.client.get(NAMESPACES, { name: marker }).catch(() => {})
    const text = await eventually(async () => {
      const written = (await readFile(this.#auditLog)).subarray(before).toString()
      expect(written).to.include(marker)
      return written
    })
    const events = text.split('\n').filter((line) => line.includes(key))
    return events.flatMap((line) => {
      const { user, impersonatedUser, responseStatus, annotations } = JSON.parse(line) as AuditEvent
      // Copies that are asked about mutants are nobody's own requests.
      if (impersonatedUser && isCopy(impersonatedUser)) return []
      return [{ user: (impersonatedUser ?? user).username, code: responseStatus.code, text: annotations[key] }]
    })
  }

  /** Takes everything away that was made here, the last first; policies that serve the whole cluster stay. */
  async clear(): Promise<void> {
    for (const { resource, at } of this.#made.splice(0).reverse()) {
      await this.admin.client.delete(resource, at).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    }
    await Promise.all(
      [this.#people, ...[this.admin, this.operator, this.alice, this.bob].map(({ transport }) => transport)].map((open) => open.close()),
    )
  }
}

export type { Person } from './guarded-people.ts'

export type Audited = { readonly user: string; readonly code: number; readonly text: string | undefined }

type AuditEvent = {
  readonly user: { readonly username: string }
  readonly impersonatedUser?: { readonly username: string; readonly groups?: readonly string[] }
  readonly responseStatus: { readonly code: number }
  readonly annotations: Readonly<Record<string, string>>
}

export type TenantObject = KubeObject & StoredObject

export const PROTECTED = protectedNamespaces(OPERATOR_ACCOUNT)

export const SEALED: PolicySpec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }

type Options = {
  /** Whether the mutants of the guards are asked about each request, too. Tests whose requests cost as much as one may cost say no. */
  readonly watched?: boolean
}

/** CRD, RBAC and the guards of the chart. */
export async function guardedCluster({ watched = true }: Options = {}): Promise<GuardedCluster> {
  const { kubeconfig, controlPlane } = await installedCluster()
  const operatorConfig = new KubeConfig()
  operatorConfig.loadFromFile(kubeconfig)
  const copies = await openPeople()
  const somebody = (kubeConfig: KubeConfig, who: Somebody) =>
    personWith(kubeConfig, watched && IS_WATCHED ? (request) => watch(copies, who, request) : undefined)
  const admin = somebody(await kubeConfigOf('admin'), ADMIN)
  const alice = somebody(await kubeConfigOf('alice'), impersonated('alice', 'manning-developers'))
  const bob = somebody(await kubeConfigOf('bob'), impersonated('bob', 'manning-developers'))
  const operator = somebody(operatorConfig, account(OPERATOR_ACCOUNT.namespace, OPERATOR_ACCOUNT.serviceAccount))
  const cluster = new GuardedCluster({ admin, alice, bob, operator }, controlPlane.auditLog, copies)
  if (IS_WATCHED) {
    for (const { policy } of GUARD_JUDGES) await ensure(admin, POLICIES, policy)
    for (const binding of guardBindings()) await ensure(admin, BINDINGS, judgeBinding(binding))
  }
  for (const policy of guardPolicies()) await ensure(admin, POLICIES, policy)
  for (const binding of guardBindings()) await ensure(admin, BINDINGS, binding)
  return cluster
}

export async function ensure({ client }: Person, resource: Resource, object: ValidatingPolicy | ValidatingBinding): Promise<void> {
  const body = object as KubeObject
  await client.patch(resource, { name: body.metadata.name }, { type: 'apply', body, force: true })
}

/** A rule of RBAC's for our own kind. */
export function onTenants(verbs: readonly string[], resourceNames?: readonly string[]) {
  return { apiGroups: ['tenant-isolation.dev'], resources: ['tenantisolations'], verbs, ...(resourceNames && { resourceNames }) }
}

export function rbac<B extends object>(kind: string, metadata: KubeObject['metadata'], body: B): KubeObject & B {
  return { apiVersion: `${RBAC.group}/${RBAC.version}`, kind, metadata, ...body }
}

export function pod(namespace: string, name: string): KubeObject {
  const spec = { automountServiceAccountToken: false, containers: [{ name: 'main', image: 'none' }] }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name }, spec }
}

export function tryPod({ client }: Person, namespace: string, name: string): Promise<unknown> {
  return client.create(PODS, pod(namespace, name), { dryRun: true })
}

/** Whole requests, for what no client of ours does. */
export function send({ transport }: Person, request: KubeRequest): Promise<unknown> {
  return transport.request(request)
}

/** The sentence with which the API server refuses; fails if it does not. Never one about cost. */
export async function refusal(request: Promise<unknown>): Promise<string> {
  try {
    await request
  } catch (error) {
    if (!(error instanceof KubeApiError) || (error.code !== 403 && error.code !== 422)) throw error
    expect(error.message).to.not.match(/cost limit|failed to evaluate|no such (key|overload)|composited variable/)
    return error.message
  }
  throw new Error('it was not refused')
}

/** Fails unless the request is refused with these words, within the time that a policy takes to become effective. Ask in dry runs. */
export async function refused(request: () => Promise<unknown>, ...words: readonly string[]): Promise<void> {
  const check = async () => {
    const message = await refusal(request())
    for (const word of words) expect(message).to.include(word)
  }
  await eventually(check, EFFECTIVE)
  // Once more, for the copy that mutants are asked about, which goes first: it may have come a moment too early.
  await check()
}

/** Fails unless the request is let through, within the same time. */
export async function allowed(request: () => Promise<unknown>): Promise<void> {
  await eventually(request, EFFECTIVE)
  await request()
}
