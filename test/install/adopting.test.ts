/** docs/adopting.md, typed as it stands on a real API server with the cluster of the page in it; what needs no cluster is in test/unit/docs. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import type { KubeObject } from '../../src/kube/objects.ts'
import { ensureBinaries } from '../../tools/control-plane/binaries.ts'
import { createClusterDNS } from '../../tools/control-plane/cluster-dns.ts'
import { type ControlPlane, startControlPlane } from '../../tools/control-plane/control-plane.ts'
import { installOperator } from '../../tools/control-plane/install.ts'
import { apply, kubectl } from '../../tools/control-plane/kubectl.ts'
import { commandsIn, needsNoCluster, page, patternOf } from '../support/markdown.ts'
import { startOperatorProcess } from '../support/operator-process.ts'
import { run } from '../support/run.ts'

const ROOT = resolve(import.meta.dirname, '../..')

type Addresses = readonly { readonly ip: string }[]
type Pod = KubeObject<unknown, { readonly podIPs?: Addresses; readonly hostIPs?: Addresses }> & {
  readonly metadata: { readonly namespace: string }
  readonly spec: { readonly nodeName?: string }
}

/** A real API server has its own DNS and its own address, and looks after what has an owner or a node that is not there. */
function clusterOfThePage(): { readonly objects: readonly KubeObject[]; readonly pods: readonly Pod[] } {
  const { items } = parse(page('docs/examples/cluster.yaml')) as { items: readonly Pod[] }
  const others = items.filter(({ metadata }) => !['kube-system', 'default'].includes(metadata.namespace ?? metadata.name))
  const objects = others.map(({ metadata: { ownerReferences: _owners, ...metadata }, spec, ...object }) => {
    const { nodeName: _node, ...rest } = spec ?? {}
    return { ...object, metadata, ...(spec && { spec: rest }) }
  })
  return { objects, pods: others.filter(({ kind }) => kind === 'Pod') }
}

describe('docs/adopting.md', function () {
  this.timeout(180_000)

  let controlPlane: ControlPlane
  let operator: Awaited<ReturnType<typeof startOperatorProcess>>
  let path: string

  /** In a shell, at the top of a checkout, with the tools on the path; what it says, whatever its exit code. */
  const type = async (command: string): Promise<string> => {
    const env = { PATH: path, HOME: join(controlPlane.directory, 'home'), KUBECONFIG: controlPlane.kubeconfig('admin') }
    const { output } = await run('bash', ['-c', `{ ${command}\n} 2>&1`], { cwd: ROOT, env })
    return output
  }

  before(async () => {
    const binaries = await ensureBinaries({ names: ['kubectl'] })
    path = [dirname(binaries.kubectl), join(ROOT, 'bin'), process.env.PATH].join(':')
    controlPlane = await startControlPlane({ directory: await mkdtemp(join(tmpdir(), 'tenant-isolation-adopting-')) })
    const kubeconfig = await installOperator(controlPlane)
    await createClusterDNS(controlPlane)
    const { objects, pods } = clusterOfThePage()
    const [namespaces, others] = [objects.filter(({ kind }) => kind === 'Namespace'), objects.filter(({ kind }) => kind !== 'Namespace')]
    await apply(controlPlane, namespaces)
    for (const { metadata } of namespaces)
      await kubectl(controlPlane, ['wait', '--for=create', 'serviceaccount/default', `--namespace=${metadata.name}`, '--timeout=30s'])
    await apply(controlPlane, others)
    for (const { metadata, status } of pods)
      await kubectl(controlPlane, [
        'patch',
        'pod',
        metadata.name,
        `--namespace=${metadata.namespace}`,
        '--subresource=status',
        '--type=merge',
        `--patch=${JSON.stringify({ status: { ...status, podIP: status?.podIPs?.[0]?.ip, hostIP: status?.hostIPs?.[0]?.ip } })}`,
      ])
    operator = await startOperatorProcess(kubeconfig)
  })

  after(async () => {
    await operator?.kill()
    await controlPlane?.stop()
    if (controlPlane) await rm(controlPlane.directory, { recursive: true, force: true })
  })

  for (const { command, printed } of commandsIn(page('docs/adopting.md')).filter((shown) => !needsNoCluster(shown))) {
    it(`${command} says what is shown`, async () => {
      expect(await type(command)).to.match(patternOf(printed))
    })
  }
})
