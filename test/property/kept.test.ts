/** Whatever may not be written: what refuses never comes before what allows, nor stays after it, and nothing else waits. */

import { expect } from 'chai'
import fc from 'fast-check'
import type { PodSecurity } from '../../src/api/pod-security/pod-security.ts'
import { refusesPods } from '../../src/desired/pod-security/bindings.ts'
import { isHeldUpBy, isTenantObjectName, tenantObjects } from '../../src/desired/tenant-objects.ts'
import { fingerprintOf, type KeptEntry, placeOf, type Wanted } from '../../src/reconcile/kept/entry.ts'
import { placeText } from '../../src/reconcile/kept/kinds.ts'
import { holdsUp, type Situation, type Step, stepsOf } from '../../src/reconcile/kept/steps.ts'
import { namespacesOf } from '../support/build.ts'

const OWNER = { name: 'manning', uid: 'u1' }
const PROFILES = ['a', 'b', 'c']

const podSecurity: fc.Arbitrary<PodSecurity | undefined> = fc.option(
  fc.record(
    {
      mode: fc.constantFrom('Enforce' as const, 'Warn' as const, 'Disabled' as const),
      defaulting: fc.constantFrom('Enabled' as const, 'Disabled' as const),
      profiles: fc
        .subarray(PROFILES, { minLength: 1 })
        .chain((names) =>
          fc.tuple(
            ...names.map((name) =>
              fc
                .constantFrom('alice', 'bob')
                .map((user) => ({ name, preset: 'Basic' as const, subjects: [{ kind: 'User' as const, name: user }] })),
            ),
          ),
        ),
    },
    { requiredKeys: ['profiles'] },
  ),
  { nil: undefined },
) as fc.Arbitrary<PodSecurity | undefined>

const objects: fc.Arbitrary<readonly Wanted[]> = podSecurity.map((podSecurity) =>
  tenantObjects({
    owner: OWNER,
    spec: { namespaceSelector: namespacesOf('manning'), ...(podSecurity && { podSecurity }) },
    protectedNamespaces: [],
    contestedNamespaces: [],
    canMutate: true,
  }),
)

type State = Map<string, Wanted>
const textOf = (object: Wanted) => placeText(placeOf(object))

function stateOf(list: readonly Wanted[]): State {
  return new Map(list.map((object) => [textOf(object), object]))
}

/** As keepObjects does it, where what `fails` is refused; tells of every step before it is done. */
function keep(wanted: readonly Wanted[], state: State, fails: (step: Step) => boolean, before: (step: Step) => void = () => {}): void {
  const situation: Situation = {
    wanted,
    present: [...state.values()].map(placeOf).filter(({ kind, name }) => isTenantObjectName(OWNER.name, kind, name)),
    entryOf: (place) => {
      const object = state.get(placeText(place))
      return object && ({ fingerprint: fingerprintOf(object) } as KeptEntry)
    },
    needs: isHeldUpBy,
  }
  const undone: Step[] = []
  for (const step of stepsOf(situation)) {
    if (undone.some((other) => holdsUp(other, step, situation))) continue
    if (fails(step)) {
      undone.push(step)
      continue
    }
    before(step)
    if (step.wanted) state.set(placeText(step), step.wanted)
    else state.delete(placeText(step))
  }
}

/** Which of the places of both states are refused. */
const ways = fc.tuple(objects, objects).chain(([first, next]) => {
  const places = [...new Set([...first, ...next].map(textOf))]
  return fc.record({ first: fc.constant(first), next: fc.constant(next), refused: fc.subarray(places) })
})

/** Whether the object is there, just as it should be. */
function isThere(object: Wanted, state: State): boolean {
  const there = state.get(textOf(object))
  return there !== undefined && fingerprintOf(there) === fingerprintOf(object)
}

const isGuard = ({ kind, metadata: { name } }: Wanted) =>
  kind === 'ValidatingAdmissionPolicyBinding' && !refusesPods({ kind, metadata: { name } })

describe('the objects of a tenant', () => {
  it('are all as they should be when nothing is refused, whatever was there, and then nothing is written', () => {
    fc.assert(
      fc.property(objects, objects, (first, next) => {
        const state = stateOf(first)
        keep(next, state, () => false)
        expect(new Set(state.keys())).to.deep.equal(new Set(next.map(textOf)))
        expect(next.filter((object) => !isThere(object, state))).to.deep.equal([])
        keep(
          next,
          state,
          () => false,
          (step) => expect.fail(`wrote ${placeText(step)}`),
        )
      }),
    )
  })

  it('never refuse pods for the first time before all grants are there, nor bind a role that is not ours', () => {
    fc.assert(
      fc.property(ways, ({ first, next, refused }) => {
        const state = stateOf(first)
        const start = new Set(state.keys())
        keep(
          next,
          state,
          (step) => refused.includes(placeText(step)),
          (step) => {
            if (!step.wanted) return
            if (refusesPods(step.wanted) && !start.has(placeText(step)))
              expect(next.filter((grant) => grant.kind !== step.kind && !isThere(grant, state))).to.deep.equal([])
            if (step.kind === 'ClusterRoleBinding') expect(state.has(`ClusterRole ${step.name}`)).to.equal(true)
          },
        )
      }),
    )
  })

  it('take no grant away while what refuses pods could not be taken away', () => {
    fc.assert(
      fc.property(ways, ({ first, next, refused }) => {
        const state = stateOf(first)
        keep(next, state, (step) => refused.includes(placeText(step)))
        const stuck = [...state.values()].some((object) => refusesPods(object) && !next.some((other) => textOf(other) === textOf(object)))
        if (!stuck) return
        for (const object of first.filter(({ kind }) => kind !== 'ValidatingAdmissionPolicyBinding'))
          expect(state.has(textOf(object)), textOf(object)).to.equal(true)
      }),
    )
  })

  it('are written, and put back, whatever of the others is refused, unless they need it', () => {
    fc.assert(
      fc.property(ways, ({ first, next, refused }) => {
        const state = stateOf(first)
        const start = new Set(state.keys())
        keep(next, state, (step) => refused.includes(placeText(step)))
        for (const object of next) {
          const text = textOf(object)
          const needsOthers = object.kind === 'ClusterRoleBinding' || (refusesPods(object) && !start.has(text))
          if (refused.includes(text) || needsOthers) continue
          expect(isThere(object, state), text).to.equal(true)
        }
        expect(next.filter(isGuard)).to.have.lengthOf(2)
      }),
    )
  })
})
