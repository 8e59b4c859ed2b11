/** support/access.ts — the RoleBindings of a namespace as its administrator sees and breaks them. */

import { API_VERSION, KIND, MANAGED_BY_LABEL, TENANT_LABEL } from '../../src/api/labels.ts'
import type { Subject } from '../../src/api/subjects.ts'
import { isConflict } from '../../src/kube/errors.ts'
import type { KubeObject, StoredObject } from '../../src/kube/objects.ts'
import { KEPT_KINDS } from '../../src/reconcile/kept/kinds.ts'
import type { Kube, Labels } from './kube.ts'
import { ADMIN, type People } from './people.ts'

const ROLE_BINDINGS = KEPT_KINDS.RoleBinding
const RBAC = 'rbac.authorization.k8s.io'

export type RoleBinding = StoredObject &
  KubeObject & {
    readonly roleRef: { readonly apiGroup: string; readonly kind: string; readonly name: string }
    readonly subjects?: readonly { readonly kind: string; readonly name: string }[]
  }

/** To be changed at will. */
// biome-ignore lint/suspicious/noExplicitAny: edited as a person would
export type Loose = any

export const user = (name: string): Subject => ({ kind: 'User', name })
export const group = (name: string): Subject => ({ kind: 'Group', name })

/** "tenant-isolation:manning:edit" */
export function bindingName(tenant: string, clusterRole: string): string {
  return `tenant-isolation:${tenant}:${clusterRole}`
}

export class RoleBindings {
  readonly #kube: Kube

  constructor(kube: Kube) {
    this.#kube = kube
  }

  async in(namespace: string): Promise<readonly RoleBinding[]> {
    const { items } = await this.#kube.client.list<RoleBinding>(ROLE_BINDINGS, { namespace })
    return items
  }

  async names(namespace: string): Promise<readonly string[]> {
    return (await this.in(namespace)).map(({ metadata }) => metadata.name).sort()
  }

  async get(namespace: string, name: string): Promise<RoleBinding> {
    return await this.#kube.client.get<RoleBinding>(ROLE_BINDINGS, { namespace, name })
  }

  /** What a binding says, without versions and times. */
  async view(namespace: string, name: string) {
    const { metadata, roleRef, subjects } = await this.get(namespace, name)
    const { labels, ownerReferences, annotations } = metadata
    return { labels, ownerReferences, annotations, roleRef, subjects }
  }

  async create(namespace: string, name: string, body: object = {}, metadata: object = {}): Promise<RoleBinding> {
    const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name: 'view' }
    const object = { apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', roleRef, ...body, metadata: { ...metadata, namespace, name } }
    return (await this.#kube.client.create(ROLE_BINDINGS, object)) as unknown as RoleBinding
  }

  /** As `kubectl edit` does it, in the name of mallory, who passes the guards. */
  async edit(namespace: string, name: string, change: (binding: Loose) => void): Promise<void> {
    for (;;) {
      const binding = structuredClone(await this.get(namespace, name))
      change(binding)
      try {
        await this.#kube.client.update(ROLE_BINDINGS, binding, { fieldManager: 'mallory' })
        return
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    }
  }

  async delete(namespace: string, name: string): Promise<void> {
    await this.#kube.client.delete(ROLE_BINDINGS, { namespace, name })
  }
}

/** The marks of an object of the tenant. */
export function marksOf(tenant: string, uid: string): { readonly labels: Labels; readonly ownerReferences: readonly object[] } {
  return {
    labels: { [MANAGED_BY_LABEL]: 'tenant-isolation', [TENANT_LABEL]: tenant },
    ownerReferences: [{ apiVersion: API_VERSION, kind: KIND, name: tenant, uid, controller: true }],
  }
}

/** Whether RBAC lets somebody do this in the namespace; asked of the API server. */
export async function mayDo(people: People, who: Subject, verb: string, resource: string, namespace: string): Promise<boolean> {
  const spec = {
    ...(who.kind === 'Group' ? { user: 'somebody', groups: [who.name] } : { user: who.name }),
    resourceAttributes: { namespace, verb, resource },
  }
  const { body } = await people.as(ADMIN, {
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec },
  })
  return body.status.allowed === true
}
