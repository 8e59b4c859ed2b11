/** support/way.ts — whether the way from one state of the policies to another cut or opened a flow that neither end did. */

import { allows, type Flow, flowText, type Pod, type Policies } from './naive-network.ts'

type Labels = Readonly<Record<string, string>>

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
