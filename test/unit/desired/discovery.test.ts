import { expect } from 'chai'
import { apiServerDestination, dnsDestination, type EndpointSlice, type Service } from '../../../src/desired/network/discovery.ts'
import { labelled, TCP, UDP } from '../../support/build.ts'

type Spec = NonNullable<Service['spec']>

const address = (cidr: string) => ({ ipBlock: { cidr } })

function service(spec: Spec, namespace = 'kube-system', name = 'kube-dns'): Service {
  return { metadata: { namespace, name }, spec }
}

function slice(addresses: readonly string[], ports: EndpointSlice['ports'], addressType = 'IPv4'): EndpointSlice {
  return { addressType, endpoints: addresses.map((one) => ({ addresses: [one] })), ...(ports && { ports }) }
}

const DNS_PORTS: NonNullable<Spec['ports']> = [
  { name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 },
  { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 53 },
  { name: 'metrics', protocol: 'TCP', port: 9153, targetPort: 9153 },
]
const KUBE_DNS = service({ selector: { 'k8s-app': 'kube-dns' }, clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'], ports: DNS_PORTS })
const KUBE_DNS_SLICE = slice(
  ['10.244.0.2', '10.244.0.3'],
  [
    { name: 'dns', protocol: 'UDP', port: 53 },
    { name: 'dns-tcp', protocol: 'TCP', port: 53 },
    { name: 'metrics', protocol: 'TCP', port: 9153 },
  ],
)

const podsOf = (namespace: string, labels: Record<string, string>) => ({
  namespaceSelector: labelled({ 'kubernetes.io/metadata.name': namespace }),
  podSelector: labelled(labels),
})
const KUBE_DNS_PODS = podsOf('kube-system', { 'k8s-app': 'kube-dns' })

/** Every port that is opened for this peer. */
function portsFor(destination: ReturnType<typeof dnsDestination>, peer: object) {
  return (destination?.endpoints ?? [])
    .filter(({ peers }) => peers.some((one) => JSON.stringify(one) === JSON.stringify(peer)))
    .flatMap(({ ports }) => ports)
}

describe("the cluster's DNS", () => {
  it('as kubeadm sets it up: its pods and the address of its Service, on 53 over UDP and TCP', () => {
    expect(dnsDestination(KUBE_DNS, [KUBE_DNS_SLICE], [])).to.deep.equal({
      source: 'Service kube-system/kube-dns',
      addresses: ['10.96.0.10/32'],
      endpoints: [
        {
          peers: [address('10.96.0.10/32'), { podSelector: KUBE_DNS_PODS.podSelector, namespaceSelector: KUBE_DNS_PODS.namespaceSelector }],
          ports: [TCP(53), UDP(53)],
        },
      ],
      origins: [KUBE_DNS_PODS],
    })
  })

  it('keeps its metrics port closed', () => {
    expect(JSON.stringify(dnsDestination(KUBE_DNS, [KUBE_DNS_SLICE], []))).not.to.include('9153')
  })

  it('as OpenShift sets it up: its pods on 5353, the Service on 53', () => {
    const ports = [
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 'dns' },
      { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 'dns-tcp' },
      { name: 'metrics', protocol: 'TCP', port: 9154, targetPort: 'metrics' },
    ]
    const selector = { 'dns.operator.openshift.io/daemonset-dns': 'default' }
    const found = dnsDestination(
      service({ selector, clusterIP: '172.30.0.10', clusterIPs: ['172.30.0.10'], ports }, 'openshift-dns', 'dns-default'),
      [
        slice(
          ['10.128.0.5'],
          [
            { name: 'dns', protocol: 'UDP', port: 5353 },
            { name: 'dns-tcp', protocol: 'TCP', port: 5353 },
            { name: 'metrics', protocol: 'TCP', port: 9154 },
          ],
        ),
      ],
      [],
    )
    expect(found?.source).to.equal('Service openshift-dns/dns-default')
    expect(portsFor(found, address('172.30.0.10/32'))).to.have.deep.members([TCP(53), UDP(53)])
    expect(found?.endpoints.find(({ peers }) => peers.some((peer) => 'podSelector' in peer))).to.deep.equal({
      peers: [podsOf('openshift-dns', selector)],
      ports: [TCP(5353), UDP(5353)],
    })
  })

  it('without endpoints: on the ports that the Service names as targets', () => {
    const found = dnsDestination(
      service({
        ...KUBE_DNS.spec,
        ports: [
          { name: 'dns', protocol: 'UDP', port: 53, targetPort: 'dns-udp' },
          { name: 'dns-tcp', port: 53 },
        ],
      }),
      [],
      [],
    )
    expect(found?.endpoints).to.have.deep.members([
      { peers: [address('10.96.0.10/32')], ports: [TCP(53), UDP(53)] },
      { peers: [KUBE_DNS_PODS], ports: [UDP('dns-udp'), TCP(53)] },
    ])
  })

  it('that listens on several ports while it moves: on all of them', () => {
    const moving = [
      slice(['10.244.0.2'], [{ name: 'dns', protocol: 'UDP', port: 53 }]),
      slice(['10.244.0.3'], [{ name: 'dns', protocol: 'UDP', port: 5353 }]),
    ]
    const found = dnsDestination(service({ ...KUBE_DNS.spec, clusterIPs: ['None'], ports: DNS_PORTS.slice(0, 1) }), moving, [])
    expect(found?.endpoints).to.deep.equal([{ peers: [KUBE_DNS_PODS], ports: [UDP(53), UDP(5353)] }])
  })

  it('with a headless Service: its pods only', () => {
    const found = dnsDestination(service({ ...KUBE_DNS.spec, clusterIP: 'None', clusterIPs: ['None'] }), [KUBE_DNS_SLICE], [])
    expect(found?.addresses).to.deep.equal([])
    expect(found?.endpoints).to.deep.equal([{ peers: [KUBE_DNS_PODS], ports: [TCP(53), UDP(53)] }])
  })

  for (const [name, selector] of [
    ['without a selector', undefined],
    ['with an empty selector', {}],
  ] as const) {
    it(`with a Service ${name}: the addresses of its endpoints, and never all pods`, () => {
      const { selector: _, ...spec } = KUBE_DNS.spec ?? {}
      const found = dnsDestination(service({ ...spec, ...(selector && { selector }) }), [KUBE_DNS_SLICE], [])
      expect(found?.endpoints).to.deep.equal([
        { peers: ['10.244.0.2/32', '10.244.0.3/32', '10.96.0.10/32'].map(address), ports: [TCP(53), UDP(53)] },
      ])
      expect(found?.origins).to.deep.equal(['10.244.0.2/32', '10.244.0.3/32'].map(address))
    })
  }

  it('in two address families: /32 for IPv4, /128 for IPv6', () => {
    const { selector: _, ...spec } = KUBE_DNS.spec ?? {}
    const v6 = slice(['fd00:10:244::2'], KUBE_DNS_SLICE.ports, 'IPv6')
    const found = dnsDestination(service({ ...spec, clusterIPs: ['10.96.0.10', 'fd00:10:96::A'] }), [KUBE_DNS_SLICE, v6], [])
    expect(found?.addresses).to.deep.equal(['10.96.0.10/32', 'fd00:10:96::a/128'])
    expect(found?.origins).to.deep.equal(['10.244.0.2/32', '10.244.0.3/32', 'fd00:10:244::2/128'].map(address))
    expect(portsFor(found, address('fd00:10:96::a/128'))).to.have.deep.members([TCP(53), UDP(53)])
  })

  it('with caches on the nodes: those, too, and they are shown', () => {
    const found = dnsDestination(KUBE_DNS, [KUBE_DNS_SLICE], ['169.254.20.10/32'])
    expect(portsFor(found, address('169.254.20.10/32'))).to.deep.equal([TCP(53), UDP(53)])
    expect(found?.addresses).to.deep.equal(['10.96.0.10/32', '169.254.20.10/32'])
    expect(found?.origins).to.deep.equal([KUBE_DNS_PODS])
  })

  it('whose endpoints are names, not addresses, has none that a policy could name', () => {
    const { selector: _, clusterIPs: __, clusterIP: ___, ...spec } = KUBE_DNS.spec ?? {}
    expect(dnsDestination(service(spec), [slice(['dns.example.com'], KUBE_DNS_SLICE.ports, 'FQDN')], [])).to.equal(undefined)
  })

  it('is the same whatever the order of its endpoints', () => {
    const { selector: _, ...spec } = KUBE_DNS.spec ?? {}
    const slices = [slice(['10.244.0.9'], KUBE_DNS_SLICE.ports), KUBE_DNS_SLICE]
    expect(dnsDestination(service(spec), slices, [])).to.deep.equal(dnsDestination(service(spec), [...slices].reverse(), []))
  })

  it('is unknown without a Service, without a spec, and without a port for DNS', () => {
    expect(dnsDestination(undefined, [], ['169.254.20.10/32'])).to.equal(undefined)
    expect(dnsDestination({ metadata: { namespace: 'kube-system', name: 'kube-dns' } }, [], [])).to.equal(undefined)
    expect(dnsDestination(service({ selector: { a: 'b' }, clusterIP: 'None', ports: [{ name: 'metrics', port: 9153 }] }), [], [])).to.equal(
      undefined,
    )
    expect(dnsDestination(service({}), [{ addressType: 'IPv4', endpoints: null, ports: null }], [])).to.equal(undefined)
  })
})

describe('the API server', () => {
  const kubernetes = (...clusterIPs: string[]) =>
    service({ clusterIPs, ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }] }, 'default', 'kubernetes')
  const https = [{ name: 'https', protocol: 'TCP', port: 6443 }]

  it('is its addresses on their port, and the address of its Service on the port of the Service', () => {
    expect(apiServerDestination(kubernetes('10.96.0.1'), [slice(['172.18.0.2'], https)])).to.deep.equal({
      source: 'Service default/kubernetes',
      addresses: ['10.96.0.1/32', '172.18.0.2/32'],
      endpoints: [
        { peers: [address('10.96.0.1/32')], ports: [TCP(443)] },
        { peers: [address('172.18.0.2/32')], ports: [TCP(6443)] },
      ],
      origins: [address('172.18.0.2/32')],
    })
  })

  it('on IPv6 is /128, never /32', () => {
    const found = apiServerDestination(kubernetes('fd00:10:96::1'), [slice(['fd00:172::2'], https, 'IPv6')])
    expect(found?.addresses).to.deep.equal(['fd00:10:96::1/128', 'fd00:172::2/128'])
    expect(found?.origins).to.deep.equal([address('fd00:172::2/128')])
  })

  it('on several machines, with different ports, is each on its own port', () => {
    const found = apiServerDestination(undefined, [
      slice(['172.18.0.2', '172.18.0.3'], https),
      slice(['172.18.0.4'], [{ name: 'https', protocol: 'TCP', port: 443 }]),
    ])
    expect(found?.endpoints).to.deep.equal([
      { peers: [address('172.18.0.2/32'), address('172.18.0.3/32')], ports: [TCP(6443)] },
      { peers: [address('172.18.0.4/32')], ports: [TCP(443)] },
    ])
  })

  it('without its Service is its addresses alone', () => {
    expect(apiServerDestination(undefined, [slice(['172.18.0.2'], https)])?.addresses).to.deep.equal(['172.18.0.2/32'])
  })

  it('without endpoints is unknown: the address of the Service alone would be a guess', () => {
    expect(apiServerDestination(kubernetes('10.96.0.1'), [])).to.equal(undefined)
    expect(apiServerDestination(kubernetes('10.96.0.1'), [slice([], https)])).to.equal(undefined)
    expect(apiServerDestination(kubernetes('10.96.0.1'), [slice(['api.example.com'], https, 'FQDN')])).to.equal(undefined)
  })

  it('with endpoints that are no addresses leaves those out, and never guesses', () => {
    const found = apiServerDestination(undefined, [slice(['::ffff:172.18.0.2', '172.18.0.02', '', '172.18.0.3'], https)])
    expect(found?.origins).to.deep.equal([address('172.18.0.3/32')])
    expect(apiServerDestination(undefined, [slice(['172.18.0.02'], https)])).to.equal(undefined)
  })

  it('with endpoints that name no port is unknown', () => {
    expect(apiServerDestination(undefined, [slice(['172.18.0.2'], [])])).to.equal(undefined)
    expect(apiServerDestination(undefined, [slice(['172.18.0.2'], [{ name: 'https' }])])).to.equal(undefined)
  })
})
