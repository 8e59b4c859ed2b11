/**
 * support/node-stand-in.ts — takes the place of the scheduler, the kubelet and the image, which an embedded control plane does not have: runs
 * the operator as its Deployment says, under its service account, and says of its pods that they are ready when it is.
 */

import { kubectl } from '../../tools/control-plane/kubectl.ts'
import { eventually } from './eventually.ts'
import type { ChartCluster, RunningRelease } from './installed-chart.ts'

type Pods = { readonly items: readonly { readonly metadata: { readonly name: string } }[] }

/** Resolves when kube-controller-manager counts as many available replicas as the Deployment asks for. */
export async function runDeployment(cluster: ChartCluster, namespace: string): Promise<RunningRelease> {
  const running = await cluster.run(namespace)
  const { spec } = await cluster.get(`deployment/tenant-isolation --namespace=${namespace}`)
  await eventually(
    async () => {
      const { items } = (await cluster.get(`pods --namespace=${namespace}`)) as unknown as Pods
      for (const { metadata } of items) await markReady(cluster, namespace, metadata.name)
      const { status } = await cluster.get(`deployment/tenant-isolation --namespace=${namespace}`)
      if (status?.availableReplicas !== spec.replicas) throw new Error(`${status?.availableReplicas} of ${spec.replicas} replicas`)
    },
    { within: 60_000 },
  )
  return running
}

async function markReady({ controlPlane }: ChartCluster, namespace: string, name: string): Promise<void> {
  const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({ type, status: 'True' }))
  const patch = JSON.stringify({ status: { phase: 'Running', conditions } })
  const where = [`pod/${name}`, `--namespace=${namespace}`, '--subresource=status', '--type=merge', `--patch=${patch}`]
  await kubectl(controlPlane, ['patch', ...where])
}
