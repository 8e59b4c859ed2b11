/**
 * controller/leader-election.ts — at most one of several processes leads, and leadership lost is leadership lost, not the end of the
 * process.
 *
 * One loop is the whole state machine: campaign, hold, give up, campaign again. What to do about a lease is decided in lease.ts.
 */

import { type Clock, sleep, systemWallClock, type WallClock } from '../time/clock.ts'
import {
  acquired,
  checkDurations,
  decide,
  defaultDurations,
  holderOf,
  type Lease,
  type LeaseDurations,
  newLease,
  type Observed,
  observe,
  released,
  renewed,
} from './lease.ts'
import { type Leases, within } from './lease-requests.ts'

/** Must not throw. */
export type LeaderElectionObserver = {
  /** This or another process is seen as holder, or nobody (an empty string), and it was not so before. */
  holderChanged?(holder: string): void
  started?(): void
  stopped?(why: 'stop' | 'lost' | 'work failed'): void
  /** A look, claim, renewal or release did not succeed. Expected now and then; leadership ends only after the renew deadline. */
  requestFailed?(error: unknown): void
  /** The leader's work, or a callback, threw. */
  workFailed?(error: unknown): void
}

export type LeaderElectionOptions = {
  readonly leases: Leases
  readonly namespace: string
  readonly name: string
  /** Unique to this process, and best the same for a container that restarts in its pod: it then leads again at once. */
  readonly identity: string
  readonly durations?: LeaseDurations
  readonly clock: Clock
  readonly wallClock?: WallClock
  /** A number in [0, 1). */
  readonly random?: () => number
  readonly observer?: LeaderElectionObserver
  /** Stops it: the work is asked to end, the lease kept until it has, and then released. */
  readonly signal: AbortSignal
  /**
   * Begins the leader's work; when it returns a promise, the work has ended once that settles. `signal` ends the term: at a stop, or when
   * leadership is lost. No other term begins, and no lease is released, before the work has ended. When it rejects, the lease is released
   * for another process to try.
   */
  readonly onStartedLeading: (signal: AbortSignal) => void | Promise<void>
  /** The term is over. The work may still be ending; see `isLeader`. */
  readonly onStoppedLeading?: () => void
}

export type LeaderElection = {
  /**
   * Whether this process may write now. False once the renew deadline has passed, even if nothing else could run until now because the
   * event loop was blocked, and so before any other process takes the lease. True during an orderly stop until the work has ended.
   * (As in client-go, a machine that is suspended as a whole stops the monotonic clock with it; resourceVersions are the second guard.)
   */
  isLeader(): boolean
  /** Who is seen to hold the lease; empty when nobody is or nothing is known yet. */
  holder(): string
  /** Resolves when it has stopped and the lease is released as far as possible. Never rejects. */
  readonly stopped: Promise<void>
}

/** Throws a RangeError when the durations do not fit each other. */
export function runLeaderElection(options: LeaderElectionOptions): LeaderElection {
  checkDurations(options.durations ?? defaultDurations)
  const elector = new Elector(options)
  return { isLeader: () => elector.isLeader(), holder: () => elector.holder(), stopped: elector.run() }
}

