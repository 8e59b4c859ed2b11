/** IsolationWidened: a policy of somebody else that opens what the rules keep closed is named, with what it opens; and nothing else is. */

import { expect } from 'chai'
import { NETWORK_POLICIES } from '../../src/reconcile/resources.ts'
import { callText } from '../support/audit.ts'
import { ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { always, eventually } from '../support/eventually.ts'
import { conditionOf, end, type Kube, networkPolicy, openKube } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

describe('a NetworkPolicy of somebody else', function () {
  this.timeout(60_000)

  const TENANT = 'widened'
  const SHOP = 'widened-shop'
  const NOT_WIDENED = { IsolationWidened: 'False NotWidened', Ready: 'True' } as const
  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    running = await startOperator()
    await kube.createNamespace(SHOP, { tenant: TENANT })
    await kube.createNamespace('widened-office', { team: 'office' })
    await kube.applyTenant(TENANT, {
      namespaceSelector: namespacesOf(TENANT),
      network: {
        tenantPolicies: 'Allow',
        ingress: [ingressRule({ appliesTo: { podSelector: labelled({ app: 'database' }) }, ports: [{ port: 5432 }] })],
      },
    })
    await kube.says(TENANT, NOT_WIDENED)
  })

  after(() => end(kube, running))

  const create = (name: string, spec: object, metadata?: object) => kube.createPolicy(networkPolicy(SHOP, name, spec, metadata))
  const remove = (name: string) => kube.deletePolicy({ namespace: SHOP, name })
  const fromOffice = {
    podSelector: {},
    ingress: [{ from: [{ namespaceSelector: labelled({ team: 'office' }) }], ports: [{ port: 8080 }] }],
  }

  it('that opens everything is named, with what it opens; the tenant is Ready all the same', async () => {
    await create('allow-all', { podSelector: {}, ingress: [{}] })
    const tenant = await kube.says(TENANT, { IsolationWidened: 'True BoundaryOpened', Ready: 'True Isolated' })
    expect(conditionOf(tenant, 'IsolationWidened')?.message).to.equal(
      'NetworkPolicy widened-shop/allow-all opens what no rule allows: everybody may connect to every pod of namespace widened-shop on all ports; delete it, or write what is wanted as a rule',
    )
    expect(tenant.status?.network?.widened).to.deep.equal([
      {
        namespace: SHOP,
        name: 'allow-all',
        reason: 'BoundaryOpened',
        message: 'everybody may connect to every pod of namespace widened-shop on all ports',
      },
    ])
  })

  it('is forgotten when it is gone', async () => {
    await remove('allow-all')
    const tenant = await kube.says(TENANT, NOT_WIDENED)
    expect(tenant.status?.network).not.to.have.property('widened')
  })

  it('that only closes, allows what a rule allows, or names nobody who is there, is not', async () => {
    await create('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
    await create('the-same', {
      podSelector: labelled({ app: 'database', role: 'primary' }),
      ingress: [{ from: [{ podSelector: labelled({ app: 'webserver' }) }], ports: [{ port: 5432 }] }],
    })
    await create('nobody', { podSelector: {}, ingress: [{ from: [{ namespaceSelector: labelled({ team: 'nobody' }) }] }] })
    // What comes later is seen later.
    await create('later', fromOffice)
    const tenant = await kube.says(TENANT, { IsolationWidened: 'True BoundaryOpened' })
    expect(tenant.status?.network?.widened?.map(({ name }) => name)).to.deep.equal(['later'])
    await Promise.all(['deny', 'the-same', 'later'].map(remove))
    await kube.says(TENANT, NOT_WIDENED)
  })

  it('opens something as soon as a namespace gets the labels that it names, and no longer than that', async () => {
    await kube.createNamespace('widened-renamed', { team: 'somebody' })
    await kube.labelNamespace('widened-renamed', { team: 'nobody' })
    const tenant = await kube.says(TENANT, { IsolationWidened: 'True BoundaryOpened' })
    expect(tenant.status?.network?.widened?.[0]?.message).to.equal(
      'every pod of namespaces team=nobody may connect to every pod of namespace widened-shop on all ports',
    )
    await kube.labelNamespace('widened-renamed', { team: 'somebody' })
    await kube.says(TENANT, NOT_WIDENED)
    await remove('nobody')
  })

  it('opens nothing to a tenant that does not let it out, until that one does', async () => {
    await kube.createNamespace('widened-other-1', { tenant: 'widened-other' })
    await kube.applyTenant('widened-other', { namespaceSelector: namespacesOf('widened-other') })
    await kube.ready('widened-other')
    await create('from-other', { podSelector: {}, ingress: [{ from: [{ namespaceSelector: namespacesOf('widened-other') }] }] })
    await create('fence', fromOffice)
    const tenant = await kube.says(TENANT, { IsolationWidened: 'True' })
    expect(tenant.status?.network?.widened?.map(({ name }) => name)).to.deep.equal(['fence'])
    await remove('fence')
    await kube.says(TENANT, NOT_WIDENED)
    await kube.patchTenant('widened-other', {
      network: { egress: [{ name: 'out', to: [{ tenant: TENANT }], ports: [{ port: 443 }] }] },
    })
    const opened = await kube.says(TENANT, { IsolationWidened: 'True BoundaryOpened' })
    expect(opened.status?.network?.widened?.[0]?.message).to.equal(
      'every pod of namespaces tenant=widened-other may connect to every pod of namespace widened-shop on TCP 443',
    )
    await remove('from-other')
    await kube.says(TENANT, NOT_WIDENED)
  })

  it('that stays within the tenant is told apart from one that crosses its boundary', async () => {
    await create('inside', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }], egress: [{ to: [{ podSelector: {} }] }] })
    await kube.says(TENANT, { IsolationWidened: 'True OpenedWithinTenant' })
    await remove('inside')
    await kube.says(TENANT, NOT_WIDENED)
  })

  it('does not hide behind the label of ours', async () => {
    await create('disguised', { podSelector: {}, ingress: [{}] }, { labels: { 'tenant-isolation.dev/tenant': 'nobody-has-this-name' } })
    const tenant = await kube.says(TENANT, { IsolationWidened: 'True BoundaryOpened' })
    expect(tenant.status?.network?.widened?.map(({ name }) => name)).to.deep.equal(['disguised'])
    await kube.editPolicy({ namespace: SHOP, name: 'disguised' }, ({ metadata }) => {
      metadata.labels = {}
    })
    await kube.says(TENANT, { IsolationWidened: 'True BoundaryOpened' })
    await remove('disguised')
    await kube.says(TENANT, NOT_WIDENED)
  })

  it('is kept as what it means, and ours are not kept a second time', async () => {
    await create('annotated', fromOffice, { annotations: { 'example.com/long': 'x'.repeat(10_000) } })
    await kube.says(TENANT, { IsolationWidened: 'True BoundaryOpened' })
    const { policies } = running.observed.world.others
    const kept = policies.get(`${SHOP}/annotated`)
    expect(kept).to.have.all.keys('resourceVersion', 'uid', 'foreign')
    expect(JSON.stringify(kept).length).to.be.lessThan(1_000)
    expect([...policies.values()].filter(({ foreign }) => foreign.name.startsWith('tenant-isolation'))).to.deep.equal([])
    await remove('annotated')
    await kube.says(TENANT, NOT_WIDENED)
  })

  it('costs no call as long as what it opens stays the same, and none after a restart', async () => {
    await create('stays', fromOffice)
    await kube.says(TENANT, { IsolationWidened: 'True BoundaryOpened' })
    const before = await kube.tenant(TENANT)
    await running.stop()
    running = await startOperator()
    const mark = await kube.audit.mark()
    for (let number = 0; number < 10; number++) {
      const body = { metadata: { annotations: { 'example.com/churn': String(number) } } }
      await kube.client.patch(NETWORK_POLICIES, { namespace: SHOP, name: 'stays' }, { type: 'merge', body })
    }
    await kube.createNamespace('widened-unrelated', { team: 'unrelated' })
    await kube.createNamespace('widened-office-2', { team: 'office' })
    await always(() => {}, { during: 1_500 })
    const calls = (await kube.audit.since(mark)).filter(({ resource, verb }) => resource !== 'leases' && verb !== 'watch')
    expect(calls.filter(({ resource }) => resource.startsWith('tenantisolations')).map(callText)).to.deep.equal([])
    expect((await kube.tenant(TENANT)).metadata.resourceVersion).to.equal(before.metadata.resourceVersion)
    await remove('stays')
    await kube.says(TENANT, NOT_WIDENED)
  })

  it('is nothing to be said of while nothing is enforced; in mode Audit it is counted', async () => {
    await create('counted', fromOffice)
    await kube.says(TENANT, { IsolationWidened: 'True' })
    await kube.patchTenant(TENANT, { network: { mode: 'Disabled' } })
    await kube.says(TENANT, { IsolationWidened: 'False Disabled' })
    await kube.patchTenant(TENANT, { network: { mode: 'Audit' } })
    const tenant = await kube.says(TENANT, { IsolationWidened: 'False Audit' })
    expect(conditionOf(tenant, 'IsolationWidened')?.message).to.equal(
      'nothing is enforced that could be opened; 1 NetworkPolicy of others would open more than the rules',
    )
    expect(tenant.status?.network?.widened).to.have.lengthOf(1)
  })
})

