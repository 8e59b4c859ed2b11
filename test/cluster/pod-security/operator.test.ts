/** Who may run what, with the operator at work: what it writes for it, keeps as it is, and takes away again. */

import { expect } from 'chai'
import { API_VERSION, KIND, MANAGED_BY_LABEL, TENANT_LABEL } from '../../../src/api/labels.ts'
import type { PodSecurity } from '../../../src/api/pod-security/pod-security.ts'
import type { Spec } from '../../../src/api/tenant-isolation.ts'
import { isNotFound } from '../../../src/kube/errors.ts'
import type { KubeObject, StoredObject } from '../../../src/kube/objects.ts'
import { KEPT_KINDS, KEPT_ORDER, type KeptKind } from '../../../src/reconcile/kept/kinds.ts'
import { callText } from '../../support/audit.ts'
import { namespacesOf } from '../../support/build.ts'
import { eventually } from '../../support/eventually.ts'
import { conditionOf, end, type Kube, openKube } from '../../support/kube.ts'
import { complaintsOf, type RunningOperator, startOperator } from '../../support/operator.ts'
import { openPeople, type People, type Person, person } from '../../support/people.ts'
import { createPod, type PodManifest } from '../../support/pod-security.ts'

type ClusterWide = Exclude<KeptKind, 'RoleBinding'>

const TENANT = 'secured'
const alice = person('alice')
const bob = person('bob')

const PROFILES: PodSecurity['profiles'] = [
  { name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] },
  { name: 'privileged', preset: 'Privileged', subjects: [{ kind: 'User', name: 'bob' }] },
]
const specOf = (tenant: string, podSecurity?: PodSecurity): Spec => ({
  namespaceSelector: namespacesOf(tenant),
  ...(podSecurity && { podSecurity }),
})
const SECURED: PodSecurity = { defaulting: 'Enabled', profiles: PROFILES }

const PLAIN: PodManifest = { spec: { containers: [{ name: 'main', image: 'none' }] } }
const PRIVILEGED: PodManifest = { spec: { containers: [{ name: 'main', image: 'none', securityContext: { privileged: true } }] } }

const ROLES = ['default', 'privileged'].flatMap((profile) =>
  (['ClusterRole', 'ClusterRoleBinding'] as const).map((kind) => `${kind} tenant-isolation:${TENANT}:${profile}`),
)
const DEFAULTS = `MutatingAdmissionPolicyBinding ${TENANT}.pod-defaults.tenant-isolation.dev`
const VERDICTS = ['pod-security', 'workload-security'].map(
  (policy) => `ValidatingAdmissionPolicyBinding ${TENANT}.${policy}.tenant-isolation.dev`,
)
const GUARDS = ['network-guard', 'membership-guard'].map(
  (policy) => `ValidatingAdmissionPolicyBinding ${policy}.${TENANT}.tenant-isolation.dev`,
)

/** Refused objects are looked at again after ten seconds. */
const TAKEN_UP = { within: 14_000 }
/** A binding counts after about a second. */
const EFFECTIVE = { within: 15_000 }

