/** The chart on an API server that does not serve MutatingAdmissionPolicy: it installs the rest, and the operator says what is missing. */

import { expect } from 'chai'
import { API_VERSION, KIND } from '../../../src/api/labels.ts'
import { eventually } from '../../support/eventually.ts'
import { type ChartCluster, startChartCluster } from '../../support/installed-chart.ts'

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
    await operator.stop()
  })
})
