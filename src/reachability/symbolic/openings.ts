/** reachability/symbolic/openings.ts — what a policy of somebody else opens in the cluster as it is: rule by rule, in words. */

import type { Direction } from '../../api/network.ts'
import type { Peer, Policy } from '../policy.ts'
import { equalPorts, NO_PORTS, type PortSet, portsText, unionPorts } from '../ports.ts'
import type { Box } from './boxes.ts'
import { type Opened, passingFrom, type Space } from './opened.ts'
import { namesOf } from './policy-boxes.ts'
import { peerText, podsText, shortened } from './words.ts'

/** What one peer of one rule opens; or the rule, when it has no peers and so means everybody. */
export type Opening = {
  readonly direction: Direction
  readonly rule: number
  readonly peer: number | undefined
  /** Some of it goes to, or comes from, what is outside of the tenant. */
  readonly crosses: boolean
  /** "everybody may connect to pods app=web of namespace shop on TCP 80" */
  readonly text: string
}

export type OpeningsQuestion = {
  readonly policy: Policy
  /** What `openedBeyond` says of the policy. */
  readonly opened: readonly Opened[]
  readonly here: Space
  /** The namespaces whose pods the peer may mean; all of them for a rule without peers. In any order. */
  readonly spacesOf: (peer: Extract<Peer, { form: 'Pods' }> | undefined) => Iterable<Space>
  /** Whether a namespace belongs to the tenant. */
  readonly isInside: (namespace: string) => boolean
}

/** In the order of the policy. The same for the same question, in whatever order the namespaces come. */
export function openingsOf({ policy, opened, here, spacesOf, isInside }: OpeningsQuestion): readonly Opening[] {
  const groups = Map.groupBy(opened, ({ direction, rule, peer }) => `${direction} ${rule} ${peer}`)
  return [...groups.values()].flatMap((parts) => {
    const [{ direction, rule, peer }] = parts as [Opened]
    const sum = sumOf(parts, here, () => spacesOf(podsOf(policy, direction, rule, peer)), isInside)
    if (!sum.outside && !sum.pods) return []
    const { crosses } = sum
    return [{ direction, rule, peer, crosses, text: textOf(policy, parts, sum) }]
  })
}

/** Whether the opening depends on which namespaces there are: for whoever has to know when to ask again. */
export function dependsOnNamespaces(opened: readonly Opened[]): boolean {
  return opened.some((one) => !one.outside)
}

function podsOf(policy: Policy, direction: Direction, rule: number, peer: number | undefined) {
  const found = peer === undefined ? undefined : policy.rules[direction]?.[rule]?.peers[peer]
  return found?.form === 'Pods' ? found : undefined
}

type Sum = {
  ports: PortSet
  readonly names: Set<string>
  crosses: boolean
  /** Addresses outside. */
  outside: boolean
  pods: boolean
}

function sumOf(parts: readonly Opened[], here: Space, spaces: () => Iterable<Space>, isInside: (namespace: string) => boolean): Sum {
  const sum: Sum = { ports: NO_PORTS, names: new Set(), crosses: false, outside: false, pods: false }
  const toAddresses = parts.filter(({ outside }) => outside)
  for (const { boxes } of toAddresses) add(sum, boxes)
  sum.outside = toAddresses.length > 0
  sum.crosses = sum.outside
  const toPods = parts.filter(({ outside }) => !outside).map((part) => ({ part, passing: passingFrom(part, here) }))
  if (toPods.length === 0) return sum
  const most: Pick<Sum, 'ports' | 'names'> = { ports: NO_PORTS, names: new Set() }
  for (const { part } of toPods) add(most, part.boxes)
  for (const there of spaces()) {
    for (const { passing } of toPods) {
      const boxes = passing(there)
      if (boxes.length === 0) continue
      add(sum, boxes)
      sum.pods = true
      if (!isInside(there.name)) sum.crosses = true
    }
    // No other namespace can add to it.
    if (
      sum.pods &&
      sum.crosses &&
      equalPorts(sum.ports, unionPorts(sum.ports, most.ports)) &&
      [...most.names].every((name) => sum.names.has(name))
    )
      break
  }
  return sum
}

function add(sum: Pick<Sum, 'ports' | 'names'>, boxes: readonly Box[]): void {
  for (const box of boxes) {
    const names = namesOf(box)
    if (names.length === 0) sum.ports = unionPorts(sum.ports, box.ports)
    for (const name of names) sum.names.add(name)
  }
}

function textOf(policy: Policy, parts: readonly Opened[], { ports, names, outside, pods }: Sum): string {
  const [{ direction, rule, peer: index }] = parts as [Opened]
  const peer = index === undefined ? undefined : policy.rules[direction]?.[rule]?.peers[index]
  const other = peer
    ? peerText(peer, policy.namespace)
    : outside && pods
      ? 'everybody'
      : outside
        ? 'every address outside'
        : 'every other pod'
  const own = `${podsText(policy.podSelector)} of namespace ${policy.namespace}`
  const [from, to] = direction === 'Ingress' ? [other, own] : [own, other]
  const may = parts.every(({ exact }) => exact) ? 'may' : 'may, as far as can be told,'
  const on = [...(ports.length > 0 ? [portsText(ports)] : []), ...[...names].sort()].join('; ')
  return `${from} ${may} connect to ${to} on ${shortened(on)}`
}
