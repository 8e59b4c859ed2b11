/** A tenant takes in namespaces that are there already: no flow is cut on the way, and what others made stays. */

import { expect } from 'chai'
import { BASELINE_POLICY } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { callText } from '../support/audit.ts'
import { egressRule, ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { conditionOf, end, type Kube, networkPolicy, openKube, viewOf } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'
import type { PolicyHistory, PolicyState } from '../support/policy-history.ts'

const TENANT = 'adoption'
const SPEC: Spec = {
  namespaceSelector: namespacesOf(TENANT),
  network: {
    ingress: [ingressRule({ name: 'database', appliesTo: { podSelector: labelled({ app: 'database' }) }, ports: [{ port: 5432 }] })],
    egress: [egressRule({ name: 'web', appliesTo: { podSelector: labelled({ app: 'webserver' }) }, ports: [{ port: 5432 }] })],
  },
}

describe('a namespace that is taken in', function () {
  this.timeout(60_000)

  let kube: Kube
  let running: RunningOperator
  let history: PolicyHistory

  before(async () => {
    kube = await openKube()
    // Before the operator starts: it must not have seen them come into being.
    await kube.createNamespace('adoption-busy')
    await kube.createNamespace('adoption-empty')
    await kube.createNamespace('adoption-done')
    await kube.createPod('adoption-busy', 'database', { app: 'database' })
    await kube.createPod('adoption-busy', 'webserver', { app: 'webserver' })
    await kube.createPod('adoption-done', 'webserver', { app: 'webserver' })
    running = await startOperator()
    history = await kube.recordPolicies()
    await kube.applyTenant(TENANT, SPEC)
    await kube.ready(TENANT)
  })

  after(() => end(kube, running))

  const join = (namespace: string): Promise<void> => kube.labelNamespace(namespace, { tenant: TENANT })
  const isolated = (namespace: string, policies = 3): Promise<void> =>
    eventually(async () => {
      expect(await kube.policies(namespace)).to.have.lengthOf(policies)
      expect((await kube.policy(namespace)).spec?.ingress).to.equal(undefined)
    })

  it('keeps its own policies as they are', async () => {
    const own = await kube.createPolicy(networkPolicy('adoption-done', 'own', { podSelector: labelled({ app: 'database' }) }), 'tenant')
    await join('adoption-done')
    await isolated('adoption-done', 4)
    const { metadata } = await kube.policy('adoption-done', 'own')
    expect(metadata.resourceVersion).to.equal(own.metadata.resourceVersion)
  })

  it('with pods: is opened explicitly, then gets what some pods need, and is closed last', async () => {
    const mark = history.mark()
    const calls = await kube.audit.mark()
    await join('adoption-busy')
    await isolated('adoption-busy')
    const states = await history.statesSince(mark, 'adoption-busy')
    expect(states.map(summary)).to.have.lengthOf(4)
    const [first, second, third, last] = states.map(summary)
    expect(first).to.deep.equal({ change: 'created', baseline: 'open', others: 0 })
    expect(second).to.deep.equal({ change: 'created', baseline: 'open', others: 1 })
    expect(third).to.deep.equal({ change: 'created', baseline: 'open', others: 2 })
    expect(last).to.deep.equal({ change: 'updated', baseline: 'closed', others: 2 })
    const [baseline] = states
    expect(baseline?.policy.spec).to.deep.equal({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{}],
      egress: [{}],
    })
    expect((await podLists(calls)).length).to.equal(1)
  })

  it('without pods: is closed in the first write', async () => {
    const mark = history.mark()
    await join('adoption-empty')
    await isolated('adoption-empty')
    const states = (await history.statesSince(mark, 'adoption-empty')).map(summary)
    expect(states).to.deep.equal([
      { change: 'created', baseline: 'closed', others: 0 },
      { change: 'created', baseline: 'closed', others: 1 },
      { change: 'created', baseline: 'closed', others: 2 },
    ])
  })

  it('while it is being made: is closed in the first write, without a look at its pods', async () => {
    const mark = history.mark()
    const calls = await kube.audit.mark()
    await kube.createNamespace('adoption-newborn', { tenant: TENANT })
    await isolated('adoption-newborn')
    const [first, ...rest] = (await history.statesSince(mark, 'adoption-newborn')).map(summary)
    expect(first).to.deep.equal({ change: 'created', baseline: 'closed', others: 0 })
    expect(rest.map(({ change }) => change)).to.deep.equal(['created', 'created'])
    expect(await podLists(calls)).to.deep.equal([])
  })

  it('and let go again: is opened explicitly first, and the baseline goes last', async () => {
    await isolated('adoption-busy')
    const mark = history.mark()
    await kube.labelNamespace('adoption-busy', { tenant: null })
    await eventually(async () => expect(await kube.policyNames('adoption-busy')).to.deep.equal([]))
    const states = (await history.statesSince(mark, 'adoption-busy')).map(summary)
    expect(states).to.deep.equal([
      { change: 'updated', baseline: 'open', others: 2 },
      { change: 'deleted', baseline: 'open', others: 1 },
      { change: 'deleted', baseline: 'open', others: 0 },
      { change: 'deleted', baseline: 'none', others: 0 },
    ])
  })

  const podLists = async (mark: number): Promise<readonly string[]> =>
    (await kube.audit.since(mark)).filter(({ resource }) => resource === 'pods').map(callText)
})

