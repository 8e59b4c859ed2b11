import { expect } from 'chai'
import fc from 'fast-check'
import { compareVersions, isOlder } from '../../../src/kube/versions.ts'

describe('comparing resourceVersions', () => {
  it('orders them as the integers that they are, beyond 2^53 too', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 70n }), fc.bigInt({ min: 0n, max: 1n << 70n }), (a, b) => {
        expect(Math.sign(compareVersions(String(a), String(b)) ?? Number.NaN)).to.equal(a < b ? -1 : a > b ? 1 : 0)
        expect(isOlder(String(a), String(b))).to.equal(a < b)
      }),
    )
  })

  it('does not order what is not an integer', () => {
    for (const odd of ['', 'abc', '1a', '-1', '01', ' 1']) {
      expect(compareVersions(odd, '5'), odd).to.equal(undefined)
      expect(isOlder(odd, '5'), odd).to.equal(false)
      expect(isOlder('5', odd), odd).to.equal(false)
    }
    expect(compareVersions('abc', 'abc')).to.equal(0)
  })
})
