/**
 * reconcile/guards.ts — since when a tenant's guards stand. Nobody is let into its namespaces before: what somebody writes there in the
 * moment before the guards do, such as a NetworkPolicy that opens them, would stay. Times in monotonic milliseconds.
 */

import { EFFECTIVE_AFTER_MS } from './served.ts'

export class Guards {
  /** By the name of a binding that was made while we looked on: when that was. */
  readonly #madeAt = new Map<string, number>()
  readonly #since = new Map<string, number>()

  made(binding: string, now: number): void {
    this.#madeAt.set(binding, now)
  }

  gone(binding: string): void {
    this.#madeAt.delete(binding)
  }

  /** The bindings by which the tenant is guarded; none while one is missing. Whether they were missing before, and are not any more. */
  set(tenant: string, bindings: readonly string[]): boolean {
    const stood = this.#since.has(tenant)
    if (bindings.length === 0) this.#since.delete(tenant)
    else this.#since.set(tenant, Math.max(...bindings.map((binding) => this.#madeAt.get(binding) ?? Number.NEGATIVE_INFINITY)))
    return bindings.length > 0 && !stood
  }

  /** How long until the API server goes by all of them; undefined while one is missing. */
  waitMs(tenant: string, now: number): number | undefined {
    const since = this.#since.get(tenant)
    return since === undefined ? undefined : Math.max(0, since + EFFECTIVE_AFTER_MS - now)
  }
}
