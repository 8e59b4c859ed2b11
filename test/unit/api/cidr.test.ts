import { BlockList } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { type Cidr, compareCidrs, containsCidr, formatCidr, hostCidr, minimalCidrs, parseCidr } from '../../../src/api/cidr.ts'

const WIDTH = { 4: 32, 6: 128 } as const

/** Of 16 bits each; mostly zeros, where the short form of IPv6 is difficult. */
const groups = (family: 4 | 6) =>
  fc
    .array(fc.oneof(fc.constantFrom(0, 0, 0, 1, 0xffff), fc.nat(0xffff)), { minLength: WIDTH[family] / 16, maxLength: WIDTH[family] / 16 })
    .map((all) => all.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n))

/** A range without host bits; IPv4 mapped into IPv6 is not one. */
const range: fc.Arbitrary<Cidr> = fc
  .constantFrom<4 | 6>(4, 6)
  .chain((family) => fc.record({ family: fc.constant(family), bits: groups(family), prefix: fc.integer({ min: 0, max: WIDTH[family] }) }))
  .map(({ family, bits, prefix }) => {
    const host = BigInt(WIDTH[family] - prefix)
    return { family, bits: (bits >> host) << host, prefix }
  })
  .filter(({ family, bits }) => family === 4 || bits >> 32n !== 0xffffn)

const parsed = (text: string): Cidr => parseCidr(text) ?? expect.fail(`${text} was not parsed`)
const canonical = (text: string) => formatCidr(parsed(text))

