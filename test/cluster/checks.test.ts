/** `lint` and `test` on a real API server: what is there, and what files laid over it would make of it. */

import { expect } from 'chai'
import { type Folder, run, temporaryFolder } from '../support/cli.ts'
import { end, type Kube, networkPolicy, openKube } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

const TENANT = 'checks-tenant'

describe('lint and test', function () {
  this.timeout(120_000)
  let kube: Kube
  let running: RunningOperator | undefined
  let folder: Folder
  let flags: readonly string[]

  const pod = (name: string, app: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'checks-a', labels: { app } },
    spec: { containers: [{ name: 'main', image: 'example.com/none' }] },
  })
  const resource = (network: object) =>
    JSON.stringify({
      apiVersion: 'tenant-isolation.dev/v1alpha1',
      kind: 'TenantIsolation',
      metadata: { name: TENANT },
      spec: { namespaceSelector: { matchLabels: { tenant: TENANT } }, network },
    })
  const rule = {
    name: 'web-to-db',
    appliesTo: { podSelector: { matchLabels: { app: 'db' } } },
    from: [{ podSelector: { matchLabels: { app: 'web' } } }],
  }
  const way = {
    ...rule,
    from: undefined,
    appliesTo: { podSelector: { matchLabels: { app: 'web' } } },
    to: [{ podSelector: { matchLabels: { app: 'db' } } }],
  }

  before(async () => {
    folder = temporaryFolder()
    kube = await openKube()
    flags = ['--kubeconfig', kube.controlPlane.kubeconfig('admin')]
    running = await startOperator()
    await kube.createNamespace('checks-a', { tenant: TENANT })
    await kube.applyTenant(TENANT, { namespaceSelector: { matchLabels: { tenant: TENANT } }, network: { tenantPolicies: 'Allow' } })
    await kube.ready(TENANT)
    await kube.kubectl('create --filename=-', pod('web', 'web'))
    await kube.kubectl('create --filename=-', pod('db', 'db'))
  })

  after(async () => {
    folder?.remove()
    await end(kube, running)
  })

  const expectation = (expected: string) =>
    folder.file(`${expected}.jsonl`, `{"from":"checks-a/web","to":"checks-a/db","port":5432,"expect":"${expected}"}\n`)

  it('test judges the policies that the operator has written', async () => {
    const { code, stdout } = await run('test', expectation('deny'), ...flags)
    expect(stdout).to.equal('1 flow: 1 passed, 0 failed\n')
    expect(code).to.equal(0)
  })

  it('test judges what a pull request would make of them', async () => {
    const file = folder.file(
      'tenant.json',
      resource({ ingress: [{ ...rule, ports: [{ port: 5432 }] }], egress: [{ ...way, ports: [{ port: 5432 }] }] }),
    )
    const { stdout } = await run('test', expectation('allow'), ...flags, '--cluster', '-f', file)
    expect(stdout).to.equal('1 flow: 1 passed, 0 failed\n')
  })

  it("lint points out what somebody else's policy opens, and what a pull request would bring", async () => {
    await kube.kubectl(
      'create --filename=-',
      networkPolicy('checks-a', 'open', {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: {} }] }],
        egress: [{ to: [{ podSelector: {} }] }],
      }),
    )
    const file = folder.file('wide.json', resource({ egress: [{ name: 'out', to: [{ cidr: '10.0.0.0/8' }], ports: [{ port: 443 }] }] }))
    const { code, stdout } = await run('lint', ...flags, '--cluster', '-f', file, '-n', 'checks-a', '-o', 'json')
    const { findings } = JSON.parse(stdout) as { findings: { code: string; at?: string; message: string }[] }
    expect(findings.map(({ code: found, at }) => (at === undefined ? found : `${found} ${at}`))).to.include.members([
      'TI011',
      `TI001 ${file}:1`,
    ])
    expect(findings.find(({ code: found }) => found === 'TI011')?.message).to.include('checks-a to checks-a (all ports)')
    expect(code).to.equal(1)
  })
})