describe('mode Audit', function () {
  this.timeout(60_000)

  const TENANT = 'audited'
  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    running = await startOperator()
    for (const name of ['audited-1', 'audited-2', 'audited-3']) await kube.createNamespace(name, { tenant: TENANT })
    await kube.createPolicy(networkPolicy('audited-1', 'deny', { podSelector: {}, policyTypes: ['Ingress'] }))
  })

  after(() => end(kube, running))

  const counts = (audit: object) => eventually(async () => expect((await kube.tenant(TENANT)).status?.network?.audit).to.deep.equal(audit))

  it('counts what Enforce would close, which rules would open nothing, and what others would keep open', async () => {
    await kube.applyTenant(TENANT, {
      namespaceSelector: namespacesOf(TENANT),
      network: {
        mode: 'Audit',
        tenantPolicies: 'Allow',
        ingress: [
          ingressRule({ name: 'misspelt', from: [{ namespaceSelector: labelled({ team: 'audited-ofice' }) }] }),
          ingressRule({ name: 'nowhere', appliesTo: { namespaceSelector: labelled({ part: 'none' }) } }),
          ingressRule({ name: 'fine' }),
        ],
      },
    })
    const tenant = await kube.says(TENANT, { Ready: 'True Audit', IsolationWidened: 'False Audit' })
    expect(conditionOf(tenant, 'NetworkIsolated')?.message).to.equal(
      'nothing is enforced: Enforce would write 3 NetworkPolicies in 3 namespaces; status.network.audit has more numbers, and tenant-isolation impact the flows',
    )
    await counts({ namespacesClosedForIngress: 2, namespacesClosedForEgress: 3, rulesForNobody: 2, policiesThatWiden: 0 })
  })

  it('counts anew when policies of others and namespaces change', async () => {
    await kube.createPolicy(networkPolicy('audited-2', 'deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }))
    await kube.createPolicy(networkPolicy('audited-3', 'open', { podSelector: {}, ingress: [{}] }))
    await counts({ namespacesClosedForIngress: 0, namespacesClosedForEgress: 2, rulesForNobody: 2, policiesThatWiden: 1 })
    await kube.createNamespace('audited-office', { team: 'audited-ofice' })
    await counts({ namespacesClosedForIngress: 0, namespacesClosedForEgress: 2, rulesForNobody: 1, policiesThatWiden: 1 })
    await kube.deletePolicy({ namespace: 'audited-1', name: 'deny' })
    await counts({ namespacesClosedForIngress: 1, namespacesClosedForEgress: 2, rulesForNobody: 1, policiesThatWiden: 1 })
  })

  it('gives way to what is: enforced, there is nothing to count, and what others open is a condition', async () => {
    await kube.patchTenant(TENANT, { network: { mode: 'Enforce' } })
    const tenant = await kube.says(TENANT, { Ready: 'True Isolated', IsolationWidened: 'True BoundaryOpened' })
    expect(tenant.status?.network).not.to.have.property('audit')
  })
})
