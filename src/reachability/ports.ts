/** reachability/ports.ts — exact sets of ports: TCP, UDP and SCTP, each from 1 to 65535. */

import { difference, equal, type Flips, holds, intersection, stretches, union } from './intervals.ts'

export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/** Places on one line: the ports of TCP, behind them those of UDP, behind them those of SCTP. Use the functions here to look into it. */
export type PortSet = Flips<number>

/** Some ports of one protocol in a row; JSON for people and programs. */
export type PortRange = { readonly protocol: Protocol; readonly port: number; readonly endPort: number }

export const MAX_PORT = 65535
const SPAN = MAX_PORT + 1

export const NO_PORTS: PortSet = []

/** The ports from `first` to `last` of one protocol; one port when only `first` is given. */
export function portSet(protocol: Protocol, first: number, last: number = first): PortSet {
  const start = PROTOCOLS.indexOf(protocol) * SPAN
  return [start + first, start + last + 1]
}

/** Every port of one protocol. */
export function protocolPorts(protocol: Protocol): PortSet {
  return portSet(protocol, 1, MAX_PORT)
}

export const ALL_PORTS: PortSet = PROTOCOLS.flatMap(protocolPorts)

export function unionPorts(...sets: readonly PortSet[]): PortSet {
  return sets.reduce(union, NO_PORTS)
}

export function intersectPorts(a: PortSet, b: PortSet): PortSet {
  if (a === ALL_PORTS) return b
  return b === ALL_PORTS ? a : intersection(a, b)
}

export function subtractPorts(a: PortSet, b: PortSet): PortSet {
  return difference(a, b)
}

export function equalPorts(a: PortSet, b: PortSet): boolean {
  return equal(a, b)
}

export function hasPort(set: PortSet, protocol: Protocol, port: number): boolean {
  return holds(set, PROTOCOLS.indexOf(protocol) * SPAN + port)
}

export function isProtocol(text: string): text is Protocol {
  return (PROTOCOLS as readonly string[]).includes(text)
}

/** The set as ranges: TCP first, rising. */
export function portRanges(set: PortSet): PortRange[] {
  return stretches(set).map(([start, end]) => ({
    protocol: PROTOCOLS[Math.floor(start / SPAN)] ?? 'TCP',
    port: start % SPAN,
    endPort: (end - 1) % SPAN,
  }))
}

/** For people: "TCP 80, 443, 8000-8080; UDP 53", "all ports", "all ports but TCP 25", "no port". */
export function portsText(set: PortSet): string {
  if (set.length === 0) return 'no port'
  const missing = subtractPorts(ALL_PORTS, set)
  if (missing.length === 0) return 'all ports'
  // Where all that is missing is a few ports of every protocol or of one, it is shorter to say what is missing.
  return missing.length < set.length && !wholeProtocolMissing(set) ? `all ports but ${listText(missing)}` : listText(set)
}

function wholeProtocolMissing(set: PortSet): boolean {
  return PROTOCOLS.some((protocol) => intersectPorts(set, protocolPorts(protocol)).length === 0)
}

function listText(set: PortSet): string {
  const ranges = portRanges(set)
  return PROTOCOLS.flatMap((protocol) => {
    const own = ranges.filter((range) => range.protocol === protocol)
    return own.length > 0 ? [`${protocol} ${own.map(rangeText).join(', ')}`] : []
  }).join('; ')
}

function rangeText({ port, endPort }: PortRange): string {
  return port === endPort ? `${port}` : `${port}-${endPort}`
}
