/** reconcile/drift.ts — who keeps changing what we keep putting back: noticed, bounded, and said in status. Times are monotonic milliseconds. */

/** So many repairs of one object within the window are a fight, not an accident. */
const FIGHT_REPAIRS = 3
const FIGHT_WINDOW_MS = 60_000
/** How long a fight stays in status after its last blow. */
const FIGHT_MEMORY_MS = 300_000
/** Repairs of one object at once, and how fast they come back: so that two controllers in a fight do not become a load. */
const BURST = 20
const REFILL_MS = 500

const MAX_FIGHTS = 10_000

type Fight = { readonly tenant: string; by: string | undefined; repairs: number[]; tokens: number; refilledAt: number }

export type Repeated = { readonly object: string; readonly by: string | undefined }

export class DriftLog {
  readonly #fights = new Map<string, Fight>()

  /** How many milliseconds the next repair of `object` has to wait: 0 unless it was put back some twenty times in a row. */
  delay(object: string, now: number): number {
    const fight = this.#fights.get(object)
    if (!fight || tokensOf(fight, now) >= 1) return 0
    return Math.ceil(REFILL_MS - (now - fight.refilledAt))
  }

  /**
   * An object (namespace/name) of `tenant` was put back; `by` is the field manager that had changed it. True when there is something new to
   * say: a fight has begun, or it is known now who fights. Of several who do, the first is named, or status would be written at each blow.
   */
  repaired({
    object,
    tenant,
    by,
    now,
  }: {
    readonly object: string
    readonly tenant: string
    readonly by: string | undefined
    readonly now: number
  }): boolean {
    const fight = this.#fights.get(object) ?? { tenant, by, repairs: [], tokens: BURST, refilledAt: now }
    const known = isFight(fight) ? { by: fight.by } : undefined
    const tokens = tokensOf(fight, now)
    if (tokens !== fight.tokens) {
      fight.refilledAt = now
      fight.tokens = tokens
    }
    fight.tokens = Math.max(0, fight.tokens - 1)
    fight.by = known?.by ?? by ?? fight.by
    // Whoever drifts through many objects must not fill the memory.
    if (this.#fights.size > MAX_FIGHTS)
      for (const [other, { repairs }] of this.#fights) if (now - (repairs.at(-1) ?? 0) > FIGHT_WINDOW_MS) this.#fights.delete(other)
    fight.repairs = [...fight.repairs.slice(1 - FIGHT_REPAIRS), now]
    this.#fights.set(object, fight)
    return isFight(fight) && (!known || known.by !== fight.by)
  }

  /** The objects of `tenant` that were changed again and again, and for how many milliseconds that will be said. */
  fightsOf(tenant: string, now: number): { readonly repeated: readonly Repeated[]; readonly forMs: number } {
    const repeated: Repeated[] = []
    let until = now
    for (const [object, fight] of this.#fights) {
      const last = fight.repairs.at(-1) ?? 0
      if (now - last > FIGHT_MEMORY_MS) this.#fights.delete(object)
      else if (fight.tenant === tenant && isFight(fight)) {
        repeated.push({ object, by: fight.by })
        until = Math.max(until, last + FIGHT_MEMORY_MS + 1)
      }
    }
    return { repeated: repeated.sort((a, b) => (a.object < b.object ? -1 : 1)), forMs: until - now }
  }
}

function isFight({ repairs }: Fight): boolean {
  const [first = 0] = repairs
  return repairs.length >= FIGHT_REPAIRS && (repairs.at(-1) ?? 0) - first <= FIGHT_WINDOW_MS
}

function tokensOf({ tokens, refilledAt }: Fight, now: number): number {
  return Math.min(BURST, tokens + Math.floor((now - refilledAt) / REFILL_MS))
}
