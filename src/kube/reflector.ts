/**
 * Keeps a sink equal to what the API server holds of one resource.
 *
 * One asynchronous loop is the whole state machine: list, watch, decide what the end means, wait, again. There is no timer, lock or second
 * loop that could re-enter it; it ends with its signal and for no other reason. What events and ends mean is decided in progress.ts and
 * endings.ts, how a watch is read in follow.ts; here is the input and output.
 */

import { backoffMs } from '../time/backoff.ts'
import { sleep, systemClock } from '../time/clock.ts'
import type { Ending } from './endings.ts'
import { KubeApiError } from './errors.ts'
import { follow } from './follow.ts'
import { listPages, type Page } from './list.ts'
import type { StoredObject } from './objects.ts'
import { pathOf, type Query } from './paths.ts'
import { createProgress, type Step } from './progress.ts'
import { DEFAULT_TIMING, type Reflector, type ReflectorOptions, type ReflectorTiming } from './reflector-options.ts'
import { apiVersionOf } from './resources.ts'

type Outcome = { readonly ending: Ending; readonly livedMs: number }

/** A watch that lasted this long shows that the trouble before it is over. */
const STABLE_MS = 10_000
const PAGE_SIZE = 500

/** What to ask for to get metadata only, and the whole object where the server cannot (apimachinery meta/v1 PartialObjectMetadata). */
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'

