/**
 * support/flows.ts — what a NetworkPolicy means, said a second time and as simply as can be: one flow, one yes or no. Shares no code
 * with src/, so that it can judge it.
 */

import { BlockList, isIPv6 } from 'node:net'

export type Names = Readonly<Record<string, string>>

/** Who is at the other end: a pod, or an address outside. */
export type Other = { readonly pod: Names; readonly namespace: Names; readonly sameNamespace: boolean } | { readonly address: string }

export type Flow = { readonly other: Other; readonly protocol: string; readonly port: number; readonly portName?: string }

/** Loosely typed: it has to read what the resource says, what we write, and what others write. */
type AnySelector = {
  readonly matchLabels?: Names | undefined
  readonly matchExpressions?:
    | readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined }[]
    | undefined
}
type AnyPeer = {
  readonly podSelector?: AnySelector | undefined
  readonly namespaceSelector?: AnySelector | undefined
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] | undefined } | undefined
}
type AnyPort = {
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
type AnyPolicy = {
  readonly podSelector: AnySelector
  readonly policyTypes: readonly string[]
  readonly ingress?: readonly AnyRule[]
  readonly egress?: readonly AnyRule[]
}

export function selects(selector: AnySelector, labels: Names): boolean {
  const has = (key: string) => Object.keys(labels).includes(key)
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (!has(key) || labels[key] !== value) return false
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    if (operator === 'Exists' && !has(key)) return false
    if (operator === 'DoesNotExist' && has(key)) return false
    if (operator === 'In' && !(has(key) && values.includes(labels[key] ?? ''))) return false
    if (operator === 'NotIn' && has(key) && values.includes(labels[key] ?? '')) return false
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

export function isPeer(peer: AnyPeer, other: Other): boolean {
  if ('address' in other)
    return (
      peer.ipBlock !== undefined &&
      holds(peer.ipBlock.cidr, other.address) &&
      !(peer.ipBlock.except ?? []).some((range) => holds(range, other.address))
    )
  if (peer.ipBlock) return false
  const namespace = peer.namespaceSelector ? selects(peer.namespaceSelector, other.namespace) : other.sameNamespace
  return namespace && selects(peer.podSelector ?? {}, other.pod)
}

export function isPort({ protocol = 'TCP', port, endPort }: AnyPort, flow: Flow): boolean {
  if (protocol !== flow.protocol) return false
  if (port === undefined) return true
  if (typeof port === 'string') return port === flow.portName
  return flow.port >= port && flow.port <= (endPort ?? port)
}

export function ruleAllows({ peers, from, to, ports }: AnyRule, flow: Flow): boolean {
  const anyPeer = peers ?? from ?? to ?? []
  return (
    (anyPeer.length === 0 || anyPeer.some((peer) => isPeer(peer, flow.other))) &&
    (!ports?.length || ports.some((port) => isPort(port, flow)))
  )
}

export type Direction = 'Ingress' | 'Egress'

/** Whether the policies, all of one namespace, let a pod with these labels have this flow. */
export function policiesAllow(policies: readonly AnyPolicy[], pod: Names, direction: Direction, flow: Flow): boolean {
  const closing = policies.filter(({ podSelector, policyTypes }) => policyTypes.includes(direction) && selects(podSelector, pod))
  const rules = closing.flatMap(({ ingress, egress }) => (direction === 'Ingress' ? ingress : egress) ?? [])
  return closing.length === 0 || rules.some((rule) => ruleAllows(rule, flow))
}

/** Flows on both sides of every border that the rules draw: values of labels, ends of ranges of addresses and of ports. */
export function flowsAround(rules: readonly AnyRule[]): Flow[] {
  const peers = rules.flatMap(({ peers: some, from, to }) => some ?? from ?? to ?? [])
  const pods = labelsOnBothSides(
    peers.map(({ podSelector }) => podSelector),
    6,
  )
  const namespaces = labelsOnBothSides(
    peers.map(({ namespaceSelector }) => namespaceSelector),
    5,
  )
  const addresses = unique(
    peers.flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])].flatMap(addressesAround) : [])),
    24,
  )
  const others: Other[] = [
    ...pods.flatMap((pod) => namespaces.flatMap((namespace) => [true, false].map((sameNamespace) => ({ pod, namespace, sameNamespace })))),
    ...[...addresses, '8.8.8.8', '2a00::1'].map((address) => ({ address })),
  ]
  const ports = unique(rules.flatMap(({ ports: some = [] }) => some).flatMap(portsAround), 16)
  return others.flatMap((other) =>
    [...ports, { protocol: 'TCP', port: 7 }, { protocol: 'SCTP', port: 7 }].map((port) => ({ other, ...port })),
  )
}

