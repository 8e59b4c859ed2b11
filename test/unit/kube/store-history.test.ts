/**
 * The store against every order in which the truth can reach it: a server with a history, a watch that lags behind and is sometimes replaced
 * by a list, and answers to our own writes that come whenever they come.
 */

import { expect } from 'chai'
import fc from 'fast-check'
import type { ObjectMeta } from '../../../src/kube/objects.ts'
import { type Change, createStore, type Versioned } from '../../../src/kube/store.ts'

type Thing = { readonly metadata: ObjectMeta & { readonly uid: string; readonly resourceVersion: string } }
type HistoryEvent = { readonly version: number; readonly thing: Thing; readonly gone: boolean }
type Answer = { readonly deletes: boolean; readonly thing: Thing }

/** One move of the world; `pick` chooses among what is possible. */
type Move =
  | { readonly move: 'write' | 'delete'; readonly key: number; readonly ours: boolean }
  | { readonly move: 'watch'; readonly count: number }
  | { readonly move: 'answer'; readonly pick: number }
  /** A list of the server as it is; the store reads it in pieces, between which other moves may be. */
  | { readonly move: 'list' }
  | { readonly move: 'read-list'; readonly count: number }
  | { readonly move: 'bookmark' }

const move: fc.Arbitrary<Move> = fc.oneof(
  { arbitrary: fc.record({ move: fc.constantFrom('write' as const, 'delete' as const), key: fc.nat(2), ours: fc.boolean() }), weight: 5 },
  { arbitrary: fc.record({ move: fc.constant('watch' as const), count: fc.integer({ min: 1, max: 4 }) }), weight: 3 },
  { arbitrary: fc.record({ move: fc.constant('answer' as const), pick: fc.nat(5) }), weight: 3 },
  { arbitrary: fc.record({ move: fc.constant('list' as const) }), weight: 1 },
  { arbitrary: fc.record({ move: fc.constant('read-list' as const), count: fc.integer({ min: 1, max: 3 }) }), weight: 2 },
  { arbitrary: fc.record({ move: fc.constant('bookmark' as const) }), weight: 1 },
)

class World {
  readonly server = new Map<string, Thing>()
  readonly history: HistoryEvent[] = []
  readonly answers: Answer[] = []
  /** The answers that we have had to our writes. */
  readonly written: Thing[] = []
  /** The objects whose deletion the store has been told. */
  readonly dead = new Set<string>()
  /** The store as its changes tell it. */
  readonly told = new Map<string, Versioned>()
  readonly store = createStore<Thing, Versioned>({
    ingest: ({ metadata: { uid, resourceVersion } }) => ({ uid, resourceVersion }),
    onChange: (change) => this.#hear(change),
  })
  #version = 0
  #uid = 0
  /** The watch has delivered all events up to this version. */
  #watched = 0
  #list: { readonly version: number; readonly left: Thing[] } | undefined

  do(each: Move): void {
    if (each.move === 'write') this.#write(`n/${each.key}`, each.ours)
    else if (each.move === 'delete') this.#delete(`n/${each.key}`, each.ours)
    else if (each.move === 'watch') this.watch(each.count)
    else if (each.move === 'answer') this.answer(each.pick)
    else if (each.move === 'list') this.list()
    else if (each.move === 'read-list') this.readList(each.count)
    else this.bookmark()
  }

