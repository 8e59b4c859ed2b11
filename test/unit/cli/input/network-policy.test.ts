/** NetworkPolicies from files: understood as the API server understands them, or refused. */

import { expect } from 'chai'
import { readNetworkPolicy } from '../../../../src/cli/input/kinds/network-policy.ts'

const policy = (spec: unknown, metadata: object = { namespace: 'shop', name: 'p' }) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata,
  spec,
})

const violationsOf = (spec: unknown): readonly string[] => {
  const reading = readNetworkPolicy(policy(spec))
  return 'violations' in reading ? reading.violations : []
}

const from = (peer: unknown) => ({ podSelector: {}, ingress: [{ from: [peer] }] })
const ports = (port: unknown) => ({ podSelector: {}, ingress: [{ ports: [port] }] })

describe('a NetworkPolicy', () => {
  it('is kept as it is written, without what only the API server needs', () => {
    const spec = {
      podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {},
        { from: [{ namespaceSelector: {} }, { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 'http' }] },
      ],
      egress: [
        { to: [{ podSelector: {}, namespaceSelector: { matchLabels: { a: 'b' } } }], ports: [{ protocol: 'SCTP', port: 80, endPort: 90 }] },
      ],
    }
    const reading = readNetworkPolicy({ ...policy(spec, { namespace: 'shop', name: 'p', managedFields: [{}] }), status: {} })
    expect(reading).to.deep.equal({
      value: policy(spec, { namespace: 'shop', name: 'p', labels: {}, annotations: {}, ownerReferences: [] }),
    })
  })

  it('selects all pods when its podSelector has nothing behind it, as in the book', () => {
    expect(readNetworkPolicy(policy({ podSelector: null })))
      .to.have.nested.property('value.spec')
      .that.deep.equals({})
  })

  it('may have ranges with bits behind their length, which older API servers have let through', () => {
    expect(violationsOf(from({ ipBlock: { cidr: '192.168.1.1/24' } }))).to.deep.equal([])
  })

  for (const [what, spec, sentence] of [
    ['no spec', undefined, 'spec: Required value'],
    ['a misspelt field', { podSelector: {}, ingres: [] }, 'spec.ingres: unknown field'],
    [
      'a field of a newer Kubernetes',
      from({ podSelector: {}, serviceAccount: 'x' }),
      'spec.ingress[0].from[0].serviceAccount: unknown field',
    ],
    ['a peer without a form', from({}), 'spec.ingress[0].from[0]: a peer is either an ipBlock'],
    ['a peer whose selector has nothing behind it', from({ podSelector: null }), 'spec.ingress[0].from[0]: a peer is either an ipBlock'],
    ['a peer with two forms', from({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }), 'a peer is either an ipBlock'],
    [
      'an empty item, which Go reads as a rule that lets everybody through',
      { podSelector: {}, ingress: [null] },
      'spec.ingress[0]: nothing is written here',
    ],
    ['what is no range', from({ ipBlock: { cidr: '10.0.0.0' } }), 'spec.ingress[0].from[0].ipBlock.cidr: write a range'],
    ['leading zeros', from({ ipBlock: { cidr: '010.0.0.0/8' } }), 'ipBlock.cidr: write a range'],
    ['an except that is all of it', from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }), 'must lie strictly inside cidr'],
    ['an except of another family', from({ ipBlock: { cidr: '10.0.0.0/8', except: ['2001:db8::/32'] } }), 'must lie strictly inside cidr'],
    ['a port above 65535', ports({ port: 70000 }), 'spec.ingress[0].ports[0].port: write a number from 1 to 65535'],
    ['a number in quotes', ports({ port: '80' }), 'ports[0].port: write a number from 1 to 65535, or the name'],
    ['an endPort behind a name', ports({ port: 'http', endPort: 90 }), 'endPort needs a port that is a number'],
    ['an endPort below the port', ports({ port: 90, endPort: 80 }), 'endPort needs a port that is a number'],
    ['an unknown protocol', ports({ protocol: 'ICMP' }), 'ports[0].protocol: supported values: "TCP", "UDP", "SCTP"'],
    ['an unknown direction', { podSelector: {}, policyTypes: ['Both'] }, 'spec.policyTypes[0]: supported values'],
    ['In without values', { podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }, 'values must list at least one value'],
    ['an unknown operator', { podSelector: { matchExpressions: [{ key: 'a', operator: 'in' }] } }, 'operator: supported values'],
    [
      'a label value that is none',
      { podSelector: { matchLabels: { app: 'not a value' } } },
      'spec.podSelector.matchLabels.app: write a label value',
    ],
    [
      'a label value that is a number',
      { podSelector: { matchLabels: { app: 1 } } },
      'spec.podSelector.matchLabels.app: must be of type string',
    ],
    [
      'a label without a value',
      { podSelector: { matchLabels: { app: null } } },
      'spec.podSelector.matchLabels.app: must be of type string',
    ],
    ['a label key that is none', { podSelector: { matchLabels: { '-app': 'x' } } }, 'write a label key'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      expect(violationsOf(spec).join('\n')).to.include(sentence)
    })
  }

  it('is refused without a name', () => {
    expect(readNetworkPolicy(policy({ podSelector: {} }, { namespace: 'shop' }))).to.deep.equal({
      violations: ['metadata.name: Required value'],
    })
  })

  it('is refused with a label called __proto__, which a selector would otherwise lose', () => {
    const hidden = JSON.parse('{"podSelector": {"matchLabels": {"__proto__": "x"}}}')
    expect(violationsOf(hidden)).to.deep.equal(['spec.podSelector.matchLabels.__proto__: unknown field, and not a label key either'])
  })
})
