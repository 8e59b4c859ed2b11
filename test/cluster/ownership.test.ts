/** Whose a namespace is: one tenant's at a time, never a protected one's, and on the way from one to another never nobody's. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { API_VERSION, BASELINE_POLICY, TENANT_LABEL } from '../../src/api/labels.ts'
import type { Network } from '../../src/api/network.ts'
import { OPERATOR_NAMESPACE } from '../../tools/control-plane/install.ts'
import { app, egressRule, ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { conditionOf, end, type Kube, openKube, versionsOf } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'
import type { PolicyHistory } from '../support/policy-history.ts'
import { flowsOf, judge } from '../support/way.ts'

const forApp = (name: string) => ({ podSelector: labelled({ app: name }) })
const PORTS = [{ port: 5432 }]

/** Two that have some rules in common, and others not. */
const ONE: Network = {
  ingress: [
    ingressRule({ name: 'db', appliesTo: forApp('database'), ports: PORTS }),
    ingressRule({ name: 'cart', appliesTo: forApp('cart'), ports: PORTS }),
  ],
  egress: [egressRule({ appliesTo: forApp('webserver'), ports: PORTS })],
}
const OTHER: Network = {
  ingress: [
    ingressRule({ name: 'db', appliesTo: forApp('database'), from: [app('webserver'), app('cart')], ports: PORTS }),
    ingressRule({ name: 'all', from: [{ cidr: '192.168.1.0/24' }] }),
  ],
  egress: [egressRule({ appliesTo: forApp('cart'), ports: PORTS })],
}

