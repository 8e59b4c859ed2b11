/** No change, no write: at rest the operator asks for nothing, and what means nothing to it moves nothing. */

import { expect } from 'chai'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { NAMESPACES, TENANT_ISOLATIONS } from '../../src/reconcile/resources.ts'
import { callText, tally } from '../support/audit.ts'
import { egressRule, ingressRule, labelled, namespacesOf, tenantIsolation } from '../support/build.ts'
import { always, eventually } from '../support/eventually.ts'
import { end, type Kube, openKube, versionsOf } from '../support/kube.ts'
import { complaintsOf, type RunningOperator, startOperator } from '../support/operator.ts'

const TENANTS = ['rest-0', 'rest-1', 'rest-2']
const NAMESPACES_EACH = 3

const specOf = (tenant: string): Spec => ({
  namespaceSelector: namespacesOf(tenant),
  network: {
    // One of the peers is the tenant itself, by its name.
    ingress: [ingressRule({ appliesTo: { podSelector: labelled({ app: 'database' }) }, from: [{ tenant }], ports: [{ port: 5432 }] })],
    egress: [
      egressRule({ appliesTo: { podSelector: labelled({ app: 'webserver' }) }, to: [{ preset: 'KubeAPIServer' }, { preset: 'Internet' }] }),
    ],
  },
})

/** One gate serves many tenants, and so changes with each that comes or goes. */
const isGate = (text: string): boolean => text.includes('namespace-is-not-isolated-yet.')

describe('at rest', function () {
  this.timeout(60_000)

  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    running = await startOperator()
    for (const tenant of TENANTS) {
      for (let number = 0; number < NAMESPACES_EACH; number++) await kube.createNamespace(`${tenant}-${number}`, { tenant })
      await kube.applyTenant(tenant, specOf(tenant))
    }
    for (const tenant of TENANTS) {
      await eventually(async () => expect((await kube.ready(tenant)).status?.namespaces?.isolated).to.equal(NAMESPACES_EACH))
    }
  })

  after(() => end(kube, running))

  /** Of all policies and resources. */
  const versions = async () => {
    const policies = await Promise.all(
      TENANTS.flatMap((tenant) => Array.from({ length: NAMESPACES_EACH }, (_, number) => kube.policies(`${tenant}-${number}`))),
    )
    const tenants = await Promise.all(TENANTS.map((tenant) => kube.tenant(tenant)))
    return {
      ...versionsOf(policies.flat()),
      ...Object.fromEntries(tenants.map(({ metadata }) => [metadata.name, metadata.resourceVersion])),
    }
  }

  /** What the operator asked for, but for its lease and for watches that came to their end. */
  const callsSince = async (mark: number) =>
    (await kube.audit.since(mark)).filter(({ resource, verb }) => resource !== 'leases' && verb !== 'watch').map(callText)

  /** Every tenant and namespace has been looked at. */
  const lookedAt = (): void => {
    const { world } = running.observed
    for (const tenant of TENANTS) expect(world.outcomes.summaryOf(tenant).settled, tenant).to.equal(NAMESPACES_EACH)
  }

  it('ten seconds pass without a write and without a list', async () => {
    const mark = await kube.audit.mark()
    await always(() => {}, { during: 10_000 })
    expect(await callsSince(mark)).to.deep.equal([])
  })

  it('a restart writes nothing, and no version changes', async () => {
    const before = await versions()
    await running.stop()
    expect(complaintsOf(running)).to.deep.equal([])
    const mark = await kube.audit.mark()
    running = await startOperator()
    await eventually(lookedAt)
    // A namespace that comes now is isolated after all that was there: what was to be written for that has been by then.
    await kube.createNamespace('rest-later', { tenant: 'rest-later' })
    await kube.applyTenant('rest-later', specOf('rest-later'))
    await kube.ready('rest-later')
    const writes = (await kube.audit.writesSince(mark)).filter(
      ({ namespace, name }) => namespace !== 'rest-later' && !name.includes('rest-later') && !isGate(name),
    )
    expect(writes.map(callText)).to.deep.equal([])
    expect(await versions()).to.deep.equal(before)
  })

  it('applying the same resource again with kubectl changes no version of a policy, and no status', async () => {
    const [tenant = ''] = TENANTS
    const resource = tenantIsolation(specOf(tenant), tenant)
    // The first one adds the annotation of kubectl.
    await kube.kubectl('apply --filename=-', resource)
    const before = await versions()
    const mark = await kube.audit.mark()
    expect(await kube.kubectl('apply --filename=-', resource)).to.include('unchanged')
    await kube.kubectl('apply --server-side --force-conflicts --filename=-', resource)
    await overtaken()
    const { [tenant]: _, ...after } = await versions()
    expect(before).to.deep.include(after)
    expect((await callsSince(mark)).filter((call) => !call.includes('rest-fence') && !isGate(call))).to.deep.equal([])
  })

  it('what changes on namespaces and resources besides what counts causes no call', async () => {
    const [tenant = ''] = TENANTS
    const before = await versions()
    const mark = await kube.audit.mark()
    for (let number = 0; number < 20; number++) {
      const annotations = { 'example.com/churn': String(number) }
      await kube.client.patch(NAMESPACES, { name: `${tenant}-0` }, { type: 'merge', body: { metadata: { annotations } } })
      await kube.client.patch(
        TENANT_ISOLATIONS,
        { name: tenant },
        { type: 'merge', body: { metadata: { annotations, labels: { churn: String(number) } } } },
      )
      const conditions = [{ type: 'NamespaceContentRemaining', status: 'False', reason: 'Churn', message: String(number) }]
      const at = { name: `${tenant}-0`, subresource: 'status' }
      await kube.client.patch(NAMESPACES, at, { type: 'merge', body: { status: { conditions } } })
    }
    await kube.labelNamespace(`${tenant}-0`, { 'example.com/unrelated': 'yes' })
    await overtaken()
    expect((await callsSince(mark)).filter((call) => !call.includes('rest-fence') && !isGate(call))).to.deep.equal([])
    const { [tenant]: _, ...after } = await versions()
    expect(before).to.deep.include(after)
  })

  /** The operator has come to something that happened later. */
  const overtaken = async (): Promise<void> => {
    const name = `rest-fence-${fences++}`
    await kube.createNamespace(name, { tenant: name })
    await kube.applyTenant(name, specOf(name))
    await kube.ready(name)
  }
  let fences = 0
})

