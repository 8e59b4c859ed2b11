/**
 * Whoever may edit in a namespace may act as each of its service accounts: a profile that is granted to one of them is granted to all who
 * may edit there. Judged by the API server, with its own roles `view`, `edit` and `admin`.
 */

import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import type { KubeObject } from '../../../src/kube/objects.ts'
import type { Resource } from '../../../src/kube/resources.ts'
import { PODS } from '../../../src/reconcile/resources.ts'
import { eventually } from '../../support/eventually.ts'
import { type Person, personWith } from '../../support/guarded-people.ts'
import { allowed, type GuardedCluster, guardedCluster, pod, ROLE_BINDINGS, rbac, refusal, refused } from '../../support/guards.ts'
import { kubeConfigOf } from '../../support/kube-setup.ts'
import { openPeople, type People } from '../../support/people.ts'
import { createPod, installPodPolicies, secureAs, uninstallPodSecurity } from '../../support/pod-security.ts'

const TENANT = 'accounts'
const HOME = 'accounts-shop'
const ELSEWHERE = 'accounts-office'
const COLLECTOR = 'collector'

const SECRETS: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true }
const ACCOUNTS: Resource = { group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true }

const WAYS = {
  'create pods': { verb: 'create', resource: 'pods' },
  'ask for its token': { verb: 'create', resource: 'serviceaccounts', subresource: 'token' },
  'have its token written into a Secret': { verb: 'create', resource: 'secrets' },
  'impersonate it': { verb: 'impersonate', resource: 'serviceaccounts' },
}

