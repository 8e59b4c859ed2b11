/** The CEL of src/admission/guards/selectors.ts, judged by the API server: the same as matchesSelector, thousands of times. */

import { expect } from 'chai'
import fc from 'fast-check'
import { validatingBinding } from '../../../src/admission/binding.ts'
import { cel } from '../../../src/admission/cel.ts'
import { matches, mentions, within } from '../../../src/admission/guards/selectors.ts'
import { named, validatingPolicy } from '../../../src/admission/policy.ts'
import { API_VERSION, KIND } from '../../../src/api/labels.ts'
import { isEmptySelector, type LabelRequirement, type LabelSelector, type Labels, matchesSelector } from '../../../src/api/selectors.ts'
import { TENANT_ISOLATIONS } from '../../../src/reconcile/resources.ts'
import { eventually } from '../../support/eventually.ts'
import { BINDINGS, EFFECTIVE, type GuardedCluster, guardedCluster, POLICIES, refusal } from '../../support/guards.ts'

const KEYS = ['a', 'example.com/b', 'constructor']
const VALUES = ['', 'x', 'y']
const PREFIX = 'selectors-of-guards'

/** Every set of labels with these keys and values. */
const UNIVERSE: readonly Labels[] = KEYS.reduce<Labels[]>(
  (all, key) => all.flatMap((labels) => [labels, ...VALUES.map((value) => ({ ...labels, [key]: value }))]),
  [{}],
)

const values = fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 2 })
const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
  fc.record({ key: fc.constantFrom(...KEYS), operator: fc.constantFrom('In', 'NotIn'), values }),
  fc.record({ key: fc.constantFrom(...KEYS), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
) as fc.Arbitrary<LabelRequirement>
const selector: fc.Arbitrary<LabelSelector> = fc.record(
  {
    matchLabels: fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES), { maxKeys: 2 }),
    matchExpressions: fc.array(requirement, { maxLength: 2 }),
  },
  { requiredKeys: [] },
)
const saying = selector.filter((candidate) => !isEmptySelector(candidate))

/** A resource whose labels and peer are what the policy below works out. */
function question(own: LabelSelector, peer: LabelSelector, labels: Labels) {
  const spec = { namespaceSelector: own, network: { ingress: [{ name: 'rule', from: [{ namespaceSelector: peer }] }] } }
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name: PREFIX, labels }, spec }
}

/** Refuses everything, and says in the refusal what it found. */
const CALCULATOR = validatingPolicy({
  name: `${PREFIX}.tenant-isolation.dev`,
  resourceRules: [{ apiGroups: ['tenant-isolation.dev'], apiVersions: ['*'], operations: ['CREATE'], resources: ['tenantisolations'] }],
  matchConditions: named({ asked: cel`object.metadata.name == ${PREFIX}` }),
  variables: named({
    own: cel`dyn(object).spec.namespaceSelector`,
    peer: cel`dyn(object).spec.network.ingress[0].from[0].namespaceSelector`,
    labels: cel`object.metadata.?labels.orValue({})`,
    keys: cel`variables.labels.map(k, k)`,
  }),
  validations: [
    {
      expression: cel`false`,
      message: 'no answer',
      messageExpression: cel`'matches=' + string(${matches(cel`variables.own`, cel`variables.labels`)}) + ' within=' + string(${within(cel`variables.peer`, cel`variables.own`)}) + ' mentions=' + string(${mentions(cel`variables.own`, cel`variables.keys`)})`,
    },
  ],
})

describe('label selectors in CEL', function () {
  this.timeout(120_000)
  let cluster: GuardedCluster

  before(async () => {
    cluster = await guardedCluster({ watched: false })
    await cluster.make(POLICIES, CALCULATOR as never)
    await cluster.make(BINDINGS, validatingBinding({ name: CALCULATOR.metadata.name, policy: CALCULATOR.metadata.name }) as never)
    await eventually(() => ask({ matchLabels: { a: 'x' } }, {}, {}), EFFECTIVE)
  })

  after(async () => {
    await cluster.clear()
  })

  async function ask(own: LabelSelector, peer: LabelSelector, labels: Labels) {
    const message = await refusal(cluster.admin.client.create(TENANT_ISOLATIONS, question(own, peer, labels) as never, { dryRun: true }))
    const [, matched, inside, mentioned] = /matches=(\w+) within=(\w+) mentions=(\w+)/.exec(message) ?? []
    expect(matched, message).to.be.a('string')
    return { matches: matched === 'true', within: inside === 'true', mentions: mentioned === 'true' }
  }

  it('match what matchesSelector matches', async () => {
    await fc.assert(
      fc.asyncProperty(saying, fc.constantFrom(...UNIVERSE), async (own, labels) => {
        expect((await ask(own, {}, labels)).matches).to.equal(matchesSelector(own, labels))
      }),
      { numRuns: 1_000 },
    )
  })

  it('are within another only when they match nothing that it does not match', async () => {
    await fc.assert(
      fc.asyncProperty(saying, selector, async (own, peer) => {
        const answer = await ask(own, peer, {})
        const stray = UNIVERSE.find((labels) => matchesSelector(peer, labels) && !matchesSelector(own, labels))
        if (answer.within) expect(stray, 'a namespace that is not the tenant’s').to.equal(undefined)
      }),
      { numRuns: 1_000 },
    )
  })

  it('are within themselves, whatever else they ask for', async () => {
    await fc.assert(
      fc.asyncProperty(saying, requirement, async (own, further) => {
        const narrower = { ...own, matchExpressions: [...(own.matchExpressions ?? []), further] }
        expect((await ask(own, narrower, {})).within).to.equal(true)
      }),
      { numRuns: 200 },
    )
  })

  it('mention every label that can change what they match', async () => {
    await fc.assert(
      fc.asyncProperty(saying, fc.constantFrom(...UNIVERSE), async (own, labels) => {
        const decides = matchesSelector(own, labels) !== matchesSelector(own, {})
        if (decides) expect((await ask(own, {}, labels)).mentions).to.equal(true)
      }),
      { numRuns: 200 },
    )
  })
})
