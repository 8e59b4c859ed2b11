/** What `render` prints is, byte for byte, what the operator writes; and kubectl takes it. */

import { expect } from 'chai'
import { FIELD_MANAGER } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { byPlace, type Identity } from '../../src/cli/output/kube-objects.ts'
import { yamlDocuments } from '../../src/cli/output/yaml.ts'

import { NAMESPACES, NETWORK_POLICIES } from '../../src/reconcile/resources.ts'
import { kubectl } from '../../tools/control-plane/kubectl.ts'
import { app, egressRule, ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { type Folder, run, temporaryFolder } from '../support/cli.ts'
import { end, type Kube, openKube } from '../support/kube.ts'
import { canMutate, keptKinds } from '../support/older-kubernetes.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

const ELDER: Spec = {
  namespaceSelector: namespacesOf('render-elder'),
  network: {
    intraTenant: 'Namespace',
    ingress: [
      ingressRule({
        name: 'web',
        appliesTo: { podSelector: labelled({ app: 'web' }) },
        from: [{ tenant: 'render-younger' }],
        ports: [{ port: 80 }],
      }),
      ingressRule({ name: 'front', appliesTo: { namespaceSelector: labelled({ tier: 'front' }) }, from: [{ cidr: '192.0.2.0/24' }] }),
    ],
    egress: [
      egressRule({ name: 'api', to: [{ preset: 'KubeAPIServer' }] }),
      egressRule({ name: 'internet', to: [{ preset: 'Internet' }], ports: [{ port: 443 }] }),
    ],
  },
  podSecurity: {
    defaulting: 'Enabled',
    workloads: 'Deny',
    profiles: [{ name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] }],
  },
}

/** Selects a namespace that the elder has. */
const YOUNGER: Spec = {
  namespaceSelector: { matchExpressions: [{ key: 'tenant', operator: 'In', values: ['render-younger', 'render-elder'] }] },
  network: { defaultDeny: ['Ingress'], ingress: [ingressRule({ name: 'database', from: [app('web')], ports: [{ port: 5432 }] })] },
}

const AUDITED: Spec = { namespaceSelector: namespacesOf('render-audited'), network: { mode: 'Audit' } }

