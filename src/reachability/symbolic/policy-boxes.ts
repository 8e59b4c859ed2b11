/** reachability/symbolic/policy-boxes.ts — a policy as sets of flows between pods that nobody has seen. */

import type { Direction } from '../../api/network.ts'
import { ALL_ADDRESSES } from '../addresses.ts'
import type { Peer, Policy, Rule, Selector } from '../policy.ts'
import { ALL_PORTS, protocolPorts } from '../ports.ts'
import { A_POD, type Box, type Dimension, type Whose } from './boxes.ts'
import { type Domain, domainsOf, isEmptyDomain, PRESENT } from './domains.ts'

/** Whether the other end is in the namespace of the policy. */
export const SAME_NAMESPACE: Dimension = 'same namespace'

/** What one peer of one rule opens, by numbers or by one name of a port. Without a peer: a rule for everybody. */
export type RuleBox = {
  readonly rule: number
  readonly peer: number | undefined
  readonly outside: boolean
  readonly box: Box
}

/** The names, as "TCP http", by which alone the port of the box is open. */
export function namesOf({ labels }: Box): readonly string[] {
  return [...labels].flatMap(([dimension, { absent }]) => (dimension.startsWith(NAME) && !absent ? [dimension.slice(NAME.length)] : []))
}

const NAME = 'name '

export type PolicyBoxes = {
  /** The pods whose direction the policy closes but for what is in `opens`; undefined when it says nothing about the direction. */
  readonly selects: Box | undefined
  readonly opens: readonly RuleBox[]
}

const known = new WeakMap<Policy, Readonly<Record<Direction, PolicyBoxes>>>()

/** Worked out once for each policy. */
export function boxesOf(policy: Policy, direction: Direction): PolicyBoxes {
  const found = known.get(policy)
  if (found) return found[direction]
  const boxes = { Ingress: readBoxes(policy, 'Ingress'), Egress: readBoxes(policy, 'Egress') }
  known.set(policy, boxes)
  return boxes[direction]
}

function readBoxes({ podSelector, rules }: Policy, direction: Direction): PolicyBoxes {
  const own = asked('own', podSelector)
  const list = rules[direction]
  // A selector that contradicts itself selects nobody.
  if (!list || !own) return { selects: undefined, opens: [] }
  return {
    selects: { labels: own, ports: ALL_PORTS, addresses: A_POD },
    opens: list.flatMap((rule, index) =>
      endsOf(rule).flatMap(({ peer, outside, labels, addresses }) =>
        portsOf(rule, outside && direction === 'Egress').map(
          (port): RuleBox => ({
            rule: index,
            peer,
            outside,
            box: { labels: new Map([...own, ...labels, ...port.labels]), ports: port.ports, addresses },
          }),
        ),
      ),
    ),
  }
}

type End = { readonly peer: number | undefined; readonly outside: boolean } & Pick<Box, 'labels' | 'addresses'>

/** Who is meant. A range is compared with ranges, and pods with pods: whether a range also means pods is up to the network plugin. */
function endsOf({ peers }: Rule): readonly End[] {
  if (peers.length === 0) {
    return [
      { peer: undefined, outside: false, labels: new Map(), addresses: A_POD },
      { peer: undefined, outside: true, labels: new Map(), addresses: ALL_ADDRESSES },
    ]
  }
  return peers.flatMap((peer, index): readonly End[] => {
    if (peer.form === 'Addresses') {
      return peer.addresses.length === 0 ? [] : [{ peer: index, outside: true, labels: new Map(), addresses: peer.addresses }]
    }
    const labels = podsMeant(peer)
    return labels ? [{ peer: index, outside: false, labels, addresses: A_POD }] : []
  })
}

function podsMeant({ namespaceSelector, podSelector }: Extract<Peer, { form: 'Pods' }>): Box['labels'] | undefined {
  const space = namespaceSelector ? asked('space', namespaceSelector) : new Map<Dimension, Domain>([[SAME_NAMESPACE, PRESENT]])
  const pods = podSelector ? asked('peer', podSelector) : new Map<Dimension, Domain>()
  return space && pods && new Map([...space, ...pods])
}

type Ports = Pick<Box, 'labels' | 'ports'>

/** An address has no names for its ports; every pod may have any. */
function portsOf({ numbered, named }: Rule, toAddress: boolean): readonly Ports[] {
  const byName = toAddress
    ? []
    : named.map(({ protocol, name }): Ports => {
        const dimension: Dimension = `name ${protocol} ${name}`
        return { labels: new Map([[dimension, PRESENT]]), ports: protocolPorts(protocol) }
      })
  return numbered.length === 0 ? byName : [{ labels: new Map(), ports: numbered }, ...byName]
}

/** What a selector asks of the labels of `whose`; undefined when nothing can be so. */
function asked(whose: Whose, { selector }: Selector): ReadonlyMap<Dimension, Domain> | undefined {
  const domains = [...domainsOf(selector)]
  if (domains.some(([, domain]) => isEmptyDomain(domain))) return undefined
  return new Map(domains.map(([key, domain]) => [`${whose} ${key}`, domain]))
}
