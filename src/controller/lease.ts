/**
 * controller/lease.ts — the rules of leader election by a coordination.k8s.io/v1 Lease, without the requests.
 *
 * They are those of client-go (tools/leaderelection), so that old and new versions and `kubectl get leases` agree.
 */

import type { KubeObject } from '../kube/objects.ts'
import { microTime } from '../time/clock.ts'

/** All fields are optional in the API. Times are RFC 3339 with microseconds. */
export type LeaseSpec = {
  readonly holderIdentity?: string | null
  readonly leaseDurationSeconds?: number | null
  readonly acquireTime?: string | null
  readonly renewTime?: string | null
  readonly leaseTransitions?: number | null
}

export type Lease = KubeObject<LeaseSpec>

/** In milliseconds. */
export type LeaseDurations = {
  /** How long the others wait after the last renewal that they saw. Whole seconds reach the API: it is rounded up. */
  readonly leaseMs: number
  /** How long a leader goes on without a renewal. The difference to `leaseMs` is what clocks may disagree and requests may take. */
  readonly renewDeadlineMs: number
  /** Between two renewals, and between two looks of those who wait. */
  readonly retryMs: number
}

/** Those of client-go, kube-controller-manager and controller-runtime. */
export const defaultDurations: LeaseDurations = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 }

/** Throws a RangeError for durations with which two processes could lead at once, or a leader would lose its lease by waiting. */
export function checkDurations({ leaseMs, renewDeadlineMs, retryMs }: LeaseDurations): void {
  if (!(leaseMs > renewDeadlineMs))
    throw new RangeError(`lease duration (${leaseMs} ms) must be longer than the renew deadline (${renewDeadlineMs} ms)`)
  if (!(renewDeadlineMs > retryMs * 1.2))
    throw new RangeError(`renew deadline (${renewDeadlineMs} ms) must be longer than 1.2 times the retry period (${retryMs} ms)`)
  if (!(retryMs > 0)) throw new RangeError(`retry period (${retryMs} ms) must be positive`)
}

/** A lease, and when this process saw it change last, on its own monotonic clock. */
export type Observed = { readonly lease: Lease; readonly changedAt: number }

/**
 * What is known after `lease` was read at `now`. Only a change of the spec counts: whoever keeps annotating the lease of a dead leader
 * would otherwise keep it alive.
 */
export function observe(previous: Observed | undefined, lease: Lease, now: number): Observed {
  const same = previous !== undefined && JSON.stringify(previous.lease.spec) === JSON.stringify(lease.spec)
  return { lease, changedAt: same ? previous.changedAt : now }
}

export type Decision =
  | { readonly action: 'create' }
  | { readonly action: 'acquire'; readonly why: 'released' | 'expired' }
  /** It is ours already: by an earlier term of this process, or by a claim whose answer was lost. */
  | { readonly action: 'renew' }
  /** `untilMs`: when it expires unless it is renewed, on the monotonic clock. */
  | { readonly action: 'wait'; readonly holder: string; readonly untilMs: number }

/**
 * What a process called `identity` may do about the lease that it observed. Wall clocks play no part: the times in the lease are another
 * machine's, so what counts is for how long *we* have seen no change, and a first look at a lease starts that time anew.
 */
export function decide(
  observed: Observed | undefined,
  { identity, now, leaseMs }: { readonly identity: string; readonly now: number; readonly leaseMs: number },
): Decision {
  if (!observed) return { action: 'create' }
  const spec = observed.lease.spec
  const holder = holderOf(observed.lease)
  if (holder === '') return { action: 'acquire', why: 'released' }
  if (holder === identity) return { action: 'renew' }
  // A holder without a duration was written by hand. client-go takes 0 and with it the lease; waiting hurts less than two leaders.
  const seconds = spec?.leaseDurationSeconds
  const untilMs = observed.changedAt + (seconds ? seconds * 1000 : leaseMs)
  return now >= untilMs ? { action: 'acquire', why: 'expired' } : { action: 'wait', holder, untilMs }
}

/** Who holds it; empty when nobody does. */
export function holderOf(lease: Lease | undefined): string {
  return lease?.spec?.holderIdentity ?? ''
}

type Writer = { readonly identity: string; readonly leaseMs: number; readonly wallMs: number }

/** The first lease of this name. */
export function newLease({ namespace, name }: { readonly namespace: string; readonly name: string }, writer: Writer): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name },
    spec: { ...heldBy(writer), acquireTime: microTime(writer.wallMs), leaseTransitions: 0 },
  }
}

/** The lease as its new holder writes it. The resourceVersion that was read goes with it, so only one of several claims succeeds. */
export function acquired(lease: Lease, writer: Writer): Lease {
  const leaseTransitions = (lease.spec?.leaseTransitions ?? 0) + 1
  return { ...lease, spec: { ...lease.spec, ...heldBy(writer), acquireTime: microTime(writer.wallMs), leaseTransitions } }
}

export function renewed(lease: Lease, writer: Writer): Lease {
  return { ...lease, spec: { ...lease.spec, ...heldBy(writer) } }
}

/** Given up. The duration of a second is for readers that ask for a duration before they ask for a holder. */
export function released(lease: Lease, wallMs: number): Lease {
  const now = microTime(wallMs)
  return { ...lease, spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now } }
}

function heldBy({ identity, leaseMs, wallMs }: Writer): LeaseSpec {
  return { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime: microTime(wallMs) }
}
