/**
 * support/naive-network.ts — what NetworkPolicies allow, said a second time, straight from the text of the API and as simply as can
 * be: one flow, one yes or no. Shares no code with src/, so that it can judge it.
 */

import { BlockList, isIPv6 } from 'node:net'

export type Labels = Readonly<Record<string, string>>
export type Direction = 'Ingress' | 'Egress'

/** Loosely typed: it has to read what the resource says, what we write, and what others write. */
type AnySelector = {
  readonly matchLabels?: Labels | undefined
  readonly matchExpressions?:
    | readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined }[]
    | undefined
}
export type AnyPeer = {
  readonly podSelector?: AnySelector | undefined
  readonly namespaceSelector?: AnySelector | undefined
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] | undefined } | undefined
}
export type AnyPort = {
  readonly protocol?: string | undefined
  readonly port?: number | string | undefined
  readonly endPort?: number | undefined
}
export type AnyRule = {
  readonly peers?: readonly AnyPeer[] | undefined
  readonly from?: readonly AnyPeer[]
  readonly to?: readonly AnyPeer[]
  readonly ports?: readonly AnyPort[] | undefined
}
export type AnySpec = {
  readonly podSelector?: AnySelector
  readonly policyTypes?: readonly string[]
  readonly ingress?: readonly AnyRule[]
  readonly egress?: readonly AnyRule[]
}
export type AnyPolicy = { readonly metadata: { readonly namespace?: string; readonly name?: string }; readonly spec?: AnySpec | undefined }

/** Who is at the other end: a pod, or an address outside. */
export type Other = { readonly pod: Labels; readonly namespace: Labels; readonly sameNamespace: boolean } | { readonly address: string }

/** What one end of a connection sees of it. `portNames` are the names under which the pod that is reached knows the port. */
export type Seen = { readonly other: Other; readonly protocol: string; readonly port: number; readonly portNames?: readonly string[] }

export function selects(selector: AnySelector | undefined, labels: Labels): boolean {
  const has = (key: string) => Object.keys(labels).includes(key)
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) if (!has(key) || labels[key] !== value) return false
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const listed = has(key) && (values ?? []).includes(labels[key] ?? '')
    if (operator === 'Exists' && !has(key)) return false
    if (operator === 'DoesNotExist' && has(key)) return false
    if (operator === 'In' && !listed) return false
    if (operator === 'NotIn' && listed) return false
  }
  return true
}

const lists = new Map<string, BlockList>()

export function holds(cidr: string, address: string): boolean {
  const [network = '', prefix = ''] = cidr.split('/')
  const family = isIPv6(network) ? 'ipv6' : 'ipv4'
  if (isIPv6(address) !== (family === 'ipv6')) return false
  const list = lists.get(cidr) ?? new BlockList()
  if (!lists.has(cidr)) list.addSubnet(network, Number(prefix), family)
  lists.set(cidr, list)
  return list.check(address, family)
}

export function isInBlock({ cidr, except }: NonNullable<AnyPeer['ipBlock']>, address: string): boolean {
  return holds(cidr, address) && !(except ?? []).some((range) => holds(range, address))
}

export function isPeer(peer: AnyPeer, other: Other): boolean {
  if ('address' in other) return peer.ipBlock !== undefined && isInBlock(peer.ipBlock, other.address)
  if (peer.ipBlock) return false
  const namespace = peer.namespaceSelector ? selects(peer.namespaceSelector, other.namespace) : other.sameNamespace
  return namespace && selects(peer.podSelector, other.pod)
}

export function isPort({ protocol = 'TCP', port, endPort }: AnyPort, seen: Seen): boolean {
  if (protocol !== seen.protocol) return false
  if (port === undefined) return true
  if (typeof port === 'string') return (seen.portNames ?? []).includes(port)
  return seen.port >= port && seen.port <= (endPort ?? port)
}

/** `isPeerOf` says who a peer means; by labels or by address unless given. */
export function ruleAllows(rule: AnyRule, seen: Seen, isPeerOf: (peer: AnyPeer) => boolean = (peer) => isPeer(peer, seen.other)): boolean {
  const peers = rule.peers ?? rule.from ?? rule.to ?? []
  const ports = rule.ports ?? []
  return (peers.length === 0 || peers.some(isPeerOf)) && (ports.length === 0 || ports.some((port) => isPort(port, seen)))
}

/** Nothing listed means Ingress, and Egress as well if there is an egress rule. */
function typesOf({ policyTypes, egress }: AnySpec): readonly string[] {
  if (policyTypes && policyTypes.length > 0) return policyTypes
  return (egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
}

/** Whether the policies, all of one namespace, let a pod with these labels have this flow. */
export function policiesAllow(
  policies: readonly AnySpec[],
  pod: Labels,
  direction: Direction,
  seen: Seen,
  isPeerOf?: (peer: AnyPeer) => boolean,
): boolean {
  const closing = policies.filter((spec) => typesOf(spec).includes(direction) && selects(spec.podSelector, pod))
  const rules = closing.flatMap(({ ingress, egress }) => (direction === 'Ingress' ? ingress : egress) ?? [])
  return closing.length === 0 || rules.some((rule) => ruleAllows(rule, seen, isPeerOf))
}
