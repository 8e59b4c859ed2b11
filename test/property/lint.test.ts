/** What lint says of random resources is true: what it calls implied can be taken away, and nothing changes. The judge knows nothing of src/. */

import { expect } from 'chai'
import fc from 'fast-check'
import type { Network } from '../../src/api/network.ts'
import { type Labels, matchesSelector } from '../../src/api/selectors.ts'
import { tenantPolicies } from '../../src/desired/network/policies.ts'
import { grantsOfTenant } from '../../src/lint/grants.ts'
import type { LintInput, LintTenant } from '../../src/lint/input.ts'
import { LINT_RULES, lint } from '../../src/lint/lint.ts'
import { implied } from '../../src/lint/rules/implied.ts'
import { networkOf, readCluster } from '../../src/reachability/reachability.ts'
import * as arbitrary from '../support/arbitrary.ts'
import { tenantIsolation } from '../support/build.ts'
import { flowsAround } from '../support/flows.ts'
import { policiesAllow } from '../support/naive-network.ts'

const situation = fc.record({
  network: arbitrary.network,
  namespaceSelector: arbitrary.nonEmptySelector,
  facts: arbitrary.facts,
  namespaces: fc.array(arbitrary.labels, { minLength: 1, maxLength: 3 }),
  pods: fc.array(arbitrary.labels, { minLength: 1, maxLength: 3 }),
})
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never

function inputOf({ network, namespaceSelector, facts, namespaces, pods }: Situation): LintInput {
  const named = namespaces.map((labels, index) => ({ name: `n${index}`, labels }))
  const { cluster } = readCluster({
    namespaces: named,
    pods: named.flatMap(({ name: namespace }) =>
      pods.map((labels, index) => ({
        namespace,
        name: `p${index}`,
        labels,
        addresses: [],
        nodeAddresses: [],
        hostNetwork: false,
        ports: [],
      })),
    ),
  })
  const resource = tenantIsolation({ network, namespaceSelector }) as unknown as LintTenant['resource']
  const tenant: LintTenant = {
    resource,
    enforced: true,
    namespaces: named.filter(({ labels }) => matchesSelector(namespaceSelector, labels)).map(({ name }) => name),
  }
  const grants = grantsOfTenant(tenant, facts, (name) => cluster.namespaces.get(name) ?? {})
  return { tenants: [tenant], services: [], network: networkOf(cluster, []), facts, grants, knowsNamespaces: true }
}

/** The network without the rule at "spec.network.ingress[2]". */
function without(network: Network, field: string): Network {
  const [, direction = '', index = ''] = /^spec\.network\.(ingress|egress)\[(\d+)\]$/.exec(field) ?? []
  if (direction !== 'ingress' && direction !== 'egress') throw new Error(`${field} is no rule`)
  return { ...network, [direction]: network[direction]?.filter((_, at) => at !== Number(index)) }
}

function expectSameFlows(given: Situation, fewer: Network, field: string): void {
  const specsOf = (network: Network, labels: Labels) =>
    tenantPolicies(network, given.namespaceSelector, given.facts)
      .of(labels)
      .map(({ spec }) => spec)
  for (const namespace of given.namespaces) {
    const before = specsOf(given.network, namespace)
    const after = specsOf(fewer, namespace)
    const flows = flowsAround(before.flatMap(({ ingress = [], egress = [] }) => [...ingress, ...egress]))
    for (const pod of given.pods) {
      for (const direction of ['Ingress', 'Egress'] as const) {
        const changed = flows.find((flow) => policiesAllow(before, pod, direction, flow) !== policiesAllow(after, pod, direction, flow))
        if (changed) expect.fail(`without ${field}, ${direction} of ${JSON.stringify(pod)} changes: ${JSON.stringify(changed)}`)
      }
    }
  }
}

describe('for every resource', function () {
  this.timeout(120_000)

  it('a rule that lint calls implied can go, and every flow stays as it is', () => {
    let seen = 0
    fc.assert(
      fc.property(situation, (given) => {
        for (const { field } of implied.check(inputOf(given))) {
          seen++
          expectSameFlows(given, without(given.network, field), field)
        }
      }),
      { numRuns: 300 },
    )
    expect(seen, 'implied rules looked at').to.be.greaterThan(20)
  })

  it('lint says something sensible, and the same again: every finding names a code, an object and a sentence', () => {
    const codes = new Set(LINT_RULES.map(({ code }) => code))
    const found = new Set<string>()
    fc.assert(
      fc.property(situation, (given) => {
        const { findings } = lint(inputOf(given))
        for (const { code, object, message } of findings) {
          found.add(code)
          expect(codes.has(code)).to.equal(true)
          expect(object).to.deep.equal({ kind: 'TenantIsolation', name: 'manning' })
          expect(message).to.match(/^[^\n]{20,}[^.]$/)
        }
        expect(lint(inputOf(given)).findings).to.deep.equal(findings)
      }),
      { numRuns: 200 },
    )
    expect([...found].sort()).to.include.members(['TI001', 'TI003', 'TI006', 'TI007', 'TI008', 'TI010'])
  })
})
