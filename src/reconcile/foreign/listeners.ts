/** reconcile/foreign/listeners.ts — who has to look again when a namespace comes, goes or changes: whoever names it by a selector. */

import { type LabelSelector, type Labels, matchesSelector } from '../../api/selectors.ts'

/** A selector with a text that is equal for selectors that are written alike. */
export type Heard = { readonly text: string; readonly selector: LabelSelector }

export class Listeners {
  readonly #bySelector = new Map<string, { readonly selector: LabelSelector; readonly listeners: Set<string> }>()
  readonly #heardBy = new Map<string, readonly Heard[]>()

  /** From now on, and only, for namespaces that one of these takes. */
  listen(listener: string, selectors: readonly Heard[]): void {
    for (const { text } of this.#heardBy.get(listener) ?? []) {
      const known = this.#bySelector.get(text)
      known?.listeners.delete(listener)
      if (known?.listeners.size === 0) this.#bySelector.delete(text)
    }
    if (selectors.length === 0) this.#heardBy.delete(listener)
    else this.#heardBy.set(listener, selectors)
    for (const { text, selector } of selectors) {
      const known = this.#bySelector.get(text) ?? { selector, listeners: new Set() }
      this.#bySelector.set(text, known)
      known.listeners.add(listener)
    }
  }

  /** Those who listen for a namespace with one of these sets of labels. As many comparisons as there are different selectors. */
  of(labels: readonly Labels[]): ReadonlySet<string> {
    const all = new Set<string>()
    for (const { selector, listeners } of this.#bySelector.values()) {
      if (labels.some((some) => matchesSelector(selector, some))) for (const listener of listeners) all.add(listener)
    }
    return all
  }
}
