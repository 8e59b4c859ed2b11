/** The chart on an API server that does not serve MutatingAdmissionPolicy: it installs the rest, and the operator says what is missing. */

import { join } from 'node:path'
import { expect } from 'chai'
import { API_VERSION, KIND } from '../../../src/api/labels.ts'
import { eventually } from '../../support/eventually.ts'
import { type ChartCluster, startChartCluster } from '../../support/installed-chart.ts'
import { call } from '../../support/shell.ts'

const NAMESPACE = 'tenant-isolation-system'
const TENANT = {
  apiVersion: API_VERSION,
  kind: KIND,
  metadata: { name: 'manning' },
  spec: {
    namespaceSelector: { matchLabels: { tenant: 'manning' } },
    podSecurity: {
      defaulting: 'Enabled',
      profiles: [{ name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] }],
    },
  },
}

describe('the chart where MutatingAdmissionPolicy is switched off', function () {
  this.timeout(120_000)
  let cluster: ChartCluster

  before(async () => {
    // The kinds, and the plugin that would wait for them for ever.
    const off = ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'].map(
      (plural) => `admissionregistration.k8s.io/v1/${plural}=false`,
    )
    cluster = await startChartCluster({
      extraApiServerArgs: [`--runtime-config=${off.join(',')}`, '--disable-admission-plugins=MutatingAdmissionPolicy'],
    })
  })

  after(() => cluster?.stop())

  /** "mark: reason" of a line of `check`, as the administrator or with another kubeconfig. */
  const checked = async (check: string, ...args: readonly string[]) => {
    const kubeconfig = args.length > 0 ? [] : ['--kubeconfig', cluster.controlPlane.kubeconfig('admin')]
    const { stdout } = await call('check', '-o', 'json', ...kubeconfig, ...args)
    const { checks } = JSON.parse(stdout) as { readonly checks: readonly { check: string; mark: string; reason: string }[] }
    const line = checks.find((one) => one.check === check)
    return `${line?.mark}: ${line?.reason}`
  }

  it('is a cluster of which check says what it lacks, before anything is installed', async () => {
    expect(await checked('mutating-policies')).to.match(
      /^warning: there is no MutatingAdmissionPolicy v1: it .*nothing but podSecurity.defaulting needs it$/,
    )
  })

  it('is installed without it, and says so', async () => {
    const output = await cluster.helm('install', { namespace: NAMESPACE, args: ['--create-namespace'] })
    expect(output).to.include('There is no MutatingAdmissionPolicy here')
    expect((await cluster.tryKubectl('get mutatingadmissionpolicies')).complaint).to.include("doesn't have a resource type")
    expect(await cluster.names('validatingadmissionpolicies')).to.have.length.greaterThan(5)
  })

  it('runs an operator that enforces the rest, and says what it cannot do', async () => {
    const operator = await cluster.run(NAMESPACE)
    await cluster.kubectl('apply --server-side --filename=-', TENANT)
    await eventually(
      async () => {
        const conditions = (await cluster.get('ti/manning')).status?.conditions as
          | readonly { type: string; status: string; reason: string }[]
          | undefined
        expect(conditions?.find(({ type }) => type === 'PodSecurityEnforced')).to.include({
          status: 'True',
          reason: 'DefaultingUnavailable',
        })
      },
      { within: 20_000 },
    )
    expect(await checked('mutating-policies')).to.match(/^missing: .*podSecurity\.defaulting of manning asks for it$/)
    expect(await checked('policies')).to.match(/^ok: \d+ admission policies are there/)
    await operator.stop()
  })

  it('gives the operator the rights that it needs, as the operator itself can ask', async () => {
    const own = ['--kubeconfig', join(cluster.controlPlane.directory, 'release.kubeconfig'), '--operator-namespace', NAMESPACE]
    expect(await checked('rights', ...own)).to.equal(
      `ok: service account ${NAMESPACE}/tenant-isolation may do all that the operator has to`,
    )
    // It may not read what it does not need.
    expect(await checked('crd', ...own)).to.match(/^unseen: /)
  })
})
