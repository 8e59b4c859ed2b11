/** reconcile/foreign/space-index.ts — which namespaces a selector takes, without a look at all of them where it names a label. */

import { NAMESPACE_NAME_LABEL } from '../../api/labels.ts'
import { type LabelSelector, type Labels, matchesSelector } from '../../api/selectors.ts'

export class SpaceIndex {
  readonly #labels = new Map<string, Labels>()
  readonly #byPair = new Map<string, Set<string>>()

  set(namespace: string, labels: Labels): void {
    this.delete(namespace)
    this.#labels.set(namespace, labels)
    for (const pair of pairsIn(labels)) this.#byPair.set(pair, (this.#byPair.get(pair) ?? new Set()).add(namespace))
  }

  delete(namespace: string): void {
    for (const pair of pairsIn(this.#labels.get(namespace) ?? {})) {
      const names = this.#byPair.get(pair)
      names?.delete(namespace)
      if (names?.size === 0) this.#byPair.delete(pair)
    }
    this.#labels.delete(namespace)
  }

  labelsOf(namespace: string): Labels | undefined {
    return this.#labels.get(namespace)
  }

  *matching(selector: LabelSelector): Iterable<string> {
    for (const namespace of this.#candidates(selector)) {
      const labels = this.#labels.get(namespace)
      if (labels && matchesSelector(selector, labels)) yield namespace
    }
  }

  #candidates({ matchLabels = {}, matchExpressions = [] }: LabelSelector): Iterable<string> {
    const asked = matchExpressions.flatMap(({ key, operator, values = [] }) =>
      operator === 'In' && values.length === 1 ? [[key, values[0] ?? ''] as const] : [],
    )
    const required = [...Object.entries(matchLabels), ...asked]
    const named = required.find(([key]) => key === NAMESPACE_NAME_LABEL)
    if (named) return [named[1]]
    let best: Iterable<string> = this.#labels.keys()
    let size = this.#labels.size
    for (const pair of required) {
      const names = this.#byPair.get(pairText(pair)) ?? NONE
      if (names.size < size) [best, size] = [names, names.size]
    }
    return best
  }
}

const NONE: ReadonlySet<string> = new Set()

/** Every namespace has its name as a label; that is found without an index. */
function pairsIn(labels: Labels): string[] {
  return Object.entries(labels)
    .filter(([key]) => key !== NAMESPACE_NAME_LABEL)
    .map(pairText)
}

/** Neither keys nor values hold an equals sign. */
function pairText([key, value]: readonly [string, string]): string {
  return `${key}=${value}`
}
