/** support/secured.ts — tenants with the book's pair of profiles: what the operator keeps for them in the cluster, and what that comes to for pods. */

import { expect } from 'chai'
import { TENANT_LABEL } from '../../src/api/labels.ts'
import type { PodSecurity } from '../../src/api/pod-security/pod-security.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { isNotFound } from '../../src/kube/errors.ts'
import type { KubeObject, StoredObject } from '../../src/kube/objects.ts'
import { KEPT_KINDS, type KeptKind, type Place, placeText } from '../../src/reconcile/kept/kinds.ts'
import type { Loose } from './access.ts'
import { namespacesOf } from './build.ts'
import { eventually } from './eventually.ts'
import type { Kube } from './kube.ts'
import { type People, person } from './people.ts'
import { createPod, type PodManifest } from './pod-security.ts'

export const alice = person('alice')
export const bob = person('bob')

export const PROFILES: PodSecurity['profiles'] = [
  { name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] },
  { name: 'privileged', preset: 'Privileged', subjects: [{ kind: 'User', name: 'bob' }] },
]
export const SECURED: PodSecurity = { defaulting: 'Enabled', profiles: PROFILES }

export const specOf = (tenant: string, podSecurity: PodSecurity = SECURED): Spec => ({
  namespaceSelector: namespacesOf(tenant),
  podSecurity,
})

/** The places of a tenant's objects. */
export const role = (tenant: string, profile = 'default'): Place => ({ kind: 'ClusterRole', name: `tenant-isolation:${tenant}:${profile}` })
export const binding = (tenant: string, profile = 'default'): Place => ({ ...role(tenant, profile), kind: 'ClusterRoleBinding' })
export const rolesOf = (tenant: string) => PROFILES.flatMap(({ name }) => [role(tenant, name), binding(tenant, name)])
export const defaults = (tenant: string): Place => ({
  kind: 'MutatingAdmissionPolicyBinding',
  name: `${tenant}.pod-defaults.tenant-isolation.dev`,
})
export const verdict = (tenant: string, policy = 'pod-security'): Place => ({
  kind: 'ValidatingAdmissionPolicyBinding',
  name: `${tenant}.${policy}.tenant-isolation.dev`,
})
export const verdictsOf = (tenant: string) => [verdict(tenant), verdict(tenant, 'workload-security')]
export const guard = (tenant: string, what: 'network' | 'membership'): Place => ({
  kind: 'ValidatingAdmissionPolicyBinding',
  name: `${what}-guard.${tenant}.tenant-isolation.dev`,
})
export const guardsOf = (tenant: string) => [guard(tenant, 'network'), guard(tenant, 'membership')]

/** Objects of the kinds that are kept, as the administrator sees and breaks them: he passes the guards. */
export class KeptObjects {
  readonly #kube: Kube

  constructor(kube: Kube) {
    this.#kube = kube
  }

  get({ kind, name }: Place): Promise<StoredObject & KubeObject & Loose> {
    return this.#kube.client.get<StoredObject & KubeObject & Loose>(KEPT_KINDS[kind], { name })
  }

  remove({ kind, name }: Place): Promise<unknown> {
    return this.#kube.client.delete(KEPT_KINDS[kind], { name })
  }

  make(object: object): Promise<StoredObject> {
    return this.#kube.client.create(KEPT_KINDS[(object as { kind: KeptKind }).kind], object as KubeObject) as Promise<
      StoredObject & KubeObject
    >
  }

  patch({ kind, name }: Place, body: object): Promise<unknown> {
    return this.#kube.client.patch(KEPT_KINDS[kind], { name }, { type: 'merge', body })
  }

  /** As `kubectl edit`. */
  async edit(place: Place, change: (object: Loose) => void): Promise<void> {
    const object = structuredClone(await this.get(place))
    change(object)
    await this.#kube.client.update(KEPT_KINDS[place.kind], object)
  }

  /** Of these, what is there and ours. */
  async ofThese(...places: readonly Place[]): Promise<readonly string[]> {
    const there = await Promise.all(places.map((place) => this.#isOurs(place)))
    return places.filter((_, index) => there[index]).map(placeText)
  }

  async #isOurs(place: Place): Promise<boolean> {
    try {
      return (await this.get(place)).metadata.labels?.[TENANT_LABEL] !== undefined
    } catch (error) {
      if (!isNotFound(error)) throw error
      return false
    }
  }
}

/** By which alice and bob may create pods, as far as RBAC goes. */
export const podMakers = (name: string) => [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['create'] }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [alice, bob].map(({ user }) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user })),
  },
]

/** A binding counts after about a second. */
export const EFFECTIVE = { within: 15_000 }

export const PLAIN: PodManifest = { spec: { containers: [{ name: 'main', image: 'none' }] } }
export const PRIVILEGED: PodManifest = { spec: { containers: [{ name: 'main', image: 'none', securityContext: { privileged: true } }] } }

/** Fails unless each may run in the namespace what his profiles allow, and is told the profile that does not fit. */
export async function verdictsHold(people: People, namespace: string): Promise<void> {
  await eventually(async () => {
    const { code, body } = await createPod(people, alice, namespace, PRIVILEGED)
    expect(code).to.equal(403)
    expect(body.message).to.match(/profile "?default.*container main: privileged is not allowed/s)
  }, EFFECTIVE)
  for (const [who, pod] of [
    [bob, PRIVILEGED],
    [alice, PLAIN],
  ] as const) {
    await eventually(async () => {
      const { code, body } = await createPod(people, who, namespace, pod)
      expect(code, body.message).to.equal(201)
    }, EFFECTIVE)
  }
}
