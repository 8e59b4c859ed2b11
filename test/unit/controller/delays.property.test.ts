import { expect } from 'chai'
import fc from 'fast-check'
import { type Delayed, Delays } from '../../../src/controller/delays.ts'
import { ManualClock } from '../../support/manual-clock.ts'

type Item = Delayed & { readonly name: number }
type Step =
  | { readonly do: 'set'; readonly name: number; readonly ms: number }
  | { readonly do: 'remove'; readonly name: number }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'clear' }

const name = fc.nat(30)
const ms = fc.nat(50)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ do: fc.constant('set' as const), name, ms }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('remove' as const), name }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
)

describe('delays', () => {
  it('come due in order of time and then of call, whatever was moved or taken out before, with one timer', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const clock = new ManualClock()
        const items = Array.from({ length: 31 }, (_, name): Item => ({ name, dueAt: 0, order: 0, slot: -1 }))
        const fired: number[] = []
        const delays = new Delays<Item>(clock, (item) => fired.push(item.name))
        const expected: { name: number; at: number }[] = []
        for (const step of [...steps, { do: 'advance', ms: 1000 } as const]) {
          if (step.do === 'advance') {
            clock.advance(step.ms)
            const due = expected.filter((each) => each.at <= clock.now()).sort((a, b) => a.at - b.at)
            for (const each of due) expected.splice(expected.indexOf(each), 1)
            expect(fired.splice(0)).to.deep.equal(due.map((each) => each.name))
          } else if (step.do === 'clear') {
            delays.clear()
            expected.length = 0
          } else {
            const at = expected.findIndex((each) => each.name === step.name)
            if (at >= 0) expected.splice(at, 1)
            const item = items[step.name]
            if (!item) continue
            if (step.do === 'set') {
              delays.set(item, clock.now() + step.ms)
              expected.push({ name: step.name, at: clock.now() + step.ms })
            } else delays.remove(item)
          }
          expect(items.filter((item) => delays.has(item)).length).to.equal(expected.length)
          expect(clock.timers).to.equal(expected.length > 0 ? 1 : 0)
        }
      }),
      { numRuns: 500 },
    )
  })
})
