/** lint/covers.ts — whether one rule allows all that another one does. May say no where a finer look would say yes, never the other way round. */

import { canonicalJson } from '../api/canonical.ts'
import { isEmptySelector, type LabelSelector } from '../api/selectors.ts'
import { canonicalSelector } from '../desired/network/canonical.ts'
import { type Peer, type Rule, subtractAddresses, subtractPorts } from '../reachability/reachability.ts'
import type { Grant } from './grants.ts'

export function coversGrant(wider: Grant, narrower: Grant): boolean {
  if (wider.direction !== narrower.direction || !coversSubjects(wider, narrower)) return false
  const inner = narrower.parts.flatMap(({ rules }) => rules)
  const outer = wider.parts.flatMap(({ rules }) => rules)
  return inner.length > 0 && inner.every((rule) => coversRule(outer, rule))
}

/** Of one resource, namespaces are compared as it writes them: which ones there are may change. */
function coversSubjects(wider: Grant, narrower: Grant): boolean {
  const namespaces =
    wider.tenant !== undefined && wider.tenant === narrower.tenant
      ? wider.namespaceSelector === undefined || sameSelector(wider.namespaceSelector, narrower.namespaceSelector)
      : narrower.namespaces.length > 0 && narrower.namespaces.every((name) => wider.namespaces.includes(name))
  return namespaces && selectsAll(wider.podSelector, narrower.podSelector)
}

function coversRule(outer: readonly Rule[], { peers, ...ports }: Rule): boolean {
  const enough = outer.filter((rule) => coversPorts(rule, ports))
  if (enough.some((rule) => rule.peers.length === 0)) return true
  return peers.length > 0 && peers.every((peer) => enough.some((rule) => rule.peers.some((other) => coversPeer(other, peer))))
}

type Ports = Pick<Rule, 'numbered' | 'named'>

/** A name opens whatever the pod says: only the name itself, or every port of its protocol, covers it. */
function coversPorts(outer: Ports & Pick<Rule, 'ports'>, inner: Ports): boolean {
  if (outer.ports.length === 0) return true
  const names = new Set(outer.named.map(({ protocol, name }) => `${protocol} ${name}`))
  return (
    subtractPorts(inner.numbered, outer.numbered).length === 0 &&
    inner.named.every(({ protocol, name }) => names.has(`${protocol} ${name}`))
  )
}

function coversPeer(wider: Peer, narrower: Peer): boolean {
  if (wider.form === 'Addresses') {
    return narrower.form === 'Addresses' && subtractAddresses(narrower.addresses, wider.addresses).length === 0
  }
  if (narrower.form === 'Addresses') return false
  const everywhere = wider.namespaceSelector !== undefined && isEmptySelector(wider.namespaceSelector.selector)
  const namespaces = everywhere || sameSelector(wider.namespaceSelector?.selector, narrower.namespaceSelector?.selector)
  return namespaces && selectsAll(wider.podSelector?.selector ?? {}, narrower.podSelector?.selector ?? {})
}

function selectsAll(wider: LabelSelector, narrower: LabelSelector): boolean {
  return isEmptySelector(wider) || sameSelector(wider, narrower)
}

function sameSelector(a: LabelSelector | undefined, b: LabelSelector | undefined): boolean {
  return canonicalJson(a && canonicalSelector(a)) === canonicalJson(b && canonicalSelector(b))
}
