/** Sets of ports and of addresses, against plain sets of numbers: every operation, place by place. */

import { expect } from 'chai'
import fc from 'fast-check'
import { formatCidr } from '../../src/api/cidr.ts'
import {
  type AddressSet,
  addressesText,
  cidrsOf,
  equalAddresses,
  intersectAddresses,
  parseAddresses,
  subtractAddresses,
  unionAddresses,
} from '../../src/reachability/addresses.ts'
import {
  equalPorts,
  hasPort,
  intersectPorts,
  MAX_PORT,
  type PortSet,
  PROTOCOLS,
  portRanges,
  portSet,
  subtractPorts,
  unionPorts,
} from '../../src/reachability/ports.ts'
import { cidr } from '../support/arbitrary.ts'

const PLACES = PROTOCOLS.flatMap((protocol) => [1, 2, 3, 4, 5, 6, 7, 8, MAX_PORT - 1, MAX_PORT].map((port) => ({ protocol, port })))
const port = fc.constantFrom(1, 2, 3, 5, 8, MAX_PORT - 1, MAX_PORT)
const ports: fc.Arbitrary<PortSet> = fc
  .array(fc.tuple(fc.constantFrom(...PROTOCOLS), port, port), { maxLength: 5 })
  .map((all) => unionPorts(...all.map(([protocol, a, b]) => portSet(protocol, Math.min(a, b), Math.max(a, b)))))
/** Of each place, whether it is in the set. */
const members = (set: PortSet) => PLACES.map(({ protocol, port: one }) => hasPort(set, protocol, one))

describe('sets of ports', () => {
  it('hold what plain sets would', () => {
    fc.assert(
      fc.property(ports, ports, (a, b) => {
        const both = PLACES.map((_, index) => [members(a)[index] ?? false, members(b)[index] ?? false] as const)
        expect(members(unionPorts(a, b))).to.deep.equal(both.map(([inA, inB]) => inA || inB))
        expect(members(intersectPorts(a, b))).to.deep.equal(both.map(([inA, inB]) => inA && inB))
        expect(members(subtractPorts(a, b))).to.deep.equal(both.map(([inA, inB]) => inA && !inB))
        expect(equalPorts(a, b)).to.equal(subtractPorts(a, b).length === 0 && subtractPorts(b, a).length === 0)
      }),
      { numRuns: 1_000 },
    )
  })

  it('are made of their ranges', () => {
    fc.assert(
      fc.property(ports, (set) => {
        expect(unionPorts(...portRanges(set).map(({ protocol, port: first, endPort }) => portSet(protocol, first, endPort)))).to.deep.equal(
          set,
        )
      }),
    )
  })
})

const addresses: fc.Arbitrary<AddressSet> = fc
  .tuple(fc.array(cidr, { maxLength: 4 }), fc.array(cidr, { maxLength: 4 }))
  .map(([held, without]) => subtractAddresses(unionAddresses(...held.map(parse)), unionAddresses(...without.map(parse))))

function parse(text: string): AddressSet {
  return parseAddresses(text) ?? expect.fail(`${text} is no range`)
}

/** The set that a text for people names: ranges, some of them with exceptions behind them. */
function parseText(text: string): AddressSet {
  if (text === 'all addresses') return unionAddresses(parse('0.0.0.0/0'), parse('::/0'))
  if (text === 'no address') return []
  return unionAddresses(
    ...text.split('; ').flatMap((family) => {
      const [, whole, except] = /^(\S+) except (.*)$/.exec(family) ?? []
      if (whole && except) return [subtractAddresses(parse(whole), unionAddresses(...except.split(', ').map(parse)))]
      return [...family.matchAll(/([^\s,()]+)(?: \(except ([^)]*)\))?/g)].map(([, range = '', excepts]) =>
        subtractAddresses(parse(range), unionAddresses(...(excepts?.split(', ') ?? []).map(parse))),
      )
    }),
  )
}

describe('sets of addresses', () => {
  it('keep the laws of sets', () => {
    fc.assert(
      fc.property(addresses, addresses, (a, b) => {
        expect(equalAddresses(unionAddresses(subtractAddresses(a, b), intersectAddresses(a, b)), a)).to.equal(true)
        expect(intersectAddresses(subtractAddresses(a, b), b)).to.deep.equal([])
        expect(unionAddresses(a, b)).to.deep.equal(unionAddresses(b, a))
      }),
      { numRuns: 1_000 },
    )
  })

  it('are made of their ranges, and named exactly by their text', () => {
    fc.assert(
      fc.property(addresses, (set) => {
        expect(unionAddresses(...cidrsOf(set).map((range) => parse(formatCidr(range))))).to.deep.equal(set)
        expect(parseText(addressesText(set)), addressesText(set)).to.deep.equal(set)
      }),
      { numRuns: 1_000 },
    )
  })
})
