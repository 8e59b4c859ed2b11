/** The judge without a server says what the API server says: the same verdicts, in the same words, to every pod that other tests have. */

import { expect } from 'chai'
import type { PodSecurity, Profile } from '../../../src/api/pod-security/pod-security.ts'
import type { PodManifest } from '../../../src/judge/as-created.ts'
import { type Judge, judgeOf } from '../../../src/judge/judge.ts'
import { requesterOf } from '../../../src/judge/requester.ts'
import { hasMutatingPolicies } from '../../../tools/control-plane/install.ts'
import { BOOK_PODS, BOOK_PROFILES } from '../../support/book-pods.ts'
import { sharedControlPlane } from '../../support/cluster.ts'
import { CASES } from '../../support/custom-rules/cases.ts'
import { fullProfiles, largePod } from '../../support/full-profiles.ts'
import { account, openPeople, type People, type Person, person } from '../../support/people.ts'
import {
  createPod,
  createRuntimeClasses,
  inParallel,
  installPodSecurity,
  secure,
  uninstallPodSecurity,
  untilSo,
} from '../../support/pod-security.ts'
import { isPossible, podOf } from '../../support/standard-pods.ts'
import { ROWS } from '../../support/standards.ts'

const alice = person('alice', 'developers')
const bob = person('bob')
const controller = account('kube-system', 'replicaset-controller')

const ALICE: Profile['subjects'] = [{ kind: 'User', name: 'alice' }]
const EVERYBODY: Profile['subjects'] = [{ kind: 'Group', name: 'system:authenticated' }]
const preset = (name: string, which: 'Basic' | 'Baseline' | 'Restricted' | 'Privileged', subjects: Profile['subjects']): Profile => ({
  name,
  preset: which,
  subjects,
})

type Sent = { readonly id: string; readonly pod: { readonly metadata?: object; readonly spec: object }; readonly who: Person }
type Tenant = { readonly name: string; readonly podSecurity: PodSecurity; readonly sent: readonly Sent[] }

const rowPods = (who: Person): readonly Sent[] =>
  (['containers', 'initContainers'] as const).flatMap((list) =>
    ROWS.filter((row) => isPossible(row, list)).map((row) => ({
      id: `${row.name}, in ${list}, by ${who.user}`,
      pod: podOf(row, list),
      who,
    })),
  )

const bookPods: readonly Sent[] = Object.entries(BOOK_PODS).flatMap(([id, pod]) =>
  [alice, bob, controller].map((who) => ({ id: `${id}, by ${who.user}`, pod, who })),
)

/** Whatever a refusal may speak of: what does not fit several profiles, what would fit another one, who may not use it. */
const SEVERAL: readonly Profile[] = [
  preset('basic', 'Basic', [{ kind: 'Group', name: 'developers' }]),
  preset('restricted', 'Restricted', EVERYBODY),
  preset('baseline', 'Baseline', [{ kind: 'ServiceAccount', namespace: 'judge-several', name: 'default' }]),
  preset('privileged', 'Privileged', [{ kind: 'User', name: 'bob' }]),
]

const WIDE = Array.from({ length: 12 }, (_, index) => '𝒳'.repeat(41 + index))

