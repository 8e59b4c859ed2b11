/** observability/lru.ts — a map that forgets what was not used for longest when it has too many entries. */

export class Lru<V> {
  // A Map keeps the order of insertion: what is used is put in anew, so the first entry is the one to forget.
  readonly #entries = new Map<string, V>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#entries.size
  }

  /** Also counts as use. */
  get(key: string): V | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, value)
    }
    return value
  }

  /** Returns what had to go for it, if anything. */
  set(key: string, value: V): V | undefined {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#capacity) return undefined
    for (const [oldest, forgotten] of this.#entries) {
      this.#entries.delete(oldest)
      return forgotten
    }
    return undefined
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  values(): Iterable<V> {
    return this.#entries.values()
  }
}
