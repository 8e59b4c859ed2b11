import { BlockList } from 'node:net'
import { expect } from 'chai'
import { internetPeers } from '../../../src/desired/network/internet.ts'
import { configurationWith } from '../../support/build.ts'

type Family = 'ipv4' | 'ipv6'

/** Whether the preset Internet reaches `address`, as a network would judge it. */
function reaches(address: string, configuration = configurationWith()): boolean {
  const family: Family = address.includes(':') ? 'ipv6' : 'ipv4'
  return internetPeers(configuration).some(
    (peer) =>
      'ipBlock' in peer &&
      holds(peer.ipBlock.cidr, address, family) &&
      !(peer.ipBlock.except ?? []).some((range) => holds(range, address, family)),
  )
}

function holds(cidr: string, address: string, family: Family): boolean {
  const [network = '', prefix = ''] = cidr.split('/')
  if (network.includes(':') !== (family === 'ipv6')) return false
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), family)
  return list.check(address, family)
}

describe('the Internet', () => {
  for (const address of [
    '1.1.1.1',
    '8.8.8.8',
    '11.0.0.1',
    '100.63.255.255',
    '172.32.0.1',
    '192.169.0.1',
    '2001:4860:4860::8888',
    '2606:4700::1111',
    '2a00::1',
  ]) {
    it(`is ${address}`, () => {
      expect(reaches(address)).to.equal(true)
    })
  }

  const closed: Readonly<Record<string, readonly string[]>> = {
    'private addresses': [
      '10.0.0.1',
      '10.255.255.255',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      '100.127.255.255',
      'fd00::1',
      'fc00::1',
    ],
    'the own machine, and the link': ['127.0.0.1', '0.0.0.0', '169.254.1.1', 'fe80::1', '::1', '::'],
    'metadata and credentials': [
      '169.254.169.254',
      '169.254.170.2',
      '169.254.170.23',
      '168.63.129.16',
      '100.100.100.200',
      'fd00:ec2::254',
      'fd00:ec2::23',
      'fd20:ce::254',
    ],
    'multicast, broadcast, reserved': ['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', 'ff02::1'],
    'documentation and benchmarks': ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '2001:db8::1', '3fff::1'],
    'IPv4 in the clothes of IPv6': ['2002:a00:1::', '2001:0:a00:1::', '64:ff9b::a00:1', '::ffff:10.0.0.1'],
  }
  for (const [what, addresses] of Object.entries(closed)) {
    it(`is not ${what}`, () => {
      expect(addresses.filter((address) => reaches(address))).to.deep.equal([])
    })
  }

  it("is not the cluster's own ranges, nor what the platform team counts as private, even if they are public addresses", () => {
    const configuration = configurationWith({
      cluster: { ranges: ['20.0.0.0/16', '2600::/32'] },
      privateRanges: ['30.1.0.0/16'],
      metadataAddresses: ['40.0.0.1/32'],
    })
    const all = ['20.0.1.1', '2600::1', '30.1.2.3', '40.0.0.1']
    expect(all.map((address) => reaches(address))).to.deep.equal([true, true, true, true])
    expect(all.map((address) => reaches(address, configuration))).to.deep.equal([false, false, false, false])
    expect(['20.1.0.1', '2600:1::1', '30.2.0.1', '40.0.0.2'].map((address) => reaches(address, configuration))).to.deep.equal([
      true,
      true,
      true,
      true,
    ])
  })

  it('is one peer per address family, and none where nothing is left', () => {
    const families = (privateRanges: string[]) =>
      internetPeers(configurationWith({ privateRanges })).map((peer) => 'ipBlock' in peer && peer.ipBlock.cidr)
    expect(families([])).to.deep.equal(['0.0.0.0/0', '2000::/3'])
    expect(families(['0.0.0.0/0'])).to.deep.equal(['2000::/3'])
    expect(families(['2000::/3'])).to.deep.equal(['0.0.0.0/0'])
    expect(families(['::/0', '0.0.0.0/0'])).to.deep.equal([])
    // Two halves are the whole, too, but NetworkPolicy may say so: no address is left.
    expect(internetPeers(configurationWith({ privateRanges: ['0.0.0.0/1', '128.0.0.0/1', '::/0'] }))).to.deep.equal([
      { ipBlock: { cidr: '0.0.0.0/0', except: ['0.0.0.0/1', '128.0.0.0/1'] } },
    ])
  })

  it('names no range inside another one', () => {
    const [v4] = internetPeers(configurationWith({ cluster: { ranges: ['10.244.0.0/16', '10.96.0.0/12'] } }))
    const except = v4 && 'ipBlock' in v4 ? (v4.ipBlock.except ?? []) : []
    expect(except).to.include('10.0.0.0/8').and.not.to.include.members(['10.244.0.0/16'])
    expect(except).not.to.include('10.96.0.0/12')
  })
})
