/** desired/network/rules.ts — everything that spec.network allows, as a flat list: what, for which pods, in which direction. */

import type { Direction, Network, Peer, Port } from '../../api/network.ts'
import type { LabelSelector } from '../../api/selectors.ts'
import { type Facts, type Gap, isGap } from '../facts.ts'
import { DNS_NOT_FOUND, rulesOf } from './peers.ts'
import { isNonEmpty, type NonEmpty, type PolicyPort, type Rule } from './policy.ts'

/** One thing that is allowed. */
export type Allowance = {
  /** The rule of the resource that says so: "ingress/NAME", "egress/NAME", "dns" or "intraTenant". */
  readonly rule: string
  readonly direction: Direction
  /** Undefined: all pods. */
  readonly podSelector: LabelSelector | undefined
  /** Undefined: all namespaces of the tenant. */
  readonly namespaceSelector: LabelSelector | undefined
  readonly allows: Rule
}

/** A peer of a rule that had to stay closed. */
export type Unresolved = Gap & { readonly rule: string }

export type Allowances = { readonly allowances: readonly Allowance[]; readonly unresolved: readonly Unresolved[] }

export const DEFAULT_DENY: NonEmpty<Direction> = ['Ingress', 'Egress']

/** DNS answers on 53, over UDP and, for long answers and when asked, over TCP. */
export const DNS_PORTS: NonEmpty<PolicyPort> = [
  { protocol: 'UDP', port: 53 },
  { protocol: 'TCP', port: 53 },
]

/** What the resource allows in the directions that it closes; an open direction needs no rules, and a rule would change nothing there. */
export function allowancesOf(network: Network, namespaceSelector: LabelSelector, facts: Facts): Allowances {
  const closed: readonly Direction[] = network.defaultDeny ?? DEFAULT_DENY
  const parts = [
    intraTenant(network, namespaceSelector),
    dns(network, facts),
    ...(network.ingress ?? []).map(({ name, appliesTo, from, ports }) =>
      ruleOf({ rule: `ingress/${name}`, direction: 'Ingress', appliesTo, peers: from, ports }, facts),
    ),
    ...(network.egress ?? []).map(({ name, appliesTo, to, ports }) =>
      ruleOf({ rule: `egress/${name}`, direction: 'Egress', appliesTo, peers: to, ports }, facts),
    ),
  ]
  const inClosed = ({ direction }: { readonly direction: Direction }) => closed.includes(direction)
  return {
    allowances: parts.flatMap(({ allowances }) => allowances.filter(inClosed)),
    unresolved: parts.flatMap(({ unresolved }) => unresolved.filter(inClosed)),
  }
}

type Part = { readonly allowances: readonly Allowance[]; readonly unresolved: readonly (Unresolved & { readonly direction: Direction })[] }

function intraTenant({ intraTenant = 'None' }: Network, namespaceSelector: LabelSelector): Part {
  if (intraTenant === 'None') return { allowances: [], unresolved: [] }
  const allows: Rule = { peers: [intraTenant === 'Namespace' ? { podSelector: {} } : { namespaceSelector }] }
  return {
    allowances: DEFAULT_DENY.map((direction) => ({
      rule: 'intraTenant',
      direction,
      podSelector: undefined,
      namespaceSelector: undefined,
      allows,
    })),
    unresolved: [],
  }
}

function dns({ dns: { mode = 'Auto', to, ports } = {} }: Network, facts: Facts): Part {
  const rule = { rule: 'dns', direction: 'Egress', appliesTo: undefined } as const
  switch (mode) {
    case 'Disabled':
      return { allowances: [], unresolved: [] }
    case 'Auto':
      return ruleOf({ ...rule, peers: [{ preset: 'DNS' }], ports: undefined }, facts)
    case 'Custom':
      // The schema asks for peers with Custom; without any there is nothing to allow, and it is said.
      if (!to || to.length === 0) return { allowances: [], unresolved: [{ ...DNS_NOT_FOUND, rule: rule.rule, direction: rule.direction }] }
      return ruleOf({ ...rule, peers: to, ports: ports ?? DNS_PORTS }, facts)
  }
}

type RuleText = {
  readonly rule: string
  readonly direction: Direction
  readonly appliesTo:
    | { readonly podSelector?: LabelSelector | undefined; readonly namespaceSelector?: LabelSelector | undefined }
    | undefined
  readonly peers: readonly Peer[]
  readonly ports: readonly Port[] | undefined
}

function ruleOf({ rule, direction, appliesTo, peers, ports }: RuleText, facts: Facts): Part {
  const resolved = peers.map((peer) => rulesOf(peer, direction, facts))
  const own = ports?.map(policyPort) ?? []
  return {
    allowances: resolved
      .flatMap((rules) => (isGap(rules) ? [] : rules))
      .map((allows) => ({
        rule,
        direction,
        podSelector: appliesTo?.podSelector,
        namespaceSelector: appliesTo?.namespaceSelector,
        // A destination that brings its own ports keeps them: the schema lets no others stand beside it.
        allows: allows.ports || !isNonEmpty(own) ? allows : { peers: allows.peers, ports: own },
      })),
    unresolved: resolved.filter(isGap).map((gap) => ({ ...gap, rule, direction })),
  }
}

/** A port as a NetworkPolicy says it. */
export function policyPort({ protocol = 'TCP', port, endPort }: Port): PolicyPort {
  return { protocol, ...(port !== undefined && { port }), ...(endPort !== undefined && { endPort }) }
}
