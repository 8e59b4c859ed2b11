import { expect } from 'chai'
import type { PolicyPeer, PolicySpec, Rule } from '../../../src/desired/network/policy.ts'
import { allowsAll, baselineUnion, closes, policyUnion } from '../../../src/desired/network/union.ts'
import { labelled, TCP } from '../../support/build.ts'

const pods = (app: string): PolicyPeer => ({ podSelector: labelled({ app }) })

/** A policy for all pods that closes both directions and lets these in. */
function letsIn(...rules: readonly Rule[]): PolicySpec {
  const [first, ...more] = rules.map(({ peers: from, ports }) => ({ from, ...(ports && { ports }) }))
  return { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ...(first && { ingress: [first, ...more] }) }
}

const closed = letsIn()
const a: Rule = { peers: [pods('a')], ports: [TCP(80)] }
const b: Rule = { peers: [pods('b')] }

describe('the baseline on the way', () => {
  it('into a namespace that had none is open in both directions, until it is sealed', () => {
    const open = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] }
    expect(baselineUnion({ before: undefined, after: closed })).to.deep.equal(open)
    expect(baselineUnion({ before: closed, after: undefined })).to.deep.equal(open)
  })

  it('from one to another that closes as much lets in whom either lets in, and stays closed otherwise', () => {
    const union = baselineUnion({ before: letsIn(a), after: letsIn(b) })
    expect(union).to.deep.equal({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [...(letsIn(a).ingress ?? []), ...(letsIn(b).ingress ?? [])],
    })
  })

  it('opens only the direction that one end leaves open', () => {
    const onlyIngress: PolicySpec = { podSelector: {}, policyTypes: ['Ingress'] }
    expect(baselineUnion({ before: onlyIngress, after: closed })).to.deep.equal({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      egress: [{}],
    })
  })

  it('closes no direction that neither end closes', () => {
    const onlyIngress: PolicySpec = { podSelector: {}, policyTypes: ['Ingress'] }
    expect(baselineUnion({ before: onlyIngress, after: onlyIngress })).to.deep.equal(onlyIngress)
  })
})

describe('a policy for some pods, on the way', () => {
  const forWeb = (spec: Partial<PolicySpec>): PolicySpec => ({ podSelector: labelled({ app: 'web' }), policyTypes: ['Ingress'], ...spec })

  it('lets in whom either end lets in, in the directions of both', () => {
    const before = forWeb({ ingress: [{ from: [pods('a')] }] })
    const after = forWeb({ policyTypes: ['Egress'], egress: [{ to: [pods('b')] }] })
    expect(policyUnion(before, after)).to.deep.equal({
      podSelector: labelled({ app: 'web' }),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [pods('a')] }],
      egress: [{ to: [pods('b')] }],
    })
  })

  it('does not wake up rules that somebody left in a direction that the policy does not list', () => {
    const edited = forWeb({ egress: [{}] })
    const after = forWeb({ policyTypes: ['Egress'], egress: [{ to: [pods('b')] }] })
    expect(policyUnion(edited, after).egress).to.deep.equal([{ to: [pods('b')] }])
  })
})

describe('one policy allows all that another does', () => {
  const yes: readonly (readonly [string, PolicySpec, PolicySpec])[] = [
    ['if they are the same', letsIn(a, b), letsIn(a, b)],
    ['if it has more rules', letsIn(a, b), letsIn(b)],
    ['if its rule has more peers', letsIn({ peers: [pods('a'), pods('b')], ports: [TCP(80)] }), letsIn(a)],
    ['if its rule has more ports', letsIn({ peers: [pods('a')] }), letsIn(a)],
    ['if its ports are a range around the others', letsIn({ peers: [pods('a')], ports: [{ ...TCP(1), endPort: 100 }] }), letsIn(a)],
    ['if it allows everything', { ...closed, ingress: [{}] }, letsIn(a, b)],
    ['if the other one allows nothing', closed, closed],
    ["if the other one's rules have no effect", closed, { podSelector: {}, policyTypes: ['Egress'], ingress: [{}] }],
  ]
  for (const [when, wider, narrower] of yes) {
    it(when, () => {
      expect(allowsAll(wider, narrower)).to.equal(true)
    })
  }

  const no: readonly (readonly [string, PolicySpec, PolicySpec])[] = [
    ['if it has fewer rules', letsIn(a), letsIn(a, b)],
    ['if its rule has fewer peers', letsIn(a), letsIn({ peers: [pods('a'), pods('b')], ports: [TCP(80)] })],
    ['if its rule has fewer ports', letsIn(a), letsIn({ peers: [pods('a')] })],
    ['if the other one allows everything', letsIn(a, b), { ...closed, ingress: [{}] }],
    ['if its rule for everybody is for some ports only', { ...closed, ingress: [{ ports: [TCP(80)] } as never] }, letsIn(b)],
    [
      'if its rules have no effect, for it does not list their direction',
      { podSelector: {}, policyTypes: ['Egress'], ingress: [{}] },
      letsIn(a),
    ],
  ]
  for (const [when, wider, narrower] of no) {
    it(`not ${when}`, () => {
      expect(allowsAll(wider, narrower)).to.equal(false)
    })
  }
})

describe('a policy closes', () => {
  it('the directions that it lists, and none when it is not there', () => {
    expect(closes(closed, 'Egress')).to.equal(true)
    expect(closes({ podSelector: {}, policyTypes: ['Ingress'] }, 'Egress')).to.equal(false)
    expect(closes(undefined, 'Ingress')).to.equal(false)
  })
})
