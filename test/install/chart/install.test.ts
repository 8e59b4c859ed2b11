/**
 * `helm install`, `upgrade` and `uninstall` against the real API server, under a namespace and an account that are not the default ones, and
 * the operator under exactly the rights that the release gave it. What docs/install.md says that stays and goes is what is found here.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { API_VERSION, KIND } from '../../../src/api/labels.ts'
import { bundle, NODE_FLAGS } from '../../../tools/bundle.ts'
import { dashboardExpressions } from '../../../tools/chart/dashboard.ts'
import { hasMutatingPolicies } from '../../../tools/control-plane/install.ts'
import { alerts } from '../../support/alerts.ts'
import { eventually } from '../../support/eventually.ts'
import { type ChartCluster, type RunningRelease, startChartCluster } from '../../support/installed-chart.ts'
import { asHere } from '../../support/older-kubernetes.ts'
import { selectorsIn } from '../../support/promql.ts'

const NAMESPACE = 'platform'
const VALUES = { serviceAccount: { name: 'keeper' }, flowControl: { enabled: true }, config: { protectedNamespaces: ['argocd'] } }
const FIRST = ['--create-namespace']

const TENANT = {
  apiVersion: API_VERSION,
  kind: KIND,
  metadata: { name: 'manning' },
  spec: {
    namespaceSelector: { matchLabels: { tenant: 'manning' } },
    podSecurity: { profiles: [{ name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] }] },
  },
}
const NAMESPACE_OF_TENANT = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { tenant: 'manning' } } }

const OPERATORS_OWN =
  'deployments,serviceaccounts,configmaps,services,networkpolicies,poddisruptionbudgets,roles,rolebindings,clusterroles,clusterrolebindings,flowschemas,prioritylevelconfigurations'
const OF_THE_RELEASE = '--selector=app.kubernetes.io/instance=tenant-isolation'
/** What stays when the release goes. */
const ISOLATION = 'customresourcedefinitions,validatingadmissionpolicies,validatingadmissionpolicybindings,mutatingadmissionpolicies'

