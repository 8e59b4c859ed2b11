/** Reading one watch from its opening to its end, whatever that end is. Never throws, leaves no timer and no connection. */

import type { Clock } from '../time/clock.ts'
import type { Ending } from './endings.ts'
import { KubeApiError } from './errors.ts'
import { createLineSplitter, LineTooLongError } from './lines.ts'
import type { StoredObject } from './objects.ts'
import type { OpenStream } from './stream.ts'
import { parseWatchEvent, type WatchEvent } from './watch-events.ts'

export type FollowOptions<T> = {
  readonly open: (signal: AbortSignal) => Promise<OpenStream>
  /** Called for each event in order; an ending stops the reading. */
  readonly take: (event: WatchEvent<T>) => Ending | undefined
  /** Called when the response's head is there. */
  readonly opened?: () => void
  readonly limits: {
    /** From the opening to the end, however busy the watch is. */
    readonly totalMs: number
    /** Between two chunks; asked again each time, since it depends on what has come so far. */
    readonly silenceMs: () => number
  }
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** `livedMs`: since the response's head; 0 when there was none. */
export async function follow<T extends StoredObject>(
  options: FollowOptions<T>,
): Promise<{ readonly ending: Ending; readonly livedMs: number }> {
  const { open, take, opened, limits, clock, signal } = options
  let stream: OpenStream
  try {
    stream = await open(signal)
  } catch (error) {
    return { ending: endingOf(error, signal), livedMs: 0 }
  }
  const openedAt = clock.now()
  const watchdog = startWatchdog({ ...limits, clock, bite: stream.abort })
  try {
    if (signal.aborted) return { ending: { kind: 'aborted' }, livedMs: 0 }
    opened?.()
    const ending = await read(stream.body, take, watchdog, signal)
    return { ending, livedMs: clock.now() - openedAt }
  } catch (error) {
    return { ending: watchdog.bitten() ?? endingOf(error, signal), livedMs: clock.now() - openedAt }
  } finally {
    watchdog.stop()
    stream.abort()
  }
}

async function read<T extends StoredObject>(
  body: AsyncIterable<Uint8Array>,
  take: (event: WatchEvent<T>) => Ending | undefined,
  watchdog: Watchdog,
  signal: AbortSignal,
): Promise<Ending> {
  const splitter = createLineSplitter()
  for await (const chunk of body) {
    if (signal.aborted) return { kind: 'aborted' }
    for (const line of splitter.push(chunk)) {
      const ending = take(parseWatchEvent<T>(line))
      if (ending !== undefined) return ending
    }
    watchdog.fed()
  }
  if (signal.aborted) return { kind: 'aborted' }
  return watchdog.bitten() ?? { kind: splitter.rest() === '' ? 'closed' : 'truncated' }
}

function endingOf(error: unknown, signal: AbortSignal): Ending {
  if (signal.aborted) return { kind: 'aborted' }
  if (error instanceof KubeApiError) return { kind: 'refused', error }
  if (error instanceof LineTooLongError) return { kind: 'malformed', detail: error.message }
  return { kind: 'broken', error }
}

type Watchdog = {
  fed(): void
  stop(): void
  /** What it bit for, if it did. */
  bitten(): Ending | undefined
}

/** One timer, set again when it fires or when it would fire too late: a chunk costs no more than a glance at the clock. */
function startWatchdog(options: {
  readonly totalMs: number
  readonly silenceMs: () => number
  readonly clock: Clock
  readonly bite: () => void
}): Watchdog {
  const { totalMs, silenceMs, clock, bite } = options
  const deadline = clock.now() + totalMs
  let fedAt = clock.now()
  let bitten: Ending | undefined
  let cancelTimer = (): void => undefined
  let firesAt = Number.POSITIVE_INFINITY

  const due = (): number => Math.min(deadline, fedAt + silenceMs())

  const arm = (): void => {
    firesAt = due()
    cancelTimer()
    cancelTimer = clock.setTimer(check, firesAt - clock.now())
  }

  const check = (): void => {
    const now = clock.now()
    if (now < due()) {
      arm()
      return
    }
    bitten = { kind: now >= deadline ? 'deadline' : 'silent' }
    bite()
  }

  arm()
  return {
    fed() {
      fedAt = clock.now()
      if (due() < firesAt) arm()
    },
    stop() {
      cancelTimer()
    },
    bitten: () => bitten,
  }
}
