/**
 * Ways around the guards that lead through a namespace itself: by its name, by deleting it and having it made anew, and by what keeps the
 * operator from writing into it. He may do everything about namespaces, which is more than `admin`. No operator runs.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { isAlreadyExists } from '../../../src/kube/errors.ts'
import type { KubeObject } from '../../../src/kube/objects.ts'
import type { Resource } from '../../../src/kube/resources.ts'
import { NAMESPACES, NETWORK_POLICIES, PODS } from '../../../src/reconcile/resources.ts'
import { labelled } from '../../support/build.ts'
import { always, eventually } from '../../support/eventually.ts'
import {
  allowed,
  type GuardedCluster,
  guardedCluster,
  pod,
  refusal,
  refused,
  send,
  type TenantObject,
  tryPod,
} from '../../support/guards.ts'
import { networkPolicy } from '../../support/kube.ts'

const OWN = 'hostile-again'
const VICTIM = 'hostile-trusting'
const NAME = 'kubernetes.io/metadata.name'

const ASSIGN = /takes verb assign on tenantisolation hostile-\S+, which alice does not have/
const ORPHANED =
  /namespace hostile-orphaned would go before it is empty, and leave pods behind that belong to no tenant; that takes verb assign on tenantisolation hostile-again, which alice does not have/
const NOT_YET = /namespace-is-not-isolated-yet\.try-again-in-a-moment/
/** Or is not quite there yet. */
const BEFORE_IT_IS_ISOLATED =
  /namespace-is-not-isolated-yet|serviceaccount "default" not found|namespaces "\S+" not found|is being terminated/

const ACCOUNTS: Resource = { group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true }
const QUOTAS: Resource = { group: '', version: 'v1', plural: 'resourcequotas', kind: 'ResourceQuota', namespaced: true }

/** Each in a namespace of its own, all at once: it takes seconds until one is gone. */
const ROUNDS = 5

const onName = (...values: readonly string[]) => ({ matchExpressions: [{ key: NAME, operator: 'In' as const, values: [...values] }] })

