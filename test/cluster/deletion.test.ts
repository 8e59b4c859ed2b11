/** Everything can be deleted in every order: nothing hangs, nothing is left, and nothing is fought over. */

import { join } from 'node:path'
import { expect } from 'chai'
import { BASELINE_POLICY, FINALIZER } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { TENANT_ISOLATIONS } from '../../src/reconcile/resources.ts'
import { callText } from '../support/audit.ts'
import { egressRule, ingressRule, labelled, namespacesOf, tenantIsolation } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { end, type Kube, networkPolicy, openKube, versionsOf, viewOf } from '../support/kube.ts'
import { CONFIG_MAPS, configMap } from '../support/kube-setup.ts'
import { complaintsOf, type RunningOperator, startOperator } from '../support/operator.ts'
import type { PolicyHistory } from '../support/policy-history.ts'

const CRD = 'tenantisolations.tenant-isolation.dev'
const CRDS = join(import.meta.dirname, '../../crds')

const specOf = (tenant: string): Spec => ({
  namespaceSelector: namespacesOf(tenant),
  network: {
    ingress: [ingressRule({ appliesTo: { podSelector: labelled({ app: 'database' }) } })],
    egress: [egressRule({ appliesTo: { podSelector: labelled({ app: 'webserver' }) } })],
  },
})

/** The garbage collector looks for new kinds every 30 seconds: only from then on it does its part. */
const GARBAGE_COLLECTOR_MS = 45_000

