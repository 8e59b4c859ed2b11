/** What the chart renders to, by the real helm; no cluster is asked. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { guardBindings, guardPolicies } from '../../../src/admission/guards/guards.ts'
import { parseConfiguration } from '../../../src/api/configuration.ts'
import { version } from '../../../src/version.ts'
import { ensureBinaries } from '../../../tools/control-plane/binaries.ts'
import { installYaml } from '../../../tools/install-yaml.ts'
import {
  CHART,
  helm,
  identityOf,
  type Manifest,
  manifestsIn,
  render,
  templateArguments,
  tryHelm,
  withoutRelease,
} from '../../support/helm.ts'
import { run } from '../../support/run.ts'

const CONFIG = join(import.meta.dirname, '../../../config')
const SETS = readdirSync(join(CHART, 'ci')).filter((file) => file.endsWith('-values.yaml'))
const valuesOf = (set: string) => parse(readFileSync(join(CHART, 'ci', set), 'utf8')) as object

async function kustomize(folder: string): Promise<readonly Manifest[]> {
  const { kubectl } = await ensureBinaries({ names: ['kubectl'] })
  return manifestsIn((await run(kubectl, ['kustomize', join(CONFIG, folder)])).output)
}

const byIdentity = (manifests: readonly Manifest[]) =>
  Object.fromEntries(manifests.map((manifest) => [identityOf(manifest), withoutRelease(manifest)] as const).sort())

const one = (manifests: readonly Manifest[], identity: string): Manifest => {
  const found = manifests.find((manifest) => identityOf(manifest) === identity)
  if (!found) throw new Error(`there is no ${identity} among ${manifests.map(identityOf).join(', ')}`)
  return found
}

describe('the chart', function () {
  this.timeout(60_000)

  it('has nothing that helm lint would say something about', async () => {
    const { code, output } = await tryHelm(['lint', '--strict', CHART])
    expect(output).to.match(/1 chart\(s\) linted, 0 chart\(s\) failed/)
    expect(output.replace(/\[INFO\] Chart.yaml: icon is recommended\n/, '')).not.to.match(/\[(INFO|WARNING|ERROR)\]/)
    expect(code).to.equal(0)
  })

  it('renders to what kustomize renders config/default to, but for the namespace, which helm makes itself', async () => {
    const [chart, plain] = await Promise.all([render(), kustomize('default')])
    const { 'Namespace tenant-isolation-system': namespace, ...rest } = byIdentity(plain)
    expect(namespace).to.have.nested.property('metadata.labels.pod-security\\.kubernetes\\.io/enforce', 'restricted')
    expect(byIdentity(chart)).to.deep.equal(rest)
  })

  it('and so is the one file of a release', async () => {
    const file = await installYaml()
    expect(file).to.equal(await installYaml())
    expect(manifestsIn(file).map(identityOf)).to.have.members([...(await render()).map(identityOf), 'Namespace tenant-isolation-system'])
  })

  it('and for a Kubernetes without MutatingAdmissionPolicy to config/without-mutating-policies', async () => {
    const [chart, plain] = await Promise.all([render({ args: ['--kube-version=1.35.0'] }), kustomize('without-mutating-policies')])
    const { 'Namespace tenant-isolation-system': _, ...rest } = byIdentity(plain)
    expect(byIdentity(chart)).to.deep.equal(rest)
  })

  for (const set of ['', ...SETS]) {
    it(`gives the same bytes each time, in full: ${set || 'the default values'}`, async () => {
      const values = set === '' ? {} : valuesOf(set)
      const [first, second] = await Promise.all([helm(templateArguments({ values })), helm(templateArguments({ values }))])
      expect(first).to.equal(second)
      const manifests = manifestsIn(first)
      expect(new Set(manifests.map(identityOf))).to.have.property('size', manifests.length)
      for (const { apiVersion, kind, metadata } of manifests) {
        expect(apiVersion).to.be.a('string')
        expect(metadata.labels, `${kind} ${metadata.name}`).to.include({ 'helm.sh/chart': `tenant-isolation-${version()}` })
        for (const text of Object.values({ ...metadata.labels, ...metadata.annotations })) expect(text).to.be.a('string')
        expect(Object.keys(metadata.annotations ?? {})).not.to.include('helm.sh/hook')
      }
    })
  }

  it('asks the cluster nothing and makes nothing up', () => {
    const templates = readdirSync(join(CHART, 'templates'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.(yaml|tpl|txt)$/.test(file),
    )
    expect(templates).to.have.length.greaterThan(15)
    for (const file of templates) {
      const actions = readFileSync(join(CHART, 'templates', file), 'utf8').match(/\{\{[^}]*\}\}/g) ?? []
      for (const action of actions)
        expect(action, file).not.to.match(/\b(lookup|rand\w+|gen\w+|uuidv4|now|getHostByName|htpasswd|derivePassword)\b/)
    }
  })

  it('lets the admission policies know the account of the release', async () => {
    // They sort behind the namespaces of Kubernetes, as the default does.
    const account = { namespace: 'platform', serviceAccount: 'keeper' }
    const manifests = await render({
      name: 'any',
      namespace: account.namespace,
      values: { serviceAccount: { name: account.serviceAccount } },
    })
    const rendered = byIdentity(manifests)
    for (const object of [...guardPolicies(account), ...guardBindings(account)] as readonly object[] as readonly Manifest[])
      expect(rendered[identityOf(object)]).to.deep.equal(withoutRelease(JSON.parse(JSON.stringify(object))))
    expect(JSON.stringify(rendered)).not.to.include('tenant-isolation-system')
  })

  it('binds every role to the account of the release, in its namespace', async () => {
    const manifests = await render({ namespace: 'platform', values: { serviceAccount: { name: 'keeper' } } })
    const bindings = manifests.filter(({ kind }) => kind.endsWith('RoleBinding'))
    expect(bindings).to.have.length(3)
    for (const { subjects } of bindings) expect(subjects).to.deep.equal([{ kind: 'ServiceAccount', name: 'keeper', namespace: 'platform' }])
    expect(one(manifests, 'Deployment platform/tenant-isolation').spec.template.spec.serviceAccountName).to.equal('keeper')
  })

  it('keeps what isolates tenants when it is uninstalled, unless told not to', async () => {
    const kept = (manifests: readonly Manifest[]) =>
      manifests.filter(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] === 'keep').map(({ kind }) => kind)
    const kinds = ['CustomResourceDefinition', 'MutatingAdmissionPolicy', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']
    expect([...new Set(kept(await render()))].sort()).to.deep.equal(kinds)
    expect(kept(await render({ values: valuesOf('nothing-stays-values.yaml') }))).to.deep.equal([])
  })

  it('has the MutatingAdmissionPolicy where the API server serves it', async () => {
    const has = async (...args: string[]) => (await render({ args })).some(({ kind }) => kind === 'MutatingAdmissionPolicy')
    const served = '--api-versions=apps/v1/Deployment,admissionregistration.k8s.io/v1/MutatingAdmissionPolicy'
    expect(await has('--kube-version=1.36.0')).to.equal(true)
    expect(await has('--kube-version=1.35.9')).to.equal(false)
    expect(await has('--kube-version=1.36.0', served)).to.equal(true)
    // Switched off in the API server: it serves other kinds, and not this one.
    expect(await has('--kube-version=1.36.0', '--api-versions=apps/v1/Deployment')).to.equal(false)
    expect(await has('--kube-version=1.36.0', '--set=admissionPolicies.mutating=Disabled')).to.equal(false)
    expect(await has('--kube-version=1.35.9', '--set=admissionPolicies.mutating=Enabled')).to.equal(true)
    expect(await has('--set=admissionPolicies.mutating=Enabled,admissionPolicies.enabled=false')).to.equal(false)
  })

  it('refuses a Kubernetes that is too old', async () => {
    const { code, complaint } = await tryHelm(templateArguments({ args: ['--kube-version=1.29.0'] }))
    expect(code).not.to.equal(0)
    expect(complaint).to.match(/chart requires kubeVersion: >=1\.\d+\.0-0 which is incompatible with Kubernetes v1\.29\.0/)
  })

  it('renders each optional part only when it is asked for', async () => {
    const kinds = async (set: string) => new Set((await render({ values: valuesOf(set) })).map(({ kind }) => kind))
    const optional = ['ServiceMonitor', 'PrometheusRule', 'FlowSchema', 'PriorityLevelConfiguration']
    expect([...(await kinds('everything-values.yaml'))]).to.include.members([...optional, 'PodDisruptionBudget', 'NetworkPolicy'])
    expect([...(await kinds('nothing-optional-values.yaml'))].sort()).to.deep.equal(['ConfigMap', 'Deployment', 'Service'])
    for (const kind of optional) expect([...new Set((await render()).map((manifest) => manifest.kind))]).not.to.include(kind)
  })

  it('names the image by its digest where there is one', async () => {
    const image = async (values: object) =>
      one(await render({ values }), 'Deployment tenant-isolation-system/tenant-isolation').spec.template.spec.containers[0].image
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
    expect(await image({ image: { digest, tag: 'v9' } })).to.equal(`ghcr.io/tenant-isolation/tenant-isolation@${digest}`)
    expect(await image({ image: { tag: 'v9', repository: 'registry.example.com/ti' } })).to.equal('registry.example.com/ti:v9')
    expect(await image({})).to.equal(`ghcr.io/tenant-isolation/tenant-isolation:${version()}`)
  })

  it('passes on a configuration that the operator takes', async () => {
    const manifests = await render({ values: valuesOf('everything-values.yaml') })
    const { data } = one(manifests, 'ConfigMap tenant-isolation-system/tenant-isolation')
    const parsed = parseConfiguration(parse(data['config.yaml']))
    expect(parsed).to.have.nested.property('configuration.protectedNamespaces').that.deep.equals(['argocd', 'monitoring'])
    const plain = one(await render(), 'ConfigMap tenant-isolation-system/tenant-isolation')
    expect(parseConfiguration(parse(plain.data['config.yaml']))).to.have.property('configuration')
  })

  it('runs it with nothing that it does not need', async () => {
    const { spec } = one(await render(), 'Deployment tenant-isolation-system/tenant-isolation')
    const pod = spec.template.spec
    expect(pod.securityContext).to.deep.equal({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    for (const { securityContext } of pod.containers)
      expect(securityContext).to.deep.equal({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      })
    expect(pod.volumes).to.deep.equal([{ name: 'configuration', configMap: { name: 'tenant-isolation' } }])
    expect(pod).not.to.have.any.keys('hostNetwork', 'hostPID', 'hostIPC')
    expect(spec.replicas).to.equal(2)
  })

  it('can be a part of another chart', async () => {
    expect(await render({ values: { global: { anything: 1 }, enabled: true } })).to.have.length.greaterThan(20)
  })
})

/** Values, and what helm has to say about them. */
const REFUSED: readonly (readonly [what: string, values: object, sentence: RegExp])[] = [
  ['a typo', { replicas: 3 }, /additional properties 'replicas' not allowed/],
  ['a typo further down', { networkPolicy: { metricFrom: [] } }, /at '\/networkPolicy': additional properties 'metricFrom' not allowed/],
  ['a number as text', { replicaCount: 'two' }, /at '\/replicaCount': got string, want integer/],
  ['a digest without its algorithm', { image: { digest: '0123abcd' } }, /at '\/image\/digest'/],
  ['a mode that there is not', { admissionPolicies: { mutating: 'Yes' } }, /value must be one of 'Auto', 'Enabled', 'Disabled'/],
  [
    'a configuration that the operator does not know',
    { config: { protected: [] } },
    /at '\/config': additional properties 'protected' not allowed/,
  ],
  [
    'a configuration of the wrong form',
    { config: { protectedNamespaces: ['Argo CD'] } },
    /at '\/config\/protectedNamespaces\/0': 'Argo CD' does not match pattern/,
  ],
  [
    'a ServiceMonitor that could reach nothing',
    { metrics: { serviceMonitor: { enabled: true } } },
    /networkPolicy lets nobody reach the metrics: name Prometheus in networkPolicy\.metricsFrom/,
  ],
  [
    'a disruption budget that would hold up every drain',
    { podDisruptionBudget: { minAvailable: 2 } },
    /podDisruptionBudget\.minAvailable is 2 of 2 replicas, so that no node with one of them could be drained: write a smaller number/,
  ],
]

describe('values that the chart refuses', function () {
  this.timeout(60_000)

  for (const [what, values, sentence] of REFUSED) {
    it(what, async () => {
      const { code, complaint } = await tryHelm(templateArguments({ values }))
      expect(complaint).to.match(sentence)
      expect(code).not.to.equal(0)
    })
  }
})
