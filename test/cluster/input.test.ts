/** What commands read of a real cluster: kinds as they asked for them, all pages, and files laid over it. */

import { expect } from 'chai'
import { type InputRequest, readInput } from '../../src/cli/input/input.ts'
import { OPERATOR_NAMESPACE } from '../../src/cli/input/snapshot.ts'
import { PODS } from '../../src/reconcile/resources.ts'
import { AuditLog } from '../support/audit.ts'
import { type Folder, run, temporaryFolder } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import type { FaultProxy } from '../support/fault-proxy.ts'
import { end, type Kube, networkPolicy, openKube } from '../support/kube.ts'
import { kubeConfigOf, startProxy } from '../support/kube-setup.ts'
import { canMutate } from '../support/older-kubernetes.ts'
import { shellWith } from '../support/shell.ts'

/** More than one page of 500. */
const PODS_THERE = 501

describe('the input of commands, from a cluster', function () {
  this.timeout(120_000)

  let kube: Kube
  let folder: Folder
  let proxy: FaultProxy

  before(async () => {
    folder = temporaryFolder()
    proxy = await startProxy()
    kube = await openKube()
    await kube.createNamespace('input-a', { tenant: 'input' })
    await kube.createNamespace('input-b')
    await kube.createPolicy(networkPolicy('input-a', 'mine', { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] }))
    await kube.createPod('input-a', 'first', { app: 'web' })
    await kube.createPod('input-b', 'other')
    const names = Array.from({ length: PODS_THERE - 1 }, (_, index) => `p${index}`)
    for (let from = 0; from < names.length; from += 50) {
      await Promise.all(names.slice(from, from + 50).map((name) => kube.createPod('input-a', name)))
    }
    await kube.kubectl('apply -f -', {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { namespace: 'input-a', name: 'web' },
          spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
        },
        {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'Ingress',
          metadata: { namespace: 'input-a', name: 'web' },
          spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
        },
      ],
    })
    await eventually(async () => expect(await kube.kubectl('get endpointslices -n input-a -o name')).to.include('endpointslice'))
  })

  after(async () => {
    folder?.remove()
    await proxy?.close()
    // Deleted with their namespace they would keep kube-controller-manager busy while other tests run.
    await kube?.kubectl('delete pods --all -n input-a --wait=false --grace-period=0 --force')
    await end(kube, undefined)
  })

  const read = async ({ options, ...request }: Partial<Omit<InputRequest<undefined>, 'options'>> & { readonly options?: object } = {}) =>
    await readInput({
      shell: shellWith(),
      options: { kubeconfig: kube.controlPlane.kubeconfig('admin'), operatorNamespace: OPERATOR_NAMESPACE, ...options },
      ...request,
    })

  it('are the kinds that the command asked for, typed, all pages of them', async () => {
    const { snapshot, before, source } = await read({ needs: ['pods', 'networkPolicies', 'services', 'endpointSlices', 'ingresses'] })
    expect(source).to.equal('cluster')
    expect(before).to.equal(snapshot)
    const own = snapshot.pods.filter(({ namespace }) => namespace === 'input-a')
    expect(new Set(own.map(({ name }) => name)).size).to.equal(PODS_THERE)
    expect(own.find(({ name }) => name === 'first')).to.deep.include({ labels: { app: 'web' }, origin: 'pod', phase: 'Pending' })
    expect(own[0]).not.to.have.property('whole')
    expect(snapshot.namespaces.find(({ name }) => name === 'input-a')).to.deep.equal({
      name: 'input-a',
      labels: { tenant: 'input', 'kubernetes.io/metadata.name': 'input-a' },
      terminating: false,
      implied: false,
    })
    expect(snapshot.networkPolicies.find(({ metadata }) => metadata.name === 'mine')?.spec).to.deep.equal({
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: [{}],
    })
    const inA = <T extends { readonly metadata: { readonly namespace?: string | undefined } }>(all: readonly T[]) =>
      all.filter(({ metadata }) => metadata.namespace === 'input-a')
    expect(inA(snapshot.services).map(({ spec }) => [spec.selector, spec.type])).to.deep.equal([[{ app: 'web' }, 'ClusterIP']])
    expect(inA(snapshot.endpointSlices).map(({ addressType }) => addressType)).to.deep.equal(['IPv4'])
    expect(inA(snapshot.ingresses).map(({ spec }) => spec.defaultBackend?.service?.name)).to.deep.equal(['web'])
    expect(snapshot.canMutate).to.equal(await canMutate())
    expect(snapshot.where(snapshot.pods[0] ?? {})).to.equal('the cluster')
  })

  it('are no others, and pods are whole only where that was asked for', async () => {
    const { snapshot } = await read()
    expect(snapshot.pods).to.deep.equal([])
    expect(snapshot.networkPolicies).to.deep.equal([])
    expect(snapshot.services.map(({ metadata }) => metadata.name)).to.deep.equal(['kubernetes', 'kube-dns'])
    const whole = await read({ needs: ['wholePods'], narrow: true, options: { namespace: 'input-b' } })
    expect(
      whole.snapshot.pods.map(({ name, whole: all }) => [name, Object.entries(all?.spec ?? {}).find(([field]) => /Grace/.test(field))]),
    ).to.deep.equal([['other', ['terminationGracePeriodSeconds', 0]]])
  })

  it('are of one namespace where the command can do with that; otherwise of all', async () => {
    const namespacesOf = async (narrow: boolean) => {
      const { snapshot } = await read({ needs: ['pods'], narrow, options: { namespace: 'input-b' } })
      return new Set(snapshot.pods.map(({ namespace }) => namespace))
    }
    expect([...(await namespacesOf(true))]).to.deep.equal(['input-b'])
    expect([...(await namespacesOf(false))]).to.include.members(['input-a', 'input-b'])
  })

  it('are what they would be with files laid over them, and what they were before', async () => {
    const file = folder.file(
      'over.yaml',
      `{apiVersion: v1, kind: Pod, metadata: {name: first, namespace: input-a, labels: {app: new}}, spec: {containers: [{name: main}]}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: input-new}}
`,
    )
    const { snapshot, before, source } = await read({ needs: ['pods'], options: { file: [file], cluster: true } })
    expect(source).to.equal('files over cluster')
    const labels = (pods: typeof snapshot.pods) => pods.find(({ namespace, name }) => `${namespace}/${name}` === 'input-a/first')?.labels
    expect([labels(before.pods), labels(snapshot.pods)]).to.deep.equal([{ app: 'web' }, { app: 'new' }])
    expect(before.namespaces.some(({ name }) => name === 'input-new')).to.equal(false)
    const added = snapshot.namespaces.find(({ name }) => name === 'input-new')
    expect(added && snapshot.where(added)).to.equal(`${file}:3`)
    expect(snapshot.pods.length).to.equal(before.pods.length)
  })

  it('leave a namespace that is not there to be a mistake', async () => {
    const refusal = await read({ options: { namespace: 'input-nowhere' } }).catch((error: Error) => error.message)
    expect(refusal).to.equal('namespace input-nowhere does not exist')
  })

  it('may be of a cluster in which the operator was never installed', async () => {
    proxy.inject(({ url }) => url.startsWith('/apis/tenant-isolation.dev'), { kind: 'respond', code: 404 }, Number.POSITIVE_INFINITY)
    const { token } = (await kubeConfigOf('admin')).getCurrentUser() ?? {}
    const kubeconfig = folder.file(
      'kubeconfig',
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: proxy.url, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'u', user: { token } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    )
    const { code, stdout, stderr } = await run('render', '--kubeconfig', kubeconfig)
    expect({ code, stdout, stderr }).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: 'note: the cluster knows no TenantIsolations yet: the operator is not installed\n',
    })
  })

  it('asks for pages, and for nothing that it does not need', async () => {
    const audit = new AuditLog({ path: kube.controlPlane.auditLog, client: kube.client, user: 'admin' })
    const mark = await audit.mark()
    await read({ needs: ['pods'] })
    const calls = (await audit.since(mark)).filter(({ userAgent }) => userAgent.includes('command line'))
    const pods = calls.filter(({ resource }) => resource === PODS.plural).map(({ uri }) => uri)
    expect(pods.length).to.be.greaterThan(1)
    expect(pods.every((uri) => uri.includes('limit=500'))).to.equal(true)
    expect(new Set(calls.map(({ verb }) => verb))).to.deep.equal(new Set(['list', 'get']))
    expect(new Set(calls.map(({ resource }) => resource))).not.to.include('networkpolicies')
  })
})
