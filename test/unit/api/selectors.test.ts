import { expect } from 'chai'
import { isEmptySelector, type LabelRequirement, type Labels, matchesSelector, withoutNamespaces } from '../../../src/api/selectors.ts'
import { labelled } from '../../support/build.ts'

const requiring = (...matchExpressions: LabelRequirement[]) => ({ matchExpressions })
const selects = (requirement: LabelRequirement, labels: Labels) => matchesSelector(requiring(requirement), labels)

describe('a label selector', () => {
  it('that is empty matches everything', () => {
    for (const selector of [{}, { matchLabels: {} }, { matchExpressions: [] }, { matchLabels: {}, matchExpressions: [] }]) {
      expect(isEmptySelector(selector)).to.equal(true)
      expect(matchesSelector(selector, {})).to.equal(true)
      expect(matchesSelector(selector, { app: 'x' })).to.equal(true)
    }
  })

  it('is not empty once it says something', () => {
    expect(isEmptySelector(labelled({ app: '' }))).to.equal(false)
    expect(isEmptySelector(requiring({ key: 'app', operator: 'DoesNotExist' }))).to.equal(false)
  })

  it('asks for all of its labels, with just these values', () => {
    const selector = labelled({ app: 'web', stage: '' })
    expect(matchesSelector(selector, { app: 'web', stage: '', more: 'x' })).to.equal(true)
    expect(matchesSelector(selector, { app: 'web' })).to.equal(false)
    expect(matchesSelector(selector, { app: 'Web', stage: '' })).to.equal(false)
    expect(matchesSelector(selector, {})).to.equal(false)
  })

  it('In matches one of the values, and not what lacks the label', () => {
    const requirement = { key: 'app', operator: 'In', values: ['a', 'b'] } as const
    const values = ['a', 'b', 'c', ''].map((app) => selects({ ...requirement, values: [...requirement.values] }, { app }))
    expect(values).to.deep.equal([true, true, false, false])
    expect(selects({ ...requirement, values: [...requirement.values] }, {})).to.equal(false)
    expect(selects({ ...requirement, values: [''] }, {})).to.equal(false)
  })

  it('NotIn matches all other values, and what lacks the label', () => {
    const requirement: LabelRequirement = { key: 'app', operator: 'NotIn', values: ['a', 'b'] }
    expect(['a', 'b', 'c', ''].map((app) => selects(requirement, { app }))).to.deep.equal([false, false, true, true])
    expect(selects(requirement, {})).to.equal(true)
  })

  it('Exists matches any value, even the empty one', () => {
    expect([{ app: 'a' }, { app: '' }, {}].map((labels) => selects({ key: 'app', operator: 'Exists' }, labels as Labels))).to.deep.equal([
      true,
      true,
      false,
    ])
  })

  it('DoesNotExist matches only what lacks the label', () => {
    expect(
      [{ app: 'a' }, { app: '' }, {}].map((labels) => selects({ key: 'app', operator: 'DoesNotExist' }, labels as Labels)),
    ).to.deep.equal([false, false, true])
  })

  it('asks for its labels and all of its requirements together', () => {
    const selector = {
      ...labelled({ app: 'web' }),
      ...requiring({ key: 'stage', operator: 'NotIn', values: ['test'] }, { key: 'team', operator: 'Exists' }),
    }
    expect(matchesSelector(selector, { app: 'web', team: 'a' })).to.equal(true)
    expect(matchesSelector(selector, { app: 'web', team: 'a', stage: 'test' })).to.equal(false)
    expect(matchesSelector(selector, { app: 'web' })).to.equal(false)
    expect(matchesSelector(selector, { team: 'a' })).to.equal(false)
  })

  for (const key of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    it(`finds a label called ${key} only where it was written`, () => {
      expect(selects({ key, operator: 'Exists' }, {})).to.equal(false)
      expect(selects({ key, operator: 'DoesNotExist' }, {})).to.equal(true)
      expect(selects({ key, operator: 'NotIn', values: ['x'] }, {})).to.equal(true)
      expect(matchesSelector(labelled({ [key]: 'x' }), {})).to.equal(false)
      expect(matchesSelector(labelled({ [key]: 'x' }), { [key]: 'x' })).to.equal(true)
    })
  }

  it('leaves namespaces out by name, and is the same selector where there are none', () => {
    const exists: LabelRequirement = { key: 'tenant', operator: 'Exists' }
    expect(withoutNamespaces({ matchExpressions: [exists] }, ['b', 'a', 'b'])).to.deep.equal({
      matchExpressions: [exists, { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['a', 'b'] }],
    })
    expect(withoutNamespaces(labelled({ tenant: 'a' }), [])).to.deep.equal(labelled({ tenant: 'a' }))
  })
})
