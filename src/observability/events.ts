/** observability/events.ts — tells people what happened, as Kubernetes Events, without ever holding up what happens. */

import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Client } from '../kube/client.ts'
import { isAlreadyExists, isNamespaceTerminating, isNotFound, isRetryable } from '../kube/errors.ts'
import type { Resource } from '../kube/resources.ts'
import { type Clock, microTime, sleep, systemWallClock, type WallClock } from '../time/clock.ts'
import {
  cutText,
  type EventSeriesField,
  eventName,
  type KubeEvent,
  MAX_INSTANCE_BYTES,
  MAX_NOTE_BYTES,
  namespaceOf,
  seriesField,
} from './event-object.ts'
import { EventSeries, type Occurrence, SERIES_MS, type Sends, type Series } from './event-series.ts'

export type EventSink = {
  create(event: KubeEvent): Promise<unknown>
  /** A JSON merge patch (RFC 7386). */
  patch(namespace: string, name: string, patch: { readonly series: EventSeriesField }): Promise<unknown>
}

export type EventRecorderOptions = EventSink & {
  /** A qualified name, such as `tenant-isolation.dev/operator`. */
  readonly reportingController: string
  /** Which of several processes; the pod's name. */
  readonly reportingInstance: string
  readonly clock: Clock
  readonly wallClock?: WallClock
  /** In [0, 1). */
  readonly random?: () => number
  readonly uuid?: () => string
  /** An event was lost. Not called for those that nobody could read any more, because their namespace is going. */
  readonly onError?: (error: unknown) => void
}

export type EventRecorder = {
  /** Returns at once and never throws. The same again within six minutes is counted, not written again. */
  record(occurrence: Occurrence): void
  /** Sends what was only counted so far, for a second at most. Nothing is recorded from then on. */
  close(): Promise<void>
}

const MAX_QUEUED = 1000
const MAX_TRIES = 5
const CLOSE_MS = 1000

const resource: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true }

export function eventSinkOf(client: Pick<Client, 'create' | 'patch'>): EventSink {
  return {
    create: (event) => client.create(resource, event),
    patch: (namespace, name, body) => client.patch(resource, { namespace, name }, { type: 'merge', body }),
  }
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options)
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #series = new EventSeries()
  readonly #closing = new AbortController()
  #queue: Sends[number][] = []
  #sending: Promise<void> | undefined
  #cancelFlush: (() => void) | undefined
  #overflowing = false
  #closed = false

  constructor(options: EventRecorderOptions) {
    this.#options = { ...options, reportingInstance: cutText(options.reportingInstance, MAX_INSTANCE_BYTES) }
  }

  record(occurrence: Occurrence): void {
    if (this.#closed) return
    try {
      const { clock, wallClock = systemWallClock, uuid = randomUUID } = this.#options
      const now = { now: clock.now(), wallMs: wallClock() }
      const bounded = { ...occurrence, note: cutText(occurrence.note, MAX_NOTE_BYTES) }
      this.#enqueue(this.#series.observe(bounded, now, () => eventName(occurrence.regarding, uuid())))
      this.#flushLater()
    } catch (error) {
      this.#lost(error)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelFlush?.()
    this.#enqueue(this.#series.flush(this.#options.clock.now()))
    const sent = new AbortController()
    void Promise.resolve(this.#sending).then(() => sent.abort())
    await sleep(this.#options.clock, CLOSE_MS, sent.signal)
    this.#closing.abort()
    this.#queue = []
  }

  /** One timer, and only while there is something to count: at rest nothing runs. */
  #flushLater(): void {
    if (this.#cancelFlush || this.#series.size === 0) return
    this.#cancelFlush = this.#options.clock.setTimer(() => {
      this.#cancelFlush = undefined
      this.#enqueue(this.#series.flush(this.#options.clock.now()))
      this.#flushLater()
    }, SERIES_MS)
  }

  #enqueue(sends: Sends): void {
    for (const send of sends) {
      if (this.#queue.length < MAX_QUEUED) this.#queue.push(send)
      else {
        if (send.verb === 'create') this.#series.forget(send.series)
        if (!this.#overflowing) this.#lost(new Error(`more than ${MAX_QUEUED} events wait to be sent; some are dropped`))
        this.#overflowing = true
      }
    }
    if (this.#queue.length > 0) this.#sending ??= this.#send()
  }

  /** Sends one after the other, so that an update never overtakes the event that it updates. */
  async #send(): Promise<void> {
    // What made the events, a repair perhaps, goes first.
    await nextTurn()
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      await this.#deliver(next.verb, next.series)
      if (this.#queue.length === 0) this.#overflowing = false
    }
    this.#sending = undefined
  }

  async #deliver(verb: 'create' | 'update', series: Series): Promise<void> {
    // It was known by the time that its turn came: the update before it said it all.
    if (verb === 'update' && series.sent >= series.count) return
    const { clock, random = Math.random } = this.#options
    for (let tries = 1; ; tries++) {
      const { count } = series
      try {
        await this.#write(verb, series)
        series.sent = count
        return
      } catch (error) {
        if (isRetryable(error) && tries < MAX_TRIES) {
          await sleep(clock, 1000 * 2 ** (tries - 1) * (0.5 + random() / 2), this.#closing.signal)
          if (!this.#closing.signal.aborted) continue
        }
        if (verb === 'create') this.#series.forget(series)
        if (!isNamespaceTerminating(error) && !isNotFound(error)) this.#lost(error)
        return
      }
    }
  }

  async #write(verb: 'create' | 'update', series: Series): Promise<void> {
    const { create, patch } = this.#options
    if (verb === 'update') {
      try {
        await patch(namespaceOf(series.first.regarding), series.name, { series: seriesField(series) })
        return
      } catch (error) {
        // Events live for an hour, and some series for longer.
        if (!isNotFound(error)) throw error
      }
    }
    try {
      await create(this.#object(series))
    } catch (error) {
      // The answer to an earlier try was lost.
      if (!isAlreadyExists(error)) throw error
    }
  }

  #object(series: Series): KubeEvent {
    const { regarding, related, type, reason, action, note } = series.first
    const { reportingController, reportingInstance } = this.#options
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: namespaceOf(regarding), name: series.name },
      eventTime: microTime(series.firstObservedMs),
      ...(series.count >= 2 && { series: seriesField(series) }),
      reportingController,
      reportingInstance,
      type,
      reason,
      action,
      regarding,
      ...(related && { related }),
      note,
    }
  }

  #lost(error: unknown): void {
    try {
      this.#options.onError?.(error)
    } catch {
      // Nothing that is only said may break what is done.
    }
  }
}
