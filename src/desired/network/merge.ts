/** desired/network/merge.ts — fewer, fatter rules that say the same (OVN-Kubernetes: flows grow with the number of rules). */

import { canonicalJson, compareText } from '../../api/canonical.ts'
import { canonicalPeers, canonicalPorts, coversPort } from './canonical.ts'
import type { NonEmpty, PolicyPeer, PolicyPort, Rule } from './policy.ts'

/** Rules that allow exactly what `rules` allow: canonical, joined where ports or peers are equal, without implied ones, sorted. */
export function mergeRules(rules: readonly Rule[]): Rule[] {
  let merged = rules.map(canonicalRule)
  for (let before = -1; before !== merged.length; ) {
    before = merged.length
    merged = joinBy(merged, ({ ports }) => canonicalJson(ports ?? 'every'), joinPeers)
    merged = joinBy(merged, ({ peers }) => canonicalJson(peers), joinPorts)
  }
  const needed = merged.filter((rule) => !merged.some((wider) => wider !== rule && implies(wider, rule)))
  return needed.sort((a, b) => compareText(canonicalJson(a), canonicalJson(b)))
}

function canonicalRule({ peers, ports }: Rule): Rule {
  return withPorts(canonicalPeers(peers), ports && canonicalPorts(ports))
}

function withPorts(peers: NonEmpty<PolicyPeer>, ports: NonEmpty<PolicyPort> | undefined): Rule {
  return { peers, ...(ports && { ports }) }
}

function joinBy(rules: readonly Rule[], keyOf: (rule: Rule) => string, join: (a: Rule, b: Rule) => Rule): Rule[] {
  const groups = new Map<string, Rule>()
  for (const rule of rules) {
    const key = keyOf(rule)
    const group = groups.get(key)
    groups.set(key, group ? join(group, rule) : rule)
  }
  return [...groups.values()]
}

/** Rules with the same ports. */
function joinPeers(a: Rule, b: Rule): Rule {
  return withPorts(canonicalPeers([...a.peers, ...b.peers]), a.ports)
}

/** Rules with the same peers: a rule without ports opens every port, and so does the joined one. */
function joinPorts(a: Rule, b: Rule): Rule {
  return withPorts(a.peers, a.ports && b.ports && canonicalPorts([...a.ports, ...b.ports]))
}

/** Whether `wider` allows all that `rule` allows. Two different rules cannot imply each other: equal peers are joined already. */
function implies(wider: Rule, rule: Rule): boolean {
  return coversPorts(wider.ports, rule.ports) && coversPeers(wider.peers, rule.peers)
}

export function coversPorts(outer: readonly PolicyPort[] | undefined, inner: readonly PolicyPort[] | undefined): boolean {
  if (!outer) return true
  return inner?.every((port) => outer.some((wider) => coversPort(wider, port))) ?? false
}

export function coversPeers(outer: readonly PolicyPeer[], inner: readonly PolicyPeer[]): boolean {
  const texts = new Set(outer.map(canonicalJson))
  return inner.every((peer) => texts.has(canonicalJson(peer)))
}