describe('a namespace', function () {
  this.timeout(60_000)

  let kube: Kube
  let running: RunningOperator
  let history: PolicyHistory
  let directory: string

  before(async () => {
    kube = await openKube()
    directory = await mkdtemp(join(tmpdir(), 'tenant-isolation-ownership-'))
    const configurationFile = join(directory, 'configuration.yaml')
    await writeFile(
      configurationFile,
      JSON.stringify({ apiVersion: API_VERSION, kind: 'OperatorConfiguration', protectedNamespaces: ['ownership-protected'] }),
    )
    running = await startOperator({ configurationFile })
    history = await kube.recordPolicies()
  })

  after(async () => {
    await end(kube, running)
    await rm(directory, { recursive: true })
  })

  /** The names of the tenants of which there are policies in the namespace. */
  const tenantsIn = async (namespace: string): Promise<readonly (string | undefined)[]> => [
    ...new Set((await kube.policies(namespace)).map(({ metadata }) => metadata.labels?.[TENANT_LABEL])),
  ]

  /** That the namespace was closed in every state since the mark, and no flow was cut or opened about which both ends agree. */
  const neverOpen = async (namespace: string, first: Awaited<ReturnType<Kube['policies']>>, mark: number): Promise<void> => {
    const states = await history.statesSince(mark, namespace)
    const way = [first, ...states.map(({ policies }) => [...policies.values()])]
    const steps = states.map(({ change, name, policy }) => `${change} ${name} of ${policy.metadata.labels?.[TENANT_LABEL]}`).join(', ')
    for (const policies of way) {
      const baseline = policies.find(({ metadata }) => metadata.name === BASELINE_POLICY)
      expect(baseline?.spec?.policyTypes, `the baseline on the way: ${steps}`).to.deep.equal(['Ingress', 'Egress'])
      expect([...(baseline?.spec?.ingress ?? []), ...(baseline?.spec?.egress ?? [])], `open on the way: ${steps}`).not.to.deep.include({})
    }
    const pods = ['webserver', 'database', 'cart'].map((name) => ({ namespace, labels: { app: name } }))
    const { disturbed } = judge({ states: way, flows: flowsOf(namespace, pods), namespaces: new Map([[namespace, {}]]) })
    expect(disturbed, steps).to.deep.equal([])
  }

  describe('that two resources select', () => {
    const OLDER = 'ownership-z-older'
    const YOUNGER = 'ownership-a-younger'
    const NAMESPACE = 'ownership-shared'

    it('stays with the older; the other one says so, and whose it is', async () => {
      await kube.createNamespace(NAMESPACE, { older: 'yes', younger: 'yes' })
      await kube.createNamespace('ownership-own', { younger: 'yes' })
      await kube.createPod(NAMESPACE, 'webserver', { app: 'webserver' })
      await kube.applyTenant(OLDER, { namespaceSelector: labelled({ older: 'yes' }), network: ONE })
      await kube.ready(OLDER)
      const versions = versionsOf(await kube.policies(NAMESPACE))
      // Ages are compared by the second.
      await sleep(1_000)
      await kube.applyTenant(YOUNGER, { namespaceSelector: labelled({ younger: 'yes' }), network: OTHER })
      const younger = await kube.says(YOUNGER, {
        Ready: 'False NamespaceClaimed',
        Conflicted: 'True NamespaceClaimed',
        Stalled: 'True NamespaceClaimed',
        Reconciling: 'False',
      })
      expect(conditionOf(younger, 'Conflicted')?.message).to.include(NAMESPACE).and.to.include(OLDER)
      expect(younger.status?.namespaces).to.deep.equal({ selected: 1, isolated: 1 })
      expect(await tenantsIn('ownership-own')).to.deep.equal([YOUNGER])
      await kube.says(OLDER, { Ready: 'True', Conflicted: 'False' })
      expect(versionsOf(await kube.policies(NAMESPACE))).to.deep.equal(versions)
    })

    it('goes to the other when the older is deleted, and is closed all the time', async () => {
      const first = await kube.policies(NAMESPACE)
      const mark = history.mark()
      await kube.deleteTenant(OLDER)
      await eventually(async () => expect(await tenantsIn(NAMESPACE)).to.deep.equal([YOUNGER]))
      await kube.says(YOUNGER, { Ready: 'True', Conflicted: 'False' })
      await eventually(async () => expect(await kube.tenantExists(OLDER)).to.equal(false))
      const [shared, own] = await Promise.all([kube.policyNames(NAMESPACE), kube.policyNames('ownership-own')])
      expect(shared).to.deep.equal(own)
      await neverOpen(NAMESPACE, first, mark)
    })

    it('goes back to the older when its selector selects it again, and is closed all the time', async () => {
      await sleep(1_000)
      await kube.applyTenant(OLDER, { namespaceSelector: labelled({ older: 'yes' }), network: ONE })
      await kube.says(OLDER, { Conflicted: 'True NamespaceClaimed' })
      const first = await kube.policies(NAMESPACE)
      const mark = history.mark()
      await kube.patchTenant(YOUNGER, { namespaceSelector: { matchLabels: { younger: 'no' } } })
      await kube.ready(OLDER)
      await eventually(async () => expect(await tenantsIn(NAMESPACE)).to.deep.equal([OLDER]))
      await neverOpen(NAMESPACE, first, mark)
      await eventually(async () => expect(await kube.policyNames('ownership-own')).to.deep.equal([]))
    })
  })

  describe('whose label changes from one tenant to another', () => {
    it('belongs to the other, and is closed all the time', async () => {
      const [from, to] = ['ownership-from', 'ownership-to']
      await kube.createNamespace('ownership-moving', { tenant: from })
      await kube.createNamespace('ownership-staying', { tenant: to })
      await kube.createPod('ownership-moving', 'webserver', { app: 'webserver' })
      await kube.applyTenant(from, { namespaceSelector: namespacesOf(from), network: ONE })
      await kube.applyTenant(to, { namespaceSelector: namespacesOf(to), network: OTHER })
      await kube.ready(from)
      await kube.ready(to)
      const first = await kube.policies('ownership-moving')
      const mark = history.mark()
      await kube.labelNamespace('ownership-moving', { tenant: to })
      await eventually(async () => expect((await kube.ready(to)).status?.namespaces).to.deep.equal({ selected: 2, isolated: 2 }))
      await eventually(async () => expect((await kube.ready(from)).status?.namespaces).to.deep.equal({ selected: 0, isolated: 0 }))
      expect(await tenantsIn('ownership-moving')).to.deep.equal([to])
      expect(await kube.policyNames('ownership-moving')).to.deep.equal(await kube.policyNames('ownership-staying'))
      await neverOpen('ownership-moving', first, mark)
    })
  })

  describe('that is protected', () => {
    const TENANT = 'ownership-greedy'
    const PROTECTED = ['kube-system', OPERATOR_NAMESPACE, 'ownership-protected']

    after(async () => {
      for (const namespace of PROTECTED) await kube.labelNamespace(namespace, { greedy: null })
    })

    it('is never touched, whatever a selector says, and status says so', async () => {
      await kube.createNamespace('ownership-protected')
      await kube.createNamespace('ownership-ordinary', { greedy: 'yes' })
      for (const namespace of PROTECTED) await kube.labelNamespace(namespace, { greedy: 'yes' })
      await kube.applyTenant(TENANT, { namespaceSelector: labelled({ greedy: 'yes' }), network: ONE })
      const tenant = await kube.ready(TENANT)
      expect(tenant.status?.namespaces).to.deep.equal({ selected: 1, isolated: 1 })
      for (const namespace of PROTECTED) expect(conditionOf(tenant, 'NetworkIsolated')?.message).to.include(namespace)
      expect(await kube.policies('ownership-ordinary')).to.have.lengthOf(4)
      for (const namespace of PROTECTED) expect(await kube.policyNames(namespace)).to.deep.equal([])
    })
  })

  describe('that a rule names by its tenant', () => {
    const TENANT = 'ownership-friend'
    const PEER = 'ownership-peer'
    const NAMESPACE = 'ownership-friendly'
    const baseline = async () => (await kube.policy(NAMESPACE)).spec?.ingress

    it('stays closed while there is no such tenant, and status says what is missing', async () => {
      await kube.createNamespace(NAMESPACE, { tenant: TENANT })
      await kube.applyTenant(TENANT, {
        namespaceSelector: namespacesOf(TENANT),
        network: {
          ingress: [ingressRule({ name: 'peer', from: [{ tenant: PEER, podSelector: labelled({ app: 'webserver' }) }], ports: PORTS })],
        },
      })
      const tenant = await kube.says(TENANT, { Ready: 'False TenantUnknown', Stalled: 'True TenantUnknown', NetworkIsolated: 'True' })
      expect(tenant.status?.network?.unresolved).to.deep.equal([
        {
          rule: 'ingress/peer',
          reason: 'TenantUnknown',
          message: `no TenantIsolation is called ${PEER}; correct the name, or wait until it exists`,
        },
      ])
      expect(await baseline()).to.equal(undefined)
    })

    it('is let in when the tenant appears, follows its selector, and is kept out when it goes', async () => {
      const peers = (label: string) => [
        {
          from: [{ podSelector: labelled({ app: 'webserver' }), namespaceSelector: labelled({ tenant: label }) }],
          ports: [{ protocol: 'TCP', port: 5432 }],
        },
      ]
      await kube.applyTenant(PEER, { namespaceSelector: namespacesOf(PEER) })
      await eventually(async () => expect(await baseline()).to.deep.equal(peers(PEER)))
      const tenant = await kube.ready(TENANT)
      expect(tenant.status?.network).not.to.have.property('unresolved')
      await kube.patchTenant(PEER, { namespaceSelector: { matchLabels: { tenant: 'ownership-renamed' } } })
      await eventually(async () => expect(await baseline()).to.deep.equal(peers('ownership-renamed')))
      await kube.deleteTenant(PEER)
      await eventually(async () => expect(await baseline()).to.equal(undefined))
      await kube.says(TENANT, { Ready: 'False TenantUnknown' })
    })
  })
})
