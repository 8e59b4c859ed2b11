/** Who may use which profile for what; and proof that nothing decides about that which no test watches (mutants.test.ts says how). */

import { expect } from 'chai'
import { API_VERSION, KIND, TENANT_LABEL } from '../../../src/api/labels.ts'
import type { PodSecurity } from '../../../src/api/pod-security/pod-security.ts'
import { SAME_PROFILES } from '../../support/mutants/exceptions.ts'
import { groupOf, MUTANTS, PROFILE_MUTANTS, profileMutants } from '../../support/mutants/profile-mutants.ts'
import { ADMIN, type Answer, openPeople, type People, person } from '../../support/people.ts'
import {
  apply,
  createPod,
  inParallel,
  installPodSecurity,
  openNamespace,
  PATHS,
  secureAs,
  uninstallPodSecurity,
  untilSo,
} from '../../support/pod-security.ts'
import { ACCOUNTS, BROKEN, OLD_PODS, TENANTS, USED, USES, type Use } from '../../support/profile-uses.ts'

describe('the use of a profile', function () {
  this.timeout(180_000)
  let people: People

  before(async () => {
    people = await openPeople(16)
    await installPodSecurity(people)
    await apply(people, profileMutants)
    await inParallel(Object.entries(TENANTS), prepare)
    let waiting = USES.flatMap((use) => [USED, BROKEN].map((place) => ({ use, place })))
    await untilSo('all tenants are judged', async () => {
      const answers = await inParallel(waiting, async ({ use, place }) => objectionsTo(await attempt(use, place)).length)
      waiting = waiting.filter(({ use }, index) => answers[index] !== (use.objection ? 1 : 0))
      return waiting.length === 0
    })
  })

  after(async () => {
    await people?.as(ADMIN, { method: 'DELETE', path: `${PATHS.ValidatingAdmissionPolicy}/${PROFILE_MUTANTS}` })
    await uninstallPodSecurity(people)
  })

  async function prepare([tenant, podSecurity]: readonly [string, PodSecurity | undefined]) {
    for (const namespace of [USED(tenant), BROKEN(tenant)]) {
      await openNamespace(people, namespace, ACCOUNTS[tenant])
      for (const [name, pod] of Object.entries(OLD_PODS[tenant] ?? {})) {
        const { code, body } = await createPod(people, person('alice'), namespace, { ...pod, metadata: { name } }, { dryRun: false })
        expect(code, body.message).to.equal(201)
      }
    }
    const namespaceSelector = { matchLabels: { tenant } }
    if (podSecurity) await secureAs(people, tenant, podSecurity)
    else await apply(people, { apiVersion: API_VERSION, kind: KIND, metadata: { name: tenant }, spec: { namespaceSelector } })
    await apply(people, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: BROKEN(tenant), labels: { [TENANT_LABEL]: tenant } },
      spec: {
        policyName: PROFILE_MUTANTS,
        validationActions: [podSecurity?.mode === 'Warn' ? 'Warn' : 'Deny'],
        paramRef: { name: tenant, parameterNotFoundAction: 'Deny' },
        matchResources: { namespaceSelector: { matchLabels: { tenant: BROKEN(tenant) } } },
      },
    })
  }

  function attempt({ tenant, who, send }: Use, place: typeof USED, mutant?: number): Promise<Answer> {
    const groups = [...(who.groups ?? []), ...(mutant === undefined ? [] : [groupOf(mutant)])]
    return send(people, { ...who, groups }, place(tenant))
  }

  /** Whether the answer is the one of the table. */
  async function isSo(use: Use, place: typeof USED, mutant?: number): Promise<boolean> {
    const said = objectionsTo(await attempt(use, place, mutant))
    return use.objection === undefined ? said.length === 0 : said.length === 1 && use.objection.test(said[0] ?? '')
  }

  for (const use of USES) {
    it(`${use.what}: ${use.objection ? 'objected to' : 'let in'}`, async () => {
      for (const place of [USED, BROKEN]) {
        const said = objectionsTo(await attempt(use, place))
        expect(said, place(use.tenant)).to.have.length(use.objection ? 1 : 0)
        if (use.objection) expect(said[0]).to.match(use.objection)
      }
    })
  }

  describe('broken on purpose', () => {
    const noticed = new Map<number, string>()

    before(async () => {
      await inParallel([...MUTANTS.entries()], async ([number, what]) => {
        const by = await firstOf(likely(what), async (use) => !(await isSo(use, BROKEN, number)))
        if (by) noticed.set(number, by.what)
      })
    })

    for (const [number, what] of MUTANTS.entries()) {
      const reason = SAME_PROFILES[what]
      it(reason === undefined ? what : `${what}, which makes no difference: ${reason}`, () => {
        expect(noticed.has(number), noticed.get(number) ?? 'nobody notices').to.equal(reason === undefined)
      })
    }

    it('is excused for nothing that there is not', () => {
      expect(Object.keys(SAME_PROFILES).filter((what) => !MUTANTS.includes(what))).to.deep.equal([])
    })
  })
})

/** A refusal, or all warnings. */
function objectionsTo({ code, body, warnings }: Answer): readonly string[] {
  return code < 300 ? warnings : [body.message]
}

/** Those first that are about the same profile, or want what it allows from the one before it. */
function likely(what: string): readonly Use[] {
  const [, a, b] = /(?:mayUse|misfits)(\d)|> (\d)/.exec(what) ?? []
  const slot = Number(a ?? b)
  const isAbout = (use: Use) => Number(use.slot === slot || use.slot === slot - 1)
  return USES.toSorted((one, other) => isAbout(other) - isAbout(one))
}

async function firstOf<T>(items: readonly T[], holds: (item: T) => Promise<boolean>): Promise<T | undefined> {
  for (const item of items) if (await holds(item)) return item
  return undefined
}