const TENANTS: readonly Tenant[] = [
  ...(['Basic', 'Baseline', 'Restricted', 'Privileged'] as const).map(
    (which): Tenant => ({
      name: `judge-${which.toLowerCase()}`,
      podSecurity: { profiles: [preset('default', which, ALICE)] },
      sent: rowPods(alice),
    }),
  ),
  {
    name: 'judge-defaulted',
    podSecurity: { defaulting: 'Enabled', profiles: [preset('default', 'Restricted', ALICE)] },
    sent: rowPods(alice),
  },
  { name: 'judge-several', podSecurity: { profiles: [...SEVERAL] }, sent: [...rowPods(alice), ...rowPods(controller)] },
  { name: 'judge-nobody', podSecurity: { profiles: [preset('default', 'Basic', ALICE)] }, sent: rowPods(bob).slice(0, 20) },
  {
    name: 'judge-full',
    podSecurity: { profiles: fullProfiles([...ALICE]) },
    sent: [1, 3].map((containers) => ({ id: `a large pod, with ${containers} containers`, pod: largePod(containers), who: alice })),
  },
  {
    // Long enough to be cut, at characters that are two units of UTF-16.
    name: 'judge-cut',
    podSecurity: {
      profiles: ['a', 'b'].map((name) => ({
        name,
        preset: 'Custom',
        rules: { volumes: ['hostPath', 'secret'], hostPaths: WIDE.map((text) => ({ pathPrefix: `/${name}${text}` })) },
        subjects: ALICE,
      })),
    },
    sent: WIDE.map((text, index) => ({
      id: `a path that is outside, ${index}`,
      pod: { spec: { containers: [{ name: 'main', image: 'none' }], volumes: [{ name: 'v', hostPath: { path: `/c${text}` } }] } },
      who: alice,
    })),
  },
  ...Object.entries(CASES).map(
    ([name, { rules, defaulting, fits, refused }]): Tenant => ({
      name: `judge-${name.toLowerCase().replaceAll(/\W+/g, '-')}`,
      podSecurity: {
        ...(defaulting && { defaulting: 'Enabled' }),
        profiles: [{ name: 'default', preset: 'Custom', rules, subjects: ALICE }],
      },
      // An ephemeral container, and a template, is not a pod that is created.
      sent: [...fits, ...refused.map(([asked]) => asked)].flatMap((pod, index) =>
        'spec' in pod ? [{ id: `${name} ${index}`, pod, who: alice }] : [],
      ),
    }),
  ),
  ...(['Disabled', 'Enabled'] as const).map(
    (defaulting): Tenant => ({
      name: `judge-book-${defaulting.toLowerCase()}`,
      podSecurity: { defaulting, profiles: BOOK_PROFILES },
      sent: bookPods,
    }),
  ),
]

describe('pods judged without a server', function () {
  this.timeout(240_000)
  let people: People
  let canMutate: boolean

  before(async () => {
    people = await openPeople(16)
    await createRuntimeClasses(people)
    canMutate = hasMutatingPolicies(await sharedControlPlane())
    await installPodSecurity(people)
    for (const { name, podSecurity } of TENANTS) await secure(people, name, podSecurity)
    // Written last, so that what holds for it holds for all.
    await secure(people, 'judge-last', { defaulting: 'Enabled', profiles: [preset('default', 'Restricted', ALICE)] })
    const plain = { spec: { containers: [{ name: 'main', image: 'none' }] } }
    await untilSo('the policies count', async () => {
      const codes = await Promise.all([alice, bob].map(async (who) => (await createPod(people, who, 'judge-last', plain)).code))
      return codes.join() === (canMutate ? '201,403' : '403,403')
    })
  })

  after(() => uninstallPodSecurity(people))

  for (const { name, podSecurity, sent } of TENANTS) {
    it(`get the same answers: the ${sent.length} of ${name}`, async () => {
      const judge = judgeOf({ name, podSecurity, canMutate })
      // By which profile a pod was admitted, the API server says where it may fill something in.
      const named = canMutate && podSecurity.defaulting === 'Enabled'
      const answers = await inParallel(sent, async ({ pod, who }) => theirs(await createPod(people, who, name, pod), named))
      const told = sent.map(({ pod, who }) =>
        ours(judge, { ...pod, metadata: { name: 'pod', ...pod.metadata, namespace: name } } as PodManifest, who, named),
      )
      const differing = sent.flatMap(({ id }, index) =>
        told[index] === answers[index] ? [] : [{ id, told: told[index], answered: answers[index] }],
      )
      expect(differing).to.deep.equal([])
    })
  }
})

/** "admitted", by which profile where the API server says so, or the words of the refusal. Anything else is no answer to this question. */
function theirs({ code, body }: Awaited<ReturnType<typeof createPod>>, named: boolean): string {
  if (code === 201) return `admitted${named ? ` by ${body.metadata.annotations?.['tenant-isolation.dev/profile']}` : ''}`
  const [, words] = /'pod-security\.tenant-isolation\.dev' with binding '[^']*' denied request: ([\s\S]*)$/.exec(body.message) ?? []
  return words?.replaceAll(/kube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-*') ?? `${code}: ${body.message}`
}

function ours(judge: Judge, pod: PodManifest, { user, groups = [] }: Person, named: boolean): string {
  const judgement = judge(pod, requesterOf(user, groups))
  if (!judgement.admitted) return judgement.message
  return `admitted${named ? ` by ${judgement.profile}` : ''}`
}
