import { expect } from 'chai'
import type { LabelSelector } from '../../../src/api/selectors.ts'
import { canonicalPeer, canonicalPorts, canonicalSelector } from '../../../src/desired/network/canonical.ts'
import { mergeRules } from '../../../src/desired/network/merge.ts'
import type { PolicyPeer, Rule } from '../../../src/desired/network/policy.ts'
import { labelled, TCP, UDP } from '../../support/build.ts'

const [a, b, c] = ['a', 'b', 'c'].map((app): PolicyPeer => ({ podSelector: labelled({ app }) })) as [PolicyPeer, PolicyPeer, PolicyPeer]
const everyPod: PolicyPeer = { podSelector: {} }

describe('a selector', () => {
  const same: readonly (readonly [string, LabelSelector, LabelSelector])[] = [
    ['the order of labels', { matchLabels: { b: '2', a: '1' } }, { matchLabels: { a: '1', b: '2' } }],
    ['empty members', { matchLabels: {}, matchExpressions: [] }, {}],
    ['In with one value', { matchExpressions: [{ key: 'a', operator: 'In', values: ['1'] }] }, { matchLabels: { a: '1' } }],
    ['In with one value, twice', { matchExpressions: [{ key: 'a', operator: 'In', values: ['1', '1'] }] }, { matchLabels: { a: '1' } }],
    [
      'In and the label that says the same',
      { matchLabels: { a: '1' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['1'] }] },
      { matchLabels: { a: '1' } },
    ],
    [
      'the order of values',
      { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['2', '1', '2'] }] },
      { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1', '2'] }] },
    ],
    [
      'an empty list of values',
      { matchExpressions: [{ key: 'a', operator: 'Exists', values: [] }] },
      { matchExpressions: [{ key: 'a', operator: 'Exists' }] },
    ],
    [
      'a requirement twice',
      {
        matchExpressions: [
          { key: 'a', operator: 'Exists' },
          { key: 'a', operator: 'Exists' },
        ],
      },
      { matchExpressions: [{ key: 'a', operator: 'Exists' }] },
    ],
    [
      'the order of two values that contradict each other',
      {
        matchExpressions: [
          { key: 'a', operator: 'In', values: ['2'] },
          { key: 'a', operator: 'In', values: ['1'] },
        ],
      },
      {
        matchExpressions: [
          { key: 'a', operator: 'In', values: ['1'] },
          { key: 'a', operator: 'In', values: ['2'] },
        ],
      },
    ],
  ]
  for (const [what, one, other] of same) {
    it(`is written the same way, whatever ${what}`, () => {
      expect(JSON.stringify(canonicalSelector(one))).to.equal(JSON.stringify(canonicalSelector(other)))
    })
  }

  it('keeps a contradiction, which selects nothing', () => {
    const selector = canonicalSelector({ matchLabels: { a: '1' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['2'] }] })
    expect(selector).to.deep.equal({ matchLabels: { a: '1' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['2'] }] })
  })

  it('keeps labels that are called like members of every object', () => {
    expect(canonicalSelector(labelled({ constructor: 'x', toString: 'y' }))).to.deep.equal({
      matchLabels: { constructor: 'x', toString: 'y' },
    })
  })

  it('in a peer stays an empty one, and an absent one stays absent', () => {
    expect(canonicalPeer({ namespaceSelector: { matchLabels: {} } })).to.deep.equal({ namespaceSelector: {} })
    expect(canonicalPeer({ podSelector: {}, namespaceSelector: {} })).to.deep.equal({ podSelector: {}, namespaceSelector: {} })
  })
})

describe('ports', () => {
  const cases: readonly (readonly [string, Parameters<typeof canonicalPorts>[0], readonly object[]])[] = [
    ['are written once', [TCP(80), TCP(80)], [TCP(80)]],
    ['of different protocols stay', [TCP(53), UDP(53)], [TCP(53), UDP(53)]],
    ['in a range are dropped', [TCP(80), { ...TCP(1), endPort: 100 }, { ...TCP(50), endPort: 60 }], [{ ...TCP(1), endPort: 100 }]],
    [
      'that only overlap stay',
      [
        { ...TCP(1), endPort: 10 },
        { ...TCP(5), endPort: 15 },
      ],
      [
        { ...TCP(1), endPort: 10 },
        { ...TCP(5), endPort: 15 },
      ],
    ],
    ['in a range of another protocol stay', [UDP(80), { ...TCP(1), endPort: 100 }], [UDP(80), { ...TCP(1), endPort: 100 }]],
    ['are all covered by the protocol alone', [TCP(), TCP(80), TCP('http'), { ...TCP(1), endPort: 9 }, UDP(80)], [TCP(), UDP(80)]],
    ['by name are not covered by any range', [TCP('http'), { ...TCP(1), endPort: 65535 }], [TCP('http'), { ...TCP(1), endPort: 65535 }]],
    ['that end where they begin are one port', [{ ...TCP(80), endPort: 80 }, TCP(80)], [TCP(80)]],
  ]
  for (const [what, ports, expected] of cases) {
    it(what, () => {
      expect(canonicalPorts(ports)).to.have.deep.members(expected)
    })
  }
})

describe('rules', () => {
  it('with the same ports become one', () => {
    expect(
      mergeRules([
        { peers: [a], ports: [TCP(80)] },
        { peers: [b], ports: [TCP(80)] },
      ]),
    ).to.deep.equal([{ peers: [a, b], ports: [TCP(80)] }])
  })

  it('with the same peers become one', () => {
    expect(
      mergeRules([
        { peers: [a, b], ports: [TCP(80)] },
        { peers: [b, a], ports: [UDP(80)] },
      ]),
    ).to.deep.equal([{ peers: [a, b], ports: [TCP(80), UDP(80)] }])
  })

  it('with the same peers, one of them for every port, become that one', () => {
    expect(mergeRules([{ peers: [a], ports: [TCP(80)] }, { peers: [a] }])).to.deep.equal([{ peers: [a] }])
  })

  it('with other peers and other ports stay apart', () => {
    const rules: Rule[] = [
      { peers: [a], ports: [TCP(80)] },
      { peers: [b], ports: [TCP(81)] },
    ]
    expect(mergeRules(rules)).to.have.deep.members(rules)
  })

  it('are dropped when another one says more', () => {
    const wider: Rule = { peers: [a, b, c], ports: [{ ...TCP(1), endPort: 100 }] }
    expect(mergeRules([{ peers: [a, b], ports: [TCP(80)] }, wider, { peers: [c], ports: [TCP(8), TCP(9)] }])).to.deep.equal([wider])
  })

  it('are not dropped for one that says the same of fewer ports', () => {
    const rules: Rule[] = [
      { peers: [a, b], ports: [TCP(80)] },
      { peers: [a], ports: [TCP(80), TCP(81)] },
    ]
    expect(mergeRules(rules)).to.have.deep.members(rules)
  })

  it('are joined step by step, as long as something changes', () => {
    const merged = mergeRules([
      { peers: [a], ports: [TCP(1)] },
      { peers: [b], ports: [TCP(1)] },
      { peers: [a], ports: [TCP(2)] },
      { peers: [b], ports: [TCP(2)] },
    ])
    expect(merged).to.deep.equal([{ peers: [a, b], ports: [TCP(1), TCP(2)] }])
  })

  it('for all pods of a namespace do not swallow those for some, which say more to people', () => {
    expect(mergeRules([{ peers: [everyPod] }, { peers: [a] }])).to.deep.equal([{ peers: [a, everyPod] }])
  })

  it('are none when there are none', () => {
    expect(mergeRules([])).to.deep.equal([])
  })
})
