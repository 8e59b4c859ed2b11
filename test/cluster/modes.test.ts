/** spec.suspend freezes, mode Audit only says, mode Disabled does nothing; and each can be taken back. */

import { expect } from 'chai'
import { BASELINE_POLICY } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { callText, tally } from '../support/audit.ts'
import { egressRule, ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { conditionOf, end, type Kube, networkPolicy, openKube, versionsOf, viewOf } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

const specOf = (tenant: string): Spec => ({
  namespaceSelector: namespacesOf(tenant),
  network: {
    ingress: [ingressRule({ appliesTo: { podSelector: labelled({ app: 'database' }) } })],
    egress: [egressRule({ appliesTo: { podSelector: labelled({ app: 'webserver' }) } })],
  },
})

describe('modes', function () {
  this.timeout(60_000)

  const FENCE = 'modes-fence'
  let kube: Kube
  let running: RunningOperator
  let fences = 0

  before(async () => {
    kube = await openKube()
    running = await startOperator()
    await isolated(FENCE)
  })

  after(() => end(kube, running))

  /** A tenant with two namespaces. */
  const isolated = async (name: string): Promise<void> => {
    await kube.createNamespace(name, { tenant: name })
    await kube.createNamespace(`${name}-too`, { tenant: name })
    await kube.applyTenant(name, specOf(name))
    await eventually(async () => expect((await kube.ready(name)).status?.namespaces?.isolated).to.equal(2))
  }

  /** The operator has seen what happened before: it has repaired something that happened later, and seen a namespace that came later. */
  const overtaken = async (): Promise<void> => {
    const name = `modes-later-${fences++}`
    await kube.createNamespace(name, { tenant: FENCE })
    await eventually(async () => expect(await kube.policies(name)).to.have.lengthOf(3))
    await kube.deletePolicy({ namespace: FENCE, name: BASELINE_POLICY })
    await eventually(() => kube.policy(FENCE))
    await eventually(async () => expect((await kube.ready(FENCE)).status?.namespaces?.isolated).to.equal(2 + fences))
  }

  /** What the operator wrote since, except for the tenant that serves as a fence. */
  const writesSince = async (mark: number) =>
    (await kube.audit.writesSince(mark)).filter(
      ({ namespace, name }) => !`${namespace} ${name}`.includes(FENCE) && !namespace.startsWith('modes-later'),
    )

  describe('a suspended resource', () => {
    const TENANT = 'modes-suspended'

    it('says so, and that nothing can be said of the isolation', async () => {
      await isolated(TENANT)
      const mark = await kube.audit.mark()
      await kube.patchTenant(TENANT, { suspend: true })
      const tenant = await kube.says(TENANT, { Ready: 'Unknown Suspended', NetworkIsolated: 'Unknown Suspended', Stalled: 'False' })
      expect(conditionOf(tenant, 'Ready')?.message).to.equal(
        'spec.suspend is true: nothing is written and nothing is repaired until it is false',
      )
      expect(tally(await writesSince(mark))).to.deep.equal({ 'update tenantisolations/status': 1 })
    })

    it('leaves drift, new namespaces, namespaces that leave and its own edits as they are', async () => {
      const mark = await kube.audit.mark()
      await kube.editPolicy({ namespace: TENANT, name: BASELINE_POLICY }, ({ spec }) => {
        spec.ingress = [{}]
      })
      const [, other] = await kube.policyNames(TENANT)
      await kube.deletePolicy({ namespace: TENANT, name: other ?? '' })
      await kube.createNamespace(`${TENANT}-later`, { tenant: TENANT })
      await kube.labelNamespace(`${TENANT}-too`, { tenant: null })
      await kube.patchTenant(TENANT, { network: { intraTenant: 'Tenant' } })
      await overtaken()
      expect((await kube.policy(TENANT)).spec?.ingress).to.deep.equal([{}])
      expect(await kube.policies(TENANT)).to.have.lengthOf(2)
      expect(await kube.policies(`${TENANT}-too`)).to.have.lengthOf(3)
      expect(await kube.policyNames(`${TENANT}-later`)).to.deep.equal([])
      const writes = (await writesSince(mark)).filter(({ subresource }) => subresource !== 'status')
      expect(writes.map(callText)).to.deep.equal([])
    })

    it('does all of it when it is resumed', async () => {
      await kube.patchTenant(TENANT, { suspend: false })
      await eventually(async () => expect((await kube.ready(TENANT)).status?.namespaces).to.deep.equal({ selected: 2, isolated: 2 }))
      const [here, later] = await Promise.all([kube.policies(TENANT), kube.policies(`${TENANT}-later`)])
      expect(here.map(viewOf)).to.deep.equal(later.map(viewOf))
      expect(here).to.have.lengthOf(3)
      const [baseline] = here
      expect(baseline?.spec?.ingress).to.deep.equal([{ from: [{ namespaceSelector: { matchLabels: { tenant: TENANT } } }] }])
      await eventually(async () => expect(await kube.policyNames(`${TENANT}-too`)).to.deep.equal([]))
    })

    it('is let go in order all the same when it is deleted', async () => {
      await isolated('modes-deleted')
      await kube.patchTenant('modes-deleted', { suspend: true })
      await kube.says('modes-deleted', { Ready: 'Unknown Suspended' })
      await kube.deleteTenant('modes-deleted')
      await eventually(async () => expect(await kube.tenantExists('modes-deleted')).to.equal(false))
      expect(await kube.policyNames('modes-deleted')).to.deep.equal([])
    })

    it('takes over nothing from an older one that is deleted, until it is resumed', async () => {
      await isolated('modes-older')
      await kube.applyTenant('modes-younger', { ...specOf('modes-older'), suspend: true })
      await kube.says('modes-younger', { Ready: 'Unknown Suspended' })
      await kube.deleteTenant('modes-older')
      await eventually(async () => expect(await kube.tenantExists('modes-older')).to.equal(false))
      await overtaken()
      expect(await kube.policyNames('modes-older')).to.deep.equal([])
      await kube.patchTenant('modes-younger', { suspend: false })
      await eventually(async () => expect(await kube.policies('modes-older')).to.have.lengthOf(3))
    })
  })

  describe('mode Audit', () => {
    const TENANT = 'modes-audit'

    it('writes nothing, and counts what it would write', async () => {
      await kube.createNamespace(TENANT, { tenant: TENANT })
      await kube.createNamespace(`${TENANT}-too`, { tenant: TENANT })
      const mark = await kube.audit.mark()
      await kube.applyTenant(TENANT, { ...specOf(TENANT), network: { ...specOf(TENANT).network, mode: 'Audit' } })
      const tenant = await kube.says(TENANT, { Ready: 'True Audit', NetworkIsolated: 'False Audit', Stalled: 'False' })
      expect(tenant.status?.network).to.deep.include({ mode: 'Audit', policies: 0, wouldWrite: 6 })
      expect(tenant.status?.namespaces).to.deep.equal({ selected: 2, isolated: 0 })
      await overtaken()
      expect(await kube.policyNames(TENANT)).to.deep.equal([])
      expect(new Set(Object.keys(tally(await writesSince(mark))))).to.deep.equal(
        new Set(['create validatingadmissionpolicybindings', 'patch tenantisolations', 'update tenantisolations/status']),
      )
    })

    it('counts what Enforce then writes', async () => {
      await kube.patchTenant(TENANT, { network: { mode: 'Enforce' } })
      const tenant = await kube.ready(TENANT)
      expect(tenant.status?.network).to.deep.include({ mode: 'Enforce', policies: 6 })
      expect(tenant.status?.network).not.to.have.property('wouldWrite')
    })

    it('takes away what Enforce had written, and leaves what others made', async () => {
      await kube.createPolicy(networkPolicy(TENANT, 'own', { podSelector: labelled({ app: 'own' }) }))
      await kube.patchTenant(TENANT, { network: { mode: 'Audit' } })
      const tenant = await kube.says(TENANT, { Ready: 'True Audit' })
      expect(tenant.status?.network).to.deep.include({ policies: 0, wouldWrite: 6 })
      expect(await kube.policyNames(TENANT)).to.deep.equal(['own'])
    })
  })

  describe('mode Disabled', () => {
    const TENANT = 'modes-off'

    it('writes nothing, and says so', async () => {
      await kube.createNamespace(TENANT, { tenant: TENANT })
      await kube.applyTenant(TENANT, { ...specOf(TENANT), network: { ...specOf(TENANT).network, mode: 'Disabled' } })
      const tenant = await kube.says(TENANT, { Ready: 'True Disabled', NetworkIsolated: 'False Disabled', Stalled: 'False' })
      expect(tenant.status?.network).to.deep.equal({ mode: 'Disabled', policies: 0 })
      expect(tenant.status?.namespaces).to.deep.equal({ selected: 1, isolated: 0 })
      expect(await kube.policyNames(TENANT)).to.deep.equal([])
    })

    it('and back: is enforced, and let go again', async () => {
      await kube.patchTenant(TENANT, { network: { mode: 'Enforce' } })
      await kube.says(TENANT, { Ready: 'True Isolated' })
      const versions = versionsOf(await kube.policies(TENANT))
      expect(Object.keys(versions)).to.have.lengthOf(3)
      await kube.patchTenant(TENANT, { network: { mode: 'Disabled' } })
      await kube.says(TENANT, { Ready: 'True Disabled' })
      expect(await kube.policyNames(TENANT)).to.deep.equal([])
    })
  })
})
