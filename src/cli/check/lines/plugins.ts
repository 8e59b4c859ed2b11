/**
 * cli/check/lines/plugins.ts — PURE: network plugins, known by the images and names of their DaemonSets.
 *
 * The API server does not know whether anybody enforces its NetworkPolicies. What it knows are DaemonSets, and of some of them it is known
 * what they do.
 */

import type { Container, DaemonSet } from '../facts.ts'

export type Plugin = {
  readonly name: string
  readonly enforces: boolean
  /** `kube-system/calico-node` */
  readonly where: string
  /** What makes it enforce. */
  readonly advice?: string
}

type Known = {
  readonly name: string
  readonly image: RegExp
  /** By the DaemonSet, where images have no names (OpenShift pulls by digest). */
  readonly daemonSet?: RegExp
  readonly enforces: (container: Container) => boolean
  readonly advice?: string
}

const always = () => true
const never = () => false
const arguments_ = ({ args = [], command = [] }: Container) => [...command, ...args]

/** kindest/kindnetd enforces NetworkPolicies since kind 0.24 of August 2024; its tags are dates. */
const kindnetEnforces = ({ image = '' }: Container) => Number(/:v(\d{8})-/.exec(image)?.[1] ?? 0) >= 2024_08_13

const KNOWN: readonly Known[] = [
  { name: 'Calico', image: /(^|\/)(calico\/node|cnx-node)([:@]|$)/, enforces: always },
  { name: 'Cilium', image: /(^|\/)cilium\/cilium(-\w+)?([:@]|$)/, enforces: always },
  { name: 'Antrea', image: /(^|\/)antrea\/antrea-(agent|ubuntu|ubi)[\w-]*([:@]|$)/, enforces: always },
  { name: 'OVN-Kubernetes', image: /(^|\/)ovn-kube(rnetes)?[\w-]*([:@]|$)/, daemonSet: /^ovnkube-node/, enforces: always },
  { name: 'Kube-OVN', image: /(^|\/)kube-ovn([:@]|$)/, enforces: always },
  {
    name: 'kube-router',
    image: /(^|\/)kube-router([:@]|$)/,
    enforces: (container) => !arguments_(container).includes('--run-firewall=false'),
    advice: 'start kube-router with --run-firewall=true',
  },
  { name: 'kube-network-policies', image: /(^|\/)kube-network-policies([:@]|$)/, enforces: always },
  { name: 'Weave Net', image: /(^|\/)weave-npc([:@]|$)/, enforces: always },
  { name: 'Azure Network Policy Manager', image: /(^|\/)azure-npm([:@]|$)/, enforces: always },
  {
    name: 'the network policy agent of the AWS VPC CNI',
    image: /(^|\/)aws-network-policy-agent([:@]|$)/,
    enforces: (container) => arguments_(container).includes('--enable-network-policy=true'),
    advice: 'set enableNetworkPolicy of the VPC CNI add-on to true',
  },
  { name: 'kindnet', image: /(^|\/)kindnetd([:@]|$)/, enforces: kindnetEnforces, advice: 'create the cluster with kind 0.24 or newer' },
  {
    name: 'flannel',
    image: /(^|\/)flannel([:@]|$)/,
    enforces: never,
    advice: 'set netpol.enabled of the chart of flannel to true, or take a network plugin that enforces NetworkPolicies',
  },
  {
    name: 'the AWS VPC CNI',
    image: /(^|\/)amazon-k8s-cni([:@]|$)/,
    enforces: never,
    advice: 'set enableNetworkPolicy of the VPC CNI add-on to true',
  },
]

/** All that are recognised, in the order of the table above. */
export function pluginsIn(daemonSets: readonly DaemonSet[]): readonly Plugin[] {
  return KNOWN.flatMap(({ name, image, daemonSet, enforces, advice }) =>
    daemonSets.flatMap(({ metadata, spec }) => {
      const containers = spec?.template.spec.containers ?? []
      const own =
        containers.find((container) => image.test(container.image ?? '')) ?? (daemonSet?.test(metadata.name) ? containers[0] : undefined)
      if (!own) return []
      const where = `${metadata.namespace}/${metadata.name}`
      return [{ name, where, enforces: enforces(own), ...(advice !== undefined && { advice }) }]
    }),
  )
}
