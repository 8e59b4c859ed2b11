/**
 * support/between.ts — what may be reached under a set of policies, end by end and as a whole, by the evaluator; and whether that lies between
 * what may be reached under others.
 */

import { DIRECTIONS, type Direction } from '../../src/api/network.ts'
import type { Labels } from '../../src/api/selectors.ts'
import { equalPorts } from '../../src/reachability/ports.ts'
import {
  ALL_PORTS,
  type Assumptions,
  type Endpoint,
  endpointName,
  intersectPorts,
  type Network,
  NO_PORTS,
  networkOf,
  outside,
  type Pod,
  type PodInput,
  type Policy,
  type PortSet,
  portsText,
  reach,
  readCluster,
  readPolicies,
  subtractPorts,
  unionPorts,
} from '../../src/reachability/reachability.ts'
import type { NetworkPolicy } from '../../src/reconcile/policy-entry.ts'

/** Pods and addresses: what flows go between. */
export type Ends = {
  readonly pods: readonly Pod[]
  readonly all: readonly Endpoint[]
  readonly view: ReturnType<typeof readCluster>['cluster']
}

export function endsOf(pods: readonly PodInput[], addresses: readonly string[], namespaces: Readonly<Record<string, Labels>>): Ends {
  const { cluster, problems } = readCluster({ pods, namespaces: Object.entries(namespaces).map(([name, labels]) => ({ name, labels })) })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const outsides = addresses.map((address) => outside(address, [address])).filter((end) => end !== undefined)
  return { pods: cluster.pods, all: [...cluster.pods, ...outsides], view: cluster }
}

/** One way to read what the text of NetworkPolicy leaves open, so that every answer is certain. */
export const READINGS: readonly Required<Assumptions>[] = (['Pods', 'Outside'] as const).map((ipBlocks) => ({
  hostNetwork: 'Node',
  ipBlocks,
  unknownAddresses: 'Covered',
  ownNode: 'ByRule',
  itself: 'Allowed',
  namedPorts: 'First',
  nodeSource: 'Own',
}))

/** What the policies of one moment allow. Each answer is worked out once. */
export class Allowed {
  readonly #networks: Readonly<Record<Direction | 'Both', Network>>
  readonly #known = new Map<string, PortSet>()

  constructor(policies: readonly object[], { view }: Ends, reading: Assumptions) {
    const read = readPolicies(policies)
    if (read.problems.length > 0) throw new Error(JSON.stringify(read.problems))
    const only = (direction: Direction) => read.policies.map((policy) => half(policy, direction))
    this.#networks = {
      Ingress: networkOf(view, only('Ingress'), reading),
      Egress: networkOf(view, only('Egress'), reading),
      Both: networkOf(view, read.policies, reading),
    }
  }

  /** What the end that is asked lets pass, whatever the other one says: the sender for Egress, the receiver for Ingress. Both: the flow. */
  ports(which: Direction | 'Both', from: Endpoint, to: Endpoint): PortSet {
    const key = `${which} ${endpointName(from)} ${endpointName(to)}`
    const known = this.#known.get(key) ?? portsOf(this.#networks[which], from, to)
    this.#known.set(key, known)
    return known
  }
}

function half({ rules, ...policy }: Policy, direction: Direction): Policy {
  return { ...policy, rules: { Ingress: undefined, Egress: undefined, [direction]: rules[direction] } }
}

function portsOf(network: Network, from: Endpoint, to: Endpoint): PortSet {
  const [first, ...more] = reach(network, from, to)
  if (!first || more.length > 0 || first.depends.length > 0)
    throw new Error(`no single answer from ${endpointName(from)} to ${endpointName(to)}`)
  return first.allowed
}

/** What the policies of every moment have to lie between. */
export type Bounds = {
  readonly ends: Ends
  readonly reading: Assumptions
  readonly states: readonly Allowed[]
  /** From where to where the operator went, as policies. */
  readonly ways: readonly (readonly [readonly NetworkPolicy[], readonly NetworkPolicy[]])[]
}