  bookmark(): void {
    if (this.#list !== undefined || this.history.some(({ version }) => version > this.#watched)) return
    this.#watched = this.#version
    this.store.progressed(String(this.#version))
  }

  #write(key: string, ours: boolean): void {
    this.#version += 1
    const uid = this.server.get(key)?.metadata.uid ?? `uid-${++this.#uid}`
    const [namespace = '', name = ''] = key.split('/')
    const thing = { metadata: { namespace, name, uid, resourceVersion: String(this.#version) } }
    this.server.set(key, thing)
    this.history.push({ version: this.#version, thing, gone: false })
    if (ours) this.answers.push({ deletes: false, thing })
  }

  #delete(key: string, ours: boolean): void {
    const thing = this.server.get(key)
    if (thing === undefined) return
    // We delete nothing but what we see.
    if (ours && this.store.get(key)?.uid !== thing.metadata.uid) return
    this.#version += 1
    this.server.delete(key)
    this.history.push({
      version: this.#version,
      thing: { metadata: { ...thing.metadata, resourceVersion: String(this.#version) } },
      gone: true,
    })
    if (ours) this.answers.push({ deletes: true, thing })
  }

  watch(count: number): void {
    if (this.#list !== undefined) return
    for (const event of this.history.filter(({ version }) => version > this.#watched).slice(0, count)) {
      this.#watched = event.version
      if (event.gone) {
        this.dead.add(event.thing.metadata.uid)
        this.store.remove(event.thing)
      } else this.store.upsert(event.thing, { initial: false })
    }
  }

  answer(pick: number): void {
    const [answer] = this.answers.splice(pick % Math.max(1, this.answers.length), 1)
    if (answer === undefined) return
    const { namespace, name, uid } = answer.thing.metadata
    if (answer.deletes) {
      this.dead.add(uid)
      this.store.deleted(`${namespace}/${name}`, uid)
    } else {
      this.written.push(answer.thing)
      this.store.written(answer.thing)
    }
  }

  list(): void {
    this.#list = { version: this.#version, left: [...this.server.values()] }
    this.store.restart()
  }

  readList(count: number): void {
    if (this.#list === undefined) return
    for (const thing of this.#list.left.splice(0, count)) this.store.upsert(thing, { initial: true })
    if (this.#list.left.length > 0) return
    this.#watched = this.#list.version
    this.#list = undefined
    this.store.synced(String(this.#watched))
  }

  #hear(change: Change<Versioned>): void {
    const before = this.told.get(change.key)
    expect(change.previous, `${change.type} ${change.key}`).to.equal(before)
    if (change.entry === undefined) this.told.delete(change.key)
    else {
      if (before !== undefined) expect(Number(change.entry.resourceVersion)).to.be.above(Number(before.resourceVersion))
      this.told.set(change.key, change.entry)
    }
  }

  settle(): void {
    this.readList(100)
    this.watch(1_000)
    while (this.answers.length > 0) this.answer(0)
  }

  /** What must hold at every moment. */
  check(): void {
    for (const { uid } of this.store.values()) expect(this.dead.has(uid), `${uid} came back`).to.equal(false)
    for (const { metadata } of this.written) {
      const entry = this.store.get(`${metadata.namespace}/${metadata.name}`)
      const version = Number(metadata.resourceVersion)
      if (entry !== undefined) expect(Number(entry.resourceVersion), 'older than our own write').to.be.at.least(version)
      else expect(this.#wasDeleted(metadata.uid), `our own write of ${metadata.uid} is missing`).to.equal(true)
    }
  }

  #wasDeleted(uid: string): boolean {
    return this.history.some(({ gone, thing }) => gone && thing.metadata.uid === uid)
  }
}

const versions = (things: Iterable<readonly [string, Versioned]>) =>
  Object.fromEntries([...things].map(([key, { resourceVersion }]) => [key, resourceVersion]))

describe('a store, in whatever order it hears', () => {
  it('never goes back, shows our own writes and deletes from their answer on, and ends equal to the server', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 5, maxLength: 60, size: 'max' }), (moves) => {
        const world = new World()
        world.list()
        for (const each of moves) {
          world.do(each)
          world.check()
        }
        world.settle()
        world.check()
        const truth = versions([...world.server].map(([key, { metadata }]) => [key, metadata]))
        expect(versions([...world.store.inNamespace('n')].map(([name, entry]) => [`n/${name}`, entry]))).to.deep.equal(truth)
        expect(versions(world.told)).to.deep.equal(truth)
        expect(world.store.size).to.equal(world.server.size)
        expect(world.store.unconfirmedDeletes).to.equal(0)
      }),
      { numRuns: 2_000 },
    )
  }).timeout(20_000)
})
