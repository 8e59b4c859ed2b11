/** From a cluster without policies to full isolation, with the flows told before, meanwhile and after: `impact`, `matrix`, `explain` on a real API server. */

import { expect } from 'chai'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import type { KubeObject } from '../../src/kube/objects.ts'
import { NAMESPACES, SERVICES } from '../../src/reconcile/resources.ts'
import { ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { type Folder, run, temporaryFolder } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { end, type Kube, networkPolicy, openKube } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

const TENANT = 'impact-tenant'
const SHOP = 'impact-shop'
const OTHER = 'impact-other'
const SPEC: Spec = {
  namespaceSelector: namespacesOf(TENANT),
  network: {
    intraTenant: 'Tenant',
    ingress: [
      ingressRule({
        name: 'other',
        appliesTo: { podSelector: labelled({ app: 'web' }) },
        from: [{ namespaceSelector: labelled({ 'kubernetes.io/metadata.name': OTHER }) }],
        ports: [{ port: 8080 }],
      }),
    ],
  },
}

type Line = { readonly purpose: string; readonly through?: string; readonly from: readonly string[]; readonly to: readonly string[] }
type Refused = { readonly workloads: readonly string[]; readonly already: boolean; readonly message: string }
type Told = {
  readonly refused: readonly Refused[]
  readonly lost: readonly Line[]
  readonly gained: readonly Line[]
  readonly policies: object
}

describe('the flows of a cluster that is being isolated', function () {
  this.timeout(120_000)

  let kube: Kube
  let running: RunningOperator | undefined
  let folder: Folder
  let flags: readonly string[]

  before(async () => {
    folder = temporaryFolder()
    kube = await openKube()
    // What other tests have left is counted, and must not go between two counts.
    await eventually(
      async () => {
        const { items } = await kube.client.list<KubeObject>(NAMESPACES)
        expect(items.filter(({ metadata }) => metadata.deletionTimestamp).map(({ metadata }) => metadata.name)).to.deep.equal([])
      },
      { within: 60_000 },
    )
    flags = ['--kubeconfig', kube.controlPlane.kubeconfig('admin')]
    running = await startOperator()
    await kube.createNamespace(SHOP, { tenant: TENANT })
    await kube.createNamespace(OTHER)
    await kube.createPod(SHOP, 'web', { app: 'web' })
    await kube.createPod(SHOP, 'database', { app: 'database' })
    await kube.createPod(OTHER, 'client', { app: 'client' })
    for (const [name, port] of [
      ['web', 8080],
      ['database', 5432],
    ] as const) {
      await kube.client.create(SERVICES, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: SHOP },
        spec: { selector: { app: name }, ports: [{ port: 80, targetPort: port }] },
      } as never)
    }
  })

  after(async () => {
    folder?.remove()
    await end(kube, running)
  })

  const impact = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run('impact', ...flags, '-n', SHOP, '--by', 'workload', '-o', 'json', ...args)
    expect(code, stderr).to.be.oneOf([0, 1])
    return { code, stderr, ...(JSON.parse(stdout) as Told) }
  }
  const through = ({ lost }: Told, service: string) => lost.filter((line) => line.through === `Service ${SHOP}/${service}`)
  const tenantFile = (network: object = {}) =>
    folder.file(
      'tenant.yaml',
      JSON.stringify({
        apiVersion: 'tenant-isolation.dev/v1alpha1',
        kind: 'TenantIsolation',
        metadata: { name: TENANT },
        spec: { ...SPEC, network: { ...SPEC.network, ...network } },
      }),
    )

  it('are announced as lost before the tenant is applied, by the Services that they go through; those of its rules are not', async () => {
    const told = await impact('--cluster', '-f', tenantFile())
    expect([told.code, told.gained]).to.deep.equal([1, []])
    expect(through(told, 'database').flatMap(({ from }) => from)).to.include('no tenant')
    const kept = await run('explain', `${OTHER}/client`, `${SHOP}/web`, '8080', ...flags, '--cluster', '-f', tenantFile())
    expect(kept.code, `the rule keeps it: ${kept.stdout}`).to.equal(0)
    expect(told.policies).to.deep.equal({ create: 2, change: 0, delete: 0, namespaces: 1 })
    expect(await kube.policyNames(SHOP), 'nothing is written').to.deep.equal([])
  })

  it('are announced alike while the tenant is in mode Audit', async () => {
    const before = await impact('--cluster', '-f', tenantFile())
    await kube.applyTenant(TENANT, { ...SPEC, network: { ...SPEC.network, mode: 'Audit' } })
    const audited = await impact()
    expect(audited.lost).to.deep.equal(before.lost)
    expect(audited.stderr).to.include(`TenantIsolation ${TENANT} has network.mode Audit, and is counted as if it were enforced`)
    expect((await impact('--as-written')).code).to.equal(0)
  })

  it('do not change any more once the tenant is enforced', async () => {
    await kube.applyTenant(TENANT, SPEC)
    await kube.ready(TENANT)
    const { code, stdout, stderr } = await run('impact', ...flags, '-n', SHOP)
    expect([code, stdout, stderr]).to.deep.equal([0, 'no flow would be gained or lost\n', ''])
    const everywhere = await impact('--cluster', '-f', tenantFile())
    expect([everywhere.code, everywhere.lost, everywhere.gained]).to.deep.equal([0, [], []])
  })

  it('show in the matrix, and are explained, as they then are', async () => {
    const matrix = JSON.parse((await run('matrix', ...flags, '--by', 'namespace', '-n', SHOP, '-o', 'json')).stdout)
    const reaching = matrix.cells.filter(({ to, ports }: { to: string; ports: readonly object[] }) => to === SHOP && ports.length > 0)
    expect(reaching.map(({ from }: { from: string }) => from)).to.include(SHOP)
    const allowed = await run('explain', `${OTHER}/client`, `${SHOP}/web`, '8080', ...flags)
    expect([allowed.code, allowed.stdout]).to.satisfy(
      ([code, text]: [number, string]) => code === 0 && text.includes(`from ingress/other of TenantIsolation ${TENANT}`),
    )
    const denied = await run('explain', `${OTHER}/client`, `${SHOP}/database`, '5432', ...flags)
    expect([denied.code, denied.stdout.split('\n')[0]]).to.deep.equal([1, `${OTHER}/client -> ${SHOP}/database, TCP 5432: DENY`])
    expect(denied.stdout).to.include(`missing: an ingress rule of TenantIsolation ${TENANT}\n`)
  })

  it('are told with the pods that would not be admitted again, which are nobody else after that', async () => {
    const subjects = [{ kind: 'Group', name: 'system:authenticated' }] as const
    const podSecurity = { profiles: [{ name: 'strict', preset: 'Restricted' as const, subjects: [...subjects] }] }
    const file = folder.file(
      'secured.yaml',
      JSON.stringify({
        apiVersion: 'tenant-isolation.dev/v1alpha1',
        kind: 'TenantIsolation',
        metadata: { name: TENANT },
        spec: { ...SPEC, podSecurity },
      }),
    )
    const told = await impact('--cluster', '-f', file)
    expect([told.code, told.lost]).to.deep.equal([1, []])
    expect(told.refused.map(({ workloads, already }) => [workloads, already])).to.deep.equal([[[`${SHOP}/database`, `${SHOP}/web`], false]])
    expect(told.refused[0]?.message).to.match(/^the pod does not fit profile "strict": container \S+: capabilities\.drop must have "ALL"; /)
    await kube.applyTenant(TENANT, { ...SPEC, podSecurity })
    const after = await impact()
    expect([after.code, after.refused.map(({ already }) => already)]).to.deep.equal([0, [true]])
    await kube.applyTenant(TENANT, SPEC)
    await kube.ready(TENANT)
  })

  it('that a policy of somebody else opens are marked in the matrix, and are no change that the operator would make', async () => {
    await kube.createPolicy(networkPolicy(SHOP, 'of-others', { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] }))
    const { cells } = JSON.parse((await run('matrix', ...flags, '--by', 'namespace', '-n', SHOP, '-o', 'json')).stdout)
    const foreign = cells.filter(({ to, foreign: ports }: { to: string; foreign: readonly object[] }) => to === SHOP && ports.length > 0)
    expect(foreign).not.to.deep.equal([])
    expect((await run('impact', ...flags, '-n', SHOP)).code).to.equal(0)
  })
})