describe('status', function () {
  this.timeout(60_000)

  const TENANT = 'rest-status'
  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    running = await startOperator()
    for (let number = 0; number < 5; number++) await kube.createNamespace(`rest-status-${number}`, { tenant: TENANT })
  })

  after(() => end(kube, running))

  it('comes within a second of the resource, in few writes', async () => {
    const mark = await kube.audit.mark()
    const began = performance.now()
    await kube.applyTenant(TENANT, specOf(TENANT))
    await eventually(async () => expect((await kube.tenant(TENANT)).status?.conditions).to.have.lengthOf(8))
    expect(performance.now() - began).to.be.below(1_000)
    await kube.ready(TENANT)
    const tenantWrites = (await kube.audit.writesSince(mark)).filter(({ resource }) => resource === 'tenantisolations')
    const counts = tally(tenantWrites)
    expect(counts['patch tenantisolations'], 'the finalizer').to.equal(1)
    expect(counts['update tenantisolations/status']).to.be.within(1, 2)
  })

  it('can be waited for with kubectl', async () => {
    await kube.kubectl(`wait --for=condition=Ready --timeout=10s tenantisolation/${TENANT}`)
    await kube.kubectl(`wait --for=condition=NetworkIsolated --timeout=10s tenantisolation/${TENANT}`)
    const { network } = specOf(TENANT)
    await kube.kubectl(
      'apply --server-side --force-conflicts --filename=-',
      tenantIsolation({ ...specOf(TENANT), network: { ...network, intraTenant: 'Tenant' } }, TENANT),
    )
    await kube.kubectl(`wait --for=condition=Ready --timeout=10s tenantisolation/${TENANT}`)
    // It did not take the Ready of the generation before for the one of this.
    expect((await kube.policy('rest-status-4')).spec?.ingress).to.have.lengthOf(1)
  })

  it('speaks of the generation that is there, in every condition; times move only where something changes', async () => {
    const before = await kube.ready(TENANT)
    for (const intraTenant of ['None', 'Namespace', 'Tenant']) {
      await kube.patchTenant(TENANT, { network: { intraTenant } })
      const { metadata, status } = await kube.ready(TENANT)
      expect(status?.observedGeneration).to.equal(metadata.generation)
      expect(new Set(status?.conditions?.map(({ observedGeneration }) => observedGeneration))).to.deep.equal(new Set([metadata.generation]))
      const times = (conditions = status?.conditions) => conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])
      expect(times()).to.deep.equal(times(before.status?.conditions))
    }
  })
})