describe("a name of ours that is taken by somebody else's policy", function () {
  this.timeout(60_000)

  const OTHER = 'adoption-taken'
  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    running = await startOperator()
  })

  after(() => end(kube, running))

  const message = `NetworkPolicy adoption-taken-0/${BASELINE_POLICY} is there, but was not made by the operator; delete or rename it. Until then the namespace is not closed`

  it('is left alone, and said in status', async () => {
    await kube.createNamespace('adoption-taken-0')
    await kube.createNamespace('adoption-taken-1', { tenant: OTHER })
    const foreign = await kube.createPolicy(networkPolicy('adoption-taken-0', BASELINE_POLICY, { podSelector: {}, ingress: [{}] }))
    await kube.labelNamespace('adoption-taken-0', { tenant: OTHER })
    await kube.applyTenant(OTHER, { ...SPEC, namespaceSelector: namespacesOf(OTHER) })

    const tenant = await kube.says(OTHER, {
      Ready: 'False NameTaken',
      Stalled: 'True NameTaken',
      Conflicted: 'True NameTaken',
      NetworkIsolated: 'False NameTaken',
      // Both namespaces have been looked at.
      Reconciling: 'False',
    })
    expect(conditionOf(tenant, 'Conflicted')?.message).to.equal(message)
    expect(tenant.status?.namespaces).to.deep.equal({
      selected: 2,
      isolated: 1,
      notIsolated: [{ name: 'adoption-taken-0', reason: 'NameTaken', message }],
    })
    expect(await kube.policies('adoption-taken-1')).to.have.lengthOf(3)
    const [only, ...more] = await kube.policies('adoption-taken-0')
    // Those for some pods close these at least.
    expect(more).to.have.lengthOf(2)
    expect(only?.metadata.resourceVersion).to.equal(foreign.metadata.resourceVersion)
  })

  it('does not leave an empty namespace open when it is the name of another policy than the baseline', async () => {
    const [, other] = await kube.policyNames('adoption-taken-1')
    await kube.createNamespace('adoption-taken-2')
    await kube.createPolicy(networkPolicy('adoption-taken-2', other ?? '', { podSelector: labelled({ app: 'own' }) }))
    await kube.labelNamespace('adoption-taken-2', { tenant: OTHER })
    const otherMessage = `NetworkPolicy adoption-taken-2/${other} is there, but was not made by the operator; delete or rename it. What ours would allow stays closed until then`
    const rows = [
      { name: 'adoption-taken-0', reason: 'NameTaken', message },
      { name: 'adoption-taken-2', reason: 'NameTaken', message: otherMessage },
    ]
    await eventually(async () => expect((await kube.tenant(OTHER)).status?.namespaces?.notIsolated).to.deep.equal(rows))
    expect((await kube.policy('adoption-taken-2')).spec).not.to.have.property('ingress')
    expect(await kube.policies('adoption-taken-2')).to.have.lengthOf(3)
  })

  it('is taken as soon as it is free', async () => {
    const [, other] = await kube.policyNames('adoption-taken-1')
    await kube.deletePolicy({ namespace: 'adoption-taken-0', name: BASELINE_POLICY })
    await kube.deletePolicy({ namespace: 'adoption-taken-2', name: other ?? '' })
    const isolated = await kube.says(OTHER, { Ready: 'True', Conflicted: 'False', Stalled: 'False' }, { within: 12_000 })
    expect(isolated.status?.namespaces).to.deep.equal({ selected: 3, isolated: 3 })
    const [first, ...others] = await Promise.all([0, 1, 2].map((number) => kube.policies(`adoption-taken-${number}`)))
    for (const policies of others) expect(policies.map(viewOf)).to.deep.equal(first?.map(viewOf))
  })
})

/** `open`: the baseline allows everything in both directions. */
function summary({ change, policies }: PolicyState) {
  const baseline = policies.get(BASELINE_POLICY)?.spec
  const isOpen = (rules: readonly unknown[] = []) => rules.some((rule) => JSON.stringify(rule) === '{}')
  const others = [...policies.keys()].filter((name) => name !== BASELINE_POLICY).length
  if (!baseline) return { change, baseline: 'none', others }
  return { change, baseline: isOpen(baseline.ingress) && isOpen(baseline.egress) ? 'open' : 'closed', others }
}
