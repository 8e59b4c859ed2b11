import { expect } from 'chai'
import fc from 'fast-check'
import { type LeaderElection, runLeaderElection } from '../../../src/controller/leader-election.ts'
import type { Lease } from '../../../src/controller/lease.ts'
import type { Leases } from '../../../src/controller/lease-requests.ts'
import type { Clock } from '../../../src/time/clock.ts'
import { LeaseServer } from '../../support/lease-server.ts'
import { ManualClock } from '../../support/manual-clock.ts'

type World = { readonly clock: ManualClock; readonly server: LeaseServer; readonly random: () => number; faulty: boolean }

/** A process on a machine of its own: its clock runs at its own rate, and now and then everything on it stands still. */
class Machine implements Clock {
  readonly election: LeaderElection
  readonly #world: World
  readonly #rate: number
  readonly #stopping = new AbortController()
  #blockedUntil = 0
  terms = 0

  constructor(world: World, identity: string, rate: number) {
    this.#world = world
    this.#rate = rate
    this.election = runLeaderElection({
      leases: this.#network(),
      namespace: 'ops',
      name: 'operator',
      identity,
      clock: this,
      // Nobody's wall clock is right.
      wallClock: () => 1.7e12 * rate + this.now(),
      random: world.random,
      signal: this.#stopping.signal,
      onStartedLeading: () => {
        this.terms++
      },
    })
  }

  now(): number {
    return this.#world.clock.now() * this.#rate
  }

  setTimer(fn: () => void, ms: number): () => void {
    let cancelled = false
    let cancel = this.#world.clock.setTimer(() => {
      cancel = this.#whenRunning(() => void (cancelled || fn()))
    }, ms / this.#rate)
    return () => {
      cancelled = true
      cancel()
    }
  }

  block(ms: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, this.#world.clock.now() + ms)
  }

  stop(): void {
    this.#stopping.abort()
  }

  #whenRunning(fn: () => void): () => void {
    const wait = this.#blockedUntil - this.#world.clock.now()
    if (wait > 0) return this.#world.clock.setTimer(() => this.#whenRunning(fn), wait)
    fn()
    return () => {}
  }

  /** Requests and answers take their time or get lost, and hear nothing of an abort. */
  #network(): Leases {
    const { server } = this.#world
    const call = async <T>(request: () => Promise<T>): Promise<T> => {
      await this.#travel()
      const answer = await request().then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      )
      await this.#travel()
      await new Promise<void>((resolve) => this.#whenRunning(resolve))
      if ('error' in answer) throw answer.error
      return answer.value
    }
    return {
      get: () => call(() => server.get()),
      create: (lease: Lease) => call(() => server.create(lease)),
      update: (lease: Lease) => call(() => server.update(lease)),
    }
  }

  #travel(): Promise<void> {
    const { clock, random, faulty } = this.#world
    return new Promise((resolve, reject) => {
      const chance = faulty ? random() : 1
      if (chance < 0.1) clock.setTimer(() => reject(new Error('connection reset')), random() * 3000)
      else if (chance < 0.2) return
      else clock.setTimer(resolve, chance < 0.5 ? random() * 12_000 : random() * 50)
    })
  }
}

/** mulberry32: numbers in [0, 1) that follow from the seed. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const leaders = (machines: readonly Machine[]) => machines.filter((machine) => machine.election.isLeader()).length

describe('several electors on slow, lossy networks, with clocks of different speed and event loops that stand still', () => {
  it('never lead at once, and one of them leads when the trouble is over', async function () {
    this.timeout(60_000)
    let terms = 0
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(fc.double({ min: 0.88, max: 1.12, noNaN: true }), { minLength: 2, maxLength: 4 }),
        async (seed, rates) => {
          const random = numbers(seed)
          const clock = new ManualClock(1_000_000)
          const world: World = { clock, server: new LeaseServer(), random, faulty: true }
          const machines = rates.map((rate, i) => new Machine(world, `machine-${i}`, rate))
          for (let step = 0; step < 1200; step++) {
            // 5 minutes in steps of 250 ms.
            if (random() < 0.01) machines[Math.floor(random() * machines.length)]?.block(random() * 40_000)
            await clock.run(250)
            expect(leaders(machines), `leaders at ${clock.now()}`).to.be.at.most(1)
          }
          world.faulty = false
          await clock.run(90_000)
          expect(leaders(machines)).to.equal(1)
          terms += machines.reduce((sum, machine) => sum + machine.terms, 0)
          for (const machine of machines) machine.stop()
          await clock.run(30_000)
          expect([leaders(machines), world.server.holder]).to.deep.equal([0, ''])
        },
      ),
      { numRuns: 25 },
    )
    // The trouble was real: leadership changed hands many times.
    expect(terms).to.be.greaterThan(100)
  })
})
