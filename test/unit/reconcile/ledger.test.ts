import { expect } from 'chai'
import fc from 'fast-check'
import { Ledger, type Row } from '../../../src/reconcile/ledger.ts'

const REFUSED = { reason: 'Refused', message: 'no' } as const
const row = (tenant: string, wanted: string, problem?: Row['problem']): Row => ({ tenant, wanted, problem })

describe('the ledger of namespaces', () => {
  it('counts those that were looked after with what is wanted now', () => {
    const ledger = new Ledger()
    ledger.set('a', row('manning', 'one'))
    ledger.set('b', row('manning', 'two'))
    ledger.set('c', row('acme', 'two'))
    expect([ledger.settled('manning', 'one'), ledger.settled('manning', 'two'), ledger.settled('manning', 'three')]).to.deep.equal([
      1, 1, 0,
    ])
  })

  it('tells whose status changes, and nobody when nothing changed', () => {
    const ledger = new Ledger()
    expect(ledger.set('a', row('manning', 'one'))).to.deep.equal(['manning'])
    expect(ledger.set('a', row('manning', 'one'))).to.deep.equal([])
    expect(ledger.set('a', row('manning', 'one', REFUSED))).to.deep.equal(['manning'])
    expect(ledger.set('a', row('acme', 'one'))).to.deep.equal(['manning', 'acme'])
    expect(ledger.set('a', undefined)).to.deep.equal(['acme'])
    expect(ledger.set('a', undefined)).to.deep.equal([])
  })

  it('sums up the same as whoever would count all rows anew', () => {
    const namespace = fc.constantFrom('a', 'b', 'c')
    const tenant = fc.constantFrom('manning', 'acme')
    const wanted = fc.constantFrom('one', 'two')
    const change = fc.tuple(
      namespace,
      fc.option(fc.record({ tenant, wanted, problem: fc.constantFrom(undefined, REFUSED) }), { nil: undefined }),
    )
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const ledger = new Ledger()
        const rows = new Map<string, Row>()
        for (const [name, next] of changes) {
          ledger.set(name, next)
          if (next) rows.set(name, next)
          else rows.delete(name)
        }
        for (const name of ['manning', 'acme']) {
          const own = [...rows].filter(([, { tenant }]) => tenant === name)
          for (const asked of ['one', 'two'])
            expect(ledger.settled(name, asked)).to.equal(own.filter(([, { wanted }]) => wanted === asked).length)
          expect(new Map(ledger.problemsOf(name))).to.deep.equal(
            new Map(own.flatMap(([at, { problem }]) => (problem ? [[at, problem]] : []))),
          )
        }
      }),
    )
  })
})
