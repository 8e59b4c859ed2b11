/** CEL as the policies speak it, in this process: what Kubernetes says to the same expressions. */

import { expect } from 'chai'
import { celValue, compile } from '../../../src/judge/dialect.ts'

const value = (text: string, inputs: object = {}) =>
  compile(text)(Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, celValue(input)])))

describe('the dialect of CEL', () => {
  it('quotes a text on one line, and only what would break it', () => {
    expect(value('strings.quote(x)', { x: `it's "a"\n\t\\ \u0007 ☃ 𝒳` })).to.equal(String.raw`"it's \"a\"\n\t\\ \a ☃ 𝒳"`)
    expect(value('strings.quote(x)', { x: '\ud800' })).to.equal('"\ufffd"')
  })

  it('replaces every occurrence, by text that is only text', () => {
    expect(value(`x.replace('/', '.')`, { x: 'net/ipv4/x' })).to.equal('net.ipv4.x')
    expect(value(`x.replace('b', '$&$1')`, { x: 'abc' })).to.equal('a$&$1c')
  })

  it('cuts at characters, however long they are in memory, and not beyond the end', () => {
    expect(value('x.substring(1, 3)', { x: '𝒳𝒴𝒵' })).to.equal('𝒴𝒵')
    expect(value('x.substring(size(x) - 1)', { x: 'ab𝒵' })).to.equal('𝒵')
    expect(() => value('x.substring(0, 4)', { x: '𝒳𝒴𝒵' })).to.throw('substring(0, 4) of a text of 3 characters')
  })

  it('compares lists as sets', () => {
    expect(value('sets.equivalent(x, y)', { x: ['a', 'b', 'a'], y: ['b', 'a'] })).to.equal(true)
    expect(value('sets.equivalent(x, y)', { x: ['a', 'b'], y: ['a'] })).to.equal(false)
    expect(value('sets.equivalent(x, y)', { x: ['a'], y: ['a', 'b'] })).to.equal(false)
  })

  it('makes ranges, flat lists and the first of texts', () => {
    expect(value('lists.range(3)')).to.deep.equal([0n, 1n, 2n])
    expect(value('[[1], [[2, [3]]]].flatten(3)')).to.deep.equal([1n, 2n, 3n])
    expect(value('x.min()', { x: ['b', 'a-b', 'a'] })).to.equal('a')
  })

  it('maps what is there, and only that', () => {
    const text = `x.?a.optMap(o, o.?b.optMap(i, i + 1).orValue(-1)).orValue(-2)`
    expect([value(text, { x: { a: { b: 1 } } }), value(text, { x: { a: {} } }), value(text, { x: {} })]).to.deep.equal([2n, -1n, -2n])
    // The name is free again behind it, and the context around it is the one around it.
    expect(value('[1, 2].map(n, x.?a.optMap(o, o + n).orValue(0))', { x: { a: 10 } })).to.deep.equal([11n, 12n])
  })

  it('reads JSON as the API server does: whole numbers are integers, null is nothing', () => {
    expect(
      value('x.a == 1 && x.b >= 9007199254740991 && !has(x.c) && x.d[0].e == "f"', {
        x: { a: 1, b: 9007199254740991, c: null, d: [{ e: 'f' }] },
      }),
    ).to.equal(true)
  })

  it('refuses what it does not know, when it is compiled', () => {
    expect(() => compile(`'a'.unheardOf()`)).to.throw('unheardOf')
    expect(() => compile('(')).to.throw()
  })
})