describe("a tenant's own administrator, who may create and delete namespaces", function () {
  this.timeout(120_000)
  let cluster: GuardedCluster
  let tenant: TenantObject

  before(async () => {
    cluster = await guardedCluster()
    const own = { namespaceSelector: labelled({ guarded: OWN }) }
    const victim = {
      namespaceSelector: onName('hostile-one', 'hostile-two'),
      network: { ingress: [{ name: 'monitoring', from: [{ namespaceSelector: onName('hostile-monitor', 'hostile-backup') }] }] },
    }
    tenant = await cluster.tenant(OWN, own)
    await cluster.tenant(VICTIM, victim)
    await cluster.gates([
      { name: OWN, spec: own },
      { name: VICTIM, spec: victim },
    ])
    await cluster.bind('alice', 'admin', 'hostile-everywhere')
    await cluster.allow('alice', 'hostile-all-namespaces', [
      { apiGroups: [''], resources: ['namespaces', 'namespaces/finalize'], verbs: ['*'] },
    ])
    await cluster.namespace('hostile-kept', { guarded: OWN })
    await refused(() => tryPod(cluster.alice, 'hostile-kept', 'app'), 'not-isolated-yet')
    await refused(() => create({ name: 'hostile-one' }, { dryRun: true }), 'assign')
    await refused(() => create({ name: 'hostile-monitor' }, { dryRun: true }), 'assign')
  })

  after(async () => {
    await cluster.clear()
  })

  const create = (metadata: object, options: object = {}) => cluster.alice.client.create(NAMESPACES, namespaceOf(metadata), options)
  const namespaceOf = (metadata: object) => ({ apiVersion: 'v1', kind: 'Namespace', metadata }) as KubeObject
  const applied = () =>
    cluster.alice.client.patch(
      NAMESPACES,
      { name: 'hostile-one' },
      { type: 'apply', force: true, body: namespaceOf({ name: 'hostile-one' }) },
    )

  const policies = async (namespace: string) => {
    const { items } = await cluster.admin.client.list<KubeObject>(NETWORK_POLICIES, { namespace })
    return items.map(({ metadata }) => metadata.name)
  }
  const gone = (name: string) =>
    eventually(
      async () => {
        const { items } = await cluster.admin.client.list<KubeObject>(NAMESPACES)
        expect(items.map(({ metadata }) => metadata.name)).to.not.include(name)
      },
      { within: 60_000 },
    )

  /** A pod in an isolated namespace of the tenant; deleted, it stays until it is let go. */
  async function withPodThatStays(namespace: string): Promise<void> {
    await cluster.namespace(namespace, { guarded: OWN })
    await cluster.child(namespace, tenant)
    await allowed(() => tryPod(cluster.alice, namespace, 'app'))
    await cluster.alice.client.create(PODS, {
      ...pod(namespace, 'app'),
      metadata: { namespace, name: 'app', finalizers: ['example.com/stay'] },
    })
  }
  const letPodGo = (namespace: string) =>
    cluster.admin.client.patch(PODS, { namespace, name: 'app' }, { type: 'merge', body: { metadata: { finalizers: null } } })

  const TRIES: Readonly<Record<string, readonly [attempt: () => Promise<unknown>, reason: RegExp]>> = {
    'makes one whose name another tenant trusts': [() => create({ name: 'hostile-monitor' }), ASSIGN],
    'makes one whose name is that of another tenant': [() => create({ name: 'hostile-one' }), ASSIGN],
    'makes it by server-side apply': [applied, ASSIGN],
    'says that it has another name': [() => create({ name: 'hostile-one', labels: { [NAME]: 'harmless' } }), ASSIGN],
  }
  for (const [what, [attempt, reason]] of Object.entries(TRIES)) {
    it(what, async () => {
      expect(await refusal(attempt())).to.match(reason)
    })
  }

  it('lets the API server choose the name, and claims another one by label: it gets its own', async () => {
    const { metadata } = await create({ generateName: 'hostile-', labels: { [NAME]: 'hostile-one' } }, { dryRun: true })
    expect(metadata.name).to.match(/^hostile-\w{5}$/)
    expect(metadata.labels).to.deep.equal({ [NAME]: metadata.name })
  })

  it('lets the API server choose the names of policies, until it is one of ours', async () => {
    await cluster.child('hostile-kept', tenant)
    const metadata = { name: undefined, generateName: 'tenant-isolation-0123456' }
    const attempt = async () => {
      const policy = networkPolicy('hostile-kept', '', { podSelector: {} }, metadata) as unknown as KubeObject
      const made = cluster.alice.client.create(NETWORK_POLICIES, policy, { dryRun: true })
      return made.then(
        (object) => object.metadata.name,
        (error: Error) => error.message,
      )
    }
    // One name of some eighty is.
    const answers = await Promise.all(Array.from({ length: 300 }, attempt))
    for (const answer of answers) {
      if (answer.startsWith('tenant-isolation-')) expect(answer).to.not.match(/^tenant-isolation-[0-9a-f]{12}$/)
      else expect(answer).to.include('has a name of its making')
    }
  })

  // Of the tenant before, or of nobody, so that pods could start at once.
  for (const [what, before] of Object.entries({ 'of the tenant': { guarded: OWN }, 'of no tenant': {} })) {
    it(`deletes one ${what}, and when it is made anew in the tenant, no pod comes before its policy`, async () => {
      const rounds = Array.from({ length: ROUNDS }, (_, round) => `hostile-${what.replaceAll(' ', '-')}-${round}`)
      const answers = await Promise.all(rounds.map((name) => madeAnew(name, before)))
      for (const answer of answers.flat()) expect(answer).to.match(BEFORE_IT_IS_ISOLATED)
      for (const name of rounds) expect(await refusal(tryPod(cluster.alice, name, 'app'))).to.match(NOT_YET)
    })
  }

  /** What the API server answers to pods from the moment that the namespace is there again. */
  async function madeAnew(name: string, before: Readonly<Record<string, string>>): Promise<readonly string[]> {
    await cluster.namespace(name, before)
    if ('guarded' in before) await cluster.child(name, tenant)
    await allowed(() => tryPod(cluster.alice, name, 'app'))
    await cluster.alice.client.delete(NAMESPACES, { name })
    await whenGone(() => cluster.admin.client.create(NAMESPACES, namespaceOf({ name, labels: { guarded: OWN } })))
    await withAccount(name)
    return Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await sleep(index * 4)
        return tryPod(cluster.alice, name, 'app').then(
          () => 'admitted',
          (error: Error) => error.message,
        )
      }),
    )
  }

  /**
   * She does not wait until somebody makes the account that pods need. For a moment the API server still takes the namespace for the one
   * that goes; if that is what it tells kube-controller-manager, which does not try again, nobody else ever makes the account.
   */
  async function withAccount(namespace: string): Promise<void> {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'default' } }
    const deadline = performance.now() + 10_000
    for (;;) {
      try {
        await cluster.alice.client.create(ACCOUNTS, account)
        return
      } catch (error) {
        if (isAlreadyExists(error)) return
        if (performance.now() > deadline) throw error
      }
    }
  }

  /** The moment that nothing of that name is there any more. */
  async function whenGone(attempt: () => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + 60_000
    for (;;) {
      try {
        await attempt()
        return
      } catch (error) {
        if (!isAlreadyExists(error) || performance.now() > deadline) throw error
      }
    }
  }

  it('deletes one with a pod that stays: so does its policy', async () => {
    const name = 'hostile-lingering'
    await withPodThatStays(name)
    await cluster.alice.client.delete(NAMESPACES, { name })
    await eventually(
      async () => {
        const { metadata } = await cluster.admin.client.get<KubeObject>(PODS, { namespace: name, name: 'app' })
        expect(metadata.deletionTimestamp).to.be.a('string')
      },
      { within: 20_000 },
    )
    // Long enough for kube-controller-manager to come again, several times.
    await always(async () => expect(await policies(name)).to.deep.equal(['tenant-isolation']), { during: 3_000 })
    const at = { namespace: name, name: 'tenant-isolation' }
    expect(await refusal(cluster.alice.client.delete(NETWORK_POLICIES, at))).to.include('only tenant-isolation may write it')
    await letPodGo(name)
    await gone(name)
  })

  it('lets one go before it is empty, so that its pods outlive the tenant', async () => {
    const name = 'hostile-orphaned'
    await withPodThatStays(name)
    const finalize = async (by = cluster.alice) => {
      const object = await by.client.get<KubeObject>(NAMESPACES, { name })
      await send(by, { method: 'PUT', path: `/api/v1/namespaces/${name}/finalize`, body: { ...object, spec: { finalizers: [] } } })
    }
    expect(await refusal(finalize()), 'beforehand').to.match(ORPHANED)
    await cluster.alice.client.delete(NAMESPACES, { name })
    expect(await refusal(finalize()), 'while it is being deleted').to.match(ORPHANED)
    const annotations = await cluster.audited('membership-guard.tenant-isolation.dev/needs-assign', () => finalize(cluster.admin))
    expect(annotations).to.deep.equal([{ user: 'admin', code: 200, text: 'admin: let it go before it is empty' }])
    await gone(name)
    // What she would have had: the pod, in a namespace of no tenant, from which the operator takes what isolates it.
    await create({ name })
    await cluster.admin.client.get(PODS, { namespace: name, name: 'app' })
    await letPodGo(name)
    await cluster.admin.client.delete(NAMESPACES, { name })
  })

  it('leaves no room for a policy: pods wait', async () => {
    const name = 'hostile-quota'
    await cluster.namespace(name, { guarded: OWN })
    const hard = { 'count/networkpolicies.networking.k8s.io': '1' }
    await cluster.make(QUOTAS, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { namespace: name, name: 'one' },
      spec: { hard },
    } as KubeObject)
    await eventually(
      async () => {
        const { status } = await cluster.admin.client.get<KubeObject & { status?: object }>(QUOTAS, { namespace: name, name: 'one' })
        expect(status).to.have.property('used')
      },
      { within: 20_000 },
    )
    await cluster.make(NETWORK_POLICIES, networkPolicy(name, 'mine', { podSelector: {} }) as never, cluster.alice)
    expect(await refusal(cluster.child(name, tenant))).to.include('exceeded quota')
    expect(await refusal(tryPod(cluster.alice, name, 'app'))).to.match(NOT_YET)
  })
})
