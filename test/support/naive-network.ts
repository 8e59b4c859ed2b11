/**
 * support/naive-network.ts — what NetworkPolicies allow, as plainly as the API's documentation says it, for tests to judge by.
 *
 * Of our own code only the types are used, so that a misunderstanding there is not repeated here.
 */

import type { PolicySpec } from '../../src/desired/network/policy.ts'

type Labels = Readonly<Record<string, string>>
export type Pod = { readonly namespace: string; readonly labels: Labels }
export type Address = { readonly address: string }
export type Direction = 'Ingress' | 'Egress'

/** What one end of a connection is asked: may `pod` be reached by, or reach, `peer` on this port. */
export type Flow = {
  readonly pod: Pod
  readonly direction: Direction
  readonly peer: Pod | Address
  readonly port: { readonly protocol: string; readonly number: number }
}

export type Policies = Iterable<{ readonly metadata: { readonly namespace?: string }; readonly spec?: PolicySpec }>

type Selector = {
  readonly matchLabels?: Labels | undefined
  readonly matchExpressions?:
    | readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined }[]
    | undefined
}
type Peer = {
  readonly podSelector?: Selector
  readonly namespaceSelector?: Selector
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] }
}
type Port = { readonly protocol?: string; readonly port?: number | string; readonly endPort?: number }
type Rule = { readonly from?: readonly Peer[]; readonly to?: readonly Peer[]; readonly ports?: readonly Port[] }

/** Whether the policies allow it: all of them, or none that selects the pod for this direction. */
export function allows(policies: Policies, namespaces: ReadonlyMap<string, Labels>, { pod, direction, peer, port }: Flow): boolean {
  let selected = false
  for (const { metadata, spec } of policies) {
    if (metadata.namespace !== pod.namespace || !spec || !matches(spec.podSelector, pod.labels)) continue
    if (!spec.policyTypes.includes(direction)) continue
    selected = true
    const rules = ((direction === 'Ingress' ? spec.ingress : spec.egress) ?? []) as readonly Rule[]
    const allowing = rules.some((rule) => {
      const peers = (direction === 'Ingress' ? rule.from : rule.to) ?? []
      const peerFits = peers.length === 0 || peers.some((candidate) => isPeer(candidate, peer, pod.namespace, namespaces))
      const ports = rule.ports ?? []
      return peerFits && (ports.length === 0 || ports.some((candidate) => isPort(candidate, port)))
    })
    if (allowing) return true
  }
  return !selected
}

export function flowText({ pod, direction, peer, port }: Flow): string {
  const podText = ({ namespace, labels }: Pod) =>
    `${namespace}/${Object.entries(labels)
      .map((pair) => pair.join('='))
      .join(',')}`
  const other = 'address' in peer ? peer.address : podText(peer)
  return `${podText(pod)} ${direction === 'Ingress' ? '<-' : '->'} ${other} ${port.protocol}/${port.number}`
}

function isPeer(
  { podSelector, namespaceSelector, ipBlock }: Peer,
  peer: Pod | Address,
  own: string,
  namespaces: ReadonlyMap<string, Labels>,
): boolean {
  if ('address' in peer)
    return (
      ipBlock !== undefined && inRange(peer.address, ipBlock.cidr) && !(ipBlock.except ?? []).some((range) => inRange(peer.address, range))
    )
  if (ipBlock) return false
  const namespaceFits = namespaceSelector ? matches(namespaceSelector, namespaces.get(peer.namespace) ?? {}) : peer.namespace === own
  return namespaceFits && matches(podSelector ?? {}, peer.labels)
}

function isPort({ protocol = 'TCP', port, endPort }: Port, asked: Flow['port']): boolean {
  if (protocol !== asked.protocol) return false
  if (port === undefined) return true
  return typeof port === 'number' && asked.number >= port && asked.number <= (endPort ?? port)
}

function matches({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const fits = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  return (
    fits &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      if (operator === 'In') return value !== undefined && values.includes(value)
      if (operator === 'NotIn') return value === undefined || !values.includes(value)
      return operator === 'Exists' ? value !== undefined : value === undefined
    })
  )
}

/** IPv4 only. */
function inRange(address: string, cidr: string): boolean {
  const [base = '', length = '32'] = cidr.split('/')
  if (base.includes(':')) return false
  const shift = 2 ** (32 - Number(length))
  return Math.floor(numberOf(address) / shift) === Math.floor(numberOf(base) / shift)
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}
