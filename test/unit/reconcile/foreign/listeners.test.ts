import { expect } from 'chai'
import { type Heard, Listeners } from '../../../../src/reconcile/foreign/listeners.ts'
import { SpaceIndex } from '../../../../src/reconcile/foreign/space-index.ts'

const heard = (selector: Heard['selector']): Heard => ({ text: JSON.stringify(selector), selector })
const TEAM = heard({ matchLabels: { team: 'a' } })
const NOT_TEAM = heard({ matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['a'] }] })
const EVERYTHING = heard({})

describe('who listens for namespaces', () => {
  const of = (listeners: Listeners, ...labels: Record<string, string>[]) => [...listeners.of(labels)].sort()

  it('hears of those that one of its selectors takes, with the labels before or after', () => {
    const listeners = new Listeners()
    listeners.listen('shop', [TEAM])
    listeners.listen('bank', [NOT_TEAM])
    listeners.listen('all', [EVERYTHING])
    expect(of(listeners, { team: 'a' })).to.deep.equal(['all', 'shop'])
    expect(of(listeners, { team: 'b' }, { team: 'a' })).to.deep.equal(['all', 'bank', 'shop'])
    expect(of(listeners, {})).to.deep.equal(['all', 'bank'])
    expect(of(listeners)).to.deep.equal([])
  })

  it('hears of nothing else once it listens for something else, and leaves others their ears', () => {
    const listeners = new Listeners()
    listeners.listen('shop', [TEAM, EVERYTHING])
    listeners.listen('bank', [TEAM])
    listeners.listen('shop', [NOT_TEAM])
    expect(of(listeners, { team: 'a' })).to.deep.equal(['bank'])
    listeners.listen('shop', [])
    expect(of(listeners, { team: 'b' })).to.deep.equal([])
  })
})

describe('the index of namespaces', () => {
  const index = new SpaceIndex()
  const NAME = 'kubernetes.io/metadata.name'
  before(() => {
    index.set('one', { [NAME]: 'one', team: 'a', tier: 'x' })
    index.set('two', { [NAME]: 'two', team: 'a' })
    index.set('three', { [NAME]: 'three', team: 'b' })
  })
  const matching = (selector: Heard['selector']) => [...index.matching(heard(selector))].sort()

  it('finds what a selector takes: by a label, by several, by name, by none', () => {
    expect(matching({ matchLabels: { team: 'a' } })).to.deep.equal(['one', 'two'])
    expect(matching({ matchLabels: { team: 'a', tier: 'x' } })).to.deep.equal(['one'])
    expect(matching({ matchLabels: { team: 'a', [NAME]: 'two' } })).to.deep.equal(['two'])
    expect(matching({ matchLabels: { team: 'b', [NAME]: 'two' } })).to.deep.equal([])
    expect(matching({ matchExpressions: [{ key: 'team', operator: 'In', values: ['b'] }] })).to.deep.equal(['three'])
    expect(matching({ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] })).to.deep.equal(['three', 'two'])
    expect(matching({})).to.have.lengthOf(3)
    expect(matching({ matchLabels: { team: 'nobody' } })).to.deep.equal([])
  })

  it('forgets what labels were', () => {
    index.set('two', { [NAME]: 'two', team: 'b' })
    index.delete('three')
    expect(matching({ matchLabels: { team: 'b' } })).to.deep.equal(['two'])
    expect(matching({ matchLabels: { team: 'a' } })).to.deep.equal(['one'])
    index.set('two', { [NAME]: 'two', team: 'a' })
    index.set('three', { [NAME]: 'three', team: 'b' })
  })
})
