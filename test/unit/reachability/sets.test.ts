/** Exact sets of ports and of addresses, and how they read. */

import { expect } from 'chai'
import { formatCidr } from '../../../src/api/cidr.ts'
import {
  type AddressSet,
  ALL_ADDRESSES,
  addressesText,
  cidrsOf,
  cutAddresses,
  equalAddresses,
  hasAddress,
  intersectAddresses,
  joinParts,
  onlyAddress,
  parseAddress,
  parseAddresses,
  subtractAddresses,
  unionAddresses,
} from '../../../src/reachability/addresses.ts'
import {
  ALL_PORTS,
  equalPorts,
  hasPort,
  intersectPorts,
  NO_PORTS,
  portRanges,
  portSet,
  portsText,
  protocolPorts,
  subtractPorts,
  unionPorts,
} from '../../../src/reachability/ports.ts'

const WEB = unionPorts(portSet('TCP', 80), portSet('TCP', 443), portSet('TCP', 8000, 8080))

describe('a set of ports', () => {
  it('reads as people write it', () => {
    expect(portsText(unionPorts(WEB, portSet('UDP', 53)))).to.equal('TCP 80, 443, 8000-8080; UDP 53')
    expect(portsText(ALL_PORTS)).to.equal('all ports')
    expect(portsText(NO_PORTS)).to.equal('no port')
    expect(portsText(protocolPorts('SCTP'))).to.equal('SCTP 1-65535')
    expect(portsText(subtractPorts(ALL_PORTS, portSet('TCP', 25)))).to.equal('all ports but TCP 25')
    expect(portsText(subtractPorts(protocolPorts('TCP'), portSet('TCP', 25)))).to.equal('TCP 1-24, 26-65535')
  })
  it('is one set however it came about', () => {
    const parts = [portSet('TCP', 8041, 8080), portSet('TCP', 443), portSet('TCP', 8000, 8050), portSet('TCP', 80), portSet('TCP', 443)]
    expect(equalPorts(unionPorts(...parts), WEB)).to.equal(true)
    expect(equalPorts(unionPorts(portSet('TCP', 1, 79), portSet('TCP', 80, 65535)), protocolPorts('TCP'))).to.equal(true)
  })
  it('keeps protocols apart, up to their last port', () => {
    const last = portSet('TCP', 65535)
    expect([hasPort(last, 'TCP', 65535), hasPort(last, 'UDP', 1), hasPort(last, 'TCP', 65534)]).to.deep.equal([true, false, false])
    expect(intersectPorts(portSet('TCP', 80), portSet('UDP', 80))).to.deep.equal(NO_PORTS)
  })
  it('is a list of ranges for programs', () => {
    expect(portRanges(unionPorts(portSet('UDP', 53), portSet('TCP', 80, 81)))).to.deep.equal([
      { protocol: 'TCP', port: 80, endPort: 81 },
      { protocol: 'UDP', port: 53, endPort: 53 },
    ])
  })
})

const set = (...texts: readonly string[]): AddressSet => unionAddresses(...texts.map((text) => parseAddresses(text) ?? []))
const ranges = (addresses: AddressSet) => cidrsOf(addresses).map(formatCidr)

describe('a set of addresses', () => {
  it('holds what its ranges hold, of both families', () => {
    const some = subtractAddresses(set('10.0.0.0/8', '2001:db8::/32'), set('10.1.0.0/16'))
    const held = ['9.255.255.255', '10.0.255.255', '10.1.0.0', '10.2.0.0', '2001:db8::1', '2001:db9::'].map((text) =>
      hasAddress(some, parseAddress(text) ?? -1n),
    )
    expect(held).to.deep.equal([false, true, false, true, true, false])
  })
  it('keeps the families apart, though the last of one stands beside the first of the other', () => {
    expect(intersectAddresses(set('0.0.0.0/0'), set('::/0'))).to.deep.equal([])
    expect(ranges(set('255.255.255.255', '::'))).to.deep.equal(['255.255.255.255/32', '::/128'])
    expect(equalAddresses(set('0.0.0.0/0', '::/0'), ALL_ADDRESSES)).to.equal(true)
  })
  it('is made of the fewest ranges', () => {
    expect(ranges(set('10.0.0.0/9', '10.128.0.0/9'))).to.deep.equal(['10.0.0.0/8'])
    expect(ranges(subtractAddresses(set('10.0.0.0/30'), set('10.0.0.1')))).to.deep.equal(['10.0.0.0/32', '10.0.0.2/31'])
    expect(ranges(subtractAddresses(set('::/126'), set('::3')))).to.deep.equal(['::/127', '::2/128'])
  })
  it('reads in the shortest way', () => {
    expect(addressesText(set('10.0.0.7'))).to.equal('10.0.0.7')
    expect(addressesText(ALL_ADDRESSES)).to.equal('all addresses')
    expect(addressesText([])).to.equal('no address')
    expect(addressesText(subtractAddresses(set('0.0.0.0/0'), set('10.0.0.0/8', '192.168.0.0/16')))).to.equal(
      '0.0.0.0/0 except 10.0.0.0/8, 192.168.0.0/16',
    )
    expect(addressesText(subtractAddresses(set('0.0.0.0/0', '::/0'), set('0.0.0.0/8', 'fd00::/8')))).to.equal(
      '0.0.0.0/0 except 0.0.0.0/8; ::/0 except fd00::/8',
    )
    expect(addressesText(subtractAddresses(set('10.0.0.0/8', '192.168.0.0/16'), set('10.96.0.10')))).to.equal(
      '10.0.0.0/8 (except 10.96.0.10), 192.168.0.0/16',
    )
  })
  it('is cut where it is told to, and joined again', () => {
    const parts = cutAddresses(set('10.0.0.0/8', '2001:db8::/32'), set('10.1.0.0/16', '11.0.0.0/8'))
    expect(parts.map((part) => addressesText(part))).to.deep.equal([
      '10.0.0.0/16',
      '10.1.0.0/16',
      '10.0.0.0/8 except 10.0.0.0/15',
      '2001:db8::/32',
    ])
    expect(equalAddresses(joinParts(parts), set('10.0.0.0/8', '2001:db8::/32'))).to.equal(true)
  })
  it('is nothing where the text is neither an address nor a range that everybody reads alike', () => {
    for (const text of ['', 'web', '10.0.0.256', '010.0.0.1', '10.0.0.0/33', '::ffff:10.0.0.1', '1.2.3'])
      expect(parseAddresses(text), text).to.equal(undefined)
    expect(onlyAddress(set('10.0.0.0/31'))).to.equal(undefined)
  })
})
