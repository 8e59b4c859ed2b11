/** What may not be written, and what is held by others: everything that closes is done all the same, and status says what is in the way. */

import { expect } from 'chai'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { always, eventually } from '../support/eventually.ts'
import { conditionOf, end, type Kube, networkPolicy, openKube } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

/** The name of the policy for app=database: a hash of the selector. */
const DATABASE_POLICY = 'tenant-isolation-abe74f9df906'

function specOf(tenant: string, more: Spec['network'] = {}): Spec {
  const database = ingressRule({ name: 'database', appliesTo: { podSelector: labelled({ app: 'database' }) }, ports: [{ port: 5432 }] })
  return { namespaceSelector: namespacesOf(tenant), network: { ingress: [database], ...more } }
}

describe('where something is in the way', function () {
  this.timeout(90_000)

  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    await kube.createNamespace('hardship-quota')
    await kube.createPod('hardship-quota', 'database', { app: 'database' })
    running = await startOperator()
  })

  after(() => end(kube, running, /quota|not made by the operator/))

  const closed = (namespace: string): Promise<void> =>
    eventually(async () => {
      const { spec } = await kube.policy(namespace)
      expect([...(spec?.ingress ?? []), ...(spec?.egress ?? [])].filter((rule) => Object.keys(rule).length === 0)).to.deep.equal([])
    })

  it('a taken name keeps no drift of the baseline', async () => {
    await kube.createNamespace('hardship-taken', { tenant: 'hardship-taken' })
    await kube.createPolicy(networkPolicy('hardship-taken', DATABASE_POLICY, { podSelector: labelled({ app: 'nothing' }) }))
    await kube.applyTenant('hardship-taken', specOf('hardship-taken'))
    await kube.says('hardship-taken', { Ready: 'False NameTaken', Conflicted: 'True NameTaken' })
    await closed('hardship-taken')
    await kube.editPolicy({ namespace: 'hardship-taken', name: 'tenant-isolation' }, (policy) => {
      policy.spec = { ...policy.spec, ingress: [{}], egress: [{}] }
    })
    await closed('hardship-taken')
    const told = () =>
      running.repairs.filter(({ namespace }) => namespace === 'hardship-taken').map(({ name, change }) => `${name} ${change}`)
    await eventually(() => expect(told()).to.deep.equal(['tenant-isolation edited']))
  })

  it('a taken name keeps no rule that was revoked', async () => {
    const office = ingressRule({ name: 'office', from: [{ cidr: '198.51.100.0/24' }] })
    const spec = specOf('hardship-taken')
    await kube.applyTenant('hardship-taken', { ...spec, network: { ingress: [...(spec.network?.ingress ?? []), office] } })
    await eventually(async () => expect(JSON.stringify((await kube.policy('hardship-taken')).spec)).to.include('198.51.100.0/24'))
    await kube.applyTenant('hardship-taken', spec)
    await eventually(async () => expect(JSON.stringify((await kube.policy('hardship-taken')).spec)).not.to.include('198.51.100.0/24'))
  })

  it('a quota on policies keeps no bridge open', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few', namespace: 'hardship-quota' },
      spec: { hard: { 'count/networkpolicies.networking.k8s.io': '1' } },
    }
    await kube.kubectl('create --filename=-', quota)
    await eventually(async () =>
      expect(await kube.kubectl('get resourcequota few --namespace hardship-quota --output=jsonpath={.status.hard}')).to.include('1'),
    )
    await kube.applyTenant('hardship-quota', specOf('hardship-quota'))
    await kube.labelNamespace('hardship-quota', { tenant: 'hardship-quota' })
    const tenant = await kube.says('hardship-quota', { Ready: 'False Refused', NetworkIsolated: 'False Refused' })
    expect(conditionOf(tenant, 'Ready')?.message).to.include('quota').and.include('stays closed')
    await closed('hardship-quota')
    await kube.kubectl('delete resourcequota few --namespace hardship-quota')
    await kube.ready('hardship-quota', { within: 40_000 })
  })

  it('a resource can be deleted although its namespace belongs to a suspended one by now', async () => {
    await kube.applyTenant('hardship-older', { namespaceSelector: { matchLabels: { team: 'hardship-older' } }, suspend: true })
    await kube.createNamespace('hardship-handed', { tenant: 'hardship-younger' })
    await eventually(async () => expect((await kube.tenant('hardship-older')).status?.conditions).not.to.equal(undefined))
    await kube.applyTenant('hardship-younger', specOf('hardship-younger'))
    await kube.ready('hardship-younger')
    await kube.labelNamespace('hardship-handed', { team: 'hardship-older' })
    await kube.says('hardship-younger', { Conflicted: 'True NamespaceClaimed' })
    await kube.deleteTenant('hardship-younger')
    await eventually(async () => expect(await kube.tenantExists('hardship-younger')).to.equal(false))
    expect(await kube.policyNames('hardship-handed')).to.deep.equal([])
    expect((await kube.tenant('hardship-older')).status?.namespaces).to.deep.equal({ selected: 1, isolated: 0 })
  })

  it('another label of the namespace is no drift', async () => {
    const prod = ingressRule({ name: 'prod', appliesTo: { namespaceSelector: labelled({ env: 'prod' }) }, from: [{ cidr: '10.0.0.0/8' }] })
    await kube.createNamespace('hardship-labels', { tenant: 'hardship-labels' })
    await kube.applyTenant('hardship-labels', { namespaceSelector: namespacesOf('hardship-labels'), network: { ingress: [prod] } })
    await kube.ready('hardship-labels')
    for (const env of ['prod', 'dev', 'prod', 'dev']) {
      await kube.labelNamespace('hardship-labels', { env })
      await eventually(async () =>
        expect(JSON.stringify((await kube.policy('hardship-labels')).spec).includes('10.0.0.0/8')).to.equal(env === 'prod'),
      )
    }
    expect(running.repairs.filter(({ namespace }) => namespace === 'hardship-labels')).to.deep.equal([])
    expect(conditionOf(await kube.tenant('hardship-labels'), 'Drifted')?.status).to.equal('False')
  })

  it('counts are right after policies were left behind and taken up again, and what was left is cleaned up after a restart, too', async () => {
    await kube.createNamespace('hardship-orphan', { tenant: 'hardship-orphan' })
    await kube.applyTenant('hardship-orphan', specOf('hardship-orphan'))
    await kube.ready('hardship-orphan')
    // The garbage collector takes up to half a minute until it knows of a new kind.
    await kube.kubectl('delete tenantisolation hardship-orphan --cascade=orphan --timeout=60s')
    expect(await kube.policyNames('hardship-orphan')).to.have.lengthOf(2)
    await running.stop()
    running = await startOperator()
    await kube.applyTenant('hardship-orphan', { namespaceSelector: namespacesOf('hardship-orphan') })
    await eventually(async () => expect(await kube.policyNames('hardship-orphan')).to.deep.equal(['tenant-isolation']))
    await eventually(async () => {
      const { status } = await kube.ready('hardship-orphan')
      expect(status?.namespaces).to.deep.equal({ selected: 1, isolated: 1 })
      expect(status?.network?.policies).to.equal(1)
    })
  })

  it('a restart writes nothing for a suspended tenant either', async () => {
    await kube.createNamespace('hardship-frozen', { tenant: 'hardship-frozen' })
    await kube.applyTenant('hardship-frozen', { ...specOf('hardship-frozen'), suspend: true })
    await kube.says('hardship-frozen', { Ready: 'Unknown Suspended' })
    await eventually(async () =>
      expect((await kube.tenant('hardship-frozen')).status?.namespaces).to.deep.equal({ selected: 1, isolated: 0 }),
    )
    const { metadata } = await kube.tenant('hardship-frozen')
    await running.stop()
    running = await startOperator()
    await always(async () => expect((await kube.tenant('hardship-frozen')).metadata.resourceVersion).to.equal(metadata.resourceVersion), {
      during: 1_500,
    })
  })

  it('a deletion that waits for something says for what', async () => {
    await kube.createNamespace('hardship-held', { tenant: 'hardship-held' })
    await kube.createNamespace('hardship-elsewhere')
    await kube.applyTenant('hardship-held', specOf('hardship-held'))
    const { metadata } = await kube.ready('hardship-held')
    const forged = networkPolicy('hardship-elsewhere', 'tenant-isolation-abcdefabcdef', { podSelector: {} })
    const owner = {
      apiVersion: 'tenant-isolation.dev/v1alpha1',
      kind: 'TenantIsolation',
      name: 'hardship-held',
      uid: metadata.uid,
      controller: true,
    }
    const policy = {
      ...forged,
      metadata: {
        ...forged.metadata,
        labels: { 'tenant-isolation.dev/tenant': 'hardship-held' },
        ownerReferences: [owner],
        finalizers: ['example.com/held'],
      },
    }
    await kube.createPolicy(policy)
    await kube.deleteTenant('hardship-held')
    await eventually(async () => expect(await kube.tenantExists('hardship-held')).to.equal(false), { within: 10_000 })
    await kube.kubectl(
      'patch networkpolicy tenant-isolation-abcdefabcdef --namespace hardship-elsewhere --type=merge --patch={"metadata":{"finalizers":null}}',
    )
  })
})
