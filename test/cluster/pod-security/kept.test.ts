/** What pod security consists of in the cluster, when not all of it may be written, when its marks are gone, and when its resource goes. */

import { expect } from 'chai'
import { guardBindings } from '../../../src/admission/guards/guards.ts'
import { MANAGED_BY_LABEL, TENANT_LABEL } from '../../../src/api/labels.ts'
import type { PodSecurity } from '../../../src/api/pod-security/pod-security.ts'
import type { Spec } from '../../../src/api/tenant-isolation.ts'
import { isNotFound } from '../../../src/kube/errors.ts'
import type { KubeObject, StoredObject } from '../../../src/kube/objects.ts'
import { KEPT_KINDS, type KeptKind, type Place, placeText } from '../../../src/reconcile/kept/kinds.ts'
import type { Loose } from '../../support/access.ts'
import { namespacesOf } from '../../support/build.ts'
import { eventually } from '../../support/eventually.ts'
import type { FaultProxy } from '../../support/fault-proxy.ts'
import { conditionOf, end, type Kube, openKube } from '../../support/kube.ts'
import { startProxy } from '../../support/kube-setup.ts'
import { complaintsOf, type RunningOperator, startOperator } from '../../support/operator.ts'
import { ADMIN, openPeople, type People } from '../../support/people.ts'
import { createPod } from '../../support/pod-security.ts'

const RBAC = 'rbac.authorization.k8s.io'
const PROFILES: PodSecurity['profiles'] = [
  { name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] },
  { name: 'privileged', preset: 'Privileged', subjects: [{ kind: 'User', name: 'bob' }] },
]
const SECURED: PodSecurity = { defaulting: 'Enabled', profiles: PROFILES }
const specOf = (tenant: string, podSecurity: PodSecurity = SECURED): Spec => ({ namespaceSelector: namespacesOf(tenant), podSecurity })

/** The places of a tenant's objects. */
const role = (tenant: string, profile = 'default'): Place => ({ kind: 'ClusterRole', name: `tenant-isolation:${tenant}:${profile}` })
const binding = (tenant: string, profile = 'default'): Place => ({ ...role(tenant, profile), kind: 'ClusterRoleBinding' })
const defaults = (tenant: string): Place => ({
  kind: 'MutatingAdmissionPolicyBinding',
  name: `${tenant}.pod-defaults.tenant-isolation.dev`,
})
const verdict = (tenant: string, policy = 'pod-security'): Place => ({
  kind: 'ValidatingAdmissionPolicyBinding',
  name: `${tenant}.${policy}.tenant-isolation.dev`,
})
const guard = (tenant: string, what: 'network' | 'membership'): Place => ({
  kind: 'ValidatingAdmissionPolicyBinding',
  name: `${what}-guard.${tenant}.tenant-isolation.dev`,
})
const GUARDS = (tenant: string) => [guard(tenant, 'network'), guard(tenant, 'membership')]

