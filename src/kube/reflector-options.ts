/** What a reflector is given and what it shows; the words of its contract. */

import type { Backoff } from '../time/backoff.ts'
import type { Clock } from '../time/clock.ts'
import type { Ending, Phase } from './endings.ts'
import type { StoredObject } from './objects.ts'
import type { Resource } from './resources.ts'
import type { Sink } from './sink.ts'
import type { Transport } from './transport.ts'
import type { WatchEvent } from './watch-events.ts'

/** All in milliseconds. */
export type ReflectorTiming = {
  /** Bounds of the life that a watch asks of the server; client-go's are the same. */
  readonly watchMinMs: number
  readonly watchMaxMs: number
  /** Beyond that life the watch is given up. */
  readonly graceMs: number
  /** Until the head of a response. Longer than a request may be queued by the server's priority and fairness. */
  readonly openMs: number
  /** Longest silence before the initial events are complete. */
  readonly initialSilenceMs: number
  /**
   * Longest silence later. The API server sends a bookmark about every minute (apiserver storage/cacher bookmarkFrequency); to be wrong costs
   * one request, since the watch resumes where it was.
   */
  readonly silenceMs: number
  readonly backoff: Backoff
}

export const DEFAULT_TIMING: ReflectorTiming = {
  watchMinMs: 300_000,
  watchMaxMs: 600_000,
  graceMs: 30_000,
  openMs: 30_000,
  initialSilenceMs: 60_000,
  silenceMs: 150_000,
  backoff: { baseMs: 100, capMs: 10_000 },
}

/** Must not throw; if one does, that is reported to `onError` and the loop goes on with a new list. */
export type ReflectorObserver = {
  /** The first complete list. */
  onSynced?(): void
  /** A complete list. */
  onList?(event: { readonly streaming: boolean; readonly items: number; readonly seconds: number }): void
  /** A list failed or a watch ended; `waitMs` until the next try. */
  onEnd?(event: { readonly phase: Phase; readonly reason: Ending['kind']; readonly livedMs: number; readonly waitMs: number }): void
  /** What a person may want to know: refusals, broken connections, events that cannot be used, a sink that throws. */
  onError?(error: unknown): void
  onEvent?(type: WatchEvent<unknown>['type']): void
}

export type ReflectorState = {
  /** There has been a complete list. Stays true while the reflector lists again: the sink then still holds what it knew. */
  readonly synced: boolean
  /** Monotonic milliseconds of the clock: the last answer, event or bookmark. Undefined before the first. */
  readonly lastSuccessAt: number | undefined
  /** Watching from here; undefined while a list is needed. */
  readonly lastResourceVersion: string | undefined
  /** Complete lists. */
  readonly listCount: number
  /** Lists that failed and watches that ended. */
  readonly restarts: number
}

export type ReflectorOptions<T extends StoredObject> = {
  readonly transport: Pick<Transport, 'request' | 'open'>
  readonly resource: Resource
  /** All namespaces unless said. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  /** Objects come without spec and status, as kind PartialObjectMetadata. */
  readonly metadataOnly?: boolean | undefined
  readonly sink: Sink<T>
  readonly observer?: ReflectorObserver | undefined
  readonly random?: (() => number) | undefined
  readonly clock?: Clock | undefined
  readonly timing?: Partial<ReflectorTiming> | undefined
  readonly signal: AbortSignal
}

export type Reflector = {
  readonly state: ReflectorState
  /** Resolves once the signal has aborted and nothing is left; never rejects. */
  readonly finished: Promise<void>
}
