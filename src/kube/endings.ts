/** What to do after a list or a watch has ended: the decisions of the reflector's loop, without the loop. Pure. */

import { isGone, type KubeApiError, TransportError } from './errors.ts'

/** `paging`: a list in pages; `streaming`: the initial events of a watch, which stand for a list; `watching`: news. */
export type Phase = 'paging' | 'streaming' | 'watching'

export type Ending =
  /** By us. */
  | { readonly kind: 'aborted' }
  /** The server ended the response as HTTP wants it. */
  | { readonly kind: 'closed' }
  /** The response ended properly, but inside a line. */
  | { readonly kind: 'truncated' }
  /** The connection is open and should have ended by itself. */
  | { readonly kind: 'deadline' }
  /** The connection is open and nothing comes, not even bookmarks. */
  | { readonly kind: 'silent' }
  /** The request was answered with an error. */
  | { readonly kind: 'refused'; readonly error: KubeApiError }
  /** The watch itself reported an error. */
  | { readonly kind: 'reported'; readonly error: KubeApiError }
  /** No connection, or it broke, or something else was thrown. */
  | { readonly kind: 'broken'; readonly error: unknown }
  /** A line that cannot be used: what it said is unknown. */
  | { readonly kind: 'malformed'; readonly detail: string }
  /** The server is at an older version than we have seen: etcd was restored from a backup. */
  | { readonly kind: 'rewound'; readonly from: string; readonly to: string }

export type Decision = {
  /** `resume`: watch from the last version seen. */
  readonly next: 'stop' | 'resume' | 'list'
  /** Undefined: at once, without counting a failure. Otherwise the back-off, but at least this many milliseconds. */
  readonly waitAtLeastMs: number | undefined
  /** How far streaming is to be trusted from now on: not for the next list, or not at all. */
  readonly streaming: 'keep' | 'skip-once' | 'never'
}

/** A watch that lived this long was no failure. */
const HEALTHY_MS = 1_000
/** For what takes a person to change: permissions, a missing CustomResourceDefinition. */
const SLOW_MS = 1_000

/** `heard`: this watch has delivered something. */
export type EndingContext = { readonly phase: Phase; readonly livedMs: number; readonly heard: boolean }

export function decide(ending: Ending, { phase, livedMs, heard }: EndingContext): Decision {
  const samePlace = phase === 'watching' ? 'resume' : 'list'
  const unlessHealthy = phase === 'watching' && livedMs > HEALTHY_MS ? undefined : 0
  const doubtful = phase === 'streaming' ? 'skip-once' : 'keep'

  switch (ending.kind) {
    case 'aborted':
      return { next: 'stop', waitAtLeastMs: undefined, streaming: 'keep' }
    case 'closed':
    case 'truncated':
      return { next: samePlace, waitAtLeastMs: unlessHealthy, streaming: 'keep' }
    case 'silent':
      // Not one bookmark: so it is, among other things, when the server has lost our version to a restored backup. It waits for versions to
      // come there again, and would be silent until then.
      if (phase === 'watching' && !heard) return { next: 'list', waitAtLeastMs: unlessHealthy, streaming: 'keep' }
      return { next: samePlace, waitAtLeastMs: unlessHealthy, streaming: doubtful }
    case 'deadline':
      return { next: samePlace, waitAtLeastMs: unlessHealthy, streaming: doubtful }
    case 'broken': {
      const slow = ending.error instanceof TransportError && ending.error.failure === 'timeout'
      return { next: samePlace, waitAtLeastMs: 0, streaming: slow ? doubtful : 'keep' }
    }
    case 'malformed':
      return { next: 'list', waitAtLeastMs: 0, streaming: doubtful }
    case 'rewound':
      return { next: 'list', waitAtLeastMs: 0, streaming: 'keep' }
    case 'reported':
      if (isGone(ending.error)) return { next: 'list', waitAtLeastMs: unlessHealthy, streaming: 'keep' }
      return { next: passes(ending.error) ? samePlace : 'list', waitAtLeastMs: retryAfterMs(ending.error), streaming: 'keep' }
    case 'refused':
      return afterRefusal(ending.error, phase, samePlace)
  }
}

function afterRefusal(error: KubeApiError, phase: Phase, samePlace: 'resume' | 'list'): Decision {
  const { code } = error
  // How servers without the feature answer (k8s.io/apimachinery ValidateListOptions: "sendInitialEvents is forbidden for watch ...").
  if (phase === 'streaming' && (code === 400 || code === 422)) return { next: 'list', waitAtLeastMs: undefined, streaming: 'never' }
  if (isGone(error)) return { next: 'list', waitAtLeastMs: 0, streaming: 'keep' }
  if (code === 403) return { next: samePlace, waitAtLeastMs: SLOW_MS, streaming: 'keep' }
  // The resource itself is gone; when it is back its objects are other ones.
  if (code === 404) return { next: 'list', waitAtLeastMs: SLOW_MS, streaming: 'keep' }
  return { next: passes(error) ? samePlace : 'list', waitAtLeastMs: retryAfterMs(error), streaming: 'keep' }
}

/** Whether the trouble is the server's and not with what we asked for. */
function passes(error: KubeApiError): boolean {
  if (error.details?.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge')) return false
  return error.code === 401 || error.code === 408 || error.code === 429 || error.code === 503 || error.code === 504
}

function retryAfterMs(error: KubeApiError): number {
  return (error.retryAfterSeconds ?? 0) * 1000
}