describe('pod security, with the operator', function () {
  this.timeout(60_000)

  let kube: Kube
  let people: People
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    people = await openPeople()
    running = await startOperator()
    await kube.client.create(KEPT_KINDS.ClusterRole, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'secured-creates-pods' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['create'] }],
    } as KubeObject)
    await kube.client.create(KEPT_KINDS.ClusterRoleBinding, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'secured-creates-pods' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'secured-creates-pods' },
      subjects: [alice, bob].map(({ user }) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user })),
    } as KubeObject)
    await kube.createNamespace(TENANT, { tenant: TENANT })
    await kube.applyTenant(TENANT, specOf(TENANT, SECURED))
    await kube.says(TENANT, { Ready: 'True', PodSecurityEnforced: 'True Enforced' })
  })

  after(async () => {
    for (const kind of ['ClusterRoleBinding', 'ClusterRole'] as const) await remove(kind, 'secured-creates-pods')
    await people.close()
    await end(kube, running)
  })

  // biome-ignore lint/suspicious/noExplicitAny: edited as a person would
  type Loose = any

  const get = (kind: KeptKind, name: string) => kube.client.get<StoredObject & KubeObject & Loose>(KEPT_KINDS[kind], { name })
  const remove = (kind: KeptKind, name: string) => kube.client.delete(KEPT_KINDS[kind], { name })

  /** As `kubectl edit`: the administrator passes the guards. */
  const edit = async (kind: KeptKind, name: string, change: (object: Loose) => void) => {
    const object = structuredClone(await get(kind, name))
    change(object)
    await kube.client.update(KEPT_KINDS[kind], object)
  }

  /** "ClusterRole tenant-isolation:secured:default", of all objects that bear the tenant's label or name. */
  const objectsOf = async (tenant: string) => {
    const lists = await Promise.all(
      KEPT_ORDER.map(async (kind) => {
        const { items } = await kube.client.list<StoredObject & KubeObject>(KEPT_KINDS[kind])
        return items
          .filter(({ metadata: { name, labels } }) => labels?.[TENANT_LABEL] === tenant || name.split(/[.:]/).includes(tenant))
          .map((object) => ({ ...object, text: `${kind} ${object.metadata.name}` }))
      }),
    )
    return lists.flat()
  }
  const textsOf = async (tenant: string) => (await objectsOf(tenant)).map(({ text }) => text)

  const tries = (who: Person, pod: PodManifest, namespace = TENANT) => createPod(people, who, namespace, pod)

  const stopped = async () => {
    await running.stop()
    expect(complaintsOf(running)).to.deep.equal([])
  }

  const verdictsHold = async () => {
    await eventually(async () => {
      const { code, body } = await tries(alice, PRIVILEGED)
      expect(code).to.equal(403)
      expect(body.message).to.match(/profile "?default.*container main: privileged is not allowed/s)
    }, EFFECTIVE)
    for (const [who, pod] of [
      [bob, PRIVILEGED],
      [alice, PLAIN],
    ] as const) {
      await eventually(async () => {
        const { code, body } = await tries(who, pod)
        expect(code, body.message).to.equal(201)
      }, EFFECTIVE)
    }
  }

  it('writes roles and bindings, with its labels and the resource as their owner', async () => {
    const objects = await objectsOf(TENANT)
    expect(objects.map(({ text }) => text)).to.have.members([...ROLES, DEFAULTS, ...VERDICTS, ...GUARDS])
    const { uid } = (await kube.tenant(TENANT)).metadata
    for (const { text, metadata } of objects) {
      expect(metadata.labels, text).to.deep.equal({ [MANAGED_BY_LABEL]: 'tenant-isolation', [TENANT_LABEL]: TENANT })
      expect(metadata.ownerReferences, text).to.deep.equal([{ apiVersion: API_VERSION, kind: KIND, name: TENANT, uid, controller: true }])
    }
  })

  it('lets each run what his profiles allow, and names the profile that does not fit', verdictsHold)

  it('lets them run the same while the operator is stopped', async () => {
    await stopped()
    await verdictsHold()
    running = await startOperator()
  })

  it('writes nothing when it is started again', async () => {
    await stopped()
    const mark = await kube.audit.mark()
    running = await startOperator()
    // All that was to be written for what was there has been by the time that something new is done.
    await kube.createNamespace('secured-later', { tenant: 'secured-later' })
    await kube.applyTenant('secured-later', specOf('secured-later', SECURED))
    await kube.ready('secured-later')
    const writes = (await kube.audit.writesSince(mark))
      .map(callText)
      .filter((call) => !call.includes('secured-later') && !call.includes('namespace-is-not-isolated-yet.'))
    expect(writes).to.deep.equal([])
  })

  describe('puts back', () => {
    const role = `tenant-isolation:${TENANT}:default`
    const binding = `tenant-isolation:${TENANT}:privileged`
    const verdict = `${TENANT}.pod-security.tenant-isolation.dev`
    const defaults = `${TENANT}.pod-defaults.tenant-isolation.dev`

    /** What is ours of it is as it was. */
    const putBack = async (kind: KeptKind, name: string, change: () => Promise<unknown>) => {
      const ours = ({ metadata: { labels, ownerReferences }, rules, subjects, roleRef, spec }: Loose) => ({
        labels,
        ownerReferences,
        rules,
        subjects,
        roleRef,
        spec,
      })
      const before = await get(kind, name)
      await change()
      await eventually(async () => {
        const after = await get(kind, name)
        expect(ours(after)).to.deep.equal(ours(before))
        expect(after.metadata.resourceVersion).not.to.equal(before.metadata.resourceVersion)
      })
    }

    it('the rules of a role', () =>
      putBack('ClusterRole', role, () =>
        edit('ClusterRole', role, (object) => {
          object.rules[0].resourceNames = [`${TENANT}.privileged`]
        }),
      ))

    it('the subjects of a binding of roles', () =>
      putBack('ClusterRoleBinding', binding, () =>
        edit('ClusterRoleBinding', binding, (object) => {
          object.subjects[0].name = 'mallory'
        }),
      ))

    it('a binding of roles that was made anew for another role', () =>
      putBack('ClusterRoleBinding', binding, async () => {
        const { metadata, ...rest } = await get('ClusterRoleBinding', binding)
        await remove('ClusterRoleBinding', binding)
        const { labels, ownerReferences } = metadata
        const made = { ...rest, metadata: { name: binding, labels, ownerReferences }, roleRef: { ...rest.roleRef, name: 'view' } }
        // The operator may be faster, and then it has only put back what was deleted.
        await kube.client.create(KEPT_KINDS.ClusterRoleBinding, made).catch(() => {})
      }))

    it('where a policy holds, and how', () =>
      putBack('ValidatingAdmissionPolicyBinding', verdict, () =>
        edit('ValidatingAdmissionPolicyBinding', verdict, (object) => {
          object.spec.validationActions = ['Audit']
        }),
      ))

    it('where defaults are written', () =>
      putBack('MutatingAdmissionPolicyBinding', defaults, () =>
        edit('MutatingAdmissionPolicyBinding', defaults, (object) => {
          object.spec.matchResources.namespaceSelector = {}
        }),
      ))

    for (const [kind, name] of [
      ['ClusterRole', role],
      ['ClusterRoleBinding', binding],
      ['ValidatingAdmissionPolicyBinding', verdict],
      ['MutatingAdmissionPolicyBinding', defaults],
    ] as const) {
      it(`a ${kind} that was deleted`, () => putBack(kind, name, () => remove(kind, name)))

      it(`its label on a ${kind}, without making it anew`, async () => {
        const { uid } = (await get(kind, name)).metadata
        await putBack(kind, name, () =>
          edit(kind, name, ({ metadata }) => {
            delete metadata.labels[MANAGED_BY_LABEL]
          }),
        )
        expect((await get(kind, name)).metadata.uid).to.equal(uid)
      })
    }

    it('and leaves what others have marked it with', async () => {
      await putBack('ClusterRole', role, () =>
        edit('ClusterRole', role, ({ metadata, rules }) => {
          metadata.annotations = { 'example.com/note': 'yes' }
          rules.pop()
        }),
      )
      expect((await get('ClusterRole', role)).metadata.annotations).to.deep.equal({ 'example.com/note': 'yes' })
    })

    it('and at the end all verdicts are as they were', verdictsHold)
  })

  describe('of a resource that changes', () => {
    const only = (...texts: readonly string[]) =>
      eventually(async () => expect(await textsOf(TENANT)).to.have.members([...texts, ...GUARDS]))

    it('takes a profile away, with its role and who had it', async () => {
      await kube.applyTenant(TENANT, specOf(TENANT, { ...SECURED, profiles: PROFILES.slice(0, 1) }))
      await kube.ready(TENANT)
      await only(...ROLES.slice(0, 2), DEFAULTS, ...VERDICTS)
      await eventually(async () => expect((await tries(bob, PRIVILEGED)).code).to.equal(403), EFFECTIVE)
    })

    it('takes all of it away when it is switched off, and no pod is refused', async () => {
      await kube.applyTenant(TENANT, specOf(TENANT, { ...SECURED, mode: 'Disabled' }))
      await kube.says(TENANT, { Ready: 'True', PodSecurityEnforced: 'False Disabled' })
      await only()
      await eventually(async () => expect((await tries(alice, PRIVILEGED)).code).to.equal(201), EFFECTIVE)
    })

    it('writes it when it is asked for again', async () => {
      await kube.applyTenant(TENANT, specOf(TENANT, SECURED))
      await kube.says(TENANT, { PodSecurityEnforced: 'True Enforced' })
      await only(...ROLES, DEFAULTS, ...VERDICTS)
      await verdictsHold()
    })

    it('takes all of it away when nobody asks for it any more', async () => {
      await kube.applyTenant(TENANT, specOf(TENANT))
      await kube.says(TENANT, { Ready: 'True', PodSecurityEnforced: 'False NotAsked' })
      await only()
    })

    it('leaves nothing when the resource is deleted', async () => {
      await kube.applyTenant(TENANT, specOf(TENANT, SECURED))
      await kube.ready(TENANT)
      await only(...ROLES, DEFAULTS, ...VERDICTS)
      await kube.deleteTenant(TENANT)
      await eventually(async () => expect(await kube.tenantExists(TENANT)).to.equal(false))
      expect(await textsOf(TENANT)).to.deep.equal([])
    })
  })

  describe('finds its name taken', () => {
    const ADMISSION = 'admissionregistration.k8s.io/v1'
    const RBAC = 'rbac.authorization.k8s.io'
    const elsewhere = { policyName: 'nothing.example.com', matchResources: { namespaceSelector: { matchLabels: { no: 'where' } } } }
    const foreign = (tenant: string): Readonly<Record<ClusterWide, KubeObject & { readonly apiVersion: string }>> => {
      const profile = `tenant-isolation:${tenant}:default`
      return {
        ClusterRole: { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name: profile }, rules: [] } as KubeObject & Loose,
        ClusterRoleBinding: {
          apiVersion: `${RBAC}/v1`,
          kind: 'ClusterRoleBinding',
          metadata: { name: profile },
          roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: profile },
          subjects: [],
        } as KubeObject & Loose,
        MutatingAdmissionPolicyBinding: {
          apiVersion: ADMISSION,
          kind: 'MutatingAdmissionPolicyBinding',
          metadata: { name: `${tenant}.pod-defaults.tenant-isolation.dev` },
          spec: elsewhere,
        } as KubeObject & Loose,
        ValidatingAdmissionPolicyBinding: {
          apiVersion: ADMISSION,
          kind: 'ValidatingAdmissionPolicyBinding',
          metadata: { name: `${tenant}.pod-security.tenant-isolation.dev` },
          spec: { ...elsewhere, validationActions: ['Audit'] },
        } as KubeObject & Loose,
      }
    }
    const TAKEN = KEPT_ORDER.filter((kind): kind is ClusterWide => kind !== 'RoleBinding').map((kind) => {
      const tenant = `secured-taken-${kind.toLowerCase()}`
      const object = foreign(tenant)[kind]
      return { kind, tenant, object, name: object.metadata.name }
    })
    const versions = new Map<KeptKind, string | undefined>()

    before(async () => {
      for (const { kind, object, tenant } of TAKEN) {
        const made = await kube.client.create(KEPT_KINDS[kind], object)
        versions.set(kind, (made as StoredObject).metadata.resourceVersion)
        await kube.createNamespace(tenant, { tenant })
      }
      for (const { tenant } of TAKEN) await kube.applyTenant(tenant, specOf(tenant, SECURED))
    })

    after(async () => {
      for (const { kind, name, tenant } of TAKEN) {
        await kube.deleteTenant(tenant).catch(() => {})
        await remove(kind, name).catch((error: unknown) => {
          if (!isNotFound(error)) throw error
        })
      }
    })

    for (const { kind, tenant, name } of TAKEN) {
      it(`by a ${kind} of others: says so, and leaves it alone`, async () => {
        const taken = await kube.says(tenant, {
          Ready: 'False NameTaken',
          Stalled: 'True NameTaken',
          Conflicted: 'True NameTaken',
          PodSecurityEnforced: 'False NameTaken',
          NetworkIsolated: 'True',
        })
        expect(conditionOf(taken, 'Ready')?.message).to.equal(
          `${kind} ${name} is there, but was not made by the operator; delete or rename it`,
        )
        expect((await get(kind, name)).metadata.resourceVersion).to.equal(versions.get(kind))
      })
    }

    it('and takes it up by itself when it is free', async () => {
      for (const { kind, name } of TAKEN) await remove(kind, name)
      for (const { kind, name, tenant } of TAKEN) {
        await kube.says(tenant, { Ready: 'True', Conflicted: 'False', PodSecurityEnforced: 'True Enforced' }, TAKEN_UP)
        expect((await get(kind, name)).metadata.labels).to.have.property(TENANT_LABEL, tenant)
      }
    })
  })

  describe('the gate of a tenant that selects by two labels', () => {
    const tenant = 'secured-two'
    const name = `namespace-is-not-isolated-yet.try-again-in-a-moment.${tenant}.tenant-isolation.dev`

    it('is there, is put back, and goes with the resource', async () => {
      await kube.createNamespace(tenant, { tenant, stage: 'live' })
      await kube.applyTenant(tenant, { namespaceSelector: { matchLabels: { tenant, stage: 'live' } } })
      await kube.ready(tenant)
      const { uid } = await eventually(async () => (await get('ValidatingAdmissionPolicyBinding', name)).metadata)
      await kube.applyTenant(tenant, { namespaceSelector: { matchLabels: { tenant, stage: 'live' } }, network: { intraTenant: 'Tenant' } })
      await kube.ready(tenant)
      expect((await get('ValidatingAdmissionPolicyBinding', name)).metadata.uid).to.equal(uid)
      await remove('ValidatingAdmissionPolicyBinding', name)
      await eventually(() => get('ValidatingAdmissionPolicyBinding', name))
      await kube.deleteTenant(tenant)
      await eventually(async () => expect(await textsOf(tenant)).to.deep.equal([]))
    })
  })
})
