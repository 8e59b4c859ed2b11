/** One line of a watch, understood. Pure. */

import { errorFromStatus, type KubeApiError } from './errors.ts'
import type { StoredObject } from './objects.ts'

/** Marks the bookmark that ends the initial events of a streaming list (KEP-3157). */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED'

export type WatchEvent<T> =
  | { readonly type: ChangeType; readonly object: T; readonly resourceVersion: string }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  | { readonly type: 'ERROR'; readonly error: KubeApiError }
  | { readonly type: 'MALFORMED'; readonly detail: string }

/**
 * The event of one line. Never throws: what cannot be used is `MALFORMED`, and so is an event without the name or resourceVersion that
 * everything later relies on. The object itself is not copied and not checked further.
 */
export function parseWatchEvent<T extends StoredObject>(line: string): WatchEvent<T> {
  let event: { type?: unknown; object?: unknown }
  try {
    event = JSON.parse(line)
  } catch {
    return malformed(`not JSON, ${line.length} characters`)
  }
  if (typeof event !== 'object' || event === null) return malformed('not an object')
  const { type, object } = event
  const what = typeof type === 'string' ? type : 'an event of no type'
  if (type === 'ERROR') return { type, error: errorFromStatus(object) }

  const metadata = (object as Partial<StoredObject> | null | undefined)?.metadata
  if (typeof metadata !== 'object' || metadata === null) return malformed(`${what} without metadata`)
  const { resourceVersion } = metadata
  if (typeof resourceVersion !== 'string' || resourceVersion === '') return malformed(`${what} without resourceVersion`)

  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (typeof metadata.name !== 'string' || metadata.name === '') return malformed(`${type} without name`)
      return { type, object: object as T, resourceVersion }
    case 'BOOKMARK':
      return { type, resourceVersion, initialEventsEnd: metadata.annotations?.[INITIAL_EVENTS_END] === 'true' }
    default:
      return malformed(`unknown type: ${what}`)
  }
}

function malformed(detail: string): { readonly type: 'MALFORMED'; readonly detail: string } {
  return { type: 'MALFORMED', detail }
}
