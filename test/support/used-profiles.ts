/** support/used-profiles.ts — the tenants of profile-uses.ts in the shared API server, judged by pod-security and, beside it, by another form of it. */

import { expect } from 'chai'
import type { ValidatingPolicy } from '../../src/admission/policy.ts'
import { API_VERSION, KIND, TENANT_LABEL } from '../../src/api/labels.ts'
import type { PodSecurity } from '../../src/api/pod-security/pod-security.ts'
import { ADMIN, type Answer, type People, person } from './people.ts'
import {
  apply,
  createPod,
  inParallel,
  installPodSecurity,
  openNamespace,
  PATHS,
  secureAs,
  uninstallPodSecurity,
  untilSo,
} from './pod-security.ts'
import { ACCOUNTS, BESIDE, OLD_PODS, TENANTS, USED, USES, type Use } from './profile-uses.ts'

/** Everything that it takes for the uses to be judged, `other` being the other form. */
export async function openUses(people: People, other: ValidatingPolicy): Promise<void> {
  await installPodSecurity(people)
  await apply(people, other)
  await inParallel(Object.entries(TENANTS), ([tenant, podSecurity]) => openTenant(people, other.metadata.name, tenant, podSecurity))
  let waiting = USES.flatMap((use) => [USED, BESIDE].map((place) => ({ use, place })))
  await untilSo(
    'all tenants are judged',
    async () => {
      const answers = await inParallel(waiting, async ({ use, place }) => (await objectionsTo(people, use, place)).length)
      waiting = waiting.filter(({ use }, index) => answers[index] !== (use.objection ? 1 : 0))
      return waiting.length === 0
    },
    60_000,
  )
}

export async function closeUses(people: People | undefined, other: ValidatingPolicy): Promise<void> {
  await people?.as(ADMIN, { method: 'DELETE', path: `${PATHS.ValidatingAdmissionPolicy}/${other.metadata.name}` })
  await uninstallPodSecurity(people)
}

async function openTenant(people: People, other: string, tenant: string, podSecurity: PodSecurity | undefined): Promise<void> {
  for (const namespace of [USED(tenant), BESIDE(tenant)]) {
    await openNamespace(people, namespace, ACCOUNTS[tenant])
    for (const [name, pod] of Object.entries(OLD_PODS[tenant] ?? {})) {
      const { code, body } = await createPod(people, person('alice'), namespace, { ...pod, metadata: { name } }, { dryRun: false })
      expect(code, body.message).to.equal(201)
    }
  }
  const namespaceSelector = { matchLabels: { tenant } }
  if (podSecurity) await secureAs(people, tenant, podSecurity)
  else await apply(people, { apiVersion: API_VERSION, kind: KIND, metadata: { name: tenant }, spec: { namespaceSelector } })
  await bindPolicy(people, {
    policy: other,
    tenant,
    namespaces: { tenant: BESIDE(tenant) },
    action: podSecurity?.mode === 'Warn' ? 'Warn' : 'Deny',
  })
}

type Bound = {
  readonly policy: string
  readonly tenant: string
  /** Labels of the namespaces in which it counts. */
  readonly namespaces: Readonly<Record<string, string>>
  readonly action: 'Warn' | 'Deny'
}

/** Has another form of pod-security judge pods by the profiles of the tenant. */
export async function bindPolicy(people: People, { policy, tenant, namespaces, action }: Bound): Promise<void> {
  await apply(people, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: `${tenant}.${policy}`, labels: { [TENANT_LABEL]: tenant } },
    spec: {
      policyName: policy,
      validationActions: [action],
      paramRef: { name: tenant, parameterNotFoundAction: 'Deny' },
      matchResources: { namespaceSelector: { matchLabels: namespaces } },
    },
  })
}

/** A refusal, or all warnings. `groups` are those of the requester beside his own. */
export async function objectionsTo(
  people: People,
  use: Use,
  place: typeof USED,
  groups: readonly string[] = [],
): Promise<readonly string[]> {
  const { code, body, warnings }: Answer = await use.send(
    people,
    { ...use.who, groups: [...(use.who.groups ?? []), ...groups] },
    place(use.tenant),
  )
  return code < 300 ? warnings : [body.message]
}
