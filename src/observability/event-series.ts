/**
 * observability/event-series.ts — which occurrences are worth a request. Pure: time is handed in.
 *
 * client-go's rules: tools/events for series (the first is created, the second makes a series of it, the others are only counted), and
 * tools/record's correlator against floods (25 at once and then one in five minutes for each object and type).
 */

import type { EventType, ObjectReference } from './event-object.ts'
import { Lru } from './lru.ts'

/** Something that happened. */
export type Occurrence = {
  readonly regarding: ObjectReference
  readonly related?: ObjectReference
  readonly type: EventType
  /** Why, in CamelCase; API. */
  readonly reason: string
  /** What was done or failed, in CamelCase; API. */
  readonly action: string
  /** For people. */
  readonly note: string
  /** What occurrences with different notes have in common if they should count as one; the note itself unless given. */
  readonly noteKey?: string
}

/** Occurrences that are one event with a count. `sent` is the count that the API server knows, 0 before the event was made. */
export type Series = {
  readonly key: string
  readonly name: string
  readonly first: Occurrence
  /** Wall-clock times in milliseconds. */
  readonly firstObservedMs: number
  lastObservedMs: number
  count: number
  sent: number
  /** On the monotonic clock. */
  lastSeenAt: number
}

/** What to send now; nothing for an occurrence that was counted, or dropped because there are too many about its object. */
export type Sends = readonly { readonly verb: 'create' | 'update'; readonly series: Series }[]

/** A series ends when nothing was added for this long (client-go: finishTime). */
export const SERIES_MS = 6 * 60_000
const BURST = 25
const REFILL_MS = 5 * 60_000
const MAX_ENTRIES = 4096

type Bucket = { tokens: number; filledAt: number }

export type Now = { readonly now: number; readonly wallMs: number }

export class EventSeries {
  readonly #series = new Lru<Series>(MAX_ENTRIES)
  readonly #buckets = new Lru<Bucket>(MAX_ENTRIES)

  /** How many series are open. */
  get size(): number {
    return this.#series.size
  }

  /** `name` is asked for only when an event is to be made. */
  observe(occurrence: Occurrence, { now, wallMs }: Now, name: () => string): Sends {
    const key = keyOf(occurrence)
    const known = this.#series.get(key)
    if (known && now - known.lastSeenAt <= SERIES_MS) {
      known.count++
      known.lastObservedMs = wallMs
      known.lastSeenAt = now
      return known.count === 2 && this.#allowed(occurrence, now) ? [{ verb: 'update', series: known }] : []
    }
    const ended = unsent(known)
    if (!this.#allowed(occurrence, now)) {
      this.#series.delete(key)
      return ended
    }
    const series: Series = {
      key,
      name: name(),
      first: occurrence,
      firstObservedMs: wallMs,
      lastObservedMs: wallMs,
      count: 1,
      sent: 0,
      lastSeenAt: now,
    }
    const forgotten = this.#series.set(key, series)
    return [...ended, ...unsent(forgotten), { verb: 'create', series }]
  }

  /** Counts that the API server does not know yet. Forgets the series that have ended. To be called every SERIES_MS, and at the end. */
  flush(now: number): Sends {
    const sends: Sends[number][] = []
    for (const series of [...this.#series.values()]) {
      sends.push(...unsent(series))
      if (now - series.lastSeenAt >= SERIES_MS) this.#series.delete(series.key)
    }
    return sends
  }

  /** The event could not be made: the next occurrence tries again. */
  forget(series: Series): void {
    this.#series.delete(series.key)
  }

  /** A token bucket for each object and type, so that what is normal does not use up the place of warnings. */
  #allowed({ regarding, type }: Occurrence, now: number): boolean {
    const key = join(type, ...partsOf(regarding))
    const known = this.#buckets.get(key)
    const bucket = known ?? { tokens: BURST, filledAt: now }
    if (!known) this.#buckets.set(key, bucket)
    bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.filledAt) / REFILL_MS)
    bucket.filledAt = now
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}

/** A single occurrence needs no update: the event says it all. */
function unsent(series: Series | undefined): Sends {
  return series && series.count >= 2 && series.count > series.sent ? [{ verb: 'update', series }] : []
}

function keyOf({ regarding, related, type, reason, action, note, noteKey }: Occurrence): string {
  return join(type, reason, action, ...partsOf(regarding), ...partsOf(related), noteKey ?? note)
}

/** Without the resourceVersion: the same thing happening to a later version is still the same thing. */
function partsOf(reference: ObjectReference | undefined): readonly string[] {
  const { apiVersion = '', kind = '', namespace = '', name = '', uid = '', fieldPath = '' } = reference ?? {}
  return [apiVersion, kind, namespace, name, uid, fieldPath]
}

function join(...parts: readonly string[]): string {
  return parts.join('\u0000')
}