/** Labels that the selectors take, labels that differ from those in one place, and none. */
export function labelsOnBothSides(selectors: readonly (AnySelector | undefined)[], most: number): Names[] {
  return unique([{}, ...selectors.flatMap(labelsAround)], most)
}

function labelsAround({ matchLabels = {}, matchExpressions = [] }: AnySelector = {}): Names[] {
  const taken: Record<string, string> = { ...matchLabels }
  for (const { key, operator, values = [] } of matchExpressions) {
    if (operator === 'In') taken[key] = values[0] ?? ''
    if (operator === 'Exists' && !Object.keys(taken).includes(key)) taken[key] = 'x'
  }
  const keys = [...Object.keys(taken), ...matchExpressions.map(({ key }) => key)]
  return [
    taken,
    ...keys.flatMap((key) => [{ ...taken, [key]: 'other' }, Object.fromEntries(Object.entries(taken).filter(([name]) => name !== key))]),
    ...matchExpressions.flatMap(({ key, values = [] }) => values.map((value) => ({ ...taken, [key]: value }))),
  ]
}

/** The first and the last address, and the ones before and after those. */
function addressesAround(cidr: string): string[] {
  const [network = '', prefix = ''] = cidr.split('/')
  const width = isIPv6(network) ? 128 : 32
  const first = bitsOf(network)
  const last = first | ((1n << BigInt(width - Number(prefix))) - 1n)
  return [first - 1n, first, last, last + 1n]
    .filter((bits) => bits >= 0n && bits < 1n << BigInt(width) && bits >> 32n !== 0xffffn)
    .map((bits) => textOf(bits, width))
}

function bitsOf(address: string): bigint {
  if (!isIPv6(address)) return address.split('.').reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n)
  const [head = '', tail = ''] = address.split('::')
  const groups = (half: string) => (half === '' ? [] : half.split(':'))
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0')
  const all = address.includes('::') ? [...groups(head), ...zeros, ...groups(tail)] : groups(address)
  return all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

function textOf(bits: bigint, width: number): string {
  if (width === 32) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.')
  return Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(':')
}

function portsAround({ protocol = 'TCP', port, endPort }: AnyPort): Omit<Flow, 'other'>[] {
  const otherProtocol = protocol === 'UDP' ? 'TCP' : 'UDP'
  if (port === undefined)
    return [
      { protocol, port: 9 },
      { protocol, port: 9, portName: 'http' },
      { protocol: otherProtocol, port: 9 },
    ]
  if (typeof port === 'string')
    return [
      { protocol, port: 9, portName: port },
      { protocol, port: 9 },
      { protocol: otherProtocol, port: 9, portName: port },
    ]
  const ends = [port, endPort ?? port]
  const numbers = [port - 1, ...ends, (endPort ?? port) + 1].filter((one) => one >= 1 && one <= 65535)
  return [...numbers.map((one) => ({ protocol, port: one })), { protocol: otherProtocol, port }, { protocol, port, portName: 'http' }]
}

/** Each once, and of too many a spread. */
function unique<T>(items: readonly T[], most: number): T[] {
  const all = [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
  const step = Math.max(1, Math.ceil(all.length / most))
  return all.filter((_, index) => index % step === 0)
}