describe('what is kept for pod security', function () {
  this.timeout(90_000)

  let kube: Kube
  let people: People
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    people = await openPeople()
    running = await startOperator()
  })

  after(async () => {
    await people.close()
    await end(kube, running)
  })

  const get = ({ kind, name }: Place) => kube.client.get<StoredObject & KubeObject & Loose>(KEPT_KINDS[kind], { name })
  const remove = ({ kind, name }: Place) => kube.client.delete(KEPT_KINDS[kind], { name })
  const make = (object: object) => kube.client.create(KEPT_KINDS[(object as { kind: KeptKind }).kind], object as KubeObject)
  const patch = ({ kind, name }: Place, body: object) => kube.client.patch(KEPT_KINDS[kind], { name }, { type: 'merge', body })
  const isThere = (place: Place) =>
    get(place).then(
      ({ metadata }) => metadata.labels?.[TENANT_LABEL] !== undefined,
      (error: unknown) => {
        if (!isNotFound(error)) throw error
        return false
      },
    )
  /** Of these, what is there and ours. */
  const ofThese = async (...places: readonly Place[]) => {
    const there = await Promise.all(places.map(isThere))
    return places.filter((_, index) => there[index]).map(placeText)
  }
  const secured = async (name: string, podSecurity?: PodSecurity) => {
    await kube.createNamespace(name, { tenant: name })
    await kube.applyTenant(name, specOf(name, podSecurity))
  }
  const everything = (tenant: string) => [
    ...PROFILES.flatMap(({ name }) => [role(tenant, name), binding(tenant, name)]),
    defaults(tenant),
    verdict(tenant),
    verdict(tenant, 'workload-security'),
    ...GUARDS(tenant),
  ]

  describe('where somebody else has taken one of its names', () => {
    const elsewhere = { policyName: 'nothing.example.com', matchResources: { namespaceSelector: { matchLabels: { no: 'where' } } } }
    const foreign = (place: Place): object => {
      const head = { apiVersion: place.kind.startsWith('Cluster') ? `${RBAC}/v1` : 'admissionregistration.k8s.io/v1', kind: place.kind }
      const bodies: Readonly<Partial<Record<KeptKind, object>>> = {
        ClusterRole: { rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }] },
        ClusterRoleBinding: { roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'view' }, subjects: [] },
        MutatingAdmissionPolicyBinding: { spec: elsewhere },
        ValidatingAdmissionPolicyBinding: { spec: { ...elsewhere, validationActions: ['Audit'] } },
      }
      return { ...head, ...bodies[place.kind], metadata: { name: place.name } }
    }
    /** What is missing besides what is taken: what would need it. */
    const CASES: readonly { readonly taken: (tenant: string) => Place; readonly missing: (tenant: string) => readonly Place[] }[] = [
      { taken: role, missing: (tenant) => [binding(tenant), verdict(tenant), verdict(tenant, 'workload-security')] },
      { taken: binding, missing: (tenant) => [verdict(tenant), verdict(tenant, 'workload-security')] },
      { taken: defaults, missing: (tenant) => [verdict(tenant), verdict(tenant, 'workload-security')] },
      { taken: verdict, missing: () => [] },
      { taken: (tenant) => guard(tenant, 'network'), missing: () => [] },
    ]

    for (const [index, { taken, missing }] of CASES.entries()) {
      const tenant = `kept-taken-${index}`
      const place = taken(tenant)

      it(`a ${place.kind}: the rest is written and kept, but nothing is refused before all is there by which it is allowed`, async () => {
        await make(foreign(place))
        try {
          await secured(tenant)
          await kube.says(tenant, { Ready: 'False NameTaken', PodSecurityEnforced: 'False NameTaken', NetworkIsolated: 'True' })
          const without = [place, ...missing(tenant)].map(placeText)
          const there = everything(tenant).filter((other) => !without.includes(placeText(other)))
          expect(await ofThese(...everything(tenant))).to.have.members(there.map(placeText))
          // It is not given up because of the other.
          const other = role(tenant, 'privileged')
          await patch(other, { rules: [] })
          await eventually(async () => expect((await get(other)).rules).to.have.lengthOf(1))
          await remove(guard(tenant, 'membership'))
          await eventually(() => get(guard(tenant, 'membership')))
        } finally {
          await remove(place)
        }
        await kube.says(tenant, { Ready: 'True', PodSecurityEnforced: 'True Enforced' }, { within: 15_000 })
        expect(await ofThese(...everything(tenant))).to.have.lengthOf(everything(tenant).length)
      })
    }

    it('after pods are refused: what refuses them is kept all the same', async () => {
      const tenant = 'kept-later'
      await secured(tenant)
      await kube.says(tenant, { PodSecurityEnforced: 'True Enforced' })
      await running.stop()
      expect(complaintsOf(running)).to.deep.equal([])
      await remove(binding(tenant))
      await make(foreign(binding(tenant)))
      await patch(verdict(tenant), { spec: { validationActions: ['Audit'] } })
      await remove(guard(tenant, 'network'))
      running = await startOperator()
      await kube.says(tenant, { Ready: 'False NameTaken' })
      expect((await get(verdict(tenant))).spec.validationActions).to.deep.equal(['Deny', 'Audit'])
      await get(guard(tenant, 'network'))
      await remove(binding(tenant))
      await kube.says(tenant, { Ready: 'True' }, { within: 15_000 })
    })
  })

  describe('and has lost its marks', () => {
    const tenant = 'kept-lost'

    before(async () => {
      await secured(tenant)
      await kube.says(tenant, { PodSecurityEnforced: 'True Enforced' })
    })

    /** That of bob, for what everybody could do the operator could do as well. */
    const ofBob = binding(tenant, 'privileged')

    /** The binding made anew for another role, with these labels and the owner that it had. */
    const madeAnew = async (labels: object) => {
      const { metadata, ...rest } = await get(ofBob)
      await running.stop()
      await remove(ofBob)
      const { ownerReferences } = metadata
      await make({ ...rest, metadata: { name: metadata.name, labels, ownerReferences }, roleRef: { ...rest.roleRef, name: 'view' } })
      running = await startOperator()
      await eventually(async () => {
        const after = await get(ofBob)
        expect(after.roleRef).to.deep.equal(rest.roleRef)
        expect(after.metadata.labels).to.deep.equal(metadata.labels)
      })
    }

    for (const [what, labels] of [
      ['that of the tenant', { [MANAGED_BY_LABEL]: 'tenant-isolation' }],
      ['both labels', {}],
    ] as const)
      it(`${what}: a binding of roles that binds another role is made anew`, async () => {
        await madeAnew(labels)
        await kube.says(tenant, { Ready: 'True', PodSecurityEnforced: 'True Enforced' })
      })
  })

  describe('when its resource goes and leaves behind what was written', () => {
    const pods = async (namespace: string) => {
      const { code, body } = await createPod(people, ADMIN, namespace, { spec: { containers: [{ name: 'main', image: 'none' }] } })
      return code === 201 ? 'taken' : body.message
    }
    const orphan = (name: string) => kube.kubectl(`delete tenantisolation ${name} --cascade=orphan --timeout=60s`)
    /** Everything that means something without the resource. */
    const lasting = (tenant: string) => PROFILES.flatMap(({ name }) => [role(tenant, name), binding(tenant, name)])

    it('is not left behind before it is said that any pod may be created', async () => {
      const tenant = 'kept-refused'
      await secured(tenant)
      await kube.says(tenant, { PodSecurityEnforced: 'True Enforced' })
      const refusal = await orphan(tenant).then(
        () => 'it was taken',
        (error: Error) => error.message,
      )
      expect(refusal).to.include('refuses pods that fit none of its profiles, which --cascade=orphan cannot leave behind')
      expect((await kube.tenant(tenant)).metadata).not.to.have.property('deletionTimestamp')
      await kube.patchTenant(tenant, { podSecurity: { mode: 'Disabled' } })
      await kube.says(tenant, { PodSecurityEnforced: 'False Disabled' })
      await orphan(tenant)
      await eventually(async () => expect(await pods(tenant)).to.equal('taken'), { within: 15_000 })
      expect(await kube.policyExists(tenant)).to.equal(true)
    })

    it('leaves no binding by which every pod would be refused for ever, where nobody asked for that', async () => {
      const tenant = 'kept-orphan'
      await secured(tenant)
      await kube.says(tenant, { PodSecurityEnforced: 'True Enforced' })
      const asks = guardBindings().find(({ metadata }) => metadata.name.startsWith('deletion-guard')) ?? expect.fail('there is no guard')
      const place: Place = { kind: 'ValidatingAdmissionPolicyBinding', name: asks.metadata.name }
      await remove(place)
      try {
        await eventually(() => orphan(tenant), { within: 15_000 })
      } finally {
        await make(asks)
      }
      expect(await kube.tenantExists(tenant)).to.equal(false)
      expect(await ofThese(...everything(tenant))).to.have.members(lasting(tenant).map(placeText))
      expect(await kube.policyExists(tenant)).to.equal(true)
      await eventually(async () => expect(await pods(tenant)).to.equal('taken'), { within: 15_000 })
      for (const left of lasting(tenant)) await remove(left)
    })
  })
})

