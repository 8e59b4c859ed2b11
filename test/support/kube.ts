/** support/kube.ts — the cluster as its administrator sees it: what tests make, look at, break and take away again. */

import { expect } from 'chai'
import { API_VERSION, BASELINE_POLICY, KIND } from '../../src/api/labels.ts'
import type { Condition, ConditionType } from '../../src/api/status.ts'
import type { Spec, TenantIsolation } from '../../src/api/tenant-isolation.ts'
import type { PolicySpec } from '../../src/desired/network/policy.ts'
import { type Client, createClient } from '../../src/kube/client.ts'
import { isConflict, isForbidden, isNotFound } from '../../src/kube/errors.ts'
import type { KubeObject, StoredObject } from '../../src/kube/objects.ts'
import { createTransport, type Transport } from '../../src/kube/transport.ts'
import { NAMESPACES, NETWORK_POLICIES, PODS, TENANT_ISOLATIONS } from '../../src/reconcile/resources.ts'
import type { ControlPlane } from '../../tools/control-plane/control-plane.ts'
import { kubectl } from '../../tools/control-plane/kubectl.ts'
import { AuditLog } from './audit.ts'
import { eventually, type Within } from './eventually.ts'
import { kubeConfigOf } from './kube-setup.ts'
import { complaintsOf, installedCluster, type RunningOperator } from './operator.ts'
import { type PolicyHistory, recordPolicies } from './policy-history.ts'

export type Policy = StoredObject & KubeObject<PolicySpec>
export type Tenant = TenantIsolation & StoredObject & KubeObject
export type Labels = Readonly<Record<string, string>>

/** What is ours of a policy, as a test compares it: no versions, times or managers. */
export type PolicyView = {
  readonly name: string
  readonly labels: Labels
  readonly annotations: Labels
  readonly ownerReferences: readonly unknown[]
  readonly finalizers: readonly string[]
  readonly spec: unknown
}

export async function openKube(): Promise<Kube> {
  const { controlPlane } = await installedCluster()
  return new Kube(controlPlane, createTransport({ kubeConfig: await kubeConfigOf('admin'), userAgent: 'test' }))
}

export class Kube {
  readonly controlPlane: ControlPlane
  readonly transport: Transport
  readonly client: Client
  readonly audit: AuditLog
  readonly #namespaces = new Set<string>()
  readonly #tenants = new Set<string>()
  readonly #histories: PolicyHistory[] = []

  constructor(controlPlane: ControlPlane, transport: Transport) {
    this.controlPlane = controlPlane
    this.transport = transport
    this.client = createClient(transport, { fieldManager: 'test' })
    this.audit = new AuditLog({ path: controlPlane.auditLog, client: this.client })
  }

  kubectl(args: string, input: object | string = ''): Promise<string> {
    const text = typeof input === 'string' ? input : JSON.stringify(input)
    return kubectl(this.controlPlane, args.split(' '), { input: text })
  }

  /** All changes of NetworkPolicies from now on. */
  async recordPolicies(): Promise<PolicyHistory> {
    const history = await recordPolicies(this.transport)
    this.#histories.push(history)
    return history
  }

  async createNamespace(name: string, labels: Labels = {}): Promise<void> {
    this.#namespaces.add(name)
    await this.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
  }

  /** Null takes a label off. */
  async labelNamespace(name: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
    await this.client.patch(NAMESPACES, { name }, { type: 'merge', body: { metadata: { labels } } })
  }

  async deleteNamespace(name: string): Promise<void> {
    await this.client.delete(NAMESPACES, { name })
  }