/**
 * The exceptions, each for flows between two pods of which one end takes away and the other one adds, so that they are open while only the one
 * has happened. BetweenNamespaces: nothing orders the writes of two namespaces. BothTakeAndAdd: in one namespace, where each direction both
 * takes away and adds, no order of the two would be right.
 */
export const NO_EXCEPTIONS = { BetweenNamespaces: 0, BothTakeAndAdd: 0 }
type Exception = keyof typeof NO_EXCEPTIONS

/** What is out of bounds after a write in `namespace`; which exceptions were met; and how many flows are now as in none of the states. */
export function disturbances({ ends, reading, states, ways }: Bounds, policies: readonly NetworkPolicy[], namespace: string) {
  const now = new Allowed(policies, ends, reading)
  const disturbed: string[] = []
  const exceptions: Exception[] = []
  let moved = 0
  const look = (which: Direction | 'Both', from: Endpoint, to: Endpoint): void => {
    const ports = now.ports(which, from, to)
    const all = states.map((state) => state.ports(which, from, to))
    if (which === 'Both' && !all.some((each) => equalPorts(each, ports))) moved++
    const cut = subtractPorts(all.reduce(intersectPorts, ALL_PORTS), ports)
    const opened = subtractPorts(ports, unionPorts(...all))
    if (cut.length + opened.length === 0) return
    const exception = which === 'Both' && cut.length === 0 ? exceptionFor(from, to) : undefined
    if (exception && subtractPorts(opened, crossing(states, from, to)).length === 0) exceptions.push(exception)
    else disturbed.push(`${which} ${endpointName(from)} -> ${endpointName(to)}: cut ${portsText(cut)}, opened ${portsText(opened)}`)
  }
  const exceptionFor = (from: Endpoint, to: Endpoint): Exception | undefined => {
    if (from.kind === 'Outside' || to.kind === 'Outside') return undefined
    if (from.namespace !== to.namespace) return 'BetweenNamespaces'
    return ways.some((way) => bothTakeAndAdd(way, from.namespace)) ? 'BothTakeAndAdd' : undefined
  }
  for (const pod of ends.pods.filter((each) => each.namespace === namespace)) {
    for (const other of ends.all.filter((end) => end !== pod)) {
      look('Egress', pod, other)
      look('Ingress', other, pod)
      look('Both', pod, other)
      look('Both', other, pod)
    }
  }
  return { disturbed: [...new Set(disturbed)], exceptions, moved }
}

/**
 * The ports on which one of the states lets `from` send, and another one lets `to` receive: while one end changes before the other, such a
 * flow is open for a moment.
 */
function crossing(states: readonly Allowed[], from: Endpoint, to: Endpoint): PortSet {
  return states.reduce((sum: PortSet, sending) => {
    const sent = sending.ports('Egress', from, to)
    return unionPorts(sum, ...states.map((receiving) => intersectPorts(sent, receiving.ports('Ingress', from, to))))
  }, NO_PORTS)
}

/** Whether some policy of the namespace gets a rule that it did not have, and some policy loses one, in either direction. */
function bothTakeAndAdd([before, after]: Bounds['ways'][number], namespace: string): boolean {
  return DIRECTIONS.every((direction) => {
    const [one, other] = [before, after].map((policies) => rulesIn(direction, policies, namespace)) as [Set<string>, Set<string>]
    return [...one].some((rule) => !other.has(rule)) && [...other].some((rule) => !one.has(rule))
  })
}

/** Each with the name of its policy. */
function rulesIn(direction: Direction, policies: readonly NetworkPolicy[], namespace: string): Set<string> {
  const own = policies.filter(({ metadata }) => metadata.namespace === namespace)
  return new Set(
    own.flatMap(({ metadata: { name }, spec }) =>
      (spec?.[direction === 'Ingress' ? 'ingress' : 'egress'] ?? []).map((rule) => `${name} ${JSON.stringify(rule)}`),
    ),
  )
}