describe('a profile that is granted to a service account', function () {
  this.timeout(60_000)
  let cluster: GuardedCluster
  let people: People
  /** The editor, who impersonates the service account. */
  let impersonator: People

  before(async () => {
    cluster = await guardedCluster({ watched: false })
    people = await openPeople()
    impersonator = await openPeople(1, 'alice')
    await installPodPolicies(people)
    for (const namespace of [HOME, ELSEWHERE]) {
      await cluster.namespace(namespace, { tenant: TENANT })
      await cluster.make(ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: COLLECTOR } })
    }
    await secureAs(people, TENANT, {
      profiles: [
        { name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] },
        { name: 'privileged', preset: 'Privileged', subjects: [{ kind: 'ServiceAccount', namespace: HOME, name: COLLECTOR }] },
      ],
    })
    await cluster.bind('viewer', 'view', 'viewer', HOME)
    await cluster.bind('administrator', 'admin', 'administrator', HOME)
    for (const namespace of [HOME, ELSEWHERE]) await cluster.bind('alice', 'edit', 'alice', namespace)
    for (const namespace of [HOME, ELSEWHERE]) await refused(() => asks(cluster.alice, namespace), MISFIT)
    await allowed(() => asks(cluster.alice, HOME, COLLECTOR))
  })

  after(async () => {
    await impersonator.close()
    await cluster.clear()
    await uninstallPodSecurity(people)
  })

  const MISFIT = 'the pod does not fit profile "default": container main: privileged is not allowed'
  /** Without groups: those of service accounts come by themselves, and others he may not name. */
  const ITSELF = { user: `system:serviceaccount:${HOME}:${COLLECTOR}` }
  const NOT_HIS = `User "${ITSELF.user}" cannot create resource "pods"`

  const privileged = (namespace: string, serviceAccountName = 'default') => {
    const spec = {
      automountServiceAccountToken: false,
      containers: [{ name: 'main', image: 'none', securityContext: { privileged: true } }],
    }
    return { ...pod(namespace, 'app'), spec: { ...spec, serviceAccountName } }
  }
  const asks = (who: Person, namespace: string, serviceAccountName?: string) =>
    who.client.create(PODS, privileged(namespace, serviceAccountName), { dryRun: true })
  const impersonated = (namespace: string) => createPod(impersonator, ITSELF, namespace, privileged(namespace))

  async function withToken<T>(token: string, use: (holder: Person) => Promise<T>): Promise<T> {
    const kubeConfig = new KubeConfig()
    const server = (await kubeConfigOf('admin')).getCurrentCluster()
    if (!server) throw new Error('the kubeconfig has no cluster')
    kubeConfig.loadFromClusterAndUser(server, { name: COLLECTOR, token })
    const holder = personWith(kubeConfig)
    try {
      return await use(holder)
    } finally {
      await holder.transport.close()
    }
  }

  /** What TokenRequest gives to the editor. */
  async function requestedToken(): Promise<string> {
    const path = `/api/v1/namespaces/${HOME}/serviceaccounts/${COLLECTOR}/token`
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
    const { status } = await cluster.alice.transport.request<{ status: { token: string } }>({ method: 'POST', path, body })
    return status.token
  }

  /** The token that kube-controller-manager writes into a Secret of the editor. */
  async function writtenToken(): Promise<string> {
    const at = { namespace: HOME, name: 'token' }
    const metadata = { ...at, annotations: { 'kubernetes.io/service-account.name': COLLECTOR } }
    await cluster.make(
      SECRETS,
      { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token', metadata } as KubeObject,
      cluster.alice,
    )
    return eventually(
      async () => {
        const { data } = await cluster.alice.client.get<KubeObject & { data?: { token?: string } }>(SECRETS, at)
        if (data?.token === undefined) throw new Error('there is no token in it')
        return Buffer.from(data.token, 'base64').toString()
      },
      { within: 20_000 },
    )
  }

  for (const [user, may] of Object.entries({ viewer: false, alice: true, administrator: true })) {
    it(`is within reach of ${user === 'alice' ? 'an editor' : `the ${user}`}: ${may ? 'yes' : 'no'}`, async () => {
      const answers = await Promise.all(
        Object.entries(WAYS).map(async ([way, attributes]) => {
          const spec = { user, resourceAttributes: { namespace: HOME, name: COLLECTOR, ...attributes } }
          const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec }
          const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
          const { status } = await cluster.admin.transport.request<{ status: { allowed: boolean } }>({ method: 'POST', path, body })
          return [way, status.allowed]
        }),
      )
      expect(Object.fromEntries(answers)).to.deep.equal(Object.fromEntries(Object.keys(WAYS).map((way) => [way, may])))
    })
  }

  it('is none of the editor as himself', async () => {
    expect(await refusal(asks(cluster.alice, HOME))).to.include(MISFIT)
  })

  it('is his by a pod that names the account', async () => {
    await asks(cluster.alice, HOME, COLLECTOR)
  })

  it('is his by a token that he asks for, and then for any pod there', async () => {
    await cluster.bind(ITSELF.user, 'edit', 'collector', HOME)
    await withToken(await requestedToken(), async (holder) => {
      await allowed(() => asks(holder, HOME))
      expect(await refusal(asks(holder, ELSEWHERE))).to.include(NOT_HIS)
    })
  })

  it('is his by a token that he has written into a Secret', async () => {
    await withToken(await writtenToken(), async (holder) => {
      await allowed(() => asks(holder, HOME))
      expect(await refusal(asks(holder, ELSEWHERE))).to.include(NOT_HIS)
    })
  })

  it('is his by impersonation', async () => {
    const { code, body } = await impersonated(HOME)
    expect(code, body.message).to.equal(201)
    expect((await impersonated(ELSEWHERE)).body.message).to.include(NOT_HIS)
  })

  it("is nobody's in another namespace of the tenant, where an account of the same name has nothing", async () => {
    expect(await refusal(asks(cluster.alice, ELSEWHERE))).to.include(MISFIT)
    expect(await refusal(asks(cluster.alice, ELSEWHERE, COLLECTOR))).to.include(MISFIT)
  })

  it('goes with the account to each namespace of the tenant in which it gets a role', async () => {
    const subject = { kind: 'ServiceAccount', namespace: HOME, name: COLLECTOR }
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' }
    await cluster.make(ROLE_BINDINGS, rbac('RoleBinding', { name: 'guest', namespace: ELSEWHERE }, { roleRef, subjects: [subject] }))
    await withToken(await requestedToken(), (holder) => allowed(() => asks(holder, ELSEWHERE)))
  })
})