describe('a range of addresses', () => {
  describe('is not read from', () => {
    const texts = ['', '/', '10.0.0.0', '10.0.0.0/', '/8', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/8.0', '10.0.0.0/1e1']
    const addresses = ['010.0.0.0/8', '10.0.0/8', '10.0.0.0.0/8', '256.0.0.0/8', '10..0.0/8', '10.0.0.0x/8', '１0.0.0.0/8', '10.0.0.0/8\n']
    const v6 = [
      ':/0',
      ':::/0',
      '1::2::3/64',
      '1:2:3:4:5:6:7/64',
      '1:2:3:4:5:6:7:8:9/64',
      '1:2:3:4:5:6:7:8::/64',
      '12345::/16',
      'g::/16',
      '::/129',
    ]
    const mapped = [
      '::ffff:10.0.0.0/104',
      '::ffff:0:0/96',
      '::ffff:a00:1/128',
      '0:0:0:0:0:ffff:a00:1/128',
      '::10.0.0.1/128',
      'fe80::1%eth0/64',
    ]
    for (const text of [...texts, ...addresses, ...v6, ...mapped]) {
      it(JSON.stringify(text), () => {
        expect(parseCidr(text)).to.equal(undefined)
      })
    }
  })

  describe('has one spelling:', () => {
    const spellings: Readonly<Record<string, string>> = {
      '0.0.0.0/0': '0.0.0.0/0',
      '192.168.1.1/24': '192.168.1.0/24',
      '10.255.255.255/8': '10.0.0.0/8',
      '255.255.255.255/32': '255.255.255.255/32',
      // RFC 5952, sections 2 and 4.
      '2001:db8:0:0:1:0:0:1/128': '2001:db8::1:0:0:1/128',
      '2001:0db8:0:0:1:0:0:1/128': '2001:db8::1:0:0:1/128',
      '2001:db8::0:1:0:0:1/128': '2001:db8::1:0:0:1/128',
      '2001:DB8:0:0:1::1/128': '2001:db8::1:0:0:1/128',
      '2001:db8:aaaa:bbbb:cccc:dddd:0:1/128': '2001:db8:aaaa:bbbb:cccc:dddd:0:1/128',
      '2001:db8:0:1:1:1:1:1/128': '2001:db8:0:1:1:1:1:1/128',
      '2001:0:0:1:0:0:0:1/128': '2001:0:0:1::1/128',
      '2001:db8:aaaa:bbbb:cccc:dddd::1/128': '2001:db8:aaaa:bbbb:cccc:dddd:0:1/128',
      '0:0:0:0:0:0:0:1/128': '::1/128',
      '1:0:0:0:0:0:0:0/128': '1::/128',
      '0:0:0:0:0:0:0:0/0': '::/0',
      '2001:db8:ffff::1/32': '2001:db8::/32',
      'FE80::1/10': 'fe80::/10',
    }
    for (const [text, expected] of Object.entries(spellings)) {
      it(`${text} is ${expected}`, () => {
        expect(canonical(text)).to.equal(expected)
      })
    }

    it('for IPv6 the one that Node prints, too', () => {
      fc.assert(
        fc.property(
          range.filter(({ family }) => family === 6),
          (cidr) => {
            const [address = ''] = formatCidr(cidr).split('/')
            expect(new URL(`http://[${address}]/`).hostname).to.equal(`[${address}]`)
          },
        ),
      )
    })

    it('and it is read back as the same range', () => {
      fc.assert(
        fc.property(range, (cidr) => {
          expect(parseCidr(formatCidr(cidr))).to.deep.equal(cidr)
        }),
      )
    })
  })

  it('is read or not, but never throws', () => {
    const almost = fc
      .tuple(range.map(formatCidr), fc.nat(50), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([text, at, noise]) => text.slice(0, at) + noise + text.slice(at))
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'0123456789abcdef:./%') }), almost),
        (text) => {
          const cidr = parseCidr(text)
          if (cidr) expect(parseCidr(formatCidr(cidr))).to.deep.equal(cidr)
        },
      ),
    )
  })

  it('holds the addresses that Node says it holds', () => {
    fc.assert(
      fc.property(range, range, (outer, other) => {
        const list = new BlockList()
        const type = ({ family }: Cidr) => (family === 4 ? 'ipv4' : 'ipv6')
        const addressOf = (cidr: Cidr) => formatCidr(cidr).split('/')[0] ?? ''
        list.addSubnet(addressOf(outer), outer.prefix, type(outer))
        const inside: Cidr = {
          family: outer.family,
          bits: outer.bits | (other.bits & ((1n << BigInt(WIDTH[outer.family] - outer.prefix)) - 1n)),
          prefix: WIDTH[outer.family],
        }
        for (const address of [other, inside, outer].map((cidr): Cidr => ({ ...cidr, prefix: WIDTH[cidr.family] }))) {
          // Node takes IPv4 for a part of IPv6; Kubernetes does not.
          if (address.family !== outer.family || (address.family === 6 && address.bits >> 32n === 0xffffn)) continue
          expect(containsCidr(outer, address), `${formatCidr(address)} in ${formatCidr(outer)}`).to.equal(
            list.check(addressOf(address), type(address)),
          )
        }
      }),
    )
  })

  it('is inside another one if all its addresses are', () => {
    const contains = (outer: string, inner: string) => containsCidr(parsed(outer), parsed(inner))
    expect(contains('10.0.0.0/8', '10.1.0.0/16')).to.equal(true)
    expect(contains('10.0.0.0/8', '10.0.0.0/8')).to.equal(true)
    expect(contains('10.1.0.0/16', '10.0.0.0/8')).to.equal(false)
    expect(contains('10.0.0.0/8', '11.0.0.0/16')).to.equal(false)
    expect(contains('0.0.0.0/0', '::/0')).to.equal(false)
    expect(contains('::/0', '10.0.0.0/8')).to.equal(false)
    expect(contains('2001:db8::/32', '2001:db8:1::/48')).to.equal(true)
  })

  it('of one address is /32 for IPv4 and /128 for IPv6', () => {
    expect(['10.0.0.1', '2001:DB8::1'].map(hostCidr).map((cidr) => cidr && formatCidr(cidr))).to.deep.equal([
      '10.0.0.1/32',
      '2001:db8::1/128',
    ])
    expect(['010.0.0.1', '::ffff:10.0.0.1', 'localhost', '10.0.0.1/32', ''].map(hostCidr)).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('a list of ranges, made minimal', () => {
  it('loses what is inside others, and nothing else', () => {
    const minimal = minimalCidrs(['10.1.0.0/16', '::/0', '10.0.0.0/8', '192.168.0.0/16', '10.0.0.0/8', '2001:db8::/32'].map(parsed))
    expect(minimal.map(formatCidr)).to.deep.equal(['10.0.0.0/8', '192.168.0.0/16', '::/0'])
  })

  it('holds the same addresses, in an order that depends on nothing', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (ranges) => {
        const minimal = minimalCidrs(ranges)
        for (const cidr of ranges) expect(minimal.filter((wider) => containsCidr(wider, cidr))).to.have.length(1)
        for (const cidr of minimal) expect(ranges).to.deep.include(cidr)
        expect(minimalCidrs([...ranges].reverse())).to.deep.equal(minimal)
        expect([...minimal].sort(compareCidrs)).to.deep.equal(minimal)
      }),
    )
  })
})
