/** reconcile/policy-memory.ts — what has to be remembered of policies beyond the policies themselves. Times are monotonic milliseconds. */

import type { PolicyEntry } from './policy-entry.ts'

export class PolicyMemory {
  /** Where policies with a tenant's label are, and how many, owned by the tenant or not. */
  readonly #places = new Map<string, Map<string, number>>()
  /** By namespace and name: what was last known to be ours, for the day its marks are taken off. */
  readonly #lost = new Map<string, Map<string, string>>()
  /** By key: since when the object has been other than it should be. */
  readonly #differsSince = new Map<string, number>()

  /** The namespaces that hold policies with the tenant's label which the operator made. */
  placesOf(tenant: string): Iterable<string> {
    return this.#places.get(tenant)?.keys() ?? []
  }

  /** Counts an entry in (1) or out (-1). Whether it was the last of its tenant. */
  count(namespace: string, entry: PolicyEntry | undefined, sign: 1 | -1): boolean {
    // What waits for the finalizers of others has been deleted, as far as that is up to us.
    if (!entry?.ours || entry.terminating) return false
    const places = this.#places.get(entry.tenant) ?? new Map<string, number>()
    this.#places.set(entry.tenant, places)
    const count = (places.get(namespace) ?? 0) + sign
    if (count > 0) places.set(namespace, count)
    else places.delete(namespace)
    if (places.size > 0) return false
    return this.#places.delete(entry.tenant)
  }

  lose(namespace: string, name: string, uid: string): void {
    const names = this.#lost.get(namespace) ?? new Map<string, string>()
    this.#lost.set(namespace, names.set(name, uid))
  }

  find(namespace: string, name: string): void {
    this.#lost.get(namespace)?.delete(name)
  }

  isLost(namespace: string, name: string, uid: string): boolean {
    return this.#lost.get(namespace)?.get(name) === uid
  }

  forgetNamespace(namespace: string): void {
    this.#lost.delete(namespace)
  }

  /** Notes whether the object is other than it should be, and says it. */
  note(key: string, differs: boolean, now: number): boolean {
    if (!differs) this.#differsSince.delete(key)
    else if (!this.#differsSince.has(key)) this.#differsSince.set(key, now)
    return differs
  }

  /** For how long it has differed; 0 when it does not. */
  differsFor(key: string, now: number): number {
    const since = this.#differsSince.get(key)
    return since === undefined ? 0 : now - since
  }
}
