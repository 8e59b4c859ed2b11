/** What pod security consists of in the cluster, when not all of it may be written, when its marks are gone, and when its resource goes. */

import { expect } from 'chai'
import { guardBindings } from '../../../src/admission/guards/guards.ts'
import { MANAGED_BY_LABEL } from '../../../src/api/labels.ts'
import type { PodSecurity } from '../../../src/api/pod-security/pod-security.ts'
import { KEPT_KINDS, type KeptKind, type Place, placeText } from '../../../src/reconcile/kept/kinds.ts'
import { eventually } from '../../support/eventually.ts'
import type { FaultProxy } from '../../support/fault-proxy.ts'
import { conditionOf, end, type Kube, openKube } from '../../support/kube.ts'
import { startProxy } from '../../support/kube-setup.ts'
import { canMutate, enforcedWithDefaulting, needsDefaulting } from '../../support/older-kubernetes.ts'
import { complaintsOf, type RunningOperator, startOperator } from '../../support/operator.ts'
import { ADMIN, openPeople, type People } from '../../support/people.ts'
import { createPod } from '../../support/pod-security.ts'
import { binding, defaults, guard, guardsOf, KeptObjects, role, rolesOf, specOf, verdict, verdictsOf } from '../../support/secured.ts'

const RBAC = 'rbac.authorization.k8s.io'
describe('what is kept for pod security', function () {
  this.timeout(90_000)

  let kube: Kube
  let kept: KeptObjects
  let people: People
  let running: RunningOperator
  let fillsIn: boolean
  let enforced: string

  before(async () => {
    kube = await openKube()
    kept = new KeptObjects(kube)
    people = await openPeople()
    running = await startOperator()
    fillsIn = await canMutate()
    enforced = await enforcedWithDefaulting()
  })

  after(async () => {
    await people.close()
    await end(kube, running)
  })

  const secured = async (name: string, podSecurity?: PodSecurity) => {
    await kube.createNamespace(name, { tenant: name })
    await kube.applyTenant(name, specOf(name, podSecurity))
  }
  const everything = (tenant: string) => [
    ...rolesOf(tenant),
    ...(fillsIn ? [defaults(tenant)] : []),
    ...verdictsOf(tenant),
    ...guardsOf(tenant),
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
      { taken: role, missing: (tenant) => [binding(tenant), ...verdictsOf(tenant)] },
      { taken: binding, missing: verdictsOf },
      { taken: defaults, missing: verdictsOf },
      { taken: verdict, missing: () => [] },
      { taken: (tenant) => guard(tenant, 'network'), missing: () => [] },
    ]

    for (const [index, { taken, missing }] of CASES.entries()) {
      const tenant = `kept-taken-${index}`
      const place = taken(tenant)

      it(`a ${place.kind}: the rest is written and kept, but nothing is refused before all is there by which it is allowed`, async function () {
        if (place.kind === 'MutatingAdmissionPolicyBinding') await needsDefaulting(this)
        const { metadata } = await kept.make(foreign(place))
        try {
          await secured(tenant)
          const told = await kube.says(tenant, {
            Ready: 'False NameTaken',
            Stalled: 'True NameTaken',
            Conflicted: 'True NameTaken',
            PodSecurityEnforced: 'False NameTaken',
            NetworkIsolated: 'True',
          })
          expect(conditionOf(told, 'Ready')?.message).to.equal(
            `${placeText(place)} is there, but was not made by the operator; delete or rename it`,
          )
          const without = [place, ...missing(tenant)].map(placeText)
          const there = everything(tenant).filter((other) => !without.includes(placeText(other)))
          expect(await kept.ofThese(...everything(tenant))).to.have.members(there.map(placeText))
          // It is not given up because of the other.
          const other = role(tenant, 'privileged')
          await kept.patch(other, { rules: [] })
          await eventually(async () => expect((await kept.get(other)).rules).to.have.lengthOf(1))
          await kept.remove(guard(tenant, 'membership'))
          await eventually(() => kept.get(guard(tenant, 'membership')))
          expect((await kept.get(place)).metadata.resourceVersion, 'it is left alone').to.equal(metadata.resourceVersion)
        } finally {
          await kept.remove(place)
        }
        await kube.says(tenant, { Ready: 'True', Conflicted: 'False', PodSecurityEnforced: enforced }, { within: 15_000 })
        expect(await kept.ofThese(...everything(tenant))).to.have.lengthOf(everything(tenant).length)
      })
    }

    it('after pods are refused: what refuses them is kept all the same', async () => {
      const tenant = 'kept-later'
      await secured(tenant)
      await kube.says(tenant, { PodSecurityEnforced: enforced })
      await running.stop()
      expect(complaintsOf(running)).to.deep.equal([])
      await kept.remove(binding(tenant))
      await kept.make(foreign(binding(tenant)))
      await kept.patch(verdict(tenant), { spec: { validationActions: ['Audit'] } })
      await kept.remove(guard(tenant, 'network'))
      running = await startOperator()
      await kube.says(tenant, { Ready: 'False NameTaken' })
      expect((await kept.get(verdict(tenant))).spec.validationActions).to.deep.equal(['Deny', 'Audit'])
      await kept.get(guard(tenant, 'network'))
      await kept.remove(binding(tenant))
      await kube.says(tenant, { Ready: 'True' }, { within: 15_000 })
    })
  })

  describe('and has lost its marks', () => {
    const tenant = 'kept-lost'

    before(async () => {
      await secured(tenant)
      await kube.says(tenant, { PodSecurityEnforced: enforced })
    })

    /** That of bob, for what everybody could do the operator could do as well. */
    const ofBob = binding(tenant, 'privileged')

    /** The binding made anew for another role, with these labels and the owner that it had. */
    const madeAnew = async (labels: object) => {
      const { metadata, ...rest } = await kept.get(ofBob)
      await running.stop()
      await kept.remove(ofBob)
      const { ownerReferences } = metadata
      await kept.make({ ...rest, metadata: { name: metadata.name, labels, ownerReferences }, roleRef: { ...rest.roleRef, name: 'view' } })
      running = await startOperator()
      await eventually(async () => {
        const after = await kept.get(ofBob)
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
        await kube.says(tenant, { Ready: 'True', PodSecurityEnforced: enforced })
      })
  })

  describe('when its resource goes and leaves behind what was written', () => {
    const pods = async (namespace: string) => {
      const { code, body } = await createPod(people, ADMIN, namespace, { spec: { containers: [{ name: 'main', image: 'none' }] } })
      return code === 201 ? 'taken' : body.message
    }
    const orphan = (name: string) => kube.kubectl(`delete tenantisolation ${name} --cascade=orphan --timeout=60s`)
    it('is not left behind before it is said that any pod may be created', async () => {
      const tenant = 'kept-refused'
      await secured(tenant)
      await kube.says(tenant, { PodSecurityEnforced: enforced })
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
      await kube.says(tenant, { PodSecurityEnforced: enforced })
      const asks = guardBindings().find(({ metadata }) => metadata.name.startsWith('deletion-guard')) ?? expect.fail('there is no guard')
      const place: Place = { kind: 'ValidatingAdmissionPolicyBinding', name: asks.metadata.name }
      await kept.remove(place)
      try {
        await eventually(() => orphan(tenant), { within: 15_000 })
      } finally {
        await kept.make(asks)
      }
      expect(await kube.tenantExists(tenant)).to.equal(false)
      // Roles mean something without the resource.
      expect(await kept.ofThese(...everything(tenant))).to.have.members(rolesOf(tenant).map(placeText))
      expect(await kube.policyExists(tenant)).to.equal(true)
      await eventually(async () => expect(await pods(tenant)).to.equal('taken'), { within: 15_000 })
      for (const left of rolesOf(tenant)) await kept.remove(left)
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
