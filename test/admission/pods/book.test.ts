/** The pods of "Kubernetes in Action", listings 13.1 to 13.20, created by a basic and by a privileged user: bare, and by a controller. */

import { expect } from 'chai'
import type { Profile } from '../../../src/api/pod-security/pod-security.ts'
import { BOOK_PODS, BOOK_PROFILES, everybody, pod, secured } from '../../support/book-pods.ts'
import { canMutate, needsDefaulting } from '../../support/older-kubernetes.ts'
import { account, openPeople, type People, person } from '../../support/people.ts'
import { createPod, installPodSecurity, secure, secureAs, uninstallPodSecurity, untilSo } from '../../support/pod-security.ts'

const alice = person('alice', 'manning-developers')
const bob = person('bob', 'manning-developers')
const controller = account('kube-system', 'replicaset-controller')

/** The profile that lets the pod in, or what the refusal says. */
type Verdict = 'default' | 'privileged' | RegExp

type Row = readonly [pod: keyof typeof BOOK_PODS, basic: Verdict, privileged: Verdict]

/** A basic user is alice, or a controller for a service account that nobody granted anything; a privileged one bob, or a granted account. */
const VERDICTS: readonly Row[] = [
  ['13.1 the network of the node', /hostNetwork is not allowed/, /hostNetwork is not allowed/],
  [
    '13.3 a port of the node',
    /hostPort is outside the allowed ranges: 10000-11000, 13000-14000/,
    /hostPort is outside the allowed ranges: none/,
  ],
  ['13.4 the PID and IPC namespaces of the node', /hostPID is not allowed; hostIPC is not allowed/, /hostPID is not allowed/],
  ['13.6 a user', 'default', 'privileged'],
  ['13.7 not root', 'default', 'privileged'],
  ['13.8 privileged', /profile "default": container main: privileged is not allowed/, 'privileged'],
  ['13.11 another capability', /capabilities.add may have none/, /capabilities.add may have none/],
  ['13.12 one capability less', 'default', 'privileged'],
  // It fits both as it is; the first by name is taken.
  ['13.13 a read-only filesystem', 'default', 'default'],
  ['13.14 groups of a shared volume', 'default', 'privileged'],
  ['a plain pod', 'default', 'privileged'],
]

