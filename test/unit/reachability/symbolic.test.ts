/** What a policy of somebody else opens, in words; test/property/reachability-symbolic.test.ts holds the judgement itself against pods. */

import { expect } from 'chai'
import { parse } from 'yaml'
import { openedBeyond, openingsOf, type Policy, readPolicies, type Space } from '../../../src/reachability/reachability.ts'

const read = (name: string, spec: string): Policy => {
  const [policy] = readPolicies([{ metadata: { namespace: 'shop', name }, spec: parse(spec) as object }]).policies
  if (!policy) throw new Error(`not a policy: ${spec}`)
  return policy
}

const BASELINE =
  '{podSelector: {}, policyTypes: [Ingress, Egress], egress: [{to: [{namespaceSelector: {matchLabels: {dns: "yes"}}}], ports: [{port: 53, protocol: UDP}]}]}'
const DATABASE =
  '{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}'

const elsewhere: readonly Space[] = [
  { name: 'cart', labels: { tenant: 'manning' }, policies: [read('tenant-isolation', BASELINE)] },
  { name: 'office', labels: { team: 'office' }, policies: [] },
]

/** What a policy in namespace shop, where ours are `ours`, opens: "crosses: text", or the text alone. */
function opens(spec: string, ours: readonly string[] = [BASELINE, DATABASE], spaces = elsewhere): readonly string[] {
  const [policy, own] = [read('foreign', spec), ours.map((one) => read('ours', one))]
  const here: Space = { name: 'shop', labels: { tenant: 'manning' }, policies: [...own, policy] }
  const matching = (team: string | undefined) => [here, ...spaces].filter(({ labels }) => team === undefined || labels.team === team)
  return openingsOf({
    policy,
    opened: openedBeyond(policy, own),
    here,
    spacesOf: (peer) => (peer && !peer.namespaceSelector ? [here] : matching(peer?.namespaceSelector?.selector.matchLabels?.team)),
    isInside: (namespace) => namespace !== 'office',
  }).map(({ crosses, text }) => `${crosses ? 'crosses: ' : ''}${text}`)
}

describe('what a policy of somebody else opens', () => {
  it('is nothing, if it only closes, or allows no more than ours', () => {
    expect(opens('{podSelector: {}}')).to.deep.equal([])
    expect(
      opens(
        '{podSelector: {matchLabels: {app: db, x: y}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}',
      ),
    ).to.deep.equal([])
    expect(
      opens(
        '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {dns: "yes", team: office}}}], ports: [{port: 53, protocol: UDP}]}]}',
      ),
    ).to.deep.equal([])
  })

  it('is nothing where ours do not close', () => {
    expect(opens('{podSelector: {}, ingress: [{}]}', ['{podSelector: {}, policyTypes: [Egress]}'])).to.deep.equal([])
    expect(opens('{podSelector: {matchLabels: {app: web}}, ingress: [{}]}', [DATABASE])).to.deep.equal([])
    expect(opens('{podSelector: {matchLabels: {app: db}}, ingress: [{}]}', [DATABASE])).to.deep.equal([
      'crosses: everybody may connect to pods app=db of namespace shop on all ports',
    ])
  })

  it('is told with what is new of it: other pods, other ports', () => {
    expect(opens('{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 5432}]}]}')).to.deep.equal(
      [],
    )
    const both =
      '{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}], ports: [{port: 5432}, {port: 22}, {port: ssh}]}], egress: [{to: [{podSelector: {}}]}]}'
    expect(opens(both)).to.deep.equal([
      'every pod of namespace shop may connect to pods app=db of namespace shop on TCP 22, 5432; TCP ssh',
      'pods app=db of namespace shop may connect to every pod of namespace shop on TCP 22, 5432; TCP ssh',
    ])
  })

  it('is a way out to addresses, to namespaces that close nothing, and to those of the tenant that let it in', () => {
    expect(
      opens(
        '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 443}]}]}',
      ),
    ).to.deep.equal(['crosses: every pod of namespace shop may connect to 10.0.0.0/8 except 10.1.0.0/16 on TCP 443'])
    expect(
      opens(
        '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {team: office}}, podSelector: {matchExpressions: [{key: app, operator: In, values: [a, b]}, {key: old, operator: DoesNotExist}]}}]}]}',
      ),
    ).to.deep.equal(['crosses: every pod of namespace shop may connect to pods !old,app in (a,b) of namespaces team=office on all ports'])
    expect(
      opens('{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}]}]}', [BASELINE], elsewhere.slice(0, 1)),
    ).to.deep.equal([])
  })

  it('is cut where its author was long-winded', () => {
    const values = Array.from({ length: 60 }, (_, number) => `value-${number}`).join(', ')
    const [text = ''] = opens(`{podSelector: {matchExpressions: [{key: app, operator: In, values: [${values}]}]}, ingress: [{}]}`)
    expect(text).to.match(/^crosses: everybody may connect to pods app in \(value-0,.*… of namespace shop on all ports$/)
    expect(text.length).to.be.lessThan(200)
  })

  it('may be too much, never too little, where ours are too many to be told apart', () => {
    const many = Array.from(
      { length: 12 },
      (_, number) =>
        `{podSelector: {matchLabels: {a${number}: x, b${number}: y}}, ingress: [{from: [{podSelector: {matchLabels: {c${number}: x, d${number}: y}}}]}]}`,
    )
    expect(
      opens('{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}], egress: [{to: [{podSelector: {}}]}]}', [
        BASELINE,
        ...many,
      ]),
    ).to.deep.equal([
      'every pod of namespace shop may, as far as can be told, connect to every pod of namespace shop on TCP 80',
      'every pod of namespace shop may connect to every pod of namespace shop on all ports',
    ])
  })
})