describe('render', function () {
  this.timeout(120_000)

  let kube: Kube
  let running: RunningOperator
  let folder: Folder
  let kubeconfig: string

  before(async () => {
    folder = temporaryFolder()
    kube = await openKube()
    kubeconfig = kube.controlPlane.kubeconfig('admin')
    running = await startOperator()
    await kube.createNamespace('render-a', { tenant: 'render-elder', tier: 'front' })
    await kube.createNamespace('render-b', { tenant: 'render-elder' })
    await kube.createNamespace('render-c', { tenant: 'render-younger' })
    await kube.createNamespace('render-d', { tenant: 'render-audited' })
    await kube.applyTenant('render-elder', ELDER)
    await kube.says('render-elder', { NetworkIsolated: 'True Isolated' })
    // A second later, so that their ages differ.
    await new Promise((next) => setTimeout(next, 1_100))
    await kube.applyTenant('render-younger', YOUNGER)
    await kube.applyTenant('render-audited', AUDITED)
    await settled()
  })

  after(async () => {
    folder?.remove()
    await end(kube, running)
  })

  const settled = async (): Promise<void> => {
    await kube.ready('render-elder')
    await kube.says('render-younger', { NetworkIsolated: 'True Isolated', Conflicted: 'True NamespaceClaimed' })
    await kube.ready('render-audited')
  }

  /** Everything that the operator has written, without what the API server fills in: see `asSent`. */
  const written = async (): Promise<string> => {
    const namespaces = await kube.client.list<Stored>(NAMESPACES)
    const going = new Set(namespaces.items.filter(({ metadata }) => metadata.deletionTimestamp).map(({ metadata }) => metadata.name))
    const lists = await Promise.all(
      [NETWORK_POLICIES, ...(await keptKinds()).map(([, resource]) => resource)].map(async (resource) => {
        const { items } = await kube.client.list<Stored>(resource)
        const apiVersion = `${resource.group}/${resource.version}`
        return items.filter(isWrittenByOperator).map((item) => asSent({ ...item, apiVersion, kind: resource.kind }))
      }),
    )
    const objects = lists.flat().filter(({ metadata }) => !going.has(metadata.namespace ?? ''))
    return yamlDocuments(objects.sort(byPlace))
  }

  it('prints what the operator has written, byte for byte', async () => {
    const { stdout, stderr, code } = await run('render', '--kubeconfig', kubeconfig)
    expect(stdout).to.equal(await written())
    for (const [line, count] of [
      [/^kind: NetworkPolicy$/gm, 5],
      [/^kind: ClusterRole$/gm, 1],
      [/^kind: ClusterRoleBinding$/gm, 1],
      ...((await canMutate()) ? [[/^kind: MutatingAdmissionPolicyBinding$/gm, 1] as const] : []),
      [/^ {2}name: namespace-is-not-isolated-yet/gm, 2],
    ] as const)
      expect(stdout.match(line), String(line)).to.have.lengthOf(count)
    expect(stderr).to.include(
      'note: namespace render-a belongs to the older tenant render-elder, although TenantIsolation render-younger selects it',
    )
    expect(stderr).to.include('note: TenantIsolation render-audited has network.mode Audit: no NetworkPolicies are kept for it')
    expect(code).to.equal(0)
  })

  it('says the same from files as from the cluster that they came from', async () => {
    const dump = await kube.kubectl('get tenantisolations,namespaces,services,endpointslices --all-namespaces -o yaml')
    const file = folder.file('dump.yaml', dump)
    const { stdout, code } = await run('render', '-f', file, '--kubernetes-version', kube.controlPlane.version)
    expect(stdout).to.equal(await written())
    expect(code).to.equal(0)
  })

  it('is taken by kubectl, on a cluster that has the objects, and one namespace for itself', async () => {
    const all = await run('render', '--kubeconfig', kubeconfig)
    const applied = await kubectl(kube.controlPlane, ['apply', '--dry-run=server', '-f', '-'], { input: all.stdout })
    expect(applied.trim().split('\n')).to.have.lengthOf(all.stdout.split('\n---\n').length)
    const one = await run('render', '--kubeconfig', kubeconfig, '-n', 'render-a')
    const names = (await kubectl(kube.controlPlane, ['apply', '--dry-run=server', '-o', 'name', '-f', '-'], { input: one.stdout }))
      .trim()
      .split('\n')
    expect(names).to.deep.equal((await kube.policyNames('render-a')).map((name) => `networkpolicy.networking.k8s.io/${name}`))
  })

  it('is taken by kubectl when it was rendered without a cluster, and so without owners', async () => {
    const files = folder.file(
      'offline.yaml',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          {
            apiVersion: 'tenant-isolation.dev/v1alpha1',
            kind: 'TenantIsolation',
            metadata: { name: 'render-offline' },
            spec: { ...ELDER, namespaceSelector: namespacesOf('render-offline') },
          },
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'render-d', labels: { tenant: 'render-offline' } } },
        ],
      }),
    )
    const facts = folder.file('facts.yaml', await kube.kubectl('get services,endpointslices --all-namespaces -o yaml'))
    const { stdout, stderr, code } = await run('render', '-f', files, '--facts', facts, '--kubernetes-version', kube.controlPlane.version)
    expect(code).to.equal(0)
    expect(stderr).to.include('note: ownerReferences are left out for render-offline: only the cluster that holds it knows the uid')
    expect(stdout).not.to.include('ownerReferences')
    const applied = await kubectl(kube.controlPlane, ['apply', '--dry-run=server', '-o', 'name', '-f', '-'], { input: stdout })
    expect(applied.trim().split('\n')).to.have.lengthOf(stdout.split('\n---\n').length)
  })

  it('foretells what the operator writes once files are applied', async () => {
    const changed: Spec = {
      ...YOUNGER,
      network: {
        ...YOUNGER.network,
        ingress: [ingressRule({ name: 'database', from: [app('web')], ports: [{ port: 5433 }] })],
        egress: [],
      },
    }
    const manifest = {
      apiVersion: 'tenant-isolation.dev/v1alpha1',
      kind: 'TenantIsolation',
      metadata: { name: 'render-younger' },
      spec: changed,
    }
    const file = folder.file('changed.yaml', JSON.stringify(manifest))
    const { stdout } = await run('render', '--kubeconfig', kubeconfig, '--cluster', '-f', file)
    expect(stdout, 'before').not.to.equal(await written())
    await kube.applyTenant('render-younger', changed)
    await settled()
    expect(stdout).to.equal(await written())
  })
})

type Stored = Identity & {
  readonly metadata: { readonly deletionTimestamp?: string; readonly managedFields?: readonly { readonly manager: string }[] }
  readonly spec?: { readonly matchResources?: Readonly<Record<string, unknown>> }
}

/** The bindings that are installed with the policies have its label, too. */
function isWrittenByOperator({ metadata: { managedFields = [] } }: Stored): boolean {
  return managedFields.some(({ manager }) => manager === FIELD_MANAGER)
}

/**
 * The object as it was sent. The API server fills in the uid, resourceVersion, generation, creationTimestamp and managedFields of every
 * object, and in the matchResources of a binding matchPolicy Equivalent and the selectors that were not written, as empty ones.
 */
function asSent(stored: Stored): Stored {
  const {
    uid: _,
    resourceVersion: __,
    generation: ___,
    creationTimestamp: ____,
    managedFields: _____,
    ...metadata
  } = stored.metadata as Record<string, unknown>
  const { matchResources } = stored.spec ?? {}
  if (!matchResources) return { ...stored, metadata } as Stored
  const own = Object.entries(matchResources).filter(
    ([name, value]) =>
      !(name === 'matchPolicy' && value === 'Equivalent') && !(/Selector$/.test(name) && Object.keys(value as object).length === 0),
  )
  return { ...stored, metadata, spec: { ...stored.spec, matchResources: Object.fromEntries(own) } } as Stored
}
