/** `report` on a real API server: the policies that are there, the operator's and somebody else's. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Report } from '../../src/cli/report/model.ts'
import { NETWORK_POLICIES } from '../../src/reconcile/resources.ts'
import { labelled, namespacesOf } from '../support/build.ts'
import { type Folder, run, temporaryFolder } from '../support/cli.ts'
import { end, type Kube, networkPolicy, openKube } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

const TENANT = 'report-tenant'

describe('report on a cluster', function () {
  this.timeout(120_000)

  let kube: Kube
  let running: RunningOperator | undefined
  let folder: Folder
  let report: Report
  let page: string

  before(async () => {
    folder = temporaryFolder()
    kube = await openKube()
    running = await startOperator()
    await kube.createNamespace('report-a', { tenant: TENANT })
    await kube.createNamespace('report-out')
    await kube.applyTenant(TENANT, {
      namespaceSelector: namespacesOf(TENANT),
      network: {
        ingress: [
          {
            name: 'web',
            appliesTo: { podSelector: labelled({ app: 'web' }) },
            from: [{ podSelector: labelled({ app: 'api' }) }],
            ports: [{ port: 80 }],
          },
        ],
        egress: [
          {
            name: 'web',
            appliesTo: { podSelector: labelled({ app: 'api' }) },
            to: [{ podSelector: labelled({ app: 'web' }) }],
            ports: [{ port: 80 }],
          },
        ],
      },
    })
    await kube.ready(TENANT)
    for (const [namespace, app] of [
      ['report-a', 'web'],
      ['report-a', 'api'],
      ['report-out', 'stranger'],
    ] as const)
      await kube.createPod(namespace, app, { app })
    await kube.client.create(
      NETWORK_POLICIES,
      networkPolicy('report-a', 'stranger', {
        podSelector: labelled({ app: 'web' }),
        ingress: [{ from: [{ namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'report-out' }) }] }],
      }),
    )
    const file = join(folder.path, 'report.html')
    const { code, stderr } = await run('report', '--kubeconfig', kube.controlPlane.kubeconfig('admin'), '--output-file', file)
    expect(code, stderr).to.equal(0)
    page = readFileSync(file, 'utf8')
    report = JSON.parse(/<script id="data" type="application\/json">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? '{}') as Report
  })

  after(async () => {
    folder?.remove()
    await end(kube, running)
  })

  it('says which cluster it is of, and when it was read', () => {
    expect(report.subtitle).to.match(/^Of cluster .+, read \d{4}-\d\d-\d\d \d\d:\d\d UTC$/)
    expect(page).to.include(report.subtitle)
  })

  it('shows what the policies of the operator let pass, and what only that of somebody else does', () => {
    const tenant = report.groups.findIndex(({ name }) => name === TENANT)
    const rest = report.groups.findIndex(({ name }) => name === 'no tenant')
    const flow = (from: number, to: number) => report.flows.find((one) => one.from === from && one.to === to)
    expect(flow(tenant, tenant)?.sure).to.equal('TCP 80')
    expect(flow(tenant, tenant)?.examples[0]?.because.map(({ rule }) => rule)).to.deep.equal([
      `egress/web of TenantIsolation ${TENANT}`,
      `ingress/web of TenantIsolation ${TENANT}`,
    ])
    expect(flow(rest, tenant)?.foreign).to.equal('all ports')
    // These pods have no address yet, so that an ipBlock, that of DNS, might be about any of them.
    expect(flow(tenant, rest)?.sure ?? '', 'nothing certain the other way').to.equal('')
    expect(flow(tenant, rest)?.foreign ?? '').to.equal('')
  })
})