describe('an API server without MutatingAdmissionPolicy', function () {
  this.timeout(60_000)

  const TENANT = 'kept-older'
  let kube: Kube
  let proxy: FaultProxy
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    proxy = await startProxy()
  })

  after(async () => {
    await end(kube, running)
    await proxy.close()
  })

  it('is served without defaulting: the rest is written, status says so, and nobody asks for what is not there', async () => {
    const { resources, ...list } = await kube.transport.request<{ readonly resources: readonly { readonly name: string }[] }>({
      method: 'GET',
      path: '/apis/admissionregistration.k8s.io/v1',
    })
    const body = JSON.stringify({ ...list, resources: resources.filter(({ name }) => !name.startsWith('mutatingadmission')) })
    proxy.inject(({ url }) => url.split('?')[0] === '/apis/admissionregistration.k8s.io/v1', { kind: 'respond', code: 200, body }, 100)
    const asked = proxy.inject(({ url }) => url.includes('mutatingadmissionpolicybindings'), { kind: 'respond', code: 404 }, 100)
    running = await startOperator({ server: proxy.url })
    await kube.createNamespace(TENANT, { tenant: TENANT })
    await kube.applyTenant(TENANT, specOf(TENANT))
    const tenant = await kube.says(TENANT, { Ready: 'True', PodSecurityEnforced: 'True DefaultingUnavailable' })
    expect(conditionOf(tenant, 'PodSecurityEnforced')?.message).to.include('needs Kubernetes 1.36')
    await kube.client.get(KEPT_KINDS.ValidatingAdmissionPolicyBinding, { name: verdict(TENANT).name })
    await kube.deleteTenant(TENANT)
    await eventually(async () => expect(await kube.tenantExists(TENANT)).to.equal(false))
    expect(asked.hits).to.equal(0)
  })
})
