/** support/guards.ts — the guards in the shared API server, and people who try them. No operator runs: what it would write is written here. */

import { readFile, stat } from 'node:fs/promises'
import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import type { AdmissionBinding, AdmissionPolicy } from '../../src/admission/guards/guards.ts'
import { type GuardedTenant, gateBindings, guardBindings, guardPolicies, tenantBindings } from '../../src/admission/guards/guards.ts'
import { OPERATOR_ACCOUNT, protectedNamespaces } from '../../src/admission/guards/identities.ts'
import { API_VERSION, KIND } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { managedPolicy } from '../../src/desired/managed.ts'
import type { PolicySpec } from '../../src/desired/network/policy.ts'
import { type Client, createClient } from '../../src/kube/client.ts'
import { isNotFound, KubeApiError } from '../../src/kube/errors.ts'
import type { KubeObject, StoredObject } from '../../src/kube/objects.ts'
import type { Resource } from '../../src/kube/resources.ts'
import { createTransport, type KubeRequest, type Transport } from '../../src/kube/transport.ts'
import { policyObject } from '../../src/reconcile/policy-entry.ts'
import { NAMESPACES, NETWORK_POLICIES, PODS, TENANT_ISOLATIONS } from '../../src/reconcile/resources.ts'
import type { User } from '../../tools/control-plane/credentials.ts'
import { eventually } from './eventually.ts'
import { kubeConfigOf } from './kube-setup.ts'
import { installedCluster } from './operator.ts'

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

/** The user agent of all people here, the operator's account included. */
export const GUARDS_TEST = 'guards-test'

export type Person = { readonly client: Client; readonly transport: Transport }

/** What is made here goes in reverse order when it is cleared. */
export class GuardedCluster {
  readonly admin: Person
  readonly operator: Person
  readonly alice: Person
  readonly bob: Person
  readonly #auditLog: string
  readonly #made: { readonly resource: Resource; readonly at: { readonly name: string; readonly namespace?: string | undefined } }[] = []

  constructor(people: Readonly<Record<'admin' | 'operator' | 'alice' | 'bob', Person>>, auditLog: string) {
    this.#auditLog = auditLog
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
    for (const binding of tenantBindings({ name, spec }, PROTECTED)) await this.make(BINDINGS, binding)
    return tenant
  }

  async gates(tenants: readonly GuardedTenant[], ...further: readonly string[]): Promise<void> {
    for (const binding of gateBindings(tenants, [...PROTECTED, ...further])) await this.make(BINDINGS, binding)
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
    return events.map((line) => {
      const { user, responseStatus, annotations } = JSON.parse(line) as AuditEvent
      return { user: user.username, code: responseStatus.code, text: annotations[key] }
    })
  }

  /** Takes everything away that was made here, the last first; policies that serve the whole cluster stay. */
  async clear(): Promise<void> {
    for (const { resource, at } of this.#made.splice(0).reverse()) {
      await this.admin.client.delete(resource, at).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    }
    await Promise.all([this.admin, this.operator, this.alice, this.bob].map(({ transport }) => transport.close()))
  }
}

export type Audited = { readonly user: string; readonly code: number; readonly text: string | undefined }

type AuditEvent = {
  readonly user: { readonly username: string }
  readonly responseStatus: { readonly code: number }
  readonly annotations: Readonly<Record<string, string>>
}

export type TenantObject = KubeObject & StoredObject

export const PROTECTED = protectedNamespaces(OPERATOR_ACCOUNT)

export const SEALED: PolicySpec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }

/** CRD, RBAC and the guards of the chart. */
export async function guardedCluster(): Promise<GuardedCluster> {
  const { kubeconfig, controlPlane } = await installedCluster()
  const operatorConfig = new KubeConfig()
  operatorConfig.loadFromFile(kubeconfig)
  const [admin, alice, bob] = await Promise.all((['admin', 'alice', 'bob'] as const).map(person))
  const operator = personWith(operatorConfig)
  if (!admin || !alice || !bob) throw new Error('there are three users')
  const cluster = new GuardedCluster({ admin, alice, bob, operator }, controlPlane.auditLog)
  for (const policy of guardPolicies()) await ensure(admin, POLICIES, policy)
  for (const binding of guardBindings()) await ensure(admin, BINDINGS, binding)
  return cluster
}

async function person(user: User): Promise<Person> {
  return personWith(await kubeConfigOf(user))
}

function personWith(kubeConfig: KubeConfig): Person {
  const transport = createTransport({ kubeConfig, userAgent: GUARDS_TEST })
  return { transport, client: createClient(transport, { fieldManager: GUARDS_TEST }) }
}

export async function ensure({ client }: Person, resource: Resource, object: AdmissionPolicy | AdmissionBinding): Promise<void> {
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
  await eventually(async () => {
    const message = await refusal(request())
    for (const word of words) expect(message).to.include(word)
  }, EFFECTIVE)
}

/** Fails unless the request is let through, within the same time. */
export async function allowed(request: () => Promise<unknown>): Promise<void> {
  await eventually(request, EFFECTIVE)
}
