import { expect } from 'chai'
import fc from 'fast-check'
import { type FieldChange, fieldChanges } from '../../../../src/cli/diff/fields.ts'

describe('two values', () => {
  for (const [what, before, after, changes] of [
    ['differ in a field', { spec: { port: 80, kept: 1 } }, { spec: { port: 81, kept: 1 } }, [{ path: 'spec.port', before: 80, after: 81 }]],
    [
      'differ by what is new and what goes',
      { a: 1 },
      { b: { c: 1 } },
      [
        { path: 'a', before: 1 },
        { path: 'b', after: { c: 1 } },
      ],
    ],
    [
      'name what is no plain name in brackets',
      { labels: { 'example.com/app': 'a' } },
      { labels: { 'example.com/app': 'b' } },
      [{ path: 'labels[example.com/app]', before: 'a', after: 'b' }],
    ],
    ['are compared item by item: one is new at the front', ['b', 'c'], ['a', 'b', 'c'], [{ path: '[0]', after: 'a' }]],
    ['one is gone from the middle', ['a', 'b', 'c'], ['a', 'c'], [{ path: '[1]', before: 'b' }]],
    [
      'an item has changed between two that stay',
      [{ p: 1 }, { p: 2, q: 1 }, { p: 3 }],
      [{ p: 1 }, { p: 2, q: 2 }, { p: 3 }],
      [{ path: '[1].q', before: 1, after: 2 }],
    ],
    ['are another kind of value', { a: [1] }, { a: { b: 1 } }, [{ path: 'a', before: [1], after: { b: 1 } }]],
    ['are equal in another order of members', { a: 1, b: [{ c: 1, d: 2 }] }, { b: [{ d: 2, c: 1 }], a: 1 }, []],
    ['differ by an empty rule', { ingress: [] }, { ingress: [{}] }, [{ path: 'ingress[0]', after: {} }]],
  ] as readonly (readonly [string, unknown, unknown, readonly FieldChange[]])[]) {
    it(what, () => {
      expect(fieldChanges(before, after)).to.deep.equal(changes)
    })
  }

  it('have no differences exactly when they are equal', () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(value, value, (before, after) => {
        expect(fieldChanges(before, structuredClone(before))).to.deep.equal([])
        // JSON knows no negative zero.
        const equal = JSON.stringify(sorted(before)) === JSON.stringify(sorted(after))
        expect(fieldChanges(before, after).length === 0).to.equal(equal)
      }),
      { numRuns: 300 },
    )
  })
})

function sorted(any: unknown): unknown {
  if (Array.isArray(any)) return any.map(sorted)
  if (typeof any !== 'object' || any === null) return any
  return Object.fromEntries(
    Object.entries(any)
      .map(([name, member]) => [name, sorted(member)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
