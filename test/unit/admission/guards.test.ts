/** The guards as text, and which bindings follow from tenants. */

import { expect } from 'chai'
import fc from 'fast-check'
import type { ValidatingBinding } from '../../../src/admission/binding.ts'
import { type GuardedTenant, gateBindings, guardBindings, guardPolicies, tenantBindings } from '../../../src/admission/guards/guards.ts'
import { trustFilters } from '../../../src/admission/guards/trust.ts'
import { validatingPolicies } from '../../../src/admission/policies.ts'
import type { Network } from '../../../src/api/network.ts'
import { type LabelSelector, type Labels, matchesSelector } from '../../../src/api/selectors.ts'
import { labelled, namespacesOf } from '../../support/build.ts'

const PROTECTED = ['kube-system', 'kube-public']
const EXCLUDED = { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-public', 'kube-system'] } as const

describe('the policies of the guards', () => {
  for (const { metadata, spec } of guardPolicies()) {
    const { variables = [], validations, auditAnnotations = [] } = spec

    it(`${metadata.name} asks the authorizer in no variable, message or audit annotation`, () => {
      const texts = [
        ...variables.map(({ expression }) => expression),
        ...validations.map(({ messageExpression = '' }) => messageExpression),
        ...auditAnnotations.map(({ valueExpression }) => valueExpression),
      ]
      expect(texts.filter((text) => text.includes('authorizer'))).to.deep.equal([])
    })

    it(`${metadata.name} uses no variable before it is there`, () => {
      for (const [index, { name, expression }] of variables.entries()) {
        const known = variables.slice(0, index).map((variable) => variable.name)
        for (const [, used = ''] of expression.matchAll(/variables\.(\w+)/g)) expect(known, `${name} uses ${used}`).to.include(used)
      }
    })
  }

  it('take another account of the operator', () => {
    const text = JSON.stringify(guardPolicies({ namespace: 'elsewhere', serviceAccount: 'other' }))
    expect(text).to.include('system:serviceaccount:elsewhere:other').and.to.not.include('tenant-isolation-system')
  })

  it('have a binding each where they need no tenant, and otherwise one that never matches', () => {
    const names = guardBindings().map(({ metadata }) => metadata.name)
    expect(names).to.deep.equal(
      [
        'children-guard',
        'operator-guard',
        'deletion-guard',
        'anchor.isolated-before-pods',
        'anchor.isolated-before-pods-ingress',
        'anchor.isolated-before-pods-egress',
        'anchor.network-guard',
        'anchor.membership-guard',
        'anchor.pod-security',
        'anchor.workload-security',
      ].map((name) => `${name}.tenant-isolation.dev`),
    )
    const policies = [...guardPolicies(), ...validatingPolicies()].map(({ metadata }) => metadata.name)
    expect(guardBindings().map(({ spec }) => spec.policyName)).to.have.members(policies)
  })
})

describe('the bindings of isolated-before-pods', () => {
  const tenant = (name: string, spec: Partial<GuardedTenant['spec']> = {}): GuardedTenant => ({
    name,
    spec: { namespaceSelector: namespacesOf(name), ...spec },
  })
  const selectors = (bindings: readonly ValidatingBinding[]) => bindings.map(({ spec }) => spec.matchResources?.namespaceSelector)

  it('are one for all tenants that select by one label', () => {
    const listed = tenant('list', { namespaceSelector: { matchExpressions: [{ key: 'tenant', operator: 'In', values: ['x', 'acme'] }] } })
    const bindings = gateBindings([tenant('manning'), tenant('acme'), listed], PROTECTED)
    expect(selectors(bindings)).to.deep.equal([
      { matchExpressions: [{ key: 'tenant', operator: 'In', values: ['acme', 'manning', 'x'] }, EXCLUDED] },
    ])
    expect(bindings[0]?.spec).to.include({ policyName: 'isolated-before-pods.tenant-isolation.dev' })
    expect(bindings[0]?.spec.paramRef).to.deep.equal({ name: 'tenant-isolation', parameterNotFoundAction: 'Deny' })
  })

  it('are one for each tenant that selects otherwise', () => {
    const two = { namespaceSelector: labelled({ tenant: 'a', stage: 'live' }) }
    const any = { namespaceSelector: { matchExpressions: [{ key: 'tenant', operator: 'Exists' as const }] } }
    const bindings = gateBindings([tenant('two', two), tenant('any', any)], [])
    expect(selectors(bindings)).to.deep.equal([any.namespaceSelector, two.namespaceSelector])
    expect(bindings.map(({ metadata }) => metadata.name)).to.deep.equal(
      ['any', 'two'].map((name) => `namespace-is-not-isolated-yet.try-again-in-a-moment.${name}.tenant-isolation.dev`),
    )
    // Or the tenant would take it for one of its own objects that nobody wants any more.
    for (const { metadata } of bindings) expect(metadata.labels).to.deep.equal({ 'app.kubernetes.io/managed-by': 'tenant-isolation' })
  })

  it('ask for the directions that the tenant closes', () => {
    const bindings = gateBindings(
      [tenant('in', { network: { defaultDeny: ['Ingress'] } }), tenant('both'), tenant('out', { network: { defaultDeny: ['Egress'] } })],
      [],
    )
    expect(bindings.map(({ spec }) => spec.policyName)).to.have.members(
      ['isolated-before-pods', 'isolated-before-pods-ingress', 'isolated-before-pods-egress'].map((name) => `${name}.tenant-isolation.dev`),
    )
    const reversed = gateBindings([tenant('both', { network: { defaultDeny: ['Egress', 'Ingress'] } })], [])
    expect(reversed[0]?.spec.policyName).to.equal('isolated-before-pods.tenant-isolation.dev')
  })

  it('are none for tenants that are only audited or switched off', () => {
    expect(gateBindings([tenant('a', { network: { mode: 'Audit' } }), tenant('b', { network: { mode: 'Disabled' } })], [])).to.deep.equal(
      [],
    )
  })

  it('follow from the tenants in any order', () => {
    const tenants = ['a', 'b', 'c', 'd'].map((name) => tenant(name))
    expect(gateBindings(tenants.toReversed(), PROTECTED.toReversed())).to.deep.equal(gateBindings(tenants, PROTECTED))
  })
})

describe('the bindings of a tenant', () => {
  const objectSelectors = (network: Network, own: LabelSelector = namespacesOf('manning')) =>
    tenantBindings({ name: 'manning', spec: { namespaceSelector: own, network } }, PROTECTED)
      .filter(({ spec }) => spec.policyName === 'membership-guard.tenant-isolation.dev')
      .map(({ spec }) => spec.matchResources?.objectSelector)
  const from = (...selectors: readonly LabelSelector[]): Network => ({
    ingress: [{ name: 'rule', from: selectors.map((namespaceSelector) => ({ namespaceSelector })) }],
  })

  it('are one for its policies, without protected namespaces, and one for its members', () => {
    const bindings = tenantBindings({ name: 'manning', spec: { namespaceSelector: namespacesOf('manning') } }, PROTECTED)
    expect(bindings.map(({ metadata, spec }) => [metadata.name, spec.matchResources, spec.paramRef?.name])).to.deep.equal([
      ['membership-guard.manning.tenant-isolation.dev', { objectSelector: namespacesOf('manning') }, 'manning'],
      [
        'network-guard.manning.tenant-isolation.dev',
        { namespaceSelector: { ...namespacesOf('manning'), matchExpressions: [EXCLUDED] } },
        'manning',
      ],
    ])
  })

  it('are no more for rules about its own namespaces, or about all', () => {
    expect(objectSelectors(from(namespacesOf('manning'), labelled({ tenant: 'manning', stage: 'live' }), {}))).to.have.lengthOf(1)
  })

  it('are one more for each label by which rules name other namespaces', () => {
    const exists: LabelSelector = { matchExpressions: [{ key: 'backend', operator: 'Exists' }] }
    expect(
      objectSelectors({
        ...from(labelled({ team: 'b' }), labelled({ team: 'a' }), exists),
        dns: { mode: 'Custom', to: [{ namespaceSelector: labelled({ dns: 'x' }) }] },
      }),
    ).to.have.deep.members([
      namespacesOf('manning'),
      exists,
      { matchExpressions: [{ key: 'dns', operator: 'In', values: ['x'] }] },
      { matchExpressions: [{ key: 'team', operator: 'In', values: ['a', 'b'] }] },
    ])
  })

  it('are one for everything when a rule only says what must not be there', () => {
    const selector: LabelSelector = { matchExpressions: [{ key: 'quarantine', operator: 'DoesNotExist' }] }
    expect(objectSelectors(from(selector, labelled({ team: 'a' })))).to.deep.equal([undefined, namespacesOf('manning')])
  })

  it('see every change of a namespace that a rule goes by', () => {
    const key = fc.constantFrom('a', 'b')
    const value = fc.constantFrom('x', 'y')
    const labels: fc.Arbitrary<Labels> = fc.dictionary(key, value)
    const requirement = fc.oneof(
      fc.record({ key, operator: fc.constantFrom('In' as const, 'NotIn' as const), values: fc.uniqueArray(value, { minLength: 1 }) }),
      fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
    )
    const selector: fc.Arbitrary<LabelSelector> = fc.record(
      { matchLabels: fc.dictionary(key, value), matchExpressions: fc.array(requirement, { maxLength: 2 }) },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(selector, fc.array(selector, { maxLength: 3 }), labels, labels, (own, peers, was, now) => {
        const filters = trustFilters(from(...peers), own)
        const seen = [own, ...filters].some((filter) => filter === 'any' || matchesSelector(filter, was) || matchesSelector(filter, now))
        const decides = [own, ...peers].some((peer) => matchesSelector(peer, was) !== matchesSelector(peer, now))
        expect(seen || !decides).to.equal(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