describe('deletion', function () {
  this.timeout(90_000)

  let kube: Kube
  let running: RunningOperator
  let history: PolicyHistory

  before(async () => {
    kube = await openKube()
    running = await startOperator()
    history = await kube.recordPolicies()
    // Takes its seconds; a test below comes back to it.
    await isolated('deletion-renewed')
    await kube.deleteNamespace('deletion-renewed')
  })

  after(() => end(kube, running))

  afterEach(() => expect(complaintsOf(running)).to.deep.equal([]))

  /** A tenant with one namespace of its name, in which pods and a policy of its own are. */
  const isolated = async (name: string): Promise<void> => {
    await kube.createNamespace(name, { tenant: name })
    await kube.createPod(name, 'webserver', { app: 'webserver' })
    await kube.createPolicy(networkPolicy(name, 'own', { podSelector: labelled({ app: 'own' }) }))
    await kube.applyTenant(name, specOf(name))
    await eventually(async () => expect((await kube.ready(name)).status?.namespaces?.isolated).to.equal(1))
  }

  const gone = async (tenant: string): Promise<void> => {
    await eventually(async () => expect(await kube.tenantExists(tenant), `${tenant} exists`).to.equal(false), { within: 10_000 })
  }

  describe('of a resource', () => {
    it('lets its namespaces go in an order that cuts no flow, and is done then', async () => {
      await isolated('deletion-plain')
      const mark = history.mark()
      await kube.kubectl('delete tenantisolation deletion-plain --timeout=20s')
      expect(await kube.tenantExists('deletion-plain')).to.equal(false)
      expect(await kube.policyNames('deletion-plain')).to.deep.equal(['own'])
      const states = await history.statesSince(mark, 'deletion-plain')
      const steps = states.map(({ change, name }) => `${change} ${name === BASELINE_POLICY ? 'baseline' : 'other'}`)
      expect(steps).to.deep.equal(['updated baseline', 'deleted other', 'deleted other', 'deleted baseline'])
      const [{ policy } = { policy: undefined }] = states
      expect(policy?.spec).to.deep.include({ ingress: [{}], egress: [{}] })
    })

    it('does not wait for a policy that somebody else holds once it is deleted', async () => {
      await isolated('deletion-held')
      const at = { namespace: 'deletion-held', name: BASELINE_POLICY }
      await kube.editPolicy(at, ({ metadata }) => {
        metadata.finalizers = ['example.com/hold']
      })
      await kube.deleteTenant('deletion-held')
      await eventually(async () => expect(await kube.policyNames('deletion-held')).to.deep.equal(['own', BASELINE_POLICY]))
      await eventually(async () => expect((await kube.policy(at.namespace)).metadata.deletionTimestamp).to.be.a('string'))
      await gone('deletion-held')
      await kube.editPolicy(at, ({ metadata }) => {
        delete metadata.finalizers
      })
      await eventually(async () => expect(await kube.policyNames('deletion-held')).to.deep.equal(['own']))
    })

    it('while the operator is down is finished when it is back', async () => {
      await isolated('deletion-down')
      await running.stop()
      await kube.deleteTenant('deletion-down')
      expect((await kube.tenant('deletion-down')).metadata.finalizers).to.deep.equal([FINALIZER])
      running = await startOperator()
      await gone('deletion-down')
      expect(await kube.policyNames('deletion-down')).to.deep.equal(['own'])
    })

    it('and another one of the same name at once: what it selects is isolated, and what it does not is let go', async () => {
      const name = 'deletion-again'
      await isolated(name)
      await kube.createNamespace('deletion-again-other', { again: 'yes' })
      await kube.createNamespace('deletion-again-both', { tenant: name, again: 'yes' })
      await eventually(async () => expect((await kube.ready(name)).status?.namespaces?.isolated).to.equal(2))
      const { metadata: before } = await kube.tenant(name)
      const resource = tenantIsolation({ ...specOf(name), namespaceSelector: labelled({ again: 'yes' }) }, name)
      await kube.kubectl('replace --force --filename=-', resource)
      const { metadata: after, status } = await kube.ready(name)
      expect(after.uid).not.to.equal(before.uid)
      expect(status?.namespaces).to.deep.equal({ selected: 2, isolated: 2 })
      expect(await kube.policyNames(name)).to.deep.equal(['own'])
      for (const namespace of ['deletion-again-other', 'deletion-again-both']) {
        const policies = await kube.policies(namespace)
        expect(policies).to.have.lengthOf(3)
        for (const { metadata } of policies) expect(metadata.ownerReferences?.[0]?.uid).to.equal(after.uid)
      }
    })
  })

  describe('of a namespace', () => {
    it('is not fought: its policies go and are not made again, also while something holds it', async () => {
      const name = 'deletion-namespace'
      const at = { namespace: name, name: 'held' }
      await isolated(name)
      const { metadata, ...held } = configMap(name, at.name)
      await kube.client.create(CONFIG_MAPS, { ...held, metadata: { ...metadata, finalizers: ['example.com/hold'] } })
      const mark = await kube.audit.mark()
      await kube.deleteNamespace(name)
      await eventually(async () => expect((await kube.ready(name)).status?.namespaces).to.deep.equal({ selected: 0, isolated: 0 }))
      await eventually(async () => expect(await kube.policyNames(name)).to.deep.equal([]), { within: 15_000 })
      const calls = (await kube.audit.writesSince(mark)).filter(({ resource }) => resource === 'networkpolicies')
      expect(calls.map(callText)).to.deep.equal([])
      await kube.client.patch(CONFIG_MAPS, at, { type: 'merge', body: { metadata: { finalizers: [] } } })
    })

    it('and another one of the same name: it is isolated like any other', async () => {
      await eventually(() => kube.createNamespace('deletion-renewed', { tenant: 'deletion-renewed' }), { within: 20_000 })
      await eventually(async () => expect(await kube.policies('deletion-renewed')).to.have.lengthOf(3))
      await eventually(async () =>
        expect((await kube.ready('deletion-renewed')).status?.namespaces).to.deep.equal({ selected: 1, isolated: 1 }),
      )
    })
  })

  describe('of a resource, as far as the garbage collector has a part in it', () => {
    it('with --cascade=foreground is done when its policies are gone', async () => {
      await isolated('deletion-foreground')
      await kube.kubectl('delete tenantisolation deletion-foreground --cascade=foreground --timeout=60s')
      await eventually(async () => expect(await kube.policyNames('deletion-foreground')).to.deep.equal(['own']))
      expect(await kube.tenantExists('deletion-foreground')).to.equal(false)
    })

    it('with --cascade=orphan leaves its policies, without an owner, and never looks at them again', async () => {
      await isolated('deletion-orphan')
      const before = (await kube.policies('deletion-orphan')).map(viewOf)
      const mark = await kube.audit.mark()
      await kube.kubectl('delete tenantisolation deletion-orphan --cascade=orphan --timeout=60s')
      const writes = (await kube.audit.writesSince(mark))
        .map(callText)
        .filter((call) => !call.includes('namespace-is-not-isolated-yet.') && !call.endsWith(' 409'))
      // What guards a tenant means nothing without it.
      expect(writes.sort()).to.deep.equal([
        'delete validatingadmissionpolicybindings membership-guard.deletion-orphan.tenant-isolation.dev 200',
        'delete validatingadmissionpolicybindings network-guard.deletion-orphan.tenant-isolation.dev 200',
        'patch tenantisolations deletion-orphan 200',
      ])
      const policies = await kube.policies('deletion-orphan')
      expect(policies.map(viewOf)).to.deep.equal(before.map((view) => ({ ...view, ownerReferences: [] })))
      // A tenant of the same name takes them up again, without an interval.
      await kube.applyTenant('deletion-orphan', specOf('deletion-orphan'))
      const { metadata } = await kube.ready('deletion-orphan')
      const readopted = await kube.policies('deletion-orphan')
      for (const policy of readopted.filter(({ metadata: { name } }) => name !== 'own')) {
        expect(policy.metadata.ownerReferences?.map(({ uid }) => uid)).to.deep.equal([metadata.uid])
      }
      expect(Object.keys(versionsOf(readopted))).to.deep.equal(Object.keys(versionsOf(policies)))
      expect(readopted.map(({ metadata: { uid } }) => uid)).to.deep.equal(policies.map(({ metadata: { uid } }) => uid))
    })

    it('by force, without our finalizer, leaves nothing either', async () => {
      await isolated('deletion-forced')
      await running.stop()
      await kube.deleteTenant('deletion-forced')
      await kube.client.patch(TENANT_ISOLATIONS, { name: 'deletion-forced' }, { type: 'merge', body: { metadata: { finalizers: [] } } })
      running = await startOperator()
      await eventually(async () => expect(await kube.policyNames('deletion-forced')).to.deep.equal(['own']), {
        within: GARBAGE_COLLECTOR_MS,
      })
    })
  })
})

