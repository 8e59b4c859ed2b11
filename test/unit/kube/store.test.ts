import { expect } from 'chai'
import type { ObjectMeta } from '../../../src/kube/objects.ts'
import { type Change, createStore, type Versioned } from '../../../src/kube/store.ts'

type Thing = { readonly metadata: ObjectMeta & { readonly uid: string; readonly resourceVersion: string } }

const thing = (key: string, version: number | string, uid = 'u'): Thing => {
  const [name = '', namespace] = key.split('/').reverse()
  return { metadata: { name, uid, resourceVersion: String(version), ...(namespace !== undefined && { namespace }) } }
}

/** A store that writes down its changes, as `+a/x@1`, `~a/x@2`, `-a/x@2`, with `*` for those of a list. */
function setUp(onChange?: (change: Change<Versioned>) => void) {
  const changes: string[] = []
  const store = createStore<Thing, Versioned>({
    ingest: ({ metadata: { uid, resourceVersion } }) => ({ uid, resourceVersion }),
    onChange(change) {
      const sign = { added: '+', updated: '~', deleted: '-' }[change.type]
      changes.push(`${sign}${change.key}@${(change.entry ?? change.previous)?.resourceVersion}${change.initial ? '*' : ''}`)
      onChange?.(change)
    },
  })
  const list = (version: number | string, ...things: Thing[]) => {
    store.restart()
    for (const each of things) store.upsert(each, { initial: true })
    store.synced(String(version))
  }
  const event = (each: Thing) => store.upsert(each, { initial: false })
  const news = () => changes.splice(0)
  return { store, list, event, news }
}

describe('a store', () => {
  it('holds what it is told, by key and by namespace', () => {
    const { store, list, event, news } = setUp()
    list(3, thing('a/x', 1), thing('b/x', 2))
    event(thing('a/y', 4))
    expect(news()).to.deep.equal(['+a/x@1*', '+b/x@2*', '+a/y@4'])
    expect([...store.inNamespace('a').keys()]).to.deep.equal(['x', 'y'])
    expect([...store.namespaces()]).to.deep.equal(['a', 'b'])
    expect([...store.values()].map((entry) => entry.resourceVersion)).to.deep.equal(['1', '4', '2'])
    expect(store.get('a/y')?.resourceVersion).to.equal('4')
    expect([store.has('a/x'), store.has('a/z'), store.has('x'), store.size]).to.deep.equal([true, false, false, 3])
    store.remove(thing('b/x', 5))
    expect([...store.namespaces()]).to.deep.equal(['a'])
    expect(store.inNamespace('b').size).to.equal(0)
    expect(store.size).to.equal(2)
  })

  it('holds what is in no namespace', () => {
    const { store, list } = setUp()
    list(1, thing('x', 1))
    expect(store.get('x')?.resourceVersion).to.equal('1')
    expect([...store.inNamespace('').keys()]).to.deep.equal(['x'])
  })

  it('says nothing when nothing changes', () => {
    const { store, list, event, news } = setUp()
    list(1, thing('a/x', 1))
    news()
    event(thing('a/x', 1))
    list(2, thing('a/x', 1))
    store.progressed('3')
    store.remove(thing('a/y', 4))
    store.deleted('a/y', 'u')
    expect(news()).to.deep.equal([])
  })

  it('gives the entry before to ingest only if it is of the same object', () => {
    const seen: (string | undefined)[] = []
    const store = createStore<Thing, Versioned>({
      ingest({ metadata: { uid, resourceVersion } }, previous) {
        seen.push(previous?.resourceVersion)
        return { uid, resourceVersion }
      },
      onChange() {},
    })
    for (const each of [thing('x', 1), thing('x', 2), thing('x', 3, 'v')]) store.upsert(each, { initial: false })
    expect(seen).to.deep.equal([undefined, '1', undefined])
  })
})

