/** What `diff` announces is what the operator then does, object by object, and nothing else. */

import { expect } from 'chai'
import { BASELINE_POLICY, MANAGED_BY_LABEL, TENANT_LABEL } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import type { KubeObject, StoredObject } from '../../src/kube/objects.ts'
import { KEPT_KINDS, type KeptKind } from '../../src/reconcile/kept/kinds.ts'
import { NETWORK_POLICIES } from '../../src/reconcile/resources.ts'
import { egressRule, ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { type Folder, run, temporaryFolder } from '../support/cli.ts'
import { end, type Kube, networkPolicy, openKube, type Tenant } from '../support/kube.ts'
import { keptKinds } from '../support/older-kubernetes.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

const TENANT = 'diff-tenant'
const SPEC: Spec = {
  namespaceSelector: namespacesOf(TENANT),
  network: {
    ingress: [ingressRule({ name: 'web', appliesTo: { podSelector: labelled({ app: 'web' }) }, ports: [{ port: 80 }] })],
    egress: [egressRule({ name: 'db', appliesTo: { podSelector: labelled({ app: 'api' }) }, ports: [{ port: 5432 }] })],
  },
  podSecurity: {
    profiles: [{ name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] }],
  },
}

type Announced = {
  readonly action: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly fields?: readonly { readonly path: string; readonly before?: unknown; readonly after?: unknown }[]
}

const nameOf = ({ action, kind, namespace, name }: Announced): string =>
  `${action} ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`

