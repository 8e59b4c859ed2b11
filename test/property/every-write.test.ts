/**
 * Invariant 2 of the design, by the evaluator: whatever is asked for, and wherever the operator dies on the way, after every single write the
 * flows that are allowed lie between those of the old and of the new state, both ways.
 */

import { expect } from 'chai'
import fc from 'fast-check'
import { FINALIZER } from '../../src/api/labels.ts'
import type { Network } from '../../src/api/network.ts'
import type { TenantIsolation } from '../../src/api/tenant-isolation.ts'
import type { NetworkPolicy } from '../../src/reconcile/policy-entry.ts'
import { ADDRESSES, asked, pods } from '../support/arbitrary-change.ts'
import { Allowed, type Bounds, disturbances, endsOf, NO_EXCEPTIONS, READINGS } from '../support/between.ts'
import { app, labelled, tenantIsolation } from '../support/build.ts'
import { pod } from '../support/reach.ts'
import { type Asked, Walk } from '../support/walk.ts'

/** Pairs of states; PAIRS=20000 for more. */
const PAIRS = Number(process.env.PAIRS ?? 400)

const walk = fc.record({
  asked: asked(3),
  pods,
  reading: fc.constantFrom(...READINGS),
  /** Whether the operator begins when the new state is asked for, or runs since before. */
  begins: fc.boolean(),
  /** Which of the writes that are under way lands next. */
  choices: fc.infiniteStream(fc.nat()),
  /** Each after so many writes. */
  deaths: fc.array(fc.nat({ max: 8 }), { maxLength: 3 }),
  /** Whether something third is asked for at the last death. */
  third: fc.boolean(),
})

const TO_DATABASE = { name: 'to-database', appliesTo: { podSelector: labelled({ app: 'webserver' }) }, to: [app('database')] }
const FROM_WEBSERVER = { name: 'from-webserver', appliesTo: { podSelector: labelled({ app: 'database' }) }, from: [app('webserver')] }
const TO_CART = { ...TO_DATABASE, name: 'to-cart', to: [app('cart')] }

/** Each direction does nothing wrong by itself. */
const TURNS: readonly { readonly what: string; readonly old: Network; readonly next: Network }[] = [
  {
    what: 'one direction is opened and the other one closed',
    old: { defaultDeny: ['Ingress'], ingress: [FROM_WEBSERVER] },
    next: { defaultDeny: ['Egress'], egress: [TO_CART] },
  },
  {
    what: 'the other direction is opened and the one closed',
    old: { defaultDeny: ['Egress'], egress: [TO_CART] },
    next: { defaultDeny: ['Ingress'], ingress: [FROM_WEBSERVER] },
  },
  { what: 'sending is taken away and receiving comes', old: { egress: [TO_DATABASE] }, next: { ingress: [FROM_WEBSERVER] } },
  { what: 'receiving is taken away and sending comes', old: { ingress: [FROM_WEBSERVER] }, next: { egress: [TO_DATABASE, TO_CART] } },
  {
    what: 'a policy for the same pods turns from the one to the other',
    old: { egress: [TO_DATABASE], ingress: [{ ...FROM_WEBSERVER, name: 'web', appliesTo: TO_DATABASE.appliesTo }] },
    next: { ingress: [FROM_WEBSERVER, { ...FROM_WEBSERVER, name: 'web', appliesTo: TO_DATABASE.appliesTo }] },
  },
]

const TURN_PODS = ['webserver', 'database', 'cart'].map((name, index) =>
  pod(`shop/${name}`, { app: name }, { addresses: [`10.1.2.${index + 3}`] }),
)

function turnOf(network: Network): Asked {
  const metadata = {
    name: 'manning',
    uid: 'uid-of-manning',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2024-01-01T00:00:00Z',
  }
  const resource = { ...tenantIsolation({ network }), metadata: { ...metadata, finalizers: [FINALIZER] } }
  return { resources: [resource as TenantIsolation], namespaces: { shop: { tenant: 'manning' } } }
}

