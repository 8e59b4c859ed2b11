/** `make cluster-up EMPTY=1`, `helm install`, `make operator`: the way of somebody who has no cluster and wants to see the chart work. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { clusterDown, clusterUp, howToUse, operatorKubeconfig } from '../../tools/control-plane/cluster.ts'
import type { ControlPlane } from '../../tools/control-plane/control-plane.ts'
import { kubectl } from '../../tools/control-plane/kubectl.ts'
import { start } from '../support/cli.ts'
import { CHART, helm } from '../support/helm.ts'

const SHOP = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { tenant: 'manning' } } }

describe('a control plane that stays, with nothing of ours in it', function () {
  this.timeout(120_000)
  const root = mkdtempSync(join(tmpdir(), 'cluster-up-'))
  const said: string[] = []
  const cluster = { root, report: { say: (line: string) => void said.push(line), update: () => {} } }
  let controlPlane: ControlPlane

  after(async () => {
    await clusterDown(cluster)
    rmSync(root, { recursive: true, force: true })
  })

  it('says what to do first', async () => {
    expect(await operatorKubeconfig(cluster).catch(String)).to.equal('Error: there is no cluster; run make cluster-up first')
    controlPlane = await clusterUp(cluster, { empty: true })
    expect(said.join()).to.include('nothing of ours')
    expect(await kubectl(controlPlane, ['get', 'crd', '--output=name'])).to.equal('')
    expect(howToUse(controlPlane, { empty: true })).to.include('helm install tenant-isolation')
    expect(await operatorKubeconfig(cluster).catch(String)).to.match(/^Error: it is not installed yet; helm install tenant-isolation /)
  })

  it('takes the chart, and the operator isolates a tenant under the account of that', async () => {
    await helm(
      ['install', 'tenant-isolation', CHART, '--namespace=tenant-isolation-system', '--create-namespace'],
      controlPlane.kubeconfig('admin'),
    )
    const operator = start(['run', `--kubeconfig=${await operatorKubeconfig(cluster)}`, '--listen=127.0.0.1:0'], { timeout: 60_000 })
    try {
      await kubectl(controlPlane, ['create', '--filename=-'], { input: JSON.stringify(SHOP) })
      await kubectl(controlPlane, ['apply', '--filename=config/samples/manning.yaml'])
      await kubectl(controlPlane, ['wait', '--for=condition=Ready', 'ti/manning', '--timeout=30s'])
      expect(
        (await kubectl(controlPlane, ['get', 'networkpolicies', '--namespace=shop', '--output=name'])).trim().split('\n'),
      ).to.have.length(4)
    } finally {
      operator.child.kill('SIGTERM')
      await operator.ended
    }
  })
})
