/** desired/network/canonical.ts — selectors, peers and ports in the one form that we write, so that order and spelling never make a difference. */

import { canonicalJson, compareText } from '../../api/canonical.ts'
import type { LabelRequirement, LabelSelector } from '../../api/selectors.ts'
import { isNonEmpty, mapNonEmpty, type NonEmpty, type PolicyPeer, type PolicyPort } from './policy.ts'

/** The selector with sorted members; `In` with one value becomes a label, and what says nothing is left out. */
export function canonicalSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): LabelSelector {
  const labels = new Map(Object.entries(matchLabels))
  const expressions = new Map<string, LabelRequirement>()
  // Sorted first: of two labels that contradict each other, the same one becomes a label, whichever was written first.
  for (const [text, requirement] of sorted(matchExpressions.map(canonicalRequirement))) {
    const [only, ...more] = requirement.values ?? []
    const becomesLabel =
      requirement.operator === 'In' && only !== undefined && more.length === 0 && (labels.get(requirement.key) ?? only) === only
    if (becomesLabel) labels.set(requirement.key, only)
    else expressions.set(text, requirement)
  }
  return {
    ...(labels.size > 0 && { matchLabels: Object.fromEntries([...labels].sort(([a], [b]) => compareText(a, b))) }),
    ...(expressions.size > 0 && { matchExpressions: [...expressions.values()] }),
  }
}

function canonicalRequirement({ key, operator, values = [] }: LabelRequirement): LabelRequirement {
  return { key, operator, ...(values.length > 0 && { values: [...new Set(values)].sort(compareText) }) }
}

export function canonicalPeer(peer: PolicyPeer): PolicyPeer {
  if ('ipBlock' in peer) {
    const except = [...new Set(peer.ipBlock.except ?? [])].sort(compareText)
    return { ipBlock: { cidr: peer.ipBlock.cidr, ...(except.length > 0 && { except }) } }
  }
  return {
    ...(peer.podSelector && { podSelector: canonicalSelector(peer.podSelector) }),
    ...(peer.namespaceSelector && { namespaceSelector: canonicalSelector(peer.namespaceSelector) }),
  }
}

/** The same peers, each once, sorted. */
export function canonicalPeers(peers: NonEmpty<PolicyPeer>): NonEmpty<PolicyPeer> {
  return unique(mapNonEmpty(peers, canonicalPeer))
}

/** The same ports, each once, sorted, without those that lie in a range of the same protocol. */
export function canonicalPorts(ports: NonEmpty<PolicyPort>): NonEmpty<PolicyPort> {
  const all = unique(mapNonEmpty(ports, canonicalPort))
  const needed = all.filter((port) => !all.some((wider) => wider !== port && coversPort(wider, port)))
  // A port is only dropped for a wider one that stays: containment of different ports has no cycles.
  return isNonEmpty(needed) ? needed : all
}

function canonicalPort({ protocol, port, endPort }: PolicyPort): PolicyPort {
  return { protocol, ...(port !== undefined && { port }), ...(endPort !== undefined && endPort !== port && { endPort }) }
}

/** Whether everything that `inner` opens is opened by `outer` too. A name opens whatever the pod says: only "every port" covers it. */
export function coversPort(outer: PolicyPort, inner: PolicyPort): boolean {
  if (outer.protocol !== inner.protocol) return false
  if (outer.port === undefined) return true
  if (typeof outer.port === 'string' || typeof inner.port !== 'number') return outer.port === inner.port && outer.endPort === inner.endPort
  return outer.port <= inner.port && (outer.endPort ?? outer.port) >= (inner.endPort ?? inner.port)
}

function unique<T>(items: NonEmpty<T>): NonEmpty<T> {
  const [first, ...rest] = new Map(sorted(items)).values()
  return [first ?? items[0], ...rest]
}

/** The items with their canonical JSON, in its order. */
function sorted<T>(items: readonly T[]): [string, T][] {
  return items.map((item): [string, T] => [canonicalJson(item), item]).sort(([a], [b]) => compareText(a, b))
}