/** Starts the loop. */
export function runReflector<T extends StoredObject>(options: ReflectorOptions<T>): Reflector {
  const { transport, resource, sink, observer = {}, random = Math.random, clock = systemClock, signal } = options
  const timing: ReflectorTiming = { ...DEFAULT_TIMING, ...options.timing }
  const progress = createProgress()
  const path = pathOf(resource, { namespace: options.namespace })
  const selectors: Query = { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector }
  const request = { verb: 'list', resource: resource.plural, path, signal } as const

  let synced = false
  let lastSuccessAt: number | undefined
  let listCount = 0
  let restarts = 0
  let failures = 0

  const nextBackoffMs = (): number => {
    failures += 1
    return backoffMs(failures, timing.backoff, random())
  }

  /** A sink that throws loses this one call, never the loop. */
  const guarded = (run: () => void): void => {
    try {
      run()
    } catch (error) {
      observer.onError?.(error)
    }
  }

  const complete = (resourceVersion: string, list: { streaming: boolean; items: number; startedAt: number }): void => {
    listCount += 1
    guarded(() => sink.synced(resourceVersion))
    const first = !synced
    synced = true
    observer.onList?.({ streaming: list.streaming, items: list.items, seconds: (clock.now() - list.startedAt) / 1000 })
    if (first) observer.onSynced?.()
  }

  /** The end of the list when it failed, or undefined when it is complete. */
  const listInPages = async (): Promise<Outcome | undefined> => {
    const startedAt = clock.now()
    let items = 0
    try {
      const resourceVersion = await listPages<T>({
        pageSize: PAGE_SIZE,
        fetchPage: (page) =>
          transport.request<Page<T>>({
            ...request,
            method: 'GET',
            query: { ...selectors, ...page },
            accept: options.metadataOnly ? METADATA_LIST : undefined,
          }),
        onStart(version) {
          items = 0
          progress.listStarted(version)
          guarded(() => sink.restart({ rewound: progress.rewound }))
        },
        onItems(page) {
          lastSuccessAt = clock.now()
          items += page.length
          for (const item of page) take(item)
        },
      })
      if (signal.aborted) return { ending: { kind: 'aborted' }, livedMs: 0 }
      progress.listCompleted(resourceVersion)
      complete(resourceVersion, { streaming: false, items, startedAt })
      return undefined
    } catch (error) {
      if (signal.aborted) return { ending: { kind: 'aborted' }, livedMs: 0 }
      return { ending: error instanceof KubeApiError ? { kind: 'refused', error } : { kind: 'broken', error }, livedMs: 0 }
    }
  }

  const take = (item: T): void => {
    if (signal.aborted) return
    const object = typed(item)
    if (object === undefined) observer.onError?.(new Error(`${resource.plural}: an item of the list has no name or resourceVersion`))
    else guarded(() => sink.upsert(object, { initial: true }))
  }

  /** Items of a list come without apiVersion and kind, events with them: one shape for both. Undefined for what cannot be used. */
  const typed = (item: T): T | undefined => {
    const { name, resourceVersion } = item?.metadata ?? {}
    if (!name || !resourceVersion) return undefined
    return 'kind' in item ? item : { apiVersion: apiVersionOf(resource), kind: resource.kind, ...(item as object as T) }
  }

  /** Watches from the position, or with the initial events in front when there is none. */
  const watch = (): Promise<Outcome> => {
    const startedAt = clock.now()
    const from = progress.position
    const seconds = Math.round((timing.watchMinMs + random() * (timing.watchMaxMs - timing.watchMinMs)) / 1000)
    let items = 0

    const apply = (step: Step<T>): Ending | undefined => {
      switch (step.act) {
        case 'upsert':
          if (step.initial) items += 1
          sink.upsert(step.object, { initial: step.initial })
          return undefined
        case 'remove':
          sink.remove(step.object)
          return undefined
        case 'complete':
          complete(step.resourceVersion, { streaming: true, items, startedAt })
          return undefined
        case 'progress':
          sink.progressed(step.resourceVersion)
          return undefined
        case 'nothing':
          return undefined
        case 'end':
          return step.ending
      }
    }

    return follow<T>({
      clock,
      signal,
      opened() {
        lastSuccessAt = clock.now()
        if (from === undefined) guarded(() => sink.restart({ rewound: progress.rewound }))
      },
      take(event) {
        if (signal.aborted) return { kind: 'aborted' }
        lastSuccessAt = clock.now()
        observer.onEvent?.(event.type)
        try {
          return apply(progress.take(event))
        } catch (error) {
          observer.onError?.(error)
          return undefined
        }
      },
      limits: {
        totalMs: seconds * 1000 + timing.graceMs,
        silenceMs: () => (progress.position === undefined ? timing.initialSilenceMs : timing.silenceMs),
      },
      open: () =>
        transport.open({
          ...request,
          verb: 'watch',
          timeoutMs: timing.openMs,
          query: {
            watch: true,
            allowWatchBookmarks: true,
            timeoutSeconds: seconds,
            ...selectors,
            ...(from === undefined ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } : { resourceVersion: from }),
          },
          accept: options.metadataOnly ? METADATA : undefined,
        }),
    })
  }

  /** One list or watch, what its end means, and the wait before the next. */
  const step = async (): Promise<void> => {
    const outcome = progress.phase === 'paging' ? await listInPages() : await watch()
    if (outcome === undefined || outcome.ending.kind === 'aborted') return
    const { ending, livedMs } = outcome
    const { phase } = progress
    if (phase === 'watching' && livedMs >= STABLE_MS) failures = 0

    const { waitAtLeastMs } = progress.ended(ending, livedMs)
    const waitMs = waitAtLeastMs === undefined ? 0 : Math.max(nextBackoffMs(), waitAtLeastMs * (1 + 0.5 * random()))
    restarts += 1
    observer.onEnd?.({ phase, reason: ending.kind, livedMs, waitMs })
    const error = errorOf(ending, resource.plural)
    if (error !== undefined) observer.onError?.(error)
    if (waitMs > 0) await sleep(clock, waitMs, signal)
  }

  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await step()
      } catch (error) {
        // Only an observer can have thrown; whoever it was, the loop goes on, and not hot.
        try {
          observer.onError?.(error)
        } catch {
          // It has been told.
        }
        await sleep(clock, nextBackoffMs(), signal)
      }
    }
  }

  return {
    state: {
      get synced() {
        return synced
      },
      get lastSuccessAt() {
        return lastSuccessAt
      },
      get lastResourceVersion() {
        return progress.position
      },
      get listCount() {
        return listCount
      },
      get restarts() {
        return restarts
      },
    },
    finished: loop(),
  }
}

/** What to tell a person of an ending, if anything: most are the normal life of a watch. */
function errorOf(ending: Ending, plural: string): unknown {
  switch (ending.kind) {
    case 'refused':
    case 'reported':
    case 'broken':
      return ending.error
    case 'malformed':
      return new Error(`${plural}: a watch event cannot be used (${ending.detail}); listing again`)
    case 'rewound':
      return new Error(`${plural}: the server went back from version ${ending.from} to ${ending.to}; listing again`)
    default:
      return undefined
  }
}
