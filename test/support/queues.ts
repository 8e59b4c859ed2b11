import { createQueue, type Queue, type QueueObserver } from '../../src/controller/queue.ts'
import { ManualClock } from './manual-clock.ts'

const half = () => 0.5

/** A queue whose back-off takes half of what it leaves to chance. */
export function queueAndClock(observer?: QueueObserver): { readonly clock: ManualClock; readonly queue: Queue } {
  const clock = new ManualClock(1000)
  return { clock, queue: createQueue({ clock, random: half, ...(observer && { observer }) }) }
}

/** The key that a take gets without anyone adding anything, or 'nothing'. */
export async function takeNow(queue: Queue): Promise<string | undefined> {
  const stop = new AbortController()
  const taken = queue.take(stop.signal)
  stop.abort()
  return (await taken) ?? 'nothing'
}
