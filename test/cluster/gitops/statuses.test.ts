/**
 * The statuses on which our health checks for Argo CD and Flux are tried are what the operator says on a real API server.
 * `UPDATE_GOLDEN=1` writes them anew.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import type { Spec } from '../../../src/api/tenant-isolation.ts'
import { ingressRule, labelled, namespacesOf } from '../../support/build.ts'
import { fileOf, states, timeless } from '../../support/customization.ts'
import type { FaultProxy } from '../../support/fault-proxy.ts'
import { end, type Kube, openKube, type Tenant } from '../../support/kube.ts'
import { startProxy } from '../../support/kube-setup.ts'
import { type RunningOperator, startOperator } from '../../support/operator.ts'

const specOf = (tenant: string): Spec => ({
  namespaceSelector: namespacesOf(tenant),
  network: { ingress: [ingressRule({ name: 'web-to-database', appliesTo: { podSelector: labelled({ app: 'database' }) } })] },
})

describe('the statuses for GitOps tools', function () {
  this.timeout(120_000)

  const said = new Map<string, Tenant>()
  let kube: Kube
  let running: RunningOperator | undefined
  let proxy: FaultProxy

  /** A tenant with one namespace of its name. */
  const tenant = async (name: string, spec: Partial<Spec> = {}): Promise<string> => {
    const full = `gitops-${name}`
    await kube.createNamespace(full, { tenant: full })
    await kube.applyTenant(full, { ...specOf(full), ...spec })
    return full
  }

  before(async () => {
    kube = await openKube()
    proxy = await startProxy()
    running = await startOperator({ server: proxy.url })

    const healthy = await tenant('healthy')
    said.set('healthy', await kube.ready(healthy))

    const elsewhere = ingressRule({ name: 'partner', from: [{ tenant: 'gitops-nobody' }] })
    const degraded = await tenant('degraded', { network: { ingress: [elsewhere] } })
    said.set('degraded', await kube.says(degraded, { Ready: 'False TenantUnknown', Stalled: 'True', Reconciling: 'False' }))

    const suspended = await tenant('suspended', { suspend: true })
    said.set('suspended', await kube.says(suspended, { Ready: 'Unknown Suspended' }))

    const audit = await tenant('audit', { network: { mode: 'Audit' } })
    said.set('audit', await kube.says(audit, { Ready: 'True Audit', Reconciling: 'False' }))

    await kube.applyTenant('gitops-latecomer', specOf(healthy))
    said.set('conflicted', await kube.says('gitops-latecomer', { Conflicted: 'True NamespaceClaimed', Reconciling: 'False' }))

    proxy.inject(({ method, url }) => method === 'POST' && url.includes('/gitops-progressing/'), { kind: 'delay', ms: 3_000 })
    const progressing = await tenant('progressing')
    said.set('progressing', await kube.says(progressing, { Ready: 'False Pending', Reconciling: 'True' }))
    await kube.ready(progressing, { within: 20_000 })

    const deleting = await tenant('deleting')
    const changed = await tenant('changed')
    await kube.ready(deleting)
    await kube.ready(changed)
    await running.stop()
    running = undefined
    await kube.deleteTenant(deleting)
    said.set('deleting', await kube.tenant(deleting))
    await kube.patchTenant(changed, { suspend: true })
    said.set('changed', await kube.tenant(changed))
    said.set('new', await kube.tenant(await tenant('new')))
  })

  after(async () => {
    running ??= await startOperator()
    await end(kube, running)
    await proxy.close()
  })

  for (const state of states()) {
    it(`${state}: is what a tenant says of itself`, () => {
      const tenant = said.get(state)
      if (!tenant) throw new Error(`nothing here brings a tenant into state ${state}`)
      if (process.env.UPDATE_GOLDEN) writeFileSync(fileOf(state), stringify(timeless(tenant), { lineWidth: 0, compat: 'yaml-1.1' }))
      expect(parse(readFileSync(fileOf(state), 'utf8'))).to.deep.equal(JSON.parse(JSON.stringify(timeless(tenant))))
    })
  }

  it('are of every state that the operator was brought into here', () => {
    expect([...said.keys()].sort()).to.deep.equal(states())
  })
})
