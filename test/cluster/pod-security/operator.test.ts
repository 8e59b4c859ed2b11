/** Who may run what, with the operator at work: what it writes for it, and takes away again. */

import { expect } from 'chai'
import { API_VERSION, KIND, MANAGED_BY_LABEL, TENANT_LABEL } from '../../../src/api/labels.ts'
import type { KubeObject, StoredObject } from '../../../src/kube/objects.ts'
import { KEPT_KINDS, KEPT_ORDER, type Place, placeText } from '../../../src/reconcile/kept/kinds.ts'
import { callText } from '../../support/audit.ts'
import { namespacesOf } from '../../support/build.ts'
import { eventually } from '../../support/eventually.ts'
import { end, type Kube, openKube } from '../../support/kube.ts'
import { canMutate, enforcedWithDefaulting } from '../../support/older-kubernetes.ts'
import { complaintsOf, type RunningOperator, startOperator } from '../../support/operator.ts'
import { openPeople, type People, type Person } from '../../support/people.ts'
import { createPod, type PodManifest } from '../../support/pod-security.ts'
import {
  alice,
  bob,
  defaults,
  EFFECTIVE,
  guardsOf,
  KeptObjects,
  PRIVILEGED,
  PROFILES,
  podMakers,
  rolesOf,
  SECURED,
  specOf,
  verdictsHold,
  verdictsOf,
} from '../../support/secured.ts'

const TENANT = 'secured'
const ROLES = rolesOf(TENANT)
const VERDICTS = verdictsOf(TENANT)
const GUARDS = guardsOf(TENANT)

const textsOf = (places: readonly Place[]) => places.map(placeText)