class Elector {
  readonly #options: LeaderElectionOptions
  readonly #clock: Clock
  readonly #durations: LeaseDurations
  #observed: Observed | undefined
  /** Until when leadership lasts without another renewal, on the monotonic clock. */
  #validUntil = Number.NEGATIVE_INFINITY
  /** Whether the API server may hold a lease in our name, as far as we know. */
  #claimed = false

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#durations = options.durations ?? defaultDurations
  }

  isLeader(): boolean {
    return this.#clock.now() < this.#validUntil
  }

  holder(): string {
    return holderOf(this.#observed?.lease)
  }

  async run(): Promise<void> {
    const { signal } = this.#options
    while (!signal.aborted) {
      await this.#attempt({ stop: signal, deadline: Number.POSITIVE_INFINITY })
      if (this.isLeader()) await this.#lead()
      await sleep(this.#clock, this.#untilNextLook(), signal)
    }
    await this.#release()
  }

  /** One term, from the claim to the end of the work. */
  async #lead(): Promise<void> {
    const { signal, onStartedLeading, onStoppedLeading, observer } = this.#options
    const term = new AbortController()
    const workFailed = new AbortController()
    const workEnded = new AbortController()
    observer?.started?.()
    const work = this.#try(() => onStartedLeading(term.signal)).then((succeeded) => {
      if (!succeeded) workFailed.abort()
    })

    await this.#hold(AbortSignal.any([signal, workFailed.signal]))
    const why = !this.isLeader() ? 'lost' : workFailed.signal.aborted ? 'work failed' : 'stop'
    term.abort()
    observer?.stopped?.(why)
    void this.#try(() => onStoppedLeading?.())

    void work.then(() => workEnded.abort())
    if (why !== 'lost') await this.#hold(workEnded.signal)
    await work
    // Still ours: a stop releases it in `run`, but the others should not wait for a leader whose work has failed either.
    if (why === 'work failed') await this.#release()
  }

  /** Renews until `until` is aborted or leadership is lost. */
  async #hold(until: AbortSignal): Promise<void> {
    for (;;) {
      const left = this.#validUntil - this.#clock.now()
      if (left > 0) await sleep(this.#clock, Math.min(this.#durations.retryMs, left), until)
      if (until.aborted || !this.isLeader()) return
      await this.#attempt({ stop: until, deadline: this.#validUntil })
    }
  }

  /** Claims or renews the lease if it may. Never rejects; `isLeader` says what came of it. */
  async #attempt(limits: Limits): Promise<void> {
    const { observer, leases, namespace, name } = this.#options
    try {
      // In the common case nothing has changed since our last renewal, and one request does.
      if (this.isLeader() && this.#observed && (await this.#renewAtOnce(this.#observed.lease, limits))) return
      const lease = await this.#request(limits, (signal) => leases.get({ namespace, name }, signal))
      this.#see(lease)
      const decision = decide(this.#observed, {
        identity: this.#options.identity,
        now: this.#clock.now(),
        leaseMs: this.#durations.leaseMs,
      })
      if (decision.action === 'wait') {
        this.#claimed = false
        this.#validUntil = Number.NEGATIVE_INFINITY
      } else if (decision.action === 'create' || !lease) await this.#write('create', newLease({ namespace, name }, this.#writer()), limits)
      else
        await this.#write('update', decision.action === 'renew' ? renewed(lease, this.#writer()) : acquired(lease, this.#writer()), limits)
    } catch (error) {
      if (!limits.stop.aborted) observer?.requestFailed?.(error)
    }
  }

  async #renewAtOnce(lease: Lease, limits: Limits): Promise<boolean> {
    try {
      await this.#write('update', renewed(lease, this.#writer()), limits)
      return true
    } catch (error) {
      if (limits.stop.aborted || !this.isLeader()) throw error
      // Somebody else wrote the lease, or the answer to our last renewal was lost: look what it is like now.
      this.#options.observer?.requestFailed?.(error)
      return false
    }
  }

  /** Leadership counts from before the request, since the others count from when it was carried out, which was later. */
  async #write(verb: 'create' | 'update', lease: Lease, limits: Limits): Promise<void> {
    const start = this.#clock.now()
    this.#claimed = true
    const stored = await this.#request(limits, (signal) => this.#options.leases[verb](lease, signal))
    this.#see(stored)
    this.#validUntil = start + this.#durations.renewDeadlineMs
  }

  #request<T>({ stop, deadline }: Limits, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ms = Math.min(this.#requestMs(), Math.max(0, deadline - this.#clock.now()))
    return within({ clock: this.#clock, ms, stop }, request)
  }

  async #release(): Promise<void> {
    const { leases, namespace, name, identity, observer } = this.#options
    if (!this.#claimed) return
    this.#claimed = false
    this.#validUntil = Number.NEGATIVE_INFINITY
    const giveUp = async (lease: Lease | undefined, signal: AbortSignal) => {
      if (!lease || holderOf(lease) !== identity) return
      this.#see(await leases.update(released(lease, this.#wallMs()), signal))
    }
    try {
      await within({ clock: this.#clock, ms: this.#requestMs() }, async (signal) => {
        if (this.holder() === identity && (await succeeds(giveUp(this.#observed?.lease, signal)))) return
        await giveUp(await leases.get({ namespace, name }, signal), signal)
      })
    } catch (error) {
      observer?.requestFailed?.(error)
    }
  }

  #see(lease: Lease | undefined): void {
    const before = this.#observed && this.holder()
    this.#observed = lease && observe(this.#observed, lease, this.#clock.now())
    const holder = holderOf(lease)
    if (holder !== before) this.#options.observer?.holderChanged?.(holder)
  }

  /** Runs a callback of ours; false when it threw or rejected. */
  async #try(callback: () => void | Promise<void>): Promise<boolean> {
    try {
      await callback()
      return true
    } catch (error) {
      this.#options.observer?.workFailed?.(error)
      return false
    }
  }

  /** A little by chance, so that several who wait do not always ask together; and when the lease is about to expire, just then. */
  #untilNextLook(): number {
    const { random = Math.random, identity } = this.#options
    const now = this.#clock.now()
    const usual = this.#durations.retryMs * (0.9 + 0.2 * random())
    const decision = decide(this.#observed, { identity, now, leaseMs: this.#durations.leaseMs })
    return decision.action === 'wait' ? Math.min(usual, decision.untilMs - now) : usual
  }

  /** Half the renew deadline, as in controller-runtime: a request that hangs leaves time for another one. */
  #requestMs(): number {
    return this.#durations.renewDeadlineMs / 2
  }

  #writer(): { readonly identity: string; readonly leaseMs: number; readonly wallMs: number } {
    return { identity: this.#options.identity, leaseMs: this.#durations.leaseMs, wallMs: this.#wallMs() }
  }

  #wallMs(): number {
    return (this.#options.wallClock ?? systemWallClock)()
  }
}

/** When an attempt is of no use any more. `deadline` is on the monotonic clock. */
type Limits = { readonly stop: AbortSignal; readonly deadline: number }

async function succeeds(promise: Promise<unknown>): Promise<boolean> {
  try {
    await promise
    return true
  } catch {
    return false
  }
}
