/** support/way.ts — whether the way from one state of the policies to another cut or opened a flow that neither end did. */

import { type AnyPolicy, type Direction, type Labels, policiesAllow } from './naive-network.ts'

export type Pod = { readonly namespace: string; readonly labels: Labels }

/** What one end of a connection is asked: may `pod` be reached by, or reach, `peer` on this port. */
type Flow = {
  readonly pod: Pod
  readonly direction: Direction
  readonly peer: Pod | { readonly address: string }
  readonly port: { readonly protocol: string; readonly number: number }
}

type Policies = Iterable<AnyPolicy>

export type Way = {
  /** The policies of one namespace: before the first write, and after each. */
  readonly states: readonly Policies[]
  readonly flows: readonly Flow[]
  /** The labels of all namespaces. */
  readonly namespaces: ReadonlyMap<string, Labels>
}

export type Verdict = {
  /** One line for each flow that was cut or opened on the way, although both ends agree about it. */
  readonly disturbed: readonly string[]
  /** How many flows differ between the ends: without any, the way shows nothing. */
  readonly changed: number
}

export function judge({ states, flows, namespaces }: Way): Verdict {
  const disturbed: string[] = []
  let changed = 0
  for (const flow of flows) {
    const verdicts = states.map((policies) => allows(policies, namespaces, flow))
    const [first] = verdicts
    const last = verdicts.at(-1)
    if (first !== last) changed++
    else if (verdicts.includes(!first)) {
      disturbed.push(`${first ? 'cut' : 'opened'} in state ${verdicts.indexOf(!first)} of ${states.length - 1}: ${flowText(flow)}`)
    }
  }
  return { disturbed, changed }
}

const PORTS = [
  { protocol: 'TCP', number: 53 },
  { protocol: 'TCP', number: 80 },
  { protocol: 'TCP', number: 443 },
  { protocol: 'TCP', number: 5432 },
  { protocol: 'UDP', number: 53 },
]

const ADDRESSES = ['8.8.8.8', '10.1.2.3', '10.96.0.10', '169.254.169.254', '172.18.0.2', '192.168.1.7'].map((address) => ({ address }))

/** Every pod of `namespace` with every peer, both ways, on every port; `pods` are the pods of all namespaces. */
export function flowsOf(namespace: string, pods: readonly Pod[]): readonly Flow[] {
  const own = pods.filter((pod) => pod.namespace === namespace)
  const peers = [...pods, ...ADDRESSES]
  return own.flatMap((pod) =>
    peers.flatMap((peer) =>
      PORTS.flatMap((port) => (['Ingress', 'Egress'] as const).map((direction): Flow => ({ pod, direction, peer, port }))),
    ),
  )
}

function allows(policies: Policies, namespaces: ReadonlyMap<string, Labels>, { pod, direction, peer, port }: Flow): boolean {
  const own = [...policies].flatMap(({ metadata, spec }) => (metadata.namespace === pod.namespace && spec ? [spec] : []))
  const other =
    'address' in peer
      ? peer
      : { pod: peer.labels, namespace: namespaces.get(peer.namespace) ?? {}, sameNamespace: peer.namespace === pod.namespace }
  return policiesAllow(own, pod.labels, direction, { other, protocol: port.protocol, port: port.number })
}

function flowText({ pod, direction, peer, port }: Flow): string {
  const podText = ({ namespace, labels }: Pod) =>
    `${namespace}/${Object.entries(labels)
      .map((pair) => pair.join('='))
      .join(',')}`
  const other = 'address' in peer ? peer.address : podText(peer)
  return `${podText(pod)} ${direction === 'Ingress' ? '<-' : '->'} ${other} ${port.protocol}/${port.number}`
}
