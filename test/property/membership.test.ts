/** Who owns which namespace, worked out change by change, is what working it out from nothing would say. */

import { expect } from 'chai'
import fc from 'fast-check'
import { type LabelSelector, matchesSelector } from '../../src/api/selectors.ts'
import { type Claimant, Membership } from '../../src/reconcile/membership.ts'

const KEYS = ['tenant', 'team', 'env']
const VALUES = ['a', 'b']

const labels = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES), { maxKeys: 3 })
const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  labels.filter((all) => Object.keys(all).length > 0).map((matchLabels) => ({ matchLabels })),
  fc
    .record({ key: fc.constantFrom(...KEYS), values: fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1 }) })
    .map(({ key, values }) => ({
      matchExpressions: [{ key, operator: 'NotIn' as const, values }],
    })),
)

type Change =
  | { readonly namespace: string; readonly labels: Readonly<Record<string, string>> | undefined }
  | { readonly tenant: string; readonly selector: LabelSelector | undefined; readonly age: number }

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ namespace: fc.constantFrom('n1', 'n2', 'n3', 'n4'), labels: fc.option(labels, { nil: undefined, freq: 4 }) }),
  fc.record({
    tenant: fc.constantFrom('t1', 't2', 't3', 't4'),
    selector: fc.option(selector, { nil: undefined, freq: 4 }),
    age: fc.nat({ max: 2 }),
  }),
)

describe('membership', () => {
  it('is the same, change by change, as worked out from nothing', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const membership = new Membership()
        const namespaces = new Map<string, Readonly<Record<string, string>>>()
        const claimants = new Map<string, Claimant>()
        for (const change of changes) {
          const before = new Map([...namespaces.keys()].map((name) => [name, membership.selectedBy(name)]))
          const told = apply(change, membership, namespaces, claimants)
          for (const [name, own] of namespaces) {
            const expected = [...claimants.values()]
              .filter(({ namespaceSelector }) => matchesSelector(namespaceSelector, own))
              .sort((a, b) => a.creationTimestamp.localeCompare(b.creationTimestamp) || a.name.localeCompare(b.name))
              .map(({ name }) => name)
            expect(membership.selectedBy(name), name).to.deep.equal(expected)
            expect(membership.ownerOf(name)).to.equal(expected[0])
            if (before.get(name)?.join() !== expected.join() && (before.get(name) ?? []).length + expected.length > 0)
              expect(told, `a change of ${name} is told`).to.include(name)
          }
          for (const tenant of claimants.keys()) {
            const owned = [...namespaces.keys()].filter((name) => membership.ownerOf(name) === tenant)
            expect([...membership.namespacesOf(tenant)].sort()).to.deep.equal(owned.sort())
            const contested = [...namespaces.keys()].filter((name) => membership.selectedBy(name).indexOf(tenant) > 0)
            expect([...membership.contestedBy(tenant)].sort()).to.deep.equal(contested.sort())
          }
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

/** The namespaces that the membership names as changed. */
function apply(
  change: Change,
  membership: Membership,
  namespaces: Map<string, Readonly<Record<string, string>>>,
  claimants: Map<string, Claimant>,
): string[] {
  if ('namespace' in change) {
    const { namespace, labels } = change
    if (labels) namespaces.set(namespace, labels)
    else namespaces.delete(namespace)
    return [(labels ? membership.setNamespace(namespace, labels) : membership.removeNamespace(namespace)).namespace]
  }
  const { tenant, selector, age } = change
  if (!selector) {
    claimants.delete(tenant)
    return membership.removeTenant(tenant).map(({ namespace }) => namespace)
  }
  const claimant = { name: tenant, creationTimestamp: `2026-01-0${age + 1}T00:00:00Z`, namespaceSelector: selector }
  claimants.set(tenant, claimant)
  return membership.setTenant(claimant).map(({ namespace }) => namespace)
}
