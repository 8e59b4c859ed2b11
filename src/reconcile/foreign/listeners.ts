/** reconcile/foreign/listeners.ts — who has to look again when a namespace comes, goes or changes: whoever names it by a selector. */

import { type LabelSelector, type Labels, matchesSelector } from '../../api/selectors.ts'
import { pairsIn, requiredPairs } from '../pairs.ts'

/** A selector with a text that is equal for selectors that are written alike. */
export type Heard = { readonly text: string; readonly selector: LabelSelector }

type Ear = { readonly selector: LabelSelector; readonly listeners: Set<string> }

/** For selectors that ask for no label with a value. */
const NO_PAIR = ''

export class Listeners {
  /** By a label that a namespace must have, and by the text of the selector. */
  readonly #ears = new Map<string, Map<string, Ear>>()
  readonly #heardBy = new Map<string, readonly Heard[]>()

  /** From now on, and only, for namespaces that one of these takes. */
  listen(listener: string, selectors: readonly Heard[]): void {
    for (const heard of this.#heardBy.get(listener) ?? []) this.#close(listener, heard)
    if (selectors.length === 0) this.#heardBy.delete(listener)
    else this.#heardBy.set(listener, selectors)
    for (const { text, selector } of selectors) {
      const pair = pairOf(selector)
      const ears = this.#ears.get(pair) ?? new Map<string, Ear>()
      const ear = ears.get(text) ?? { selector, listeners: new Set() }
      this.#ears.set(pair, ears.set(text, ear))
      ear.listeners.add(listener)
    }
  }

  /** Those who listen for a namespace with one of these sets of labels. */
  of(labels: readonly Labels[]): ReadonlySet<string> {
    const all = new Set<string>()
    for (const some of labels) {
      for (const pair of [NO_PAIR, ...pairsIn(some)]) {
        for (const { selector, listeners } of this.#ears.get(pair)?.values() ?? []) {
          if (matchesSelector(selector, some)) for (const listener of listeners) all.add(listener)
        }
      }
    }
    return all
  }

  #close(listener: string, { text, selector }: Heard): void {
    const pair = pairOf(selector)
    const ears = this.#ears.get(pair)
    const ear = ears?.get(text)
    ear?.listeners.delete(listener)
    if (ear?.listeners.size === 0) ears?.delete(text)
    if (ears?.size === 0) this.#ears.delete(pair)
  }
}

function pairOf(selector: LabelSelector): string {
  return requiredPairs(selector)[0] ?? NO_PAIR
}
