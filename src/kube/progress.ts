/**
 * Where a reflector stands: which phase comes next, from which version, and what each event means there. The state machine of the loop,
 * without its input and output.
 */

import { type Decision, decide, type Ending, type Phase } from './endings.ts'
import { isOlder } from './versions.ts'
import type { WatchEvent } from './watch-events.ts'

/** What to do with one event. */
export type Step<T> =
  | { readonly act: 'upsert'; readonly object: T; readonly initial: boolean }
  | { readonly act: 'remove'; readonly object: T }
  /** The initial events are complete. */
  | { readonly act: 'complete'; readonly resourceVersion: string }
  | { readonly act: 'progress'; readonly resourceVersion: string }
  | { readonly act: 'nothing' }
  | { readonly act: 'end'; readonly ending: Ending }

type Versioned<T> = Exclude<WatchEvent<T>, { readonly type: 'ERROR' | 'MALFORMED' }>

export type Progress = {
  readonly phase: Phase
  /** Watch from here; undefined while a list is needed. */
  readonly position: string | undefined
  /** The next list is of an older history than what was seen before. */
  readonly rewound: boolean
  /** Judges one event of a watch and moves on. */
  take<T>(event: WatchEvent<T>): Step<T>
  /** A list in pages begins, at this version. */
  listStarted(resourceVersion: string): void
  /** A list is complete, at this version. */
  listCompleted(resourceVersion: string): void
  /** A list or watch has ended, and this is what comes next. */
  ended(ending: Ending, livedMs: number): Decision
}

/** After this many streaming lists in a row that never completed, lists come in pages for good. */
const MAX_STALLED_STREAMS = 2

const NOTHING = { act: 'nothing' } as const

export function createProgress(): Progress {
  let position: string | undefined
  /** The newest version ever seen, by which a server whose history went back is recognized. */
  let newest: string | undefined
  let rewound = false
  let streaming: 'yes' | 'not-now' | 'never' = 'yes'
  let stalledStreams = 0
  /** Something has come since the last end. */
  let heard = false

  const isRewind = (resourceVersion: string): boolean => !rewound && newest !== undefined && isOlder(resourceVersion, newest)

  const listCompleted = (resourceVersion: string): void => {
    if (phaseOf() === 'streaming') stalledStreams = 0
    if (streaming === 'not-now') streaming = 'yes'
    rewound = false
    position = resourceVersion
    newest = resourceVersion
  }

  const phaseOf = (): Phase => (position !== undefined ? 'watching' : streaming === 'yes' ? 'streaming' : 'paging')

  const takeInitial = <T>(event: Versioned<T>): Step<T> => {
    // The versions of initial events are those of the objects, in no order: only the bookmark at the end says how far we are.
    switch (event.type) {
      case 'BOOKMARK': {
        const { resourceVersion } = event
        if (!event.initialEventsEnd) return NOTHING
        if (isRewind(resourceVersion)) return rewind(resourceVersion)
        listCompleted(resourceVersion)
        return { act: 'complete', resourceVersion }
      }
      case 'DELETED':
        return { act: 'remove', object: event.object }
      default:
        return { act: 'upsert', object: event.object, initial: true }
    }
  }

  const takeNews = <T>(event: Versioned<T>): Step<T> => {
    const { resourceVersion } = event
    if (isRewind(resourceVersion)) return rewind(resourceVersion)
    position = resourceVersion
    newest = resourceVersion
    switch (event.type) {
      case 'BOOKMARK':
        return { act: 'progress', resourceVersion }
      case 'DELETED':
        return { act: 'remove', object: event.object }
      default:
        return { act: 'upsert', object: event.object, initial: false }
    }
  }

  const rewind = (to: string): { readonly act: 'end'; readonly ending: Ending } => ({
    act: 'end',
    ending: { kind: 'rewound', from: newest ?? '', to },
  })

  return {
    get phase() {
      return phaseOf()
    },
    get position() {
      return position
    },
    get rewound() {
      return rewound
    },
    take(event) {
      heard = true
      if (event.type === 'ERROR') return { act: 'end', ending: { kind: 'reported', error: event.error } }
      if (event.type === 'MALFORMED') return { act: 'end', ending: { kind: 'malformed', detail: event.detail } }
      return position === undefined ? takeInitial(event) : takeNews(event)
    },
    listStarted(resourceVersion) {
      if (isRewind(resourceVersion)) rewound = true
    },
    listCompleted,
    ended(ending, livedMs) {
      const decision = decide(ending, { phase: phaseOf(), livedMs, heard })
      heard = false
      if (decision.next === 'list') position = undefined
      if (ending.kind === 'rewound') rewound = true
      if (decision.streaming === 'never') streaming = 'never'
      if (decision.streaming === 'skip-once' && streaming === 'yes') {
        stalledStreams += 1
        streaming = stalledStreams >= MAX_STALLED_STREAMS ? 'never' : 'not-now'
      }
      return decision
    },
  }
}