describe('pod security, with the operator', function () {
  this.timeout(60_000)

  let kube: Kube
  let kept: KeptObjects
  let people: People
  let running: RunningOperator
  let enforced: string
  /** The binding by which defaults are written, where the API server knows such a thing. */
  let defaulting: readonly Place[]

  before(async () => {
    kube = await openKube()
    kept = new KeptObjects(kube)
    people = await openPeople()
    running = await startOperator()
    enforced = await enforcedWithDefaulting()
    defaulting = (await canMutate()) ? [defaults(TENANT)] : []
    for (const object of podMakers('secured-creates-pods')) await kept.make(object)
    await kube.createNamespace(TENANT, { tenant: TENANT })
    await kube.applyTenant(TENANT, specOf(TENANT))
    await kube.says(TENANT, { Ready: 'True', PodSecurityEnforced: enforced })
  })

  after(async () => {
    for (const kind of ['ClusterRoleBinding', 'ClusterRole'] as const) await kept.remove({ kind, name: 'secured-creates-pods' })
    await people.close()
    await end(kube, running)
  })

  /** All objects that bear the tenant's label or name. */
  const ofTenant = async (tenant: string) => {
    const lists = await Promise.all(
      KEPT_ORDER.filter((kind) => kind !== 'MutatingAdmissionPolicyBinding' || defaulting.length > 0).map(async (kind) => {
        const { items } = await kube.client.list<StoredObject & KubeObject>(KEPT_KINDS[kind])
        return items
          .filter(({ metadata: { name, labels } }) => labels?.[TENANT_LABEL] === tenant || name.split(/[.:]/).includes(tenant))
          .map((object) => ({ ...object, text: placeText({ kind, name: object.metadata.name }) }))
      }),
    )
    return lists.flat()
  }
  const leftOf = async (tenant: string) => (await ofTenant(tenant)).map(({ text }) => text)

  const tries = (who: Person, pod: PodManifest) => createPod(people, who, TENANT, pod)

  const stopped = async () => {
    await running.stop()
    expect(complaintsOf(running)).to.deep.equal([])
  }

  it('writes roles and bindings, with its labels and the resource as their owner', async () => {
    const objects = await ofTenant(TENANT)
    expect(objects.map(({ text }) => text)).to.have.members(textsOf([...ROLES, ...defaulting, ...VERDICTS, ...GUARDS]))
    const { uid } = (await kube.tenant(TENANT)).metadata
    for (const { text, metadata } of objects) {
      expect(metadata.labels, text).to.deep.equal({ [MANAGED_BY_LABEL]: 'tenant-isolation', [TENANT_LABEL]: TENANT })
      expect(metadata.ownerReferences, text).to.deep.equal([{ apiVersion: API_VERSION, kind: KIND, name: TENANT, uid, controller: true }])
    }
  })

  it('lets each run what his profiles allow, and names the profile that does not fit', () => verdictsHold(people, TENANT))

  it('lets them run the same while the operator is stopped', async () => {
    await stopped()
    await verdictsHold(people, TENANT)
    running = await startOperator()
  })

  it('writes nothing when it is started again', async () => {
    await stopped()
    const mark = await kube.audit.mark()
    running = await startOperator()
    // All that was to be written for what was there has been by the time that something new is done.
    await kube.createNamespace('secured-later', { tenant: 'secured-later' })
    await kube.applyTenant('secured-later', specOf('secured-later'))
    await kube.ready('secured-later')
    const writes = (await kube.audit.writesSince(mark))
      .map(callText)
      .filter((call) => !call.includes('secured-later') && !call.includes('namespace-is-not-isolated-yet.'))
    expect(writes).to.deep.equal([])
  })

  describe('of a resource that changes', () => {
    const only = (...places: readonly Place[]) =>
      eventually(async () => expect(await leftOf(TENANT)).to.have.members(textsOf([...places, ...GUARDS])))

    it('takes a profile away, with its role and who had it', async () => {
      await kube.applyTenant(TENANT, specOf(TENANT, { ...SECURED, profiles: PROFILES.slice(0, 1) }))
      await kube.ready(TENANT)
      await only(...ROLES.slice(0, 2), ...defaulting, ...VERDICTS)
      await eventually(async () => expect((await tries(bob, PRIVILEGED)).code).to.equal(403), EFFECTIVE)
    })

    it('takes all of it away when it is switched off, and no pod is refused', async () => {
      await kube.applyTenant(TENANT, specOf(TENANT, { ...SECURED, mode: 'Disabled' }))
      await kube.says(TENANT, { Ready: 'True', PodSecurityEnforced: 'False Disabled' })
      await only()
      await eventually(async () => expect((await tries(alice, PRIVILEGED)).code).to.equal(201), EFFECTIVE)
    })

    it('writes it when it is asked for again', async () => {
      await kube.applyTenant(TENANT, specOf(TENANT))
      await kube.says(TENANT, { PodSecurityEnforced: enforced })
      await only(...ROLES, ...defaulting, ...VERDICTS)
      await verdictsHold(people, TENANT)
    })

    it('takes all of it away when nobody asks for it any more', async () => {
      await kube.applyTenant(TENANT, { namespaceSelector: namespacesOf(TENANT) })
      await kube.says(TENANT, { Ready: 'True', PodSecurityEnforced: 'False NotAsked' })
      await only()
    })

    it('leaves nothing when the resource is deleted', async () => {
      await kube.applyTenant(TENANT, specOf(TENANT))
      await kube.ready(TENANT)
      await only(...ROLES, ...defaulting, ...VERDICTS)
      await kube.deleteTenant(TENANT)
      await eventually(async () => expect(await kube.tenantExists(TENANT)).to.equal(false))
      expect(await leftOf(TENANT)).to.deep.equal([])
    })
  })

  describe('the gate of a tenant that selects by two labels', () => {
    const tenant = 'secured-two'
    const gate: Place = {
      kind: 'ValidatingAdmissionPolicyBinding',
      name: `namespace-is-not-isolated-yet.try-again-in-a-moment.${tenant}.tenant-isolation.dev`,
    }

    it('is there, is put back, and goes with the resource', async () => {
      await kube.createNamespace(tenant, { tenant, stage: 'live' })
      await kube.applyTenant(tenant, { namespaceSelector: { matchLabels: { tenant, stage: 'live' } } })
      await kube.ready(tenant)
      const { uid } = await eventually(async () => (await kept.get(gate)).metadata)
      await kube.applyTenant(tenant, { namespaceSelector: { matchLabels: { tenant, stage: 'live' } }, network: { intraTenant: 'Tenant' } })
      await kube.ready(tenant)
      expect((await kept.get(gate)).metadata.uid).to.equal(uid)
      await kept.remove(gate)
      await eventually(() => kept.get(gate))
      await kube.deleteTenant(tenant)
      await eventually(async () => expect(await leftOf(tenant)).to.deep.equal([]))
    })
  })
})
