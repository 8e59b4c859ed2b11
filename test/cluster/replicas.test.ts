/** Two replicas: one writes, the other knows everything and waits. */

import { expect } from 'chai'
import { BASELINE_POLICY } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { NETWORK_POLICIES } from '../../src/reconcile/resources.ts'
import { callText } from '../support/audit.ts'
import { egressRule, labelled, namespacesOf } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import type { FaultProxy } from '../support/fault-proxy.ts'
import { end, type Kube, openKube, versionsOf } from '../support/kube.ts'
import { startProxy } from '../support/kube-setup.ts'
import { complaintsOf, type RunningOperator, startOperator } from '../support/operator.ts'

const TENANT = 'replicas'
const SPEC: Spec = {
  namespaceSelector: namespacesOf(TENANT),
  network: { egress: [egressRule({ appliesTo: { podSelector: labelled({ app: 'webserver' }) } })] },
}

describe('of two replicas', function () {
  this.timeout(60_000)

  let kube: Kube
  const replicas = new Map<string, RunningOperator>()

  before(async () => {
    kube = await openKube()
    await kube.createNamespace('replicas-0', { tenant: TENANT })
    await kube.createNamespace('replicas-1', { tenant: TENANT })
    // The version goes into the user agent, by which the audit log tells them apart.
    await start('first')
    await eventually(() => expect(replica('first').operator.isLeader()).to.equal(true))
    await start('second')
    await kube.applyTenant(TENANT, SPEC)
    await eventually(async () => expect((await kube.ready(TENANT)).status?.namespaces?.isolated).to.equal(2))
  })

  after(async () => {
    await end(kube, replicas.get('second'))
    await replicas.get('first')?.stop()
  })

  const start = async (name: string): Promise<void> => {
    replicas.set(name, await startOperator({ version: name, identity: name }))
  }

  const replica = (name: string): RunningOperator => {
    const running = replicas.get(name)
    if (!running) throw new Error(`the replica ${name} does not run`)
    return running
  }

  const writersSince = async (mark: number): Promise<readonly string[]> =>
    (await kube.audit.writesSince(mark)).map((call) => `${call.userAgent.replace(/.*\//, '')}: ${callText(call)}`)

  const repaired = (namespace: string): Promise<void> =>
    eventually(async () => {
      const baseline = await kube.policy(namespace)
      expect(baseline.spec?.ingress).to.equal(undefined)
    })

  it('one leads and the other waits', () => {
    expect(replica('first').operator.isLeader()).to.equal(true)
    expect(replica('second').operator.isLeader()).to.equal(false)
  })

  it('the one that waits is ready, and has seen what the other has', async () => {
    const [leading, waiting] = [replica('first'), replica('second')].map(({ observed: { world } }) => world)
    await eventually(() => {
      expect(waiting?.policies.size).to.be.at.least(4).and.to.equal(leading?.policies.size)
      expect(waiting?.tenants.size).to.equal(leading?.tenants.size)
      expect(waiting?.namespaces.size).to.equal(leading?.namespaces.size)
    })
    for (const [check, problem] of Object.entries(replica('second').operator.readiness)) expect(problem(), check).to.equal(undefined)
  })

  it('only the one that leads writes, and once', async () => {
    const mark = await kube.audit.mark()
    await kube.deletePolicy({ namespace: 'replicas-0', name: BASELINE_POLICY })
    await repaired('replicas-0')
    await kube.createNamespace('replicas-2', { tenant: TENANT })
    await eventually(async () => expect((await kube.ready(TENANT)).status?.namespaces?.isolated).to.equal(3))
    const [, other] = await kube.policyNames('replicas-2')
    expect(await writersSince(mark)).to.have.members([
      `first: create networkpolicies replicas-0/${BASELINE_POLICY} 201`,
      `first: create networkpolicies replicas-2/${BASELINE_POLICY} 201`,
      `first: create networkpolicies replicas-2/${other} 201`,
      `first: update tenantisolations/status ${TENANT} 200`,
    ])
  })

  it('the other takes over when the one that leads stops, and writes nothing that is there already', async () => {
    const versions = versionsOf(await kube.policies('replicas-1'))
    const mark = await kube.audit.mark()
    await replica('first').stop()
    const stopped = performance.now()
    expect(complaintsOf(replica('first'))).to.deep.equal([])
    await eventually(() => expect(replica('second').operator.isLeader()).to.equal(true))
    // Whoever waits looks every two seconds, and a little more or less by chance.
    expect(performance.now() - stopped).to.be.below(2_400)
    await kube.editPolicy({ namespace: 'replicas-0', name: BASELINE_POLICY }, ({ spec }) => {
      spec.ingress = [{}]
    })
    await repaired('replicas-0')
    expect(await writersSince(mark)).to.deep.equal([`second: update networkpolicies replicas-0/${BASELINE_POLICY} 200`])
    expect(versionsOf(await kube.policies('replicas-1'))).to.deep.equal(versions)
  })

  it('what happens while nobody leads is repaired by whoever leads next', async () => {
    await replica('second').stop()
    await kube.deletePolicy({ namespace: 'replicas-1', name: BASELINE_POLICY })
    await start('first')
    await start('second')
    await repaired('replicas-1')
  })
})

