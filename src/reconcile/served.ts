/** reconcile/served.ts — what is remembered of gates: whom they serve, and from when on the API server does not go by one any more. */

/** From the write of a binding until the API server goes by it (apiserver policy source, refreshed every second). */
export const EFFECTIVE_AFTER_MS = 1_500

/** Which tenants the gates serve, and since when others are not served any more. Times in monotonic milliseconds. */
export class Gates {
  readonly #served = new Map<string, 'served' | number>()

  /** How long a tenant that lets go has to wait until no pod is asked for its baseline. */
  waitMs(tenant: string, now: number): number {
    const state = this.#served.get(tenant)
    if (state === undefined) return 0
    return state === 'served' ? EFFECTIVE_AFTER_MS : Math.max(0, state + EFFECTIVE_AFTER_MS - now)
  }

  serve(tenants: ReadonlySet<string>, now: number): void {
    for (const [tenant, state] of this.#served) {
      if (tenants.has(tenant)) continue
      if (state === 'served') this.#served.set(tenant, now)
      else if (now - state > EFFECTIVE_AFTER_MS) this.#served.delete(tenant)
    }
    for (const tenant of tenants) this.#served.set(tenant, 'served')
  }
}
