import { type LeaderElection, type LeaderElectionOptions, runLeaderElection } from '../../src/controller/leader-election.ts'
import { type Lease, newLease } from '../../src/controller/lease.ts'
import { LeaseServer } from './lease-server.ts'
import { ManualClock } from './manual-clock.ts'

export type Process = { readonly election: LeaderElection; readonly seen: string[]; readonly stop: () => void }

/** Processes that stand for election on one lease, in one time. */
export function electors() {
  const clock = new ManualClock(50_000)
  const server = new LeaseServer()
  const start = (identity: string, options: Partial<LeaderElectionOptions> = {}): Process => {
    const stopping = new AbortController()
    const seen: string[] = []
    const election = runLeaderElection({
      leases: server,
      namespace: 'ops',
      name: 'operator',
      identity,
      clock,
      wallClock: () => 1.7e12 + clock.now(),
      random: () => 0.5,
      signal: stopping.signal,
      onStartedLeading: () => void seen.push('started'),
      onStoppedLeading: () => void seen.push('stopped'),
      observer: { stopped: (why) => seen.push(`because: ${why}`) },
      ...options,
    })
    return { election, seen, stop: () => stopping.abort() }
  }
  return { clock, server, start }
}

export const heldBy = (identity: string): Lease =>
  newLease({ namespace: 'ops', name: 'operator' }, { identity, leaseMs: 15_000, wallMs: Date.UTC(2020, 1, 1) })