  /** Waits for the service account that kube-controller-manager makes in every namespace: no pod without it. */
  async createPod(namespace: string, name: string, labels: Labels = {}): Promise<void> {
    const spec = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image: 'none' }] }
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name, labels }, spec }
    await eventually(() => this.client.create(PODS, pod), { within: 15_000 })
  }

  /** As the platform team applies it: server-side, whoever changed it since. */
  async applyTenant(name: string, spec: Spec): Promise<Tenant> {
    this.#tenants.add(name)
    const body = { apiVersion: API_VERSION, kind: KIND, metadata: { name }, spec }
    return await this.client.patch<Tenant>(
      TENANT_ISOLATIONS,
      { name },
      { type: 'apply', body, force: true },
      { fieldManager: 'platform-team' },
    )
  }

  async patchTenant(name: string, spec: object): Promise<Tenant> {
    return await this.client.patch<Tenant>(TENANT_ISOLATIONS, { name }, { type: 'merge', body: { spec } })
  }

  async deleteTenant(name: string, propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'): Promise<void> {
    await this.client.delete(TENANT_ISOLATIONS, { name }, { propagationPolicy })
  }

  async tenant(name: string): Promise<Tenant> {
    return await this.client.get<Tenant>(TENANT_ISOLATIONS, { name })
  }

  async tenantExists(name: string): Promise<boolean> {
    return await exists(this.tenant(name))
  }

  /** The tenant, once status speaks of its present generation and says that it is Ready. */
  async ready(name: string, { within = 5_000 }: Within = {}): Promise<Tenant> {
    return await this.says(name, { Ready: 'True', Reconciling: 'False' }, { within })
  }

  /** The tenant, once its conditions, of its present generation, are these: "True", or with the reason, "False NameTaken". */
  async says(name: string, conditions: Partial<Record<ConditionType, string>>, { within = 5_000 }: Within = {}): Promise<Tenant> {
    return await eventually(
      async () => {
        const tenant = await this.tenant(name)
        expect(tenant.status?.observedGeneration, `status.observedGeneration of ${name}`).to.equal(tenant.metadata.generation)
        for (const [type, words] of Object.entries(conditions)) {
          const condition = conditionOf(tenant, type as ConditionType)
          const said = `${condition?.status} ${condition?.reason}`
          expect([said, condition?.status], `${name} says ${type} ${said} (${condition?.message})`).to.include(words)
        }
        return tenant
      },
      { within },
    )
  }

  async policies(namespace: string): Promise<readonly Policy[]> {
    const { items } = await this.client.list<Policy>(NETWORK_POLICIES, { namespace })
    return items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  }

  async policyNames(namespace: string): Promise<readonly string[]> {
    return (await this.policies(namespace)).map(({ metadata }) => metadata.name)
  }

  async policy(namespace: string, name: string = BASELINE_POLICY): Promise<Policy> {
    return await this.client.get<Policy>(NETWORK_POLICIES, { namespace, name })
  }

  async policyExists(namespace: string, name: string = BASELINE_POLICY): Promise<boolean> {
    return await exists(this.policy(namespace, name))
  }

  async createPolicy(policy: Manifest, fieldManager = 'mallory'): Promise<Policy> {
    return (await this.client.create(NETWORK_POLICIES, policy, { fieldManager })) as Policy
  }

  /** As `kubectl edit` does it, in the name of `manager`; returns what was written. */
  async editPolicy(at: PolicyName, change: (policy: Editable) => void, manager = 'mallory'): Promise<Policy> {
    for (;;) {
      const policy = structuredClone(await this.policy(at.namespace, at.name)) as Policy & Editable
      change(policy)
      try {
        return await this.client.update(NETWORK_POLICIES, policy as Policy, { fieldManager: manager })
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    }
  }

  async deletePolicy({ namespace, name }: PolicyName): Promise<void> {
    await this.client.delete(NETWORK_POLICIES, { namespace, name })
  }

  /** Takes away what the tests made, while the operator runs: tenants first and completely, namespaces without waiting for their end. */
  async clear(): Promise<void> {
    await Promise.all([...this.#tenants].map((name) => ignoreMissing(this.deleteTenant(name))))
    for (const name of this.#tenants) {
      await eventually(async () => expect(await this.tenantExists(name), `${name} exists`).to.equal(false), { within: 15_000 })
    }
    this.#tenants.clear()
    await Promise.all([...this.#namespaces].map((name) => ignoreMissing(this.deleteNamespace(name))))
    this.#namespaces.clear()
  }

  async close(): Promise<void> {
    await Promise.all(this.#histories.map((history) => history.stop()))
    await this.transport.close()
  }
}

/** For `after`: takes away what a file made, ends its operator, and looks whether it complained of anything. */
export async function end(kube: Kube | undefined, running: RunningOperator | undefined, expected?: RegExp): Promise<void> {
  try {
    await kube?.clear()
  } finally {
    await running?.stop()
    await kube?.close()
  }
  if (running) expect(complaintsOf(running).filter((complaint) => !expected?.test(complaint))).to.deep.equal([])
}

type PolicyName = { readonly namespace: string; readonly name: string }
type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly namespace: string; readonly name: string }
}

/** A policy to be changed at will. */
export type Editable = {
  metadata: {
    labels?: Record<string, string>
    annotations?: Record<string, string>
    ownerReferences?: Record<string, unknown>[]
    finalizers?: string[]
  }
  // biome-ignore lint/suspicious/noExplicitAny: tests write what no type would let through
  spec: any
}

export function networkPolicy(namespace: string, name: string, spec: object = { podSelector: {} }, metadata: object = {}): Manifest {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { ...metadata, namespace, name }, spec } as Manifest
}

export function viewOf({ metadata, spec }: Policy): PolicyView {
  const { name, labels = {}, annotations = {}, ownerReferences = [], finalizers = [] } = metadata
  return { name, labels, annotations, ownerReferences, finalizers, spec }
}

/** "namespace/name" to resourceVersion, to see whether anything was written. */
export function versionsOf(policies: readonly Policy[]): Readonly<Record<string, string>> {
  return Object.fromEntries(policies.map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.resourceVersion]))
}

export function conditionOf({ status }: Pick<TenantIsolation, 'status'>, type: ConditionType): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

async function exists(request: Promise<unknown>): Promise<boolean> {
  try {
    await request
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

async function ignoreMissing(request: Promise<unknown>): Promise<void> {
  try {
    await request
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error) && !isForbidden(error)) throw error
  }
}
