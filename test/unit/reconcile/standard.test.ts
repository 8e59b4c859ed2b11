import { expect } from 'chai'
import fc from 'fast-check'
import { DEFAULT_CONFIGURATION } from '../../../src/api/configuration.ts'
import { FINALIZER } from '../../../src/api/labels.ts'
import type { TenantIsolation } from '../../../src/api/tenant-isolation.ts'
import type { Facts } from '../../../src/desired/facts.ts'
import { managerOf } from '../../../src/reconcile/managers.ts'
import { type NamespaceEntry, namespaceEntry } from '../../../src/reconcile/namespace-entry.ts'
import { standardStep } from '../../../src/reconcile/standard-step.ts'
import { type Tenant, tenantOf } from '../../../src/reconcile/tenants.ts'

const FACTS: Facts = { configuration: DEFAULT_CONFIGURATION, tenants: new Map(), dns: undefined, apiServer: undefined }
const PREFIX = 'pod-security.kubernetes.io/'
const ENFORCE = { [`${PREFIX}enforce`]: 'baseline', [`${PREFIX}enforce-version`]: 'latest' }

function tenant(
  name: string,
  standard: object | undefined,
  { spec = {}, metadata = {} }: { spec?: object; metadata?: object } = {},
): Tenant {
  const profiles = [{ name: 'default', preset: 'Baseline', subjects: [{ kind: 'User', name: 'alice' }] }]
  const resource = {
    apiVersion: 'tenant-isolation.dev/v1alpha1',
    kind: 'TenantIsolation',
    metadata: { name, uid: name, resourceVersion: '1', generation: 1, creationTimestamp: 'x', finalizers: [FINALIZER], ...metadata },
    spec: { namespaceSelector: { matchLabels: { tenant: name } }, podSecurity: { profiles, standard }, ...spec },
  } as unknown as TenantIsolation
  return tenantOf(resource, FACTS, undefined)
}

/** As the API server remembers it: who applied which labels, and who set others. */
function entry(labels: Record<string, string>, applied: Record<string, readonly string[]> = {}): NamespaceEntry {
  const fields = (keys: readonly string[]) => ({ 'f:metadata': { 'f:labels': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) } })
  const managedFields = [
    ...Object.entries(applied).map(([name, keys]) => ({ manager: managerOf(name), operation: 'Apply', fieldsV1: fields(keys) })),
    { manager: 'kubectl-label', operation: 'Update', time: '2026-01-01T00:00:00Z', fieldsV1: fields(Object.keys(labels)) },
  ]
  return namespaceEntry({ metadata: { name: 'shop', uid: 'u', resourceVersion: '1', labels, managedFields } })
}

const tenants = (...list: readonly Tenant[]) => new Map(list.map((one) => [one.resource.metadata.name, one]))
const stepFor = (at: NamespaceEntry, owner: Tenant | undefined, ...others: readonly Tenant[]) => {
  const step = standardStep(at, owner, tenants(...(owner ? [owner] : []), ...others))
  return step && [step.tenant.resource.metadata.name, step.labels]
}

