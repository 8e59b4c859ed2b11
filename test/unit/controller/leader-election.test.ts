import { expect } from 'chai'
import { electors, heldBy } from '../../support/electors.ts'

describe('leader election', () => {
  it('takes a lease that nobody has made yet, at once', async () => {
    const { clock, server, start } = electors()
    const a = start('a')
    await clock.run(0)
    expect([a.election.isLeader(), a.seen, server.holder]).to.deep.equal([true, ['started'], 'a'])
    a.stop()
  })

  it('takes a released lease at once', async () => {
    const { clock, server, start } = electors()
    server.put({ ...heldBy(''), spec: { holderIdentity: '', leaseTransitions: 3 } })
    const a = start('a')
    await clock.run(0)
    expect([a.election.isLeader(), server.lease?.spec?.leaseTransitions]).to.deep.equal([true, 4])
    a.stop()
  })

  it('waits the whole duration for a holder that it has never seen renew, whatever the lease says about time', async () => {
    const { clock, server, start } = electors()
    server.put(heldBy('dead'))
    const a = start('a')
    await clock.run(14_999)
    expect([a.election.isLeader(), a.election.holder()]).to.deep.equal([false, 'dead'])
    await clock.run(1)
    expect([a.election.isLeader(), a.election.holder()]).to.deep.equal([true, 'a'])
    a.stop()
  })

  it('leads at once when the lease is its own from before a restart, without a transition', async () => {
    const { clock, server, start } = electors()
    server.put(heldBy('a'))
    const a = start('a')
    await clock.run(0)
    expect([a.election.isLeader(), server.lease?.spec?.leaseTransitions]).to.deep.equal([true, 0])
    a.stop()
  })

  it('renews every retry period with one write and no read, and writes nothing else', async () => {
    const { clock, server, start } = electors()
    const a = start('a')
    await clock.run(0)
    server.requests.length = 0
    await clock.run(20_000)
    expect(server.requests.map((request) => request.verb)).to.deep.equal(Array(10).fill('update'))
    expect(a.election.isLeader()).to.equal(true)
    a.stop()
  })

  it('only reads while another leads', async () => {
    const { clock, server, start } = electors()
    const a = start('a')
    await clock.run(0)
    const b = start('b')
    await clock.run(0)
    server.requests.length = 0
    await clock.run(60_000)
    const verbs = server.requests.map((request) => request.verb)
    expect(verbs.filter((verb) => verb === 'get').length).to.equal(30)
    expect(verbs.filter((verb) => verb === 'update').length).to.equal(30)
    expect([a.election.isLeader(), b.election.isLeader(), b.election.holder()]).to.deep.equal([true, false, 'a'])
    a.stop()
    b.stop()
  })

  it('lets one of two win a race for the same lease', async () => {
    const { clock, start } = electors()
    const [a, b] = [start('a'), start('b')]
    await clock.run(5000)
    expect([a.election.isLeader(), b.election.isLeader()].sort()).to.deep.equal([false, true])
    a.stop()
    b.stop()
  })

  describe('when the leader is stopped', () => {
    it('releases the lease, so that another leads at its next look', async () => {
      const { clock, server, start } = electors()
      const a = start('a')
      await clock.run(0)
      const b = start('b')
      await clock.run(0)
      a.stop()
      await a.election.stopped
      expect(server.lease?.spec).to.deep.include({ holderIdentity: '', leaseDurationSeconds: 1 })
      expect([a.election.isLeader(), a.seen]).to.deep.equal([false, ['started', 'because: stop', 'stopped']])
      await clock.run(2000)
      expect([b.election.isLeader(), server.lease?.spec?.leaseTransitions]).to.deep.equal([true, 1])
      b.stop()
      await b.election.stopped
      expect(clock.timers).to.equal(0)
    })

    it('keeps and renews the lease until its work has ended, and may write until then', async () => {
      const { clock, server, start } = electors()
      const work = Promise.withResolvers<void>()
      let told = false
      const a = start('a', {
        onStartedLeading: (signal) => {
          signal.addEventListener('abort', () => {
            told = true
          })
          return work.promise
        },
      })
      await clock.run(0)
      a.stop()
      await clock.run(30_000)
      expect([told, a.election.isLeader(), server.holder]).to.deep.equal([true, true, 'a'])
      work.resolve()
      await a.election.stopped
      expect([a.election.isLeader(), server.holder]).to.deep.equal([false, ''])
    })

    it('releases the lease although somebody changed it meanwhile', async () => {
      const { clock, server, start } = electors()
      const a = start('a')
      await clock.run(0)
      const { lease } = server
      if (lease) server.put({ ...lease, metadata: { ...lease.metadata, annotations: { a: 'b' } } })
      a.stop()
      await a.election.stopped
      expect([server.holder, server.lease?.metadata.annotations]).to.deep.equal(['', { a: 'b' }])
    })

    it('does not release a lease that another has taken', async () => {
      const { clock, server, start } = electors()
      const a = start('a')
      await clock.run(0)
      server.put(heldBy('b'))
      a.stop()
      await a.election.stopped
      expect(server.holder).to.equal('b')
    })

    it('ends in time when the API server does not answer', async () => {
      const { clock, server, start } = electors()
      const a = start('a')
      await clock.run(0)
      server.fault = () => 'hang'
      a.stop()
      let over = false
      void a.election.stopped.then(() => {
        over = true
      })
      await clock.run(5000)
      expect([over, clock.timers]).to.deep.equal([true, 0])
    })

    it('releases a claim whose answer it never saw', async () => {
      const { clock, server, start } = electors()
      server.fault = ({ verb }) => (verb === 'create' ? 'lose' : undefined)
      const a = start('a')
      await clock.run(0)
      expect([a.election.isLeader(), server.holder]).to.deep.equal([false, 'a'])
      a.stop()
      await a.election.stopped
      expect(server.holder).to.equal('')
    })
  })

  describe('when a standby is stopped', () => {
    it('ends at once, and writes nothing', async () => {
      const { clock, server, start } = electors()
      server.put(heldBy('b'))
      const a = start('a')
      await clock.run(0)
      a.stop()
      await a.election.stopped
      expect([server.requests.map((request) => request.verb), a.seen, clock.timers]).to.deep.equal([['get'], [], 0])
    })

    it('ends at once in the middle of a request, which is no failure', async () => {
      const { clock, server, start } = electors()
      const errors: unknown[] = []
      server.fault = () => 'hang'
      const a = start('a', { observer: { requestFailed: (error) => errors.push(error) } })
      await clock.run(0)
      a.stop()
      await a.election.stopped
      expect([clock.timers, errors]).to.deep.equal([0, []])
    })
  })

  describe("and the leader's work", () => {
    it('begins no second term before the work of the first has ended', async () => {
      const { clock, server, start } = electors()
      const terms: PromiseWithResolvers<void>[] = []
      const a = start('a', {
        onStartedLeading: () => {
          const term = Promise.withResolvers<void>()
          terms.push(term)
          return term.promise
        },
      })
      await clock.run(0)
      server.fault = () => 'refuse'
      await clock.run(10_000)
      server.fault = () => undefined
      await clock.run(60_000)
      expect([terms.length, a.election.isLeader()]).to.deep.equal([1, false])
      terms[0]?.resolve()
      await clock.run(2000)
      expect([terms.length, a.election.isLeader()]).to.deep.equal([2, true])
      a.stop()
      terms[1]?.resolve()
    })

    it('gives the lease to others when it fails, and stands for election again', async () => {
      const { clock, server, start } = electors()
      const failures: unknown[] = []
      let fail = true
      const a = start('a', {
        onStartedLeading: async () => {
          if (fail) throw new Error('no cache')
        },
        observer: { workFailed: (error) => failures.push(String(error)) },
      })
      await clock.run(0)
      expect([a.election.isLeader(), server.holder, failures]).to.deep.equal([false, '', ['Error: no cache']])
      fail = false
      await clock.run(2000)
      expect(a.election.isLeader()).to.equal(true)
      a.stop()
    })

    it('may throw at once, as may the other callback', async () => {
      const { clock, start } = electors()
      const failures: unknown[] = []
      const a = start('a', {
        onStartedLeading: () => {
          throw new Error('one')
        },
        onStoppedLeading: () => {
          throw new Error('two')
        },
        observer: { workFailed: (error) => failures.push(String(error)) },
      })
      await clock.run(0)
      expect(failures).to.deep.equal(['Error: one', 'Error: two'])
      a.stop()
      await a.election.stopped
    })
  })

  it('tells who leads, once for each change', async () => {
    const { clock, server, start } = electors()
    const holders: string[] = []
    server.put(heldBy('b'))
    const a = start('a', { observer: { holderChanged: (holder) => holders.push(holder) } })
    await clock.run(20_000)
    a.stop()
    await a.election.stopped
    expect(holders).to.deep.equal(['b', 'a', ''])
  })

  it('refuses durations that do not fit each other', () => {
    const { start } = electors()
    expect(() => start('a', { durations: { leaseMs: 5000, renewDeadlineMs: 10_000, retryMs: 2000 } })).to.throw(
      RangeError,
      'lease duration',
    )
  })
})
