/** The judge without a server, over the oracle's 2,000 pods: the verdicts of the genuine PodSecurityPolicy plugin, and the policy that it chose. */

import { expect } from 'chai'
import { type Judgement, judgeOf } from '../../src/judge/judge.ts'
import { requesterOf } from '../../src/judge/requester.ts'
import { asSent, requesterOf as creatorOf, type OracleCase, type OracleSet, oracleSets, tenantOf } from '../support/oracle.ts'
import { ALLOWED_BY_US, REFUSED_BY_US } from '../support/oracle-exceptions.ts'

type Judged = { readonly id: string; readonly oracle: OracleCase; readonly judgement: Judgement }

describe('the verdicts of the genuine PodSecurityPolicy plugin, without an API server', function () {
  this.timeout(120_000)
  let sets: readonly OracleSet[]

  before(() => {
    sets = oracleSets()
  })

  function judged(defaulting: 'Enabled' | 'Disabled'): readonly Judged[] {
    return sets.flatMap((set, at) => {
      const name = `oracle-${at}`
      const { podSecurity } = tenantOf(set, name).spec
      if (podSecurity === undefined) throw new Error('the converter writes podSecurity')
      const judge = judgeOf({ name, podSecurity: { ...podSecurity, defaulting }, canMutate: true })
      return set.cases.map((oracle, index) => {
        const pod = asSent(oracle)
        const placed = { ...pod, metadata: { ...pod.metadata, namespace: name } }
        return { id: `${at}/${index}`, oracle, judgement: judge(placed, requesterOf(creatorOf(oracle).user)) }
      })
    })
  }

  it('judged as they are, pods are refused that it refuses', () => {
    const all = judged('Disabled')
    expect(all).to.have.length(2000)
    expect(differing(all, ({ validateOnly }) => validateOnly.allowed)).to.deep.equal(expected(ALLOWED_BY_US, 'admitted'))
  })

  it('created, they are let in by the same profile', () => {
    const all = judged('Enabled')
    expect(all).to.have.length(2000)
    expect(differing(all, ({ create }) => create.allowed)).to.deep.equal(expected(REFUSED_BY_US, 'refused'))
    const both = all.flatMap(({ id, oracle, judgement }) =>
      oracle.create.allowed && judgement.admitted ? [{ id, theirs: oracle.create.policy, ours: judgement.profile }] : [],
    )
    expect(both.length).to.be.greaterThan(500)
    for (const { id, theirs, ours } of both) expect(ours, id).to.equal(theirs)
  })
})

/** By case: our verdict, where it is another. */
function differing(all: readonly Judged[], allowed: (oracle: OracleCase) => boolean): Readonly<Record<string, string>> {
  return Object.fromEntries(
    all.flatMap(({ id, oracle, judgement: { admitted } }) =>
      admitted === allowed(oracle) ? [] : [[id, admitted ? 'admitted' : 'refused'] as const],
    ),
  )
}

function expected(exceptions: Readonly<Record<string, readonly string[]>>, verdict: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.values(exceptions).flatMap((ids) => ids.map((id) => [id, verdict])))
}
