/** reconcile/labelled.ts — in which namespaces there are labels that were applied for a tenant. */

import type { NamespaceEntry } from './namespace-entry.ts'

const NOWHERE: ReadonlySet<string> = new Set()

export class Labelled {
  readonly #places = new Map<string, Set<string>>()

  placesOf(tenant: string): ReadonlySet<string> {
    return this.#places.get(tenant) ?? NOWHERE
  }

  /** The tenants that have no labels in the namespace any more. */
  update(namespace: string, before: NamespaceEntry | undefined, after: NamespaceEntry | undefined): string[] {
    const now = tenantsIn(after)
    for (const tenant of now) this.#places.set(tenant, (this.#places.get(tenant) ?? new Set()).add(namespace))
    const gone = tenantsIn(before).filter((tenant) => !now.includes(tenant))
    for (const tenant of gone) {
      const places = this.#places.get(tenant)
      if (places?.delete(namespace) && places.size === 0) this.#places.delete(tenant)
    }
    return gone
  }
}

/** A namespace that is going takes its labels with it. */
function tenantsIn(entry: NamespaceEntry | undefined): readonly string[] {
  return entry && !entry.terminating ? [...entry.applied.keys()] : []
}
