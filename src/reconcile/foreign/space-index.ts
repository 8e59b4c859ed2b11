/** reconcile/foreign/space-index.ts — which namespaces a selector takes, without a look at all of them where it names a label. */

import { NAMESPACE_NAME_LABEL } from '../../api/labels.ts'
import { type LabelSelector, type Labels, matchesSelector } from '../../api/selectors.ts'
import { pairsIn, requiredPairs } from '../pairs.ts'
import type { Heard } from './listeners.ts'

export class SpaceIndex {
  /** By the text of the selector, until a namespace changes. */
  readonly #known = new Map<string, readonly string[]>()
  readonly #labels = new Map<string, Labels>()
  readonly #byPair = new Map<string, Set<string>>()

  set(namespace: string, labels: Labels): void {
    this.delete(namespace)
    this.#known.clear()
    this.#labels.set(namespace, labels)
    for (const pair of indexed(labels)) this.#byPair.set(pair, (this.#byPair.get(pair) ?? new Set()).add(namespace))
  }

  delete(namespace: string): void {
    for (const pair of indexed(this.#labels.get(namespace) ?? {})) {
      const names = this.#byPair.get(pair)
      names?.delete(namespace)
      if (names?.size === 0) this.#byPair.delete(pair)
    }
    if (this.#labels.delete(namespace)) this.#known.clear()
  }

  labelsOf(namespace: string): Labels | undefined {
    return this.#labels.get(namespace)
  }

  /** The namespaces that the selector takes; asked by many for the same one. */
  matching({ text, selector }: Heard): readonly string[] {
    const known = this.#known.get(text)
    if (known) return known
    const matching = [...this.#candidates(selector)].filter((namespace) => {
      const labels = this.#labels.get(namespace)
      return labels !== undefined && matchesSelector(selector, labels)
    })
    this.#known.set(text, matching)
    return matching
  }

  #candidates(selector: LabelSelector): Iterable<string> {
    const required = requiredPairs(selector)
    const named = required.find((pair) => pair.startsWith(BY_NAME))
    if (named !== undefined) return [named.slice(BY_NAME.length)]
    let best: Iterable<string> = this.#labels.keys()
    let size = this.#labels.size
    for (const pair of required) {
      const names = this.#byPair.get(pair) ?? NONE
      if (names.size < size) [best, size] = [names, names.size]
    }
    return best
  }
}

const NONE: ReadonlySet<string> = new Set()

const BY_NAME = `${NAMESPACE_NAME_LABEL}=`

/** Every namespace has its name as a label; that is found without an index. */
function indexed(labels: Labels): string[] {
  return pairsIn(labels).filter((pair) => !pair.startsWith(BY_NAME))
}
