/** No step of a plan is tighter or looser than both of its ends, whatever the ends are and in whatever order a stage's writes land. */

import { expect } from 'chai'
import fc from 'fast-check'
import type { Direction } from '../../src/api/network.ts'
import { type ManagedPolicy, managedPolicy } from '../../src/desired/managed.ts'
import { mergeRules } from '../../src/desired/network/merge.ts'
import { isNonEmpty, type PolicyPeer, type PolicyPort, type PolicySpec, type Rule } from '../../src/desired/network/policy.ts'
import { planPolicies, type Step } from '../../src/reconcile/plan.ts'
import type { PolicyEntry } from '../../src/reconcile/policy-entry.ts'

const OWNER = { name: 'manning', uid: 'u1' }
const BASELINE = 'tenant-isolation'
const APPS = ['cart', 'database', 'webserver']
const DIRECTIONS: readonly Direction[] = ['Ingress', 'Egress']
const PEERS: readonly PolicyPeer[] = ['a', 'b', 'c'].map((app) => ({ podSelector: { matchLabels: { app } } }))
const PORTS: readonly PolicyPort[] = [80, 443, 5432].map((port) => ({ protocol: 'TCP', port }))

type Flow = { readonly app: string; readonly direction: Direction; readonly peer: PolicyPeer; readonly port: PolicyPort }

const FLOWS: readonly Flow[] = APPS.flatMap((app) =>
  DIRECTIONS.flatMap((direction) => PEERS.flatMap((peer) => PORTS.map((port) => ({ app, direction, peer, port })))),
)

/** Which flows pass, as a text of ones and zeros; straight from the rules of NetworkPolicy, with nothing of ours. */
function passing(policies: Iterable<PolicySpec>): string {
  const all = [...policies]
  return FLOWS.map(({ app, direction, peer, port }) => {
    const selecting = all.filter(
      ({ podSelector, policyTypes }) => policyTypes.includes(direction) && (podSelector.matchLabels?.app ?? app) === app,
    )
    if (selecting.length === 0) return '1'
    const allowed = selecting.some((policy) => rulesFor(policy, direction).some(([peers, ports]) => has(peers, peer) && has(ports, port)))
    return allowed ? '1' : '0'
  }).join('')
}

function rulesFor({ ingress, egress }: PolicySpec, direction: Direction): (readonly (readonly unknown[] | undefined)[])[] {
  return direction === 'Ingress'
    ? (ingress ?? []).map((rule) => [rule.from, rule.ports])
    : (egress ?? []).map((rule) => [rule.to, rule.ports])
}

function has(list: readonly unknown[] | undefined, item: unknown): boolean {
  return list === undefined || list.some((candidate) => JSON.stringify(candidate) === JSON.stringify(item))
}

const rule: fc.Arbitrary<Rule> = fc
  .record({
    peers: fc.subarray([...PEERS], { minLength: 1 }),
    ports: fc.option(fc.subarray([...PORTS], { minLength: 1 }), { nil: undefined }),
  })
  .map(({ peers, ports }) => ({ peers: peers as unknown as Rule['peers'], ...(ports && isNonEmpty(ports) && { ports }) }))

const rules = fc.array(rule, { maxLength: 3 })

/** The policies of a namespace as the operator makes them; none at all for a namespace that is not ours. */
const ends: fc.Arbitrary<readonly ManagedPolicy[]> = fc.option(
  fc
    .record({
      closed: fc.subarray([...DIRECTIONS], { minLength: 1 }),
      all: fc.tuple(rules, rules),
      some: fc.array(fc.tuple(rules, rules), { minLength: 3, maxLength: 3 }),
    })
    .map(({ closed, all, some }) => [
      policy(BASELINE, undefined, closed, all),
      ...some.flatMap((parts, index) => {
        const app = APPS[index] ?? 'x'
        const types = closed.filter((direction) => parts[direction === 'Ingress' ? 0 : 1].length > 0)
        return types.length > 0 ? [policy(`${BASELINE}-00000000000${index}`, app, types, parts)] : []
      }),
    ]),
  { nil: [] as readonly ManagedPolicy[], freq: 4 },
)

