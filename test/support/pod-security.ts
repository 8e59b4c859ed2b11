/** support/pod-security.ts — tenants with profiles on the shared API server, without the operator: what it would write is written here. */

import { setTimeout as sleep } from 'node:timers/promises'
import { parseAllDocuments } from 'yaml'
import { API_VERSION, KIND } from '../../src/api/labels.ts'
import type { PodSecurity } from '../../src/api/pod-security/pod-security.ts'
import { profileAccess } from '../../src/desired/pod-security/access.ts'
import { podSecurityBindings } from '../../src/desired/pod-security/bindings.ts'
import { hasMutatingPolicies } from '../../tools/control-plane/install.ts'
import { sharedControlPlane } from './cluster.ts'
import { installCrd, TENANT_ISOLATIONS } from './crd.ts'
import { page } from './markdown.ts'
import { ADMIN, type Answer, type People, type Person } from './people.ts'

const ADMISSION = '/apis/admissionregistration.k8s.io/v1'
const RBAC = '/apis/rbac.authorization.k8s.io/v1'

/** The CRD and the policies, as the chart installs them, and the right to create what is tested for everybody. */
export async function installPodSecurity(people: People): Promise<void> {
  await installPodPolicies(people)
  await apply(people, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'test-creates-pods' },
    rules: [
      { apiGroups: [''], resources: ['pods', 'pods/ephemeralcontainers', 'podtemplates', 'replicationcontrollers'], verbs: ['*'] },
      { apiGroups: ['apps', 'batch'], resources: ['*'], verbs: ['*'] },
    ],
  })
  await apply(people, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'test-creates-pods' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'test-creates-pods' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' }],
  })
}

/** The CRD and the policies alone. */
export async function installPodPolicies(people: People): Promise<void> {
  await installCrd()
  const known = hasMutatingPolicies(await sharedControlPlane()) ? ['validating-policies', 'mutating-policies'] : ['validating-policies']
  for (const document of known.flatMap((name) => parseAllDocuments(page(`config/admission/${name}.yaml`))))
    await apply(people, document.toJS())
}

/** Takes everything away again but the policies: whoever starts an operator later finds no tenants of ours. */
export async function uninstallPodSecurity(people: People | undefined): Promise<void> {
  if (!people) return
  const ours = '?labelSelector=tenant-isolation.dev/tenant'
  for (const path of [
    `${PATHS.ValidatingAdmissionPolicyBinding}${ours}`,
    `${PATHS.MutatingAdmissionPolicyBinding}${ours}`,
    `${PATHS.ClusterRoleBinding}${ours}`,
    `${PATHS.ClusterRole}${ours}`,
    `${TENANT_ISOLATIONS}`,
    `${PATHS.ClusterRoleBinding}/test-creates-pods`,
    `${PATHS.ClusterRole}/test-creates-pods`,
  ]) {
    const { code, body } = await people.as(ADMIN, { method: 'DELETE', path })
    if (code >= 300 && code !== 404) throw new Error(`${path}: ${body.message}`)
  }
  await people.close()
}

type Applied = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: object }
  readonly [field: string]: unknown
}

/** By kind. */
export const PATHS: Readonly<Record<string, string>> = {
  TenantIsolation: TENANT_ISOLATIONS,
  ValidatingAdmissionPolicy: `${ADMISSION}/validatingadmissionpolicies`,
  ValidatingAdmissionPolicyBinding: `${ADMISSION}/validatingadmissionpolicybindings`,
  MutatingAdmissionPolicy: `${ADMISSION}/mutatingadmissionpolicies`,
  MutatingAdmissionPolicyBinding: `${ADMISSION}/mutatingadmissionpolicybindings`,
  ClusterRole: `${RBAC}/clusterroles`,
  ClusterRoleBinding: `${RBAC}/clusterrolebindings`,
  Namespace: '/api/v1/namespaces',
  RuntimeClass: '/apis/node.k8s.io/v1/runtimeclasses',
}

/** Server-side, as the administrator. */
// biome-ignore lint/suspicious/noExplicitAny: what comes back is looked at as it is
export async function apply(people: People, object: Applied): Promise<any> {
  const { namespace, name } = object.metadata
  const base = namespace === undefined ? PATHS[object.kind] : `/api/v1/namespaces/${namespace}/${object.kind.toLowerCase()}s`
  const answer = await people.as(ADMIN, {
    method: 'PATCH',
    path: `${base}/${name}?fieldManager=test&force=true`,
    body: object,
    contentType: 'application/apply-patch+yaml',
  })
  if (answer.code >= 300) throw new Error(`${object.kind} ${name}: ${answer.body.message}`)
  return answer.body
}

/** The tenant, its namespace of the same name with the service accounts `default` and `accounts`, and everything that the operator would write. */
export async function secure(people: People, tenant: string, podSecurity: PodSecurity, accounts: readonly string[] = []): Promise<void> {
  await openNamespace(people, tenant, accounts)
  await secureAs(people, tenant, podSecurity)
}

/** The namespace alone, in which anybody may create any pod. */
export async function openNamespace(people: People, tenant: string, accounts: readonly string[] = []): Promise<void> {
  await apply(people, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: tenant, labels: { tenant } } })
  for (const name of ['default', ...accounts]) {
    await apply(people, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: tenant, name } })
  }
}

/** The API server refuses pods of classes that are not there. */
export async function createRuntimeClasses(people: People): Promise<void> {
  for (const name of ['gvisor', 'kata'])
    await apply(people, { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler: name })
}

/** The same for a tenant whose profiles change, or that selects the namespaces of another one. */
export async function secureAs(people: People, tenant: string, podSecurity: PodSecurity, selected = tenant): Promise<void> {
  const spec = { namespaceSelector: { matchLabels: { tenant: selected } }, podSecurity }
  const resource = await apply(people, { apiVersion: API_VERSION, kind: KIND, metadata: { name: tenant }, spec })
  const secured = { name: tenant, uid: resource.metadata.uid as string, spec }
  const { validating, mutating } = podSecurityBindings(secured, [])
  const access = profileAccess(secured).flatMap(({ role, binding }) => [role, binding])
  const known = hasMutatingPolicies(await sharedControlPlane()) ? mutating : []
  for (const object of [...access, ...validating, ...known]) await apply(people, object)
}

export type PodManifest = { readonly metadata?: object; readonly spec: object }

/** Creates the pod, or only asks whether it could be created. */
export function createPod(people: People, who: Person, namespace: string, pod: PodManifest, { dryRun = true } = {}): Promise<Answer> {
  const metadata = { name: 'pod', ...pod.metadata, namespace }
  return people.as(who, {
    path: `/api/v1/namespaces/${namespace}/pods${dryRun ? '?dryRun=All' : ''}`,
    body: { apiVersion: 'v1', kind: 'Pod', ...pod, metadata },
  })
}

/** A policy or a binding takes about a second to reach the API server's evaluator. */
export async function untilSo(what: string, check: () => Promise<boolean>, within = 20_000): Promise<void> {
  const deadline = performance.now() + within
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not within ${within} ms: ${what}`)
    await sleep(50)
  }
}

/** Not all at once, so that nobody is throttled. */
export async function inParallel<T, R>(items: readonly T[], run: (item: T) => Promise<R>, width = 16): Promise<readonly R[]> {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await run(items[index] as T)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