describe('a store that is listed again', () => {
  it('loses what the list does not name', () => {
    const { store, list, news } = setUp()
    list(3, thing('a/x', 1), thing('a/y', 2))
    news()
    list(5, thing('a/y', 4), thing('a/z', 5))
    expect(news()).to.deep.equal(['~a/y@4*', '+a/z@5*', '-a/x@1*'])
    expect(store.size).to.equal(2)
  })

  it('loses nothing before the list is complete', () => {
    const { store, list, news } = setUp()
    list(3, thing('a/x', 1))
    news()
    store.restart()
    store.upsert(thing('a/y', 4), { initial: true })
    expect(store.has('a/x')).to.equal(true)
    store.restart()
    store.synced('5')
    expect(news(), 'what an abandoned list named counts for nothing').to.deep.equal(['+a/y@4*', '-a/x@1*', '-a/y@4*'])
  })

  it('keeps what we wrote after the list was made', () => {
    const { store, list, news } = setUp()
    list(3, thing('a/x', 1))
    store.restart()
    store.written(thing('a/new', 9))
    store.written(thing('a/x', 8))
    store.upsert(thing('a/x', 1), { initial: true })
    store.synced('7')
    expect(news().slice(1)).to.deep.equal(['+a/new@9', '~a/x@8'])
    expect([store.get('a/new')?.resourceVersion, store.get('a/x')?.resourceVersion]).to.deep.equal(['9', '8'])
  })

  it('loses what we wrote and others deleted before the list was made', () => {
    const { store, list, news } = setUp()
    list(3)
    store.restart()
    store.written(thing('a/new', 5))
    store.synced('7')
    expect(news()).to.deep.equal(['+a/new@5', '-a/new@5*'])
  })

  it('takes deletions that come with the list', () => {
    const { store, news } = setUp()
    store.restart()
    store.upsert(thing('a/x', 1), { initial: true })
    store.remove(thing('a/x', 4))
    store.synced('4')
    expect(news()).to.deep.equal(['+a/x@1*', '-a/x@1'])
  })

  it('tells of every deletion even if a listener fails', () => {
    const { store, list, news } = setUp((change) => {
      if (change.key === 'a/x' && change.type === 'deleted') throw new Error('bug')
    })
    list(3, thing('a/x', 1), thing('a/y', 2))
    news()
    expect(() => list(5)).to.throw(AggregateError, '1 of 2')
    expect(news()).to.deep.equal(['-a/x@1*', '-a/y@2*'])
    expect(store.size).to.equal(0)
  })

  it('believes a list of a server whose history went back', () => {
    const { store, list, news } = setUp()
    list(90, thing('a/kept', 20), thing('a/changed', 80), thing('a/lost', 85), thing('a/other', 86))
    store.deleted('a/other', 'u')
    news()
    store.restart({ rewound: true })
    for (const each of [thing('a/kept', 20), thing('a/changed', 30), thing('a/other', 40)]) store.upsert(each, { initial: true })
    store.synced('50')
    // Version 20 may be another one now than it was.
    expect(news()).to.deep.equal(['~a/kept@20*', '~a/changed@30*', '+a/other@40*', '-a/lost@85*'])
    store.upsert(thing('a/changed', 51), { initial: false })
    expect([store.get('a/changed')?.resourceVersion, store.watermark]).to.deep.equal(['51', '51'])
  })
})

