/** 200 sets of PodSecurityPolicies, converted: 2,000 pods get the verdicts of the genuine plugin, and the fields that it filled in. */

import { expect } from 'chai'
import type { Manifest } from '../../../src/convert/psp.ts'
import { needsDefaulting } from '../../support/older-kubernetes.ts'
import { asSent, type OracleCase, oracleSets, requesterOf, securityOf, tenantOf } from '../../support/oracle.ts'
import { ALLOWED_BY_US, REFUSED_BY_API_SERVER, REFUSED_BY_US } from '../../support/oracle-exceptions.ts'
import { type Answer, openPeople, type People, person } from '../../support/people.ts'
import {
  createPod,
  createRuntimeClasses,
  inParallel,
  installPodSecurity,
  secure,
  secureAs,
  uninstallPodSecurity,
  untilSo,
} from '../../support/pod-security.ts'

type Tenant = { readonly name: string; readonly manifest: Manifest; readonly cases: readonly OracleCase[] }
type Judged = { readonly id: string; readonly oracle: OracleCase; readonly answer: Answer }

describe('the verdicts of the genuine PodSecurityPolicy plugin', function () {
  this.timeout(240_000)
  let people: People
  let tenants: readonly Tenant[]

  before(async () => {
    people = await openPeople(16)
    await installPodSecurity(people)
    await createRuntimeClasses(people)
    tenants = oracleSets().map((set, index) => {
      const name = `oracle-${index}`
      return { name, manifest: tenantOf(set, name), cases: set.cases }
    })
  })

  after(() => uninstallPodSecurity(people))

  /** What the API server answers to each pod. */
  function judge(): Promise<readonly Judged[]> {
    const pods = tenants.flatMap(({ name, cases }, set) => cases.map((oracle, index) => ({ name, id: `${set}/${index}`, oracle })))
    return inParallel(pods, async ({ name, id, oracle }) => ({
      id,
      oracle,
      answer: await createPod(people, requesterOf(oracle), name, asSent(oracle)),
    }))
  }

  /** Written after all others, so that what holds for it holds for them: policies and grants reach the API server in the order of their writing. */
  async function untilAllCounts(defaulting: 'Enabled' | 'Disabled'): Promise<void> {
    const name = `oracle-last-${defaulting.toLowerCase()}`
    const rules = { readOnlyRootFilesystem: true }
    const subjects = [{ kind: 'User' as const, name: 'alice' }]
    await secure(people, name, { defaulting, profiles: [{ name: 'default', preset: 'Custom', rules, subjects }] })
    const plain = { spec: { containers: [{ name: 'main', image: 'none' }] } }
    const strict = { spec: { containers: [{ name: 'main', image: 'none', securityContext: { readOnlyRootFilesystem: true } }] } }
    const code = async (user: string, pod: typeof plain) => (await createPod(people, person(user), name, pod)).code
    await untilSo('the policies count in the last namespace', async () => {
      const codes = await Promise.all([code('bob', strict), code('alice', strict), code('alice', plain)])
      return codes.join() === (defaulting === 'Enabled' ? '403,201,201' : '403,201,403')
    })
  }

  it('judged as they are, pods are refused that it refuses', async () => {
    await inParallel(tenants, ({ name, manifest }) => secure(people, name, withDefaulting(manifest, 'Disabled'), ['builder']))
    await untilAllCounts('Disabled')
    const judged = await judge()
    expect(judged).to.have.length(2000)
    expect(verdictsThatDiffer(judged, ({ validateOnly }) => validateOnly.allowed)).to.deep.equal(
      expected({ ...REFUSED_BY_API_SERVER, ...ALLOWED_BY_US }),
    )
  })

  it('created, they are let in by the same profile, with the same security fields filled in', async function () {
    await needsDefaulting(this)
    await inParallel(tenants, ({ name, manifest }) => secureAs(people, name, withDefaulting(manifest, 'Enabled')))
    await untilAllCounts('Enabled')
    const judged = await judge()
    expect(judged).to.have.length(2000)
    expect(verdictsThatDiffer(judged, ({ create }) => create.allowed)).to.deep.equal(
      expected({ ...REFUSED_BY_API_SERVER, ...REFUSED_BY_US }),
    )
    const both = judged.filter(({ oracle, answer }) => oracle.create.allowed && answer.code === 201)
    expect(both.length).to.be.greaterThan(500)
    for (const { id, oracle, answer } of both) expect(securityOf(answer.body), id).to.deep.equal(securityOf(oracle.create.pod))
  })
})

function withDefaulting({ spec }: Manifest, defaulting: 'Enabled' | 'Disabled') {
  if (spec.podSecurity === undefined) throw new Error('the converter writes podSecurity')
  return { ...spec.podSecurity, defaulting }
}

/** By case: the other verdict, or what the API server itself has against the pod. */
function verdictsThatDiffer(judged: readonly Judged[], allowed: (oracle: OracleCase) => boolean): Readonly<Record<string, string>> {
  return Object.fromEntries(
    judged.flatMap(({ id, oracle, answer }): [string, string][] => {
      if (answer.code === 201) return allowed(oracle) ? [] : [[id, 'allowed']]
      const byUs = answer.code === 403 && /'pod-security\.tenant-isolation\.dev'/.test(answer.body.message)
      if (byUs) return allowed(oracle) ? [[id, 'refused']] : []
      const reason = Object.keys(REFUSED_BY_API_SERVER).find((text) => answer.body.message.includes(text))
      return [[id, reason ?? answer.body.message]]
    }),
  )
}

function expected(exceptions: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(exceptions).flatMap(([reason, ids]) =>
      ids.map((id) => [id, reason in REFUSED_BY_API_SERVER ? reason : reason in ALLOWED_BY_US ? 'allowed' : 'refused']),
    ),
  )
}
