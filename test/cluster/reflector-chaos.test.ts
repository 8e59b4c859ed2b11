/** The reflector against a real API server behind a proxy that breaks everything at once. */

import { expect } from 'chai'
import { KubeApiError } from '../../src/kube/errors.ts'
import { keyOf } from '../../src/kube/objects.ts'
import { CONFIG_MAPS, until } from '../support/kube-setup.ts'
import { reflectorFixture, type SeenConfigMap, TIMING } from '../support/reflector-fixture.ts'

describe('a reflector, in bad times', function () {
  this.timeout(60_000)
  const t = reflectorFixture()

  describe('in bad times', () => {
    it('ends equal to the server, whatever happens in between', async () => {
      const { store, reflector, ends } = t.mirror({ timing: { ...TIMING, watchMinMs: 1_000, watchMaxMs: 2_000, graceMs: 1_000 } })
      const random = seeded(20_261_121)
      const until_ = performance.now() + 8_000
      const faults = [
        () => t.proxy.cut(t.watches),
        () => t.proxy.inject(t.watches, { kind: 'cut' }, 2),
        () => t.proxy.inject(t.ofNamespace, { kind: 'respond', code: 410 }),
        () => t.proxy.inject(t.ofNamespace, { kind: 'respond', code: 503 }),
        () => t.proxy.inject(t.ofNamespace, { kind: 'respond', code: 401 }, 3),
        () => t.proxy.inject(t.streams, { kind: 'respond', code: 500 }),
        () => t.proxy.inject(t.watches, { kind: 'truncate', afterLines: 2, how: 'end' }),
        () => t.proxy.inject(t.watches, { kind: 'replace-line', line: 3, by: 'garbage' }),
        () => t.proxy.inject(t.watches, { kind: 'hang' }),
        () => {
          const frost = t.proxy.freeze(t.watches)
          setTimeout(frost.thaw, 300 + random() * 600)
        },
      ]
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
      const writer = async (): Promise<void> => {
        while (performance.now() < until_) {
          const name = `x-${Math.floor(random() * 30)}`
          const write = random() < 0.4 ? t.remove(name) : random() < 0.5 ? t.make(name) : touch(name)
          await write.catch((error: unknown) => {
            if (!(error instanceof KubeApiError && [404, 409].includes(error.code))) throw error
          })
        }
      }
      const touch = (name: string) =>
        t.client.patch(CONFIG_MAPS, { namespace: t.namespace, name }, { type: 'merge', body: { data: { value: String(random()) } } })
      const breaker = async (): Promise<void> => {
        while (performance.now() < until_) {
          pick(faults)()
          await new Promise((resolve) => setTimeout(resolve, random() * 300))
        }
      }
      await Promise.all([writer(), writer(), breaker()])

      const truth = await t.client.list<SeenConfigMap>(CONFIG_MAPS, {
        namespace: t.namespace,
        fieldSelector: 'metadata.name!=kube-root-ca.crt',
      })
      const versions = (objects: Iterable<SeenConfigMap>) =>
        Object.fromEntries(
          [...objects].map((object) => [keyOf(object), object.metadata.resourceVersion] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      const expected = JSON.stringify(versions(truth.items))
      await until(
        'the store is equal to the server',
        () => JSON.stringify(versions([...store.values()].map(({ object }) => object))) === expected,
        15_000,
      )
      expect(ends.length, 'there were faults').to.be.above(5)
      expect(reflector.state.listCount, 'and lists').to.be.above(1)
    })
  })
})

/** Mulberry32: numbers that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