describe('what is to be done about the Pod Security labels of a namespace', () => {
  const manning = tenant('manning', { enforce: 'baseline' })

  it('is to apply them where they are missing or differ, whoever set them', () => {
    expect(stepFor(entry({}), manning)).to.deep.equal(['manning', ENFORCE])
    expect(stepFor(entry({ ...ENFORCE, [`${PREFIX}enforce`]: 'privileged' }), manning)).to.deep.equal(['manning', ENFORCE])
    expect(stepFor(entry({ ...ENFORCE, [`${PREFIX}enforce-version`]: 'v1.0' }), manning)).to.deep.equal(['manning', ENFORCE])
  })

  it('is nothing where they are as they should be, whoever set them, and whatever else is there', () => {
    expect(stepFor(entry(ENFORCE), manning)).to.equal(undefined)
    expect(stepFor(entry(ENFORCE, { manning: Object.keys(ENFORCE) }), manning)).to.equal(undefined)
    expect(stepFor(entry({ ...ENFORCE, [`${PREFIX}warn`]: 'baseline' }), manning)).to.equal(undefined)
  })

  it('is to apply fewer where some of ours are not wanted any more', () => {
    const warn = [`${PREFIX}warn`, `${PREFIX}warn-version`]
    expect(stepFor(entry(ENFORCE, { manning: [...Object.keys(ENFORCE), ...warn] }), manning)).to.deep.equal(['manning', ENFORCE])
    expect(stepFor(entry({}, { manning: warn }), tenant('manning', undefined))).to.deep.equal(['manning', {}])
  })

  it('is first what the owner wants, and then to take off what another had', () => {
    const acme = tenant('acme', { enforce: 'restricted' })
    const left = { acme: [`${PREFIX}enforce`] }
    expect(stepFor(entry({ [`${PREFIX}enforce`]: 'restricted' }, left), manning, acme)).to.deep.equal(['manning', ENFORCE])
    expect(stepFor(entry(ENFORCE, left), manning, acme)).to.deep.equal(['acme', {}])
    expect(stepFor(entry(ENFORCE, left), undefined, acme)).to.deep.equal(['acme', {}])
  })

  it('is nothing for tenants that are suspended, unknown, without their finalizer, or leave everything behind', () => {
    const suspended = tenant('manning', { enforce: 'baseline' }, { spec: { suspend: true } })
    const unheld = tenant('manning', { enforce: 'baseline' }, { metadata: { finalizers: [] } })
    const orphaning = tenant(
      'manning',
      { enforce: 'baseline' },
      { metadata: { finalizers: [FINALIZER, 'orphan'], deletionTimestamp: 'x' } },
    )
    const mine = entry(ENFORCE, { manning: Object.keys(ENFORCE) })
    for (const one of [suspended, unheld]) expect(stepFor(entry({}), one)).to.equal(undefined)
    for (const one of [suspended, unheld, orphaning]) expect(stepFor(mine, undefined, one)).to.equal(undefined)
    expect(stepFor(mine, undefined)).to.equal(undefined)
  })

  it('is nothing to be opened under an owner that is suspended, but for what a deletion waits for', () => {
    const suspended = tenant('manning', { enforce: 'restricted' }, { spec: { suspend: true } })
    const left = entry(ENFORCE, { acme: Object.keys(ENFORCE) })
    expect(stepFor(left, suspended, tenant('acme', { enforce: 'baseline' }))).to.equal(undefined)
    const leaving = tenant('acme', { enforce: 'baseline' }, { metadata: { deletionTimestamp: 'x' } })
    expect(stepFor(left, suspended, leaving)).to.deep.equal(['acme', {}])
  })

  it('is to take them off when the tenant is being deleted', () => {
    const leaving = tenant('manning', { enforce: 'baseline' }, { metadata: { deletionTimestamp: 'x' } })
    expect(stepFor(entry(ENFORCE, { manning: Object.keys(ENFORCE) }), leaving)).to.deep.equal(['manning', {}])
  })

  it('comes to an end, and leaves what others had set', () => {
    const level = fc.constantFrom('privileged', 'baseline', 'restricted')
    const standard = fc.option(fc.dictionary(fc.constantFrom('enforce', 'audit', 'warn'), level, { minKeys: 1 }), { nil: undefined })
    const key = fc.constantFrom('enforce', 'audit', 'warn', 'enforce-version').map((name) => PREFIX + name)
    fc.assert(
      fc.property(standard, standard, fc.dictionary(key, level), fc.constantFrom('a', 'b', undefined), (one, other, others, ownerName) => {
        const known = tenants(tenant('a', one), tenant('b', other))
        const owner = ownerName === undefined ? undefined : known.get(ownerName)
        // A small API server: labels with the managers that have applied or set them.
        const state = new Map<string, { value: string; by: Set<string> }>(
          Object.entries(others).map(([label, value]) => [label, { value, by: new Set(['others']) }]),
        )
        const apply = (by: string, labels: Readonly<Record<string, string>>) => {
          for (const [label, value] of Object.entries(labels)) {
            const before = state.get(label)
            state.set(label, before?.value === value ? { value, by: before.by.add(by) } : { value, by: new Set([by]) })
          }
          for (const [label, { by: managers }] of state)
            if (!(label in labels) && managers.delete(by) && managers.size === 0) state.delete(label)
        }
        const look = () => {
          const labels = Object.fromEntries([...state].map(([label, { value }]) => [label, value]))
          const applied = (name: string) => [...state].flatMap(([label, { by }]) => (by.has(name) ? [label] : []))
          return entry(labels, Object.fromEntries(['a', 'b'].flatMap((name) => (applied(name).length > 0 ? [[name, applied(name)]] : []))))
        }
        for (let steps = 0; ; steps++) {
          const step = standardStep(look(), owner, known)
          if (!step) break
          expect(steps).to.be.below(3)
          apply(step.tenant.resource.metadata.name, step.labels)
        }
        const wanted = owner?.standard.labels ?? {}
        for (const [label, value] of Object.entries(wanted)) expect(state.get(label)?.value).to.equal(value)
        for (const [label, value] of Object.entries(others)) if (!(label in wanted)) expect(state.get(label)?.value).to.equal(value)
      }),
    )
  })
})

describe('whoever set a Pod Security label last', () => {
  it('is named, unless that were we', () => {
    expect(entry({ [`${PREFIX}enforce`]: 'baseline' }).securedBy).to.equal('kubectl-label')
    expect(entry({ team: 'a' }).securedBy).to.equal(undefined)
    expect(entry({}, { manning: [`${PREFIX}enforce`] }).securedBy).to.equal(undefined)
  })
})
