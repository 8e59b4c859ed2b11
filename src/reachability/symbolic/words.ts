/** reachability/symbolic/words.ts — pods that nobody has seen, in words: short, and the same for selectors that are written alike. */

import { isEmptySelector, type LabelSelector } from '../../api/selectors.ts'
import type { Peer, Selector } from '../policy.ts'

/** As kubectl takes it: "app=web,tier in (a,b),!legacy". */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`)
  const others = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key
    return operator === 'DoesNotExist' ? `!${key}` : `${key} ${operator.toLowerCase()} (${values.join(',')})`
  })
  return shortened([...equal, ...others].sort().join(','))
}

/** "every pod", "pods app=web" */
export function podsText(selector: Selector | undefined): string {
  return !selector || isEmptySelector(selector.selector) ? 'every pod' : `pods ${selectorText(selector.selector)}`
}

/** "pods app=web of namespaces team=shop", "every pod of namespace shop", "10.0.0.0/8" */
export function peerText(peer: Peer, namespace: string): string {
  if (peer.form === 'Addresses') return shortened(peer.text)
  const { namespaceSelector, podSelector } = peer
  const where = !namespaceSelector
    ? `namespace ${namespace}`
    : isEmptySelector(namespaceSelector.selector)
      ? 'every namespace'
      : `namespaces ${selectorText(namespaceSelector.selector)}`
  return `${podsText(podSelector)} of ${where}`
}

const MOST_LETTERS = 100

export function shortened(text: string): string {
  return text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS - 1)}…`
}