function policy(
  name: string,
  app: string | undefined,
  types: readonly Direction[],
  [ingress, egress]: readonly [readonly Rule[], readonly Rule[]],
): ManagedPolicy {
  const from = mergeRules(ingress).map(({ peers, ports }) => ({ from: peers, ...(ports && { ports }) }))
  const to = mergeRules(egress).map(({ peers, ports }) => ({ to: peers, ...(ports && { ports }) }))
  const spec = {
    podSelector: app === undefined ? {} : { matchLabels: { app } },
    policyTypes: types,
    ...(types.includes('Ingress') && from.length > 0 && { ingress: from }),
    ...(types.includes('Egress') && to.length > 0 && { egress: to }),
  } as unknown as PolicySpec
  return managedPolicy({ name, rules: [name], spec }, OWNER)
}

function entry({ fingerprint, spec }: ManagedPolicy): PolicyEntry {
  return { resourceVersion: '1', uid: 'x', tenant: OWNER.name, ours: true, marked: true, fingerprint, spec }
}

function situation(before: readonly ManagedPolicy[], after: readonly ManagedPolicy[], empty = false) {
  const former = before.find(({ name }) => name === BASELINE)
  return { observed: new Map(before.map((policy) => [policy.name, entry(policy)])), desired: after, empty, former }
}

function perform(state: Map<string, PolicySpec>, step: Step): void {
  if (step.action === 'delete') state.delete(step.name)
  else state.set(step.name, step.policy.spec)
}

describe('a plan', () => {
  it('keeps every flow that both ends allow, and opens none that neither allows, after every single write', () => {
    fc.assert(
      fc.property(ends, ends, fc.infiniteStream(fc.nat()), (before, after, choices) => {
        const [start, end] = [passing(before.map(({ spec }) => spec)), passing(after.map(({ spec }) => spec))]
        const state = new Map(before.map(({ name, spec }) => [name, spec]))
        for (const stage of planPolicies(situation(before, after))) {
          const waiting = [...stage]
          while (waiting.length > 0) {
            const [step] = waiting.splice((choices.next().value ?? 0) % waiting.length, 1)
            if (step) perform(state, step)
            const now = passing(state.values())
            for (const [index, flow] of FLOWS.entries()) {
              if (start[index] === end[index])
                expect(now[index], `${JSON.stringify(flow)} after ${step?.action} ${step?.name}`).to.equal(start[index])
            }
          }
        }
        expect(Object.fromEntries(state)).to.deep.equal(Object.fromEntries(after.map(({ name, spec }) => [name, spec])))
      }),
      { numRuns: 2_000 },
    )
  })

  it('leads to the same end when it is broken off anywhere and planned anew', () => {
    fc.assert(
      fc.property(ends, ends, fc.nat({ max: 8 }), (before, after, steps) => {
        const state = new Map(before.map((policy) => [policy.name, policy]))
        const walk = (count: number) => {
          const plan = planPolicies(situation([...state.values()], after)).flat()
          for (const step of plan.slice(0, count)) {
            if (step.action === 'delete') state.delete(step.name)
            else state.set(step.name, step.policy)
          }
          return plan.length
        }
        walk(steps)
        walk(Number.POSITIVE_INFINITY)
        expect(walk(Number.POSITIVE_INFINITY)).to.equal(0)
        expect([...state.values()].map(({ fingerprint }) => fingerprint).sort()).to.deep.equal(
          after.map(({ fingerprint }) => fingerprint).sort(),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  it('writes nothing when everything is as it should be', () => {
    fc.assert(
      fc.property(ends, (policies) => {
        expect(planPolicies(situation(policies, policies))).to.deep.equal([])
      }),
    )
  })

  it('writes a single changed policy once, whatever changed in it', () => {
    fc.assert(
      fc.property(ends, ends, fc.nat({ max: 3 }), (policies, others, index) => {
        const { [index % Math.max(1, policies.length)]: chosen } = policies
        const other = others.find(({ name }) => name === chosen?.name)
        fc.pre(chosen !== undefined && other !== undefined && other.fingerprint !== chosen.fingerprint)
        const after = policies.map((policy) => (policy === chosen && other ? other : policy))
        expect(planPolicies(situation(policies, after)).flat()).to.have.length(1)
      }),
    )
  })

  it('closes an empty namespace with the first write', () => {
    fc.assert(
      fc.property(ends, (policies) => {
        fc.pre(policies.length > 1)
        const [[first]] = planPolicies(situation([], policies, true)) as [[Step]]
        expect(first).to.include({ action: 'create', name: BASELINE })
        expect(first).to.have.property('policy', policies[0])
      }),
    )
  })
})