describe('deletion of the CustomResourceDefinition', function () {
  this.timeout(90_000)

  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    running = await startOperator()
  })

  after(async () => {
    try {
      await installed()
    } finally {
      // That the kind was gone for a while is worth a word; nothing else is.
      await end(kube, running, /tenantisolations/)
    }
  })

  const installed = async (): Promise<void> => {
    await kube.kubectl(`apply --server-side --force-conflicts --field-manager=tenant-isolation-control-plane --filename=${CRDS}`)
    // Not by `kubectl wait`, which gives up on a CRD that is so new that it has no conditions at all.
    await eventually(() => kube.client.list(TENANT_ISOLATIONS), { within: 20_000 })
  }

  it('with resources in it lets everything go; when it is back, the operator goes on', async () => {
    const name = 'deletion-crd'
    await kube.createNamespace(name, { tenant: name })
    await kube.createPod(name, 'webserver', { app: 'webserver' })
    await kube.applyTenant(name, specOf(name))
    await kube.ready(name)
    await kube.kubectl(`delete crd ${CRD} --timeout=30s`)
    await eventually(async () => expect(await kube.policyNames(name)).to.deep.equal([]), { within: 10_000 })
    await installed()
    await kube.applyTenant(name, specOf(name))
    await eventually(async () => expect(await kube.policies(name)).to.have.lengthOf(3), { within: 30_000 })
    await kube.ready(name)
  })

  it('after the last resource is gone leaves the operator as it is', async () => {
    await kube.clear()
    await kube.kubectl(`delete crd ${CRD} --timeout=30s`)
    await installed()
    await kube.createNamespace('deletion-crd-last', { tenant: 'deletion-crd-last' })
    await kube.applyTenant('deletion-crd-last', specOf('deletion-crd-last'))
    await eventually(async () => expect(await kube.policies('deletion-crd-last')).to.have.lengthOf(3), { within: 30_000 })
  })
})