describe('diff', function () {
  this.timeout(120_000)

  let kube: Kube
  let running: RunningOperator | undefined
  let folder: Folder
  let flags: readonly string[]
  let web: string
  let api: string

  before(async () => {
    folder = temporaryFolder()
    kube = await openKube()
    flags = ['--kubeconfig', kube.controlPlane.kubeconfig('admin')]
    running = await startOperator()
    for (const name of ['diff-a', 'diff-b', 'diff-c']) await kube.createNamespace(name, { tenant: TENANT })
    await kube.createNamespace('diff-d')
    await kube.applyTenant(TENANT, SPEC)
    await kube.ready(TENANT)
    const policies = await kube.policies('diff-a')
    const withRule = (rule: string) =>
      policies.find(({ metadata }) => metadata.annotations?.['tenant-isolation.dev/rules'] === rule)?.metadata.name ?? 'none'
    web = withRule('ingress/web')
    api = withRule('egress/db')
  })

  after(async () => {
    folder?.remove()
    await end(kube, running)
  })

  const diff = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run('diff', ...flags, '-o', 'json', ...args)
    expect(code, stderr).to.be.oneOf([0, 1])
    const { summary, changes } = JSON.parse(stdout) as { summary: Record<string, number>; changes: readonly Announced[] }
    return { code, stderr, summary, changes, names: changes.map(nameOf) }
  }

  /** By "Kind namespace/name": everything that `diff` looks at. */
  const versions = async (): Promise<ReadonlyMap<string, string>> => {
    const lists = await Promise.all(
      [NETWORK_POLICIES, ...(await keptKinds()).map(([, resource]) => resource)].map(async (resource) => {
        const { items } = await kube.client.list<StoredObject>(resource)
        return items.map(({ metadata: { namespace, name, resourceVersion } }): readonly [string, string] => [
          `${resource.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
          resourceVersion,
        ])
      }),
    )
    return new Map(lists.flat())
  }

  const edit = async (kind: KeptKind, name: string, body: object): Promise<void> => {
    await kube.client.patch<KubeObject>(KEPT_KINDS[kind], { name }, { type: 'merge', body })
  }

  it('finds nothing while the operator runs', async () => {
    expect(await run('diff', ...flags)).to.deep.include({ code: 0, stdout: 'no differences\n', stderr: '' })
    expect(await diff()).to.deep.include({ code: 0, names: [] })
  })

  it('announces every object that the operator will create, change and delete, with the fields; what others own is none of it', async () => {
    await running?.stop()
    running = undefined
    await kube.editPolicy({ namespace: 'diff-a', name: web }, (policy) => {
      policy.spec.ingress[0].ports[0].port = 81
      policy.metadata.labels = { ...policy.metadata.labels, team: 'others' }
    })
    await kube.editPolicy({ namespace: 'diff-a', name: api }, ({ metadata }) => {
      metadata.labels = { ...metadata.labels, team: 'others' }
      metadata.annotations = { ...metadata.annotations, note: 'of others' }
    })
    await kube.editPolicy({ namespace: 'diff-b', name: BASELINE_POLICY }, ({ metadata }) => {
      delete metadata.labels?.[TENANT_LABEL]
    })
    await kube.deletePolicy({ namespace: 'diff-b', name: web })
    await kube.createPolicy(networkPolicy('diff-b', 'of-others', { podSelector: {}, policyTypes: ['Ingress'] }))
    await kube.labelNamespace('diff-c', { tenant: null })
    await kube.createPolicy(networkPolicy('diff-d', BASELINE_POLICY, { podSelector: {}, policyTypes: ['Ingress'] }))
    await kube.labelNamespace('diff-d', { tenant: TENANT })
    const role = `tenant-isolation:${TENANT}:default`
    await edit('ClusterRole', role, { rules: [] })
    await kube.client.delete(KEPT_KINDS.ClusterRoleBinding, { name: role })
    await edit('ValidatingAdmissionPolicyBinding', `network-guard.${TENANT}.tenant-isolation.dev`, {
      metadata: { labels: { team: 'others' } },
    })
    await kube.client.create(KEPT_KINDS.ClusterRole, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: `tenant-isolation:${TENANT}:former`, labels: { [MANAGED_BY_LABEL]: 'tenant-isolation', [TENANT_LABEL]: TENANT } },
      rules: [],
    })

    const { code, summary, changes, names } = await diff()
    expect(names).to.deep.equal([
      `change ClusterRole ${role}`,
      `delete ClusterRole tenant-isolation:${TENANT}:former`,
      `create ClusterRoleBinding ${role}`,
      `change NetworkPolicy diff-a/${web}`,
      `change NetworkPolicy diff-b/${BASELINE_POLICY}`,
      `create NetworkPolicy diff-b/${web}`,
      ...[BASELINE_POLICY, ...[web, api].sort()].map((name) => `delete NetworkPolicy diff-c/${name}`),
      `conflict NetworkPolicy diff-d/${BASELINE_POLICY}`,
      ...[web, api].sort().map((name) => `create NetworkPolicy diff-d/${name}`),
    ])
    expect(summary).to.deep.equal({ create: 4, change: 3, delete: 4, conflict: 1 })
    expect(code).to.equal(1)
    const fields = (name: string) => changes.find((change) => nameOf(change) === name)?.fields
    expect(fields(`change NetworkPolicy diff-a/${web}`)).to.deep.equal([{ path: 'spec.ingress[0].ports[0].port', before: 81, after: 80 }])
    expect(fields(`change NetworkPolicy diff-b/${BASELINE_POLICY}`)).to.deep.equal([
      { path: `metadata.labels[${TENANT_LABEL}]`, after: TENANT },
    ])
    expect(fields(`change ClusterRole ${role}`)?.map(({ path }) => path)).to.deep.equal(['rules'])
  })

  it('tells the same to people and to pull requests', async () => {
    const { code, stdout } = await run('diff', ...flags)
    expect(stdout).to.include(
      `~ NetworkPolicy diff-a/${web} (tenant ${TENANT}: ingress/web)\n    ~ spec.ingress[0].ports[0].port: 81 -> 80\n`,
    )
    expect(stdout).to.include(`+ NetworkPolicy diff-b/${web} (tenant ${TENANT}: ingress/web)\n`)
    expect(stdout).to.include(
      `! NetworkPolicy diff-d/${BASELINE_POLICY} (tenant ${TENANT}: dns) is there, but was not made by the operator; delete or rename it\n`,
    )
    expect(stdout).to.match(/\n4 to create, 3 to change, 4 to delete, 1 in conflict\n$/)
    expect(code).to.equal(1)
    const markdown = (await run('diff', ...flags, '-o', 'markdown')).stdout
    expect(markdown).to.include('**4 to create, 3 to change, 4 to delete, 1 in conflict**')
    expect(markdown).to.include(`\`NetworkPolicy diff-a/${web}\`\n\n\`\`\`diff\n! spec.ingress[0].ports[0].port: 81 -> 80\n\`\`\``)
  })

  it('looks at one namespace for itself', async () => {
    expect((await diff('-n', 'diff-a')).names).to.deep.equal([`change NetworkPolicy diff-a/${web}`])
  })

  it('has announced all that the operator does, and nothing that it does not', async () => {
    const announced = (await diff()).changes
    const before = await versions()
    running = await startOperator()
    await kube.says(TENANT, { Ready: 'False NameTaken', Reconciling: 'False' })
    const after = await versions()
    const done = [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name))
    const expected = announced.filter(({ action }) => action !== 'conflict').map((change) => nameOf(change).replace(/^\w+ /, ''))
    expect(done.sort()).to.deep.equal(expected.sort())
    expect((await diff()).names, 'what only a person can mend is left').to.deep.equal([`conflict NetworkPolicy diff-d/${BASELINE_POLICY}`])
    await kube.deletePolicy({ namespace: 'diff-d', name: BASELINE_POLICY })
    // The operator looks again every ten seconds.
    await kube.says(TENANT, { Ready: 'True' }, { within: 15_000 })
    expect((await diff()).names).to.deep.equal([])
  })

  it('says what files would change, and nothing once they are applied', async () => {
    const changed: Spec = {
      ...SPEC,
      network: {
        ...SPEC.network,
        ingress: [ingressRule({ name: 'web', appliesTo: { podSelector: labelled({ app: 'web' }) }, ports: [{ port: 80 }, { port: 443 }] })],
      },
    }
    const manifest = (spec: Spec, name = TENANT) =>
      JSON.stringify({ apiVersion: 'tenant-isolation.dev/v1alpha1', kind: 'TenantIsolation', metadata: { name }, spec })
    const file = folder.file('tenants/changed.json', manifest(changed))
    const announced = await diff('-f', file)
    expect(announced.names).to.deep.equal(['diff-a', 'diff-b', 'diff-d'].map((namespace) => `change NetworkPolicy ${namespace}/${web}`))
    expect(announced.changes[0]?.fields).to.deep.equal([{ path: 'spec.ingress[0].ports[0]', after: { protocol: 'TCP', port: 443 } }])
    await kube.applyTenant(TENANT, changed)
    await kube.ready(TENANT)
    expect(await diff('-f', file)).to.deep.include({ code: 0, names: [] })

    folder.file('tenants/new.json', manifest({ namespaceSelector: namespacesOf('diff-new') }, 'diff-new'))
    const withNew = await diff('-f', `${folder.path}/tenants`)
    expect(withNew.names.filter((name) => !name.includes('diff-new'))).to.deep.equal([
      ...withNew.names.filter((name) => name.includes('namespace-is-not-isolated-yet')),
    ])
    expect(withNew.names).to.include('create ValidatingAdmissionPolicyBinding network-guard.diff-new.tenant-isolation.dev')
    expect(withNew.stderr).to.include('note: ownerReferences are left out for diff-new')
  })

  it('leaves a suspended tenant out, as the operator leaves it alone', async () => {
    await kube.patchTenant(TENANT, { suspend: true })
    await kube.says(TENANT, { Ready: 'Unknown Suspended' })
    await kube.deletePolicy({ namespace: 'diff-a', name: web })
    await kube.labelNamespace('diff-b', { tenant: null })
    const { names, stderr } = await diff()
    expect(names).to.deep.equal([])
    expect(stderr).to.include(`note: TenantIsolation ${TENANT} is suspended: the operator leaves what is there as it is`)
    await kube.patchTenant(TENANT, { suspend: false })
    await kube.ready(TENANT)
  })

  it('lets go of what belongs to a tenant that is switched off or deleted', async () => {
    const off = await diffWith({ mode: 'Disabled' })
    expect(off.names.filter((name) => name.includes('NetworkPolicy'))).to.have.lengthOf(6)
    expect(off.names.every((name) => name.startsWith('delete '))).to.equal(true)
    expect(off.stderr).to.include(`note: TenantIsolation ${TENANT} has network.mode Disabled: no NetworkPolicies are kept for it`)
  })

  const diffWith = async (network: object) => {
    const { spec }: Tenant = await kube.tenant(TENANT)
    const body = {
      apiVersion: 'tenant-isolation.dev/v1alpha1',
      kind: 'TenantIsolation',
      metadata: { name: TENANT },
      spec: { ...spec, network: { ...spec.network, ...network } },
    }
    return await diff('-f', folder.file('with.json', JSON.stringify(body)))
  }
})