describe('the pods of the book', function () {
  this.timeout(90_000)
  let people: People

  before(async () => {
    people = await openPeople()
    await installPodSecurity(people)
    await secure(people, 'book', { defaulting: 'Enabled', profiles: BOOK_PROFILES }, ['granted'])
    const fillsIn = await canMutate()
    await untilSo('privileged pods are refused and plain ones get a read-only root', async () => {
      const [refused, granted, plain] = await Promise.all([
        createPod(people, alice, 'book', BOOK_PODS['13.8 privileged']),
        createPod(people, bob, 'book', BOOK_PODS['13.8 privileged']),
        createPod(people, alice, 'book', BOOK_PODS['a plain pod']),
      ])
      const filled = !fillsIn || plain.body.metadata?.annotations?.['tenant-isolation.dev/profile'] === 'default'
      return refused.code === 403 && granted.code === 201 && filled
    })
  })

  after(() => uninstallPodSecurity(people))

  const WAYS = {
    'created by alice': { who: alice, account: 'default', column: 1 },
    'created by bob': { who: bob, account: 'default', column: 2 },
    'of a Deployment with an ungranted service account': { who: controller, account: 'default', column: 1 },
    'of a Deployment with a granted service account': { who: controller, account: 'granted', column: 2 },
  } as const

  for (const [way, { who, account: serviceAccountName, column }] of Object.entries(WAYS)) {
    describe(way, () => {
      for (const row of VERDICTS) {
        const verdict = row[column]
        it(`${row[0]}: ${typeof verdict === 'string' ? verdict : 'refused'}`, async function () {
          // By which profile it is let in is told by the annotation that defaulting writes, and the default one wants a read-only root.
          if (typeof verdict === 'string') await needsDefaulting(this)
          const manifest = BOOK_PODS[row[0]]
          const { code, body } = await createPod(people, who, 'book', { ...manifest, spec: { ...manifest.spec, serviceAccountName } })
          if (typeof verdict === 'string') {
            expect(body.metadata?.annotations, body.message).to.include({ 'tenant-isolation.dev/profile': verdict })
            const roots = body.spec.containers.map(({ securityContext }: { securityContext?: { readOnlyRootFilesystem?: boolean } }) =>
              Boolean(securityContext?.readOnlyRootFilesystem),
            )
            expect(new Set(roots), 'readOnlyRootFilesystem').to.deep.equal(new Set([verdict === 'default']))
          } else {
            expect(code).to.equal(403)
            expect(body.message).to.match(verdict)
          }
        })
      }
    })
  }

  it('13.8: the refusal says which profile would do, and who may not use it', async () => {
    const { body } = await createPod(people, alice, 'book', BOOK_PODS['13.8 privileged'])
    expect(body.message).to.equal(
      `pods "pod" is forbidden: ValidatingAdmissionPolicy 'pod-security.tenant-isolation.dev' with binding 'book.pod-security.tenant-isolation.dev' denied request: the pod does not fit profile "default": container main: privileged is not allowed; container main: readOnlyRootFilesystem must be true. It would fit profile "privileged", which neither user "alice" nor service account "book/default" may use`,
    )
  })

  describe('under the profiles of', () => {
    const rulesOf: Readonly<Record<string, Profile['rules']>> = {
      '13.16': {
        runAsUser: { rule: 'MustRunAs', ranges: [{ min: 2, max: 2 }] },
        fsGroup: {
          rule: 'MustRunAs',
          ranges: [
            { min: 2, max: 10 },
            { min: 20, max: 30 },
          ],
        },
        supplementalGroups: {
          rule: 'MustRunAs',
          ranges: [
            { min: 2, max: 10 },
            { min: 20, max: 30 },
          ],
        },
        volumes: ['*'],
      },
      '13.18': {
        capabilities: { allowed: ['SYS_TIME'], defaultAdd: ['CHOWN'], requiredDrop: ['SYS_ADMIN', 'SYS_MODULE'] },
        volumes: ['*'],
      },
      '13.19': { volumes: ['emptyDir', 'configMap', 'secret', 'downwardAPI', 'persistentVolumeClaim'] },
    }

    async function under(listing: string, ready: () => Promise<boolean>) {
      await secureAs(people, 'book', {
        defaulting: 'Enabled',
        profiles: [{ name: 'default', preset: 'Custom', rules: rulesOf[listing], subjects: [...everybody] }],
      })
      await untilSo(`the profile of ${listing} counts`, ready)
    }

    it('13.16: a pod without a user runs as user 2, one with another user is refused', async function () {
      await needsDefaulting(this)
      const refused = () => createPod(people, alice, 'book', BOOK_PODS['13.6 a user'])
      await under('13.16', async () => (await refused()).code === 403)
      expect((await refused()).body.message).to.include('runAsUser must be within 2-2')
      // 13.17: the user of its image is overridden.
      const { body } = await createPod(people, alice, 'book', pod({ image: 'luksa/kubia-run-as-user-5' }))
      expect(body.spec.containers[0].securityContext).to.deep.equal({ runAsUser: 2 })
      expect(body.spec.securityContext).to.deep.equal({ fsGroup: 2, supplementalGroups: [2] })
    })

    it('13.18: capabilities are allowed, added and dropped', async function () {
      await needsDefaulting(this)
      const manifest = BOOK_PODS['13.11 another capability']
      await under('13.18', async () => (await createPod(people, alice, 'book', manifest)).code === 201)
      const { body } = await createPod(people, alice, 'book', manifest)
      expect(body.spec.containers[0].securityContext.capabilities).to.deep.equal({
        add: ['SYS_TIME', 'CHOWN'],
        drop: ['SYS_ADMIN', 'SYS_MODULE'],
      })
      const refused = await createPod(people, alice, 'book', secured({ capabilities: { add: ['SYS_ADMIN'] } }))
      expect(refused.body.message).to.include('capabilities.add may only have "SYS_TIME", "CHOWN"')
    })

    it('13.19: only the volumes of the list', async () => {
      const mounting = (volume: object) => createPod(people, alice, 'book', pod({}, { volumes: [{ name: 'v', ...volume }] }))
      await under('13.19', async () => (await mounting({ nfs: { server: 'x', path: '/' } })).code === 403)
      expect((await mounting({ hostPath: { path: '/' } })).body.message).to.include('volume v: hostPath is not allowed')
      expect((await mounting({ emptyDir: {} })).code).to.equal(201)
    })
  })
})
