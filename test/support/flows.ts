/** support/flows.ts — flows that tell policies apart: on both sides of every border that their rules draw. */

import { isIPv6 } from 'node:net'
import type { AnyPeer, AnyPort, AnyRule, Labels, Other } from './naive-network.ts'

/** A port may have a name on the pod that is reached. */
export type Flow = { readonly other: Other; readonly protocol: string; readonly port: number; readonly portNames?: readonly string[] }

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
export function labelsOnBothSides(selectors: readonly AnyPeer['podSelector'][], most: number): Labels[] {
  return unique([{}, ...selectors.flatMap(labelsAround)], most)
}

function labelsAround({ matchLabels = {}, matchExpressions = [] }: NonNullable<AnyPeer['podSelector']> = {}): Labels[] {
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
export function addressesAround(cidr: string): string[] {
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
      { protocol, port: 9, portNames: ['http'] },
      { protocol: otherProtocol, port: 9 },
    ]
  if (typeof port === 'string')
    return [
      { protocol, port: 9, portNames: [port] },
      { protocol, port: 9 },
      { protocol: otherProtocol, port: 9, portNames: [port] },
    ]
  const ends = [port, endPort ?? port]
  const numbers = [port - 1, ...ends, (endPort ?? port) + 1].filter((one) => one >= 1 && one <= 65535)
  return [...numbers.map((one) => ({ protocol, port: one })), { protocol: otherProtocol, port }, { protocol, port, portNames: ['http'] }]
}

/** Each once, and of too many a spread. */
function unique<T>(items: readonly T[], most: number): T[] {
  const all = [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
  const step = Math.max(1, Math.ceil(all.length / most))
  return all.filter((_, index) => index % step === 0)
}
