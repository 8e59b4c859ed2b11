/** docs/install.md, typed as it stands on a real API server: by Helm, upgraded, uninstalled, without a trace, and by kubectl. */

import { dirname, join, resolve } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { ensureBinaries } from '../../../tools/control-plane/binaries.ts'
import { eventually } from '../../support/eventually.ts'
import { type ChartCluster, startChartCluster } from '../../support/installed-chart.ts'
import { blocks, page, sections } from '../../support/markdown.ts'
import { asHere } from '../../support/older-kubernetes.ts'
import { run } from '../../support/run.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const NAMESPACE = 'tenant-isolation-system'
const text = sections(page('docs/install.md'))
const shown = (heading: string) => blocks(text.get(heading) ?? '', 'sh')

/** Nothing runs pods here, so no roll-out ends. */
const typed = (block = '') => block.replaceAll(/^kubectl rollout status .*\n/gm, '')

/** As Prometheus Operator has them, as far as the API server is concerned. */
const monitoring = (plural: string, kind: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.monitoring.coreos.com` },
  spec: {
    group: 'monitoring.coreos.com',
    scope: 'Namespaced',
    names: { plural, kind },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
})

describe('docs/install.md', function () {
  this.timeout(120_000)
  let cluster: ChartCluster

  /** In a shell, at the top of a checkout, with the tools on the path. */
  const type = async (block: string | undefined): Promise<string> => {
    const { kubectl, helm } = await ensureBinaries({ names: ['kubectl', 'helm'] })
    const env = {
      PATH: `${dirname(kubectl)}:${dirname(helm)}:${process.env.PATH}`,
      HOME: join(cluster.controlPlane.directory, 'home'),
      KUBECONFIG: cluster.controlPlane.kubeconfig('admin'),
    }
    const command = asHere(cluster.controlPlane, typed(block))
    const { code, output, complaint } = await run('bash', ['-ec', command], { cwd: ROOT, env })
    if (code !== 0) throw new Error(`${command}: ${complaint}`)
    return output
  }
  const deployed = () => cluster.names('deployments', `--namespace=${NAMESPACE}`)

  before(async () => {
    cluster = await startChartCluster()
  })

  after(() => cluster?.stop())

  it('installs it by Helm', async () => {
    expect(shown('With Helm')).to.have.length(2)
    await type(shown('With Helm')[0])
    expect(await deployed()).to.deep.equal(['deployment.apps/tenant-isolation'])
  })

  it('gives it the values that most installations set', async () => {
    for (const crd of [monitoring('servicemonitors', 'ServiceMonitor'), monitoring('prometheusrules', 'PrometheusRule')])
      await cluster.kubectl('create --filename=-', crd)
    await eventually(() => cluster.kubectl('get servicemonitors,prometheusrules'), { within: 15_000 })
    await type(shown('With Helm')[1])
    const { data } = await cluster.get(`configmap/tenant-isolation --namespace=${NAMESPACE}`)
    expect(parse(data['config.yaml']).protectedNamespaces).to.deep.equal(['argocd', 'monitoring'])
    const { spec } = await cluster.get(`prometheusrule/tenant-isolation --namespace=${NAMESPACE}`)
    const [rule] = spec.groups[0].rules
    expect(rule.annotations.runbook_url).to.match(/^https:.*\/docs\/runbooks\/TenantIsolationNobodyLeads\.md$/)
    // The templates of Prometheus are not those of Helm.
    expect(spec.groups[0].rules[1].annotations.summary).to.equal('Tenant {{ $labels.tenant }} needs a person.')
  })

  it('upgrades it, and uninstalls it', async () => {
    await type(shown('Upgrade')[0])
    expect(await type(shown('Uninstall')[0])).to.include('release "tenant-isolation" uninstalled')
    expect(await deployed()).to.deep.equal([])
    expect(await cluster.names('validatingadmissionpolicies')).to.have.length.greaterThan(5)
  })

  it('leaves nothing where that is asked for', async () => {
    await type(shown('With Helm')[0])
    await type(shown('Uninstall')[1])
    expect(
      await cluster.names(
        asHere(cluster.controlPlane, 'validatingadmissionpolicies,mutatingadmissionpolicies,validatingadmissionpolicybindings'),
      ),
    ).to.deep.equal([])
    expect((await cluster.names('crd')).filter((name) => name.includes('tenantisolations'))).to.deep.equal([])
    expect((await cluster.tryKubectl(`get namespace ${NAMESPACE}`)).complaint).to.include('not found')
  })

  it('installs it by kubectl, and an operator that runs under the rights of that', async () => {
    await type(shown('With kubectl')[0])
    expect(await deployed()).to.deep.equal(['deployment.apps/tenant-isolation'])
    const operator = await cluster.run(NAMESPACE)
    await operator.stop()
  })

  it('takes away what kubectl has installed', async () => {
    const [, command = ''] = /`(kubectl delete --kustomize [^`]+)`/.exec(text.get('Uninstall') ?? '') ?? []
    await type(command)
    expect((await cluster.tryKubectl(`get namespace ${NAMESPACE}`)).complaint).to.include('not found')
  })
})