describe('the chart on a real API server', function () {
  this.timeout(120_000)
  let cluster: ChartCluster
  let operator: RunningRelease | undefined
  let program: readonly string[]

  const isolated = () =>
    eventually(
      async () =>
        expect((await cluster.get('ti/manning')).status?.conditions?.find(isReady)).to.include({ status: 'True', reason: 'Isolated' }),
      { within: 20_000 },
    )
  const isReady = ({ type }: { readonly type: string }) => type === 'Ready'
  /** By name, for what Helm and people see; uid and resourceVersion, for whether anybody wrote it; and what was written of a tenant. */
  const versions = async (kinds: string) =>
    (
      (await cluster.get(`${kinds} --all-namespaces`)).items as readonly {
        kind: string
        metadata: { name: string; uid: string; resourceVersion: string }
        status?: { conditions?: readonly { type: string; status: string; reason: string }[] }
      }[]
    ).map(({ kind, metadata, status }) => {
      const says = kind === KIND ? (status?.conditions ?? []).map((condition) => `${condition.type}: ${condition.reason}`).join(', ') : ''
      return `${kind} ${metadata.name} ${metadata.uid} ${metadata.resourceVersion} ${says}`.trimEnd()
    })

  before(async () => {
    cluster = await startChartCluster()
    // As the image has it.
    program = [...NODE_FLAGS, await bundle(join(cluster.controlPlane.directory, 'app'))]
  })

  after(async () => {
    await operator?.stop()
    await cluster?.stop()
  })

  const here = (kinds: string) => asHere(cluster.controlPlane, kinds)

  it('is installed by helm install, and says how to go on', async () => {
    const output = await cluster.helm('install', { namespace: NAMESPACE, values: VALUES, args: FIRST })
    expect(output).to.match(/STATUS: deployed/)
    expect(output).to.include(`kubectl rollout status deployment/tenant-isolation --namespace ${NAMESPACE}`)
    // Not left out where the API server knows it.
    if (hasMutatingPolicies(cluster.controlPlane)) expect(await cluster.names('mutatingadmissionpolicies')).to.have.length(1)
  })

  it('gives the operator the rights that it needs: a tenant is isolated by it', async () => {
    operator = await cluster.run(NAMESPACE, program)
    await cluster.kubectl('apply --server-side --filename=-', TENANT)
    await cluster.kubectl('create --filename=-', NAMESPACE_OF_TENANT)
    await isolated()
    expect(await cluster.names('networkpolicies', '--namespace=shop')).to.deep.equal(['networkpolicy.networking.k8s.io/tenant-isolation'])
    expect(await cluster.names('clusterroles,clusterrolebindings', '--selector=tenant-isolation.dev/tenant=manning')).to.have.length(2)
  })

  it('lets the operator through its guards under the name of the release, and nobody else', async () => {
    const spec = (await cluster.get('networkpolicy/tenant-isolation --namespace=shop')).spec
    // An edit by somebody who may write NetworkPolicies, and is not the operator.
    await cluster.kubectl('create clusterrolebinding alice-edits --clusterrole=edit --user=alice')
    const edit = [
      'patch networkpolicy/tenant-isolation --namespace=shop --type=merge --as=alice',
      '--patch={"spec":{"ingress":[{}]}}',
    ].join(' ')
    // Until the guard counts it would be written, and what is put back three times is said in status.
    const tried = `${edit} --dry-run=server`
    await eventually(async () => expect((await cluster.tryKubectl(tried)).complaint).to.include('only tenant-isolation may write it'), {
      within: 15_000,
    })
    expect((await cluster.tryKubectl(edit)).complaint).to.include('only tenant-isolation may write it')
    expect((await cluster.get('networkpolicy/tenant-isolation --namespace=shop')).spec).to.deep.equal(spec)
    // And one by the administrator is put back by it.
    await cluster.kubectl(edit.replace(' --as=alice', ''))
    await eventually(async () => expect((await cluster.get('networkpolicy/tenant-isolation --namespace=shop')).spec).to.deep.equal(spec))
  })

  it('protects the namespace of the release', async () => {
    // The guard takes about a second to count; until then the operator leaves the namespace alone.
    await eventually(async () => {
      const refusal = await cluster.kubectl(`label namespace ${NAMESPACE} tenant=manning`).then(() => '', String)
      expect(await cluster.names('networkpolicies', `--namespace=${NAMESPACE}`)).to.deep.equal([
        'networkpolicy.networking.k8s.io/tenant-isolation-operator',
      ])
      if (refusal === '') await cluster.kubectl(`label namespace ${NAMESPACE} tenant-`)
      expect(refusal).to.include(`namespace ${NAMESPACE} is protected: tenant manning may not take it`)
    })
  })

  it('has a priority level of its own in the API server, and uses it', async () => {
    const metrics = await cluster.kubectl('get --raw /metrics')
    const line = metrics
      .split('\n')
      .find(
        (text) => text.startsWith('apiserver_flowcontrol_dispatched_requests_total{') && text.includes('flow_schema="tenant-isolation"'),
      )
    expect(line, 'no request of the operator was dispatched by the FlowSchema').to.match(/priority_level="tenant-isolation"\} [1-9]/)
  })

  it('serves what its alerts and its dashboard ask for, under the labels that they ask for', async () => {
    const text = await (await fetch(`http://${operator?.address}/metrics`)).text()
    const samples = [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? /gm)].map(([, metric = '', labels = '']) => ({ metric, labels }))
    const expressions = [...alerts.map(({ expr }) => expr), ...dashboardExpressions()].map((expr) =>
      expr.replaceAll('$__rate_interval', '5m'),
    )
    for (const { metric, labels } of expressions.flatMap(selectorsIn)) {
      const own = samples.filter((sample) => sample.metric === metric)
      expect(own, metric).not.to.deep.equal([])
      for (const label of Object.keys(labels)) expect(own[0]?.labels, metric).to.match(new RegExp(`(^|,)${label}="`))
    }
    expect(text).to.match(/^leader_election_master_status\{name="tenant-isolation"\} 1$/m)
  })

  it('stays well within the memory that it may take', async () => {
    const { resources } = (await cluster.get(`deployment/tenant-isolation --namespace=${NAMESPACE}`)).spec.template.spec.containers[0]
    const [, mebibytes] = /^(\d+)Mi$/.exec(resources.limits.memory) ?? []
    const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${operator?.pid}/status`, 'utf8')) ?? []
    expect(Number(peak) / 1024).to.be.within(20, Number(mebibytes) / 2)
  })

  it('is upgraded without a write to what isolates tenants', async () => {
    const before = await versions('networkpolicies,ti,validatingadmissionpolicybindings')
    const output = await cluster.helm('upgrade', {
      namespace: NAMESPACE,
      values: { ...VALUES, replicaCount: 3, logging: { level: 'debug' } },
    })
    expect(output).to.match(/REVISION: 2/)
    expect((await cluster.get(`deployment/tenant-isolation --namespace=${NAMESPACE}`)).spec.replicas).to.equal(3)
    await operator?.stop()
    operator = await cluster.run(NAMESPACE, program)
    await isolated()
    expect(await versions('networkpolicies,ti,validatingadmissionpolicybindings')).to.deep.equal(before)
  })

  it('upgraded with values that are wrong, changes nothing and says why', async () => {
    const failed = await cluster
      .helm('upgrade', { namespace: NAMESPACE, values: { ...VALUES, replica: 1 } })
      .catch((error: Error) => error.message)
    expect(failed).to.include("additional properties 'replica' not allowed")
    expect((await cluster.get(`deployment/tenant-isolation --namespace=${NAMESPACE}`)).spec.replicas).to.equal(3)
  })

  it('uninstalled, takes the operator away and leaves every tenant as closed as it was', async () => {
    await operator?.stop()
    operator = undefined
    const kept = await cluster.names(here(ISOLATION))
    const tenants = await versions(here('networkpolicies,ti,validatingadmissionpolicybindings,mutatingadmissionpolicybindings'))
    const { output, code } = await cluster.tryHelm('uninstall', 'tenant-isolation', `--namespace=${NAMESPACE}`)
    expect(code).to.equal(0)
    expect(output).to.include('These resources were kept due to the resource policy')
    expect(await cluster.names(OPERATORS_OWN, '--all-namespaces', OF_THE_RELEASE)).to.deep.equal([])
    expect(await cluster.names(here(ISOLATION))).to.deep.equal(kept)
    const gone = ` tenant-isolation-operator `
    expect(await versions(here('networkpolicies,ti,validatingadmissionpolicybindings,mutatingadmissionpolicybindings'))).to.deep.equal(
      tenants.filter((text) => !text.includes(gone)),
    )
    expect(await cluster.names('clusterroles', '--selector=tenant-isolation.dev/tenant=manning')).to.have.length(1)
  })

  it('uninstalled, still refuses whoever wants to open a tenant, and a pod where nothing is isolated yet', async () => {
    const open = 'delete networkpolicy/tenant-isolation --namespace=shop --as=alice'
    expect((await cluster.tryKubectl(open)).complaint).to.include('only tenant-isolation may write it')
    await cluster.kubectl('create --filename=-', { ...NAMESPACE_OF_TENANT, metadata: { name: 'later', labels: { tenant: 'manning' } } })
    await cluster.kubectl('wait --for=create serviceaccount/default --namespace=later --timeout=20s')
    const { complaint } = await cluster.tryKubectl('run web --image=nginx --namespace=later')
    expect(complaint).to.include('namespace-is-not-isolated-yet.try-again-in-a-moment')
  })

  it('installed again under the same name, takes up what stayed', async () => {
    await cluster.helm('install', { namespace: NAMESPACE, values: VALUES })
    operator = await cluster.run(NAMESPACE, program)
    await eventually(async () => expect(await cluster.names('networkpolicies', '--namespace=later')).to.have.length(1), { within: 20_000 })
    await isolated()
  })

  it('installed under another name, is refused with the way out, which works', async () => {
    await operator?.stop()
    await cluster.tryHelm('uninstall', 'tenant-isolation', `--namespace=${NAMESPACE}`)
    const other = { release: 'isolation', namespace: NAMESPACE, values: VALUES }
    const refused = await cluster.helm('install', other).catch((error: Error) => error.message)
    expect(refused).to.include('invalid ownership metadata')
    await cluster.helm('install', { ...other, args: ['--take-ownership'] })
    operator = await cluster.run(NAMESPACE, program)
    await isolated()
  })

  it('goes without a trace in the order of the documentation', async () => {
    await cluster.kubectl('delete ti --all --timeout=60s')
    expect(await cluster.names('networkpolicies', '--namespace=shop')).to.deep.equal([])
    await operator?.stop()
    operator = undefined
    await cluster.tryHelm('uninstall', 'isolation', `--namespace=${NAMESPACE}`)
    await cluster.kubectl(`delete ${here(ISOLATION)} --selector=app.kubernetes.io/instance=isolation`)
    await cluster.kubectl(`delete namespace ${NAMESPACE} --timeout=60s`)
    for (const kinds of [
      here(ISOLATION),
      here('clusterroles,clusterrolebindings,mutatingadmissionpolicybindings'),
      'networkpolicies,roles,rolebindings',
    ])
      expect((await cluster.names(kinds, '--all-namespaces')).filter((name) => /tenant-?isolation/.test(name))).to.deep.equal([])
  })
})