describe('a store that is told of our own writes', () => {
  it('shows them at once, and takes their events as no news', () => {
    const { store, list, event, news } = setUp()
    list(3, thing('a/x', 1))
    news()
    store.written(thing('a/x', 5))
    store.written(thing('a/y', 6))
    event(thing('a/x', 4))
    event(thing('a/x', 5))
    event(thing('a/y', 6))
    expect(news()).to.deep.equal(['~a/x@5', '+a/y@6'])
  })

  it('does not go back to them when the watch was faster', () => {
    const { store, list, event, news } = setUp()
    list(3)
    event(thing('a/x', 5))
    event(thing('a/x', 7))
    store.written(thing('a/x', 5))
    expect(news()).to.deep.equal(['+a/x@5', '~a/x@7'])
  })

  it('does not bring back what was made by us and deleted by others before the answer came', () => {
    const { store, list, event, news } = setUp()
    list(3)
    event(thing('a/x', 5))
    store.remove(thing('a/x', 6))
    store.written(thing('a/x', 5))
    expect(news()).to.deep.equal(['+a/x@5', '-a/x@5'])
    store.written(thing('a/y', 7))
    expect(news(), 'what the watch has not reached').to.deep.equal(['+a/y@7'])
  })

  it('keeps what is in the store when a deletion of something older comes late', () => {
    const { store, list, news } = setUp()
    list(3, thing('a/x', 1, 'old'))
    store.deleted('a/x', 'old')
    store.written(thing('a/x', 6, 'new'))
    store.remove(thing('a/x', 5, 'old'))
    expect(news()).to.deep.equal(['+a/x@1*', '-a/x@1', '+a/x@6'])
    expect(store.get('a/x')?.uid).to.equal('new')
  })
})

describe('a store that is told of our own deletes', () => {
  it('does not bring the object back for late events of it', () => {
    const { store, list, event, news } = setUp()
    list(3, thing('a/x', 1))
    store.deleted('a/x', 'u')
    event(thing('a/x', 4))
    store.remove(thing('a/x', 5))
    expect(news()).to.deep.equal(['+a/x@1*', '-a/x@1'])
    event(thing('a/x', 6, 'v'))
    expect(news()).to.deep.equal(['+a/x@6'])
  })

  it('does not bring it back for a list from before, and lets a later list end the matter', () => {
    const { store, list, event, news } = setUp()
    list(3, thing('a/x', 1))
    store.deleted('a/x', 'u')
    list(4, thing('a/x', 4))
    event(thing('a/x', 5))
    expect(news()).to.deep.equal(['+a/x@1*', '-a/x@1'])
    list(8)
    list(9, thing('a/x', 9, 'v'))
    expect(news()).to.deep.equal(['+a/x@9*'])
  })

  it('does not bring back objects that had the name before it', () => {
    const { store, list, event, news } = setUp()
    list(3, thing('a/x', 1, 'first'))
    store.written(thing('a/x', 6, 'second'))
    store.deleted('a/x', 'second')
    news()
    event(thing('a/x', 4, 'first'))
    store.remove(thing('a/x', 5, 'first'))
    event(thing('a/x', 6, 'second'))
    store.remove(thing('a/x', 7, 'second'))
    expect(news()).to.deep.equal([])
    expect(store.size).to.equal(0)
  })

  it('leaves another object of that name alone', () => {
    const { store, list, news } = setUp()
    list(3, thing('a/x', 1, 'other'))
    news()
    store.deleted('a/x', 'u')
    expect(news()).to.deep.equal([])
  })
})

describe('a store that misses a deletion', () => {
  it('says that the object was deleted and another one added', () => {
    const { list, event, news } = setUp()
    list(3, thing('a/x', 1, 'old'))
    event(thing('a/x', 6, 'new'))
    list(8, thing('a/x', 7, 'newest'))
    expect(news()).to.deep.equal(['+a/x@1*', '-a/x@1', '+a/x@6', '-a/x@6*', '+a/x@7*'])
  })

  it('believes the deletion of a later object of the same name', () => {
    const { store, list, news } = setUp()
    list(3, thing('a/x', 1, 'old'))
    store.remove(thing('a/x', 6, 'new'))
    expect(news()).to.deep.equal(['+a/x@1*', '-a/x@1'])
  })
})

describe('a store whose versions cannot be compared', () => {
  it('believes who speaks last', () => {
    const { store, list, event, news } = setUp()
    list('zz', thing('a/x', 'bb'))
    event(thing('a/x', 'aa'))
    store.written(thing('a/y', 'cc'))
    store.remove(thing('a/x', 'a'))
    list('yy', thing('a/z', 'dd'))
    expect(news()).to.deep.equal(['+a/x@bb*', '~a/x@aa', '+a/y@cc', '-a/x@aa', '+a/z@dd*', '-a/y@cc*'])
  })
})