describe('after every single write', function () {
  this.timeout(600_000)

  it('the allowed flows lie between those of the old and of the new state, wherever the operator died', async () => {
    const seen = { pairs: 0, writes: 0, deaths: 0, thirds: 0, inBetween: 0, ...NO_EXCEPTIONS }

    /** Lets so many writes land, and looks at everything after each; whether there was nothing left to do. */
    const follow = async (cluster: Walk, count: number, choices: Iterator<number>, all: readonly Bounds[]): Promise<boolean> => {
      for (let step = 0; step < count; step++) {
        const written = await cluster.next(choices.next().value ?? 0)
        if (!written) return true
        seen.writes++
        for (const bounds of all) {
          const { disturbed, exceptions, moved } = disturbances(bounds, cluster.policies(), written.namespace)
          if (disturbed.length > 0) throw new Error(`${written.text}\n${disturbed.join('\n')}`)
          seen.inBetween += moved
          for (const name of exceptions) seen[name]++
        }
      }
      return false
    }

    await fc.assert(
      fc.asyncProperty(walk, async ({ asked: [old, next, later], pods: running, reading, begins, choices, deaths, third }) => {
        if (!old || !next || !later) throw new Error('three states are asked for')
        const hasPods = (namespace: string) => running.some((pod) => pod.namespace === namespace)
        const cluster = new Walk(old, hasPods)
        await cluster.finish()
        const before = cluster.policies()
        let wanted = await endOf(next, hasPods, before)
        const between = ({ namespaces }: Asked, states: readonly Policies[], ways: Bounds['ways']): Bounds => {
          const ends = endsOf(running, ADDRESSES, namespaces)
          return { ends, reading, states: states.map((policies) => new Allowed(policies, ends, reading)), ways }
        }
        seen.pairs++
        const way = [before, wanted] as const
        let bounds = [between(next, way, [way])]
        if (begins) cluster.restart(next)
        else cluster.tell(next)
        for (const [index, writes] of deaths.entries()) {
          if (await follow(cluster, writes, choices, bounds)) break
          seen.deaths++
          if (!third || index < deaths.length - 1) {
            cluster.restart(next)
            continue
          }
          seen.thirds++
          const there = cluster.policies()
          wanted = await endOf(later, hasPods, there)
          const turn = [there, wanted] as const
          bounds = [between(later, turn, [turn]), between(later, [...way, wanted], [way, turn])]
          cluster.restart(later)
        }
        await follow(cluster, Number.POSITIVE_INFINITY, choices, bounds)
        expect(contents(cluster.policies())).to.deep.equal(contents(wanted))
      }),
      { numRuns: PAIRS },
    )
    const text = JSON.stringify(seen)
    expect(seen.writes, text).to.be.greaterThan(seen.pairs)
    expect(seen.deaths, text).to.be.greaterThan(seen.pairs / 5)
    expect(seen.thirds, text).to.be.greaterThan(seen.pairs / 20)
    expect(seen.inBetween, text).to.be.greaterThan(seen.pairs / 4)
  })

  for (const { what, old, next } of TURNS) {
    it(`a flow between two pods of a namespace that neither state allows stays closed where ${what}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.array(fc.nat({ max: 8 }), { maxLength: 3 }), async (choices, deaths) => {
          const cluster = new Walk(turnOf(old), () => true)
          await cluster.finish()
          const before = cluster.policies()
          const after = await endOf(turnOf(next), () => true, before)
          const ends = endsOf(TURN_PODS, ADDRESSES, turnOf(next).namespaces)
          const [reading = {}] = READINGS
          const states = [before, after].map((policies) => new Allowed(policies, ends, reading))
          // No way that both takes and adds: without exception.
          const bounds: Bounds = { ends, reading, states, ways: [] }
          cluster.tell(turnOf(next))
          for (const writes of [...deaths, Number.POSITIVE_INFINITY]) {
            for (let step = 0; step < writes; step++) {
              const written = await cluster.next(choices.next().value ?? 0)
              if (!written) break
              const { disturbed, exceptions } = disturbances(bounds, cluster.policies(), written.namespace)
              expect([...disturbed, ...exceptions], written.text).to.deep.equal([])
            }
            cluster.restart(turnOf(next))
          }
          expect(contents(cluster.policies())).to.deep.equal(contents(after))
        }),
        { numRuns: 30 },
      )
    })
  }
})

type Policies = readonly NetworkPolicy[]

/** What becomes of these policies when nothing happens on the way. */
async function endOf(asked: Asked, hasPods: (namespace: string) => boolean, policies: Policies): Promise<Policies> {
  const cluster = new Walk(asked, hasPods, policies)
  await cluster.finish()
  return cluster.policies()
}

function contents(policies: Policies): readonly string[] {
  return policies.map(({ metadata: { namespace, name, labels }, spec }) => JSON.stringify([namespace, name, labels, spec])).sort()
}
