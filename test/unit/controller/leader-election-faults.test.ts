import { expect } from 'chai'
import { electors, heldBy } from '../../support/electors.ts'
import { settle } from '../../support/manual-clock.ts'

describe('leader election', () => {
  describe('when the API server cannot be reached', () => {
    for (const fault of ['refuse', 'hang', 'lose'] as const) {
      it(`leads on until the renew deadline and not longer (${fault})`, async () => {
        const { clock, server, start } = electors()
        const a = start('a')
        await clock.run(0)
        server.fault = () => fault
        await clock.run(9_999)
        expect([a.election.isLeader(), a.seen]).to.deep.equal([true, ['started']])
        await clock.run(1)
        expect([a.election.isLeader(), a.seen]).to.deep.equal([false, ['started', 'because: lost', 'stopped']])
        a.stop()
        await clock.run(5000)
      })

      it(`leads again when it can (${fault})`, async () => {
        const { clock, server, start } = electors()
        const a = start('a')
        await clock.run(0)
        server.fault = () => fault
        await clock.run(60_000)
        server.fault = () => undefined
        await clock.run(7_500)
        expect([a.election.isLeader(), a.seen.at(-1)]).to.deep.equal([true, 'started'])
        a.stop()
      })
    }

    it('says at the renew deadline that it is over, not at the next try', async () => {
      const { clock, server, start } = electors()
      server.fault = ({ verb }) => {
        if (verb === 'create') clock.block(1000)
        return undefined
      }
      const a = start('a')
      await clock.run(0)
      server.fault = () => 'refuse'
      await clock.run(9000)
      expect(a.seen).to.deep.equal(['started', 'because: lost', 'stopped'])
      a.stop()
    })

    it('goes through an outage that is shorter than the renew deadline', async () => {
      const { clock, server, start } = electors()
      const a = start('a')
      await clock.run(0)
      for (let i = 0; i < 10; i++) {
        server.fault = () => 'hang'
        await clock.run(3000)
        server.fault = () => 'refuse'
        await clock.run(3000)
        server.fault = () => undefined
        await clock.run(4000)
      }
      expect([a.election.isLeader(), a.seen]).to.deep.equal([true, ['started']])
      a.stop()
    })

    it('says so', async () => {
      const { clock, server, start } = electors()
      const errors: string[] = []
      server.fault = () => 'refuse'
      const a = start('a', { observer: { requestFailed: (error) => errors.push(String(error)) } })
      await clock.run(0)
      expect(errors).to.deep.equal(['Error: connection refused'])
      server.fault = () => 'hang'
      await clock.run(7000)
      expect(errors).to.deep.equal(['Error: connection refused', 'Error: no answer within 5000 ms'])
      a.stop()
    })
  })

  describe('when the event loop is blocked', () => {
    it('is no leader any more at the renew deadline, before any other code has run', async () => {
      const { clock, start } = electors()
      const a = start('a')
      await clock.run(0)
      clock.block(9_999)
      expect(a.election.isLeader()).to.equal(true)
      clock.block(1)
      expect([a.election.isLeader(), a.seen]).to.deep.equal([false, ['started']])
      await clock.run(0)
      expect(a.seen).to.deep.equal(['started', 'because: lost', 'stopped'])
      a.stop()
    })

    it('counts leadership from before the request, not from its answer', async () => {
      const { clock, server, start } = electors()
      server.fault = ({ verb }) => {
        if (verb === 'create') clock.block(4000)
        return undefined
      }
      const a = start('a')
      await settle()
      clock.block(5_999)
      expect(a.election.isLeader()).to.equal(true)
      clock.block(1)
      expect(a.election.isLeader()).to.equal(false)
      a.stop()
    })
  })

  describe('when somebody else touches the lease', () => {
    it('stops leading as soon as it sees another holder', async () => {
      const { clock, server, start } = electors()
      const a = start('a')
      await clock.run(0)
      server.put(heldBy('b'))
      await clock.run(2000)
      expect([a.election.isLeader(), a.seen, a.election.holder()]).to.deep.equal([false, ['started', 'because: lost', 'stopped'], 'b'])
      server.requests.length = 0
      a.stop()
      await a.election.stopped
      expect(server.requests, 'there is nothing to release').to.deep.equal([])
    })

    it('leads on when only its labels have changed', async () => {
      const { clock, server, start } = electors()
      const a = start('a')
      await clock.run(0)
      const { lease } = server
      if (lease) server.put({ ...lease, metadata: { ...lease.metadata, labels: { a: 'b' } } })
      await clock.run(20_000)
      expect([a.election.isLeader(), a.seen, server.lease?.metadata.labels]).to.deep.equal([true, ['started'], { a: 'b' }])
      a.stop()
    })

    it('makes it anew when it was deleted', async () => {
      const { clock, server, start } = electors()
      const a = start('a')
      await clock.run(0)
      server.lease = undefined
      await clock.run(2000)
      expect([a.election.isLeader(), a.seen, server.holder]).to.deep.equal([true, ['started'], 'a'])
      a.stop()
    })
  })
})