describe('a leader that is cut off from the API server', function () {
  this.timeout(60_000)

  const durations = { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 400 }
  let kube: Kube
  let proxy: FaultProxy
  let cut: RunningOperator
  let other: RunningOperator

  before(async () => {
    kube = await openKube()
    proxy = await startProxy()
    await kube.createNamespace('replicas-cut', { tenant: TENANT })
    cut = await startOperator({ server: proxy.url, version: 'cut', identity: 'cut', leaseDurations: durations })
    await eventually(() => expect(cut.operator.isLeader()).to.equal(true), { within: 20_000 })
    other = await startOperator({ version: 'other', identity: 'other', leaseDurations: durations })
    await kube.applyTenant(TENANT, SPEC)
    await eventually(async () => expect(await kube.policies('replicas-cut')).to.have.lengthOf(2))
    await kube.ready(TENANT)
  })

  after(async () => {
    await end(kube, other)
    await cut?.stop()
    await proxy?.close()
  })

  it('stops leading before the other begins, and writes nothing when it is back', async () => {
    const outage = proxy.inject(() => true, { kind: 'cut' }, Number.POSITIVE_INFINITY)
    proxy.cut(() => true)
    const mark = await kube.audit.mark()
    let both = 0
    const watch = setInterval(() => {
      if (cut.operator.isLeader() && other.operator.isLeader()) both++
    }, 1)
    await eventually(() => expect(other.operator.isLeader()).to.equal(true), { within: 10_000 })
    clearInterval(watch)
    expect(both).to.equal(0)
    await kube.deletePolicy({ namespace: 'replicas-cut', name: BASELINE_POLICY })
    await eventually(() => kube.policy('replicas-cut'))
    outage.remove()
    // Its watches are back when it has seen what happened now.
    const { world } = cut.observed
    await kube.client.patch(
      NETWORK_POLICIES,
      { namespace: 'replicas-cut', name: BASELINE_POLICY },
      { type: 'merge', body: { metadata: { annotations: { seen: 'yes' } } } },
    )
    await eventually(
      () => expect(world.policiesIn('replicas-cut').get(BASELINE_POLICY)?.others?.annotations).to.deep.equal({ seen: 'yes' }),
      {
        within: 20_000,
      },
    )
    expect(cut.operator.isLeader()).to.equal(false)
    const writes = await kube.audit.writesSince(mark)
    expect(writes.map(({ userAgent, ...call }) => `${userAgent.replace(/.*\//, '')}: ${callText({ ...call, userAgent })}`)).to.deep.equal([
      `other: create networkpolicies replicas-cut/${BASELINE_POLICY} 201`,
    ])
  })
})
