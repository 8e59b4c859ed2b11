/** Who may change the labels that tenancy hangs on; judged by the API server, with no operator running. */

import { expect } from 'chai'
import { COLLECTORS } from '../../../src/admission/guards/identities.ts'
import type { Spec } from '../../../src/api/tenant-isolation.ts'
import type { KubeObject } from '../../../src/kube/objects.ts'
import { NAMESPACES } from '../../../src/reconcile/resources.ts'
import { labelled } from '../../support/build.ts'
import { allowed, type GuardedCluster, guardedCluster, onTenants, type Person, refusal, refused, send } from '../../support/guards.ts'

const TENANT = 'member'
const MAY_LABEL = [
  { apiGroups: [''], resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'], verbs: ['get', 'create', 'update', 'patch'] },
]

const SPEC: Spec = {
  namespaceSelector: labelled({ guarded: TENANT }),
  network: {
    ingress: [
      { name: 'monitoring', from: [{ cidr: '192.0.2.0/24' }, { namespaceSelector: labelled({ team: 'monitoring' }) }] },
      { name: 'healthy', from: [{ namespaceSelector: { matchExpressions: [{ key: 'quarantine', operator: 'DoesNotExist' }] } }] },
      { name: 'web', appliesTo: { namespaceSelector: labelled({ tier: 'web' }) }, from: [{ podSelector: {} }] },
    ],
    egress: [
      {
        name: 'backends',
        to: [{ cidr: '192.0.2.0/24' }, { namespaceSelector: { matchExpressions: [{ key: 'backend', operator: 'Exists' }] } }],
      },
      {
        name: 'batch',
        appliesTo: { namespaceSelector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['batch', 'night'] }] } },
        to: [{ podSelector: {} }],
      },
    ],
    dns: { mode: 'Custom', to: [{ cidr: '192.0.2.53/32' }, { namespaceSelector: labelled({ resolves: 'names' }) }] },
  },
}

const PROFILE = { name: 'default', preset: 'Baseline', subjects: [{ kind: 'Group', name: 'system:authenticated' }] }

describe('the labels of a namespace', function () {
  this.timeout(120_000)
  let cluster: GuardedCluster

  before(async () => {
    cluster = await guardedCluster()
    await cluster.namespace('member-in', { guarded: TENANT })
    await cluster.namespace('member-out')
    await cluster.namespace('member-monitoring', { team: 'monitoring' })
    await cluster.namespace('member-sales', { team: 'sales' })
    await cluster.namespace('member-web', { guarded: TENANT, tier: 'web' })
    await cluster.tenant(TENANT, SPEC)
    for (const user of ['alice', 'bob']) await cluster.allow(user, `member-labels-${user}`, MAY_LABEL)
    await cluster.allow('bob', 'member-assigner', [onTenants(['assign'], [TENANT])])
    await refused(() => label('member-out', { guarded: TENANT }), 'assign')
    await refused(() => label('member-out', { backend: 'x' }), 'assign')
    await refused(() => label('member-in', { quarantine: 'x' }), 'assign')
  })

  after(async () => {
    await cluster.clear()
  })

  const label = (name: string, labels: Readonly<Record<string, string | null>>, by: Person = cluster.alice, subresource?: string) =>
    by.client.patch(NAMESPACES, { name, subresource }, { type: 'merge', body: { metadata: { labels } } }, { dryRun: true })
  const create = (labels: Readonly<Record<string, string>>, by: Person = cluster.alice, name = 'member-new') =>
    by.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }, { dryRun: true })

  it('may not bring it into a tenant, take it out, or create it there, without verb assign', async () => {
    expect(await refusal(label('member-out', { guarded: TENANT }))).to.include(
      'the labels of namespace member-out would bring it into the tenant; that takes verb assign on tenantisolation member, which alice does not have',
    )
    expect(await refusal(label('member-in', { guarded: 'other' }))).to.include('would take it out of the tenant')
    expect(await refusal(label('member-in', { guarded: null }))).to.include('would take it out of the tenant')
    expect(await refusal(create({ guarded: TENANT }))).to.include('namespace member-new would bring it into the tenant')
  })

  it('may not do so through a subresource', async () => {
    for (const subresource of ['status', 'finalize']) {
      const { metadata, ...rest } = (await cluster.alice.client.get(NAMESPACES, { name: 'member-out' })) as {
        metadata: object
        spec: object
      }
      const body = { ...rest, metadata: { ...metadata, labels: { guarded: TENANT } } }
      const path = `/api/v1/namespaces/member-out/${subresource}`
      const put = send(cluster.alice, { method: 'PUT', path, query: { dryRun: 'All' }, body })
      expect(await refusal(put), subresource).to.include('bring it into the tenant')
    }
    expect(await refusal(label('member-out', { guarded: TENANT }, cluster.alice, 'status'))).to.include('bring it into the tenant')
  })

  it('may do all that with verb assign', async () => {
    await allowed(() => label('member-out', { guarded: TENANT }, cluster.bob))
    await label('member-in', { guarded: null }, cluster.bob)
    await create({ guarded: TENANT }, cluster.bob)
    await label('member-out', { team: 'monitoring', backend: 'x' }, cluster.bob)
  })

  it('may not bring it into a group that a rule names, or take it out', async () => {
    expect(await refusal(label('member-out', { team: 'monitoring' }))).to.include('change who may connect by ingress rule monitoring')
    expect(await refusal(label('member-monitoring', { team: null }))).to.include('ingress rule monitoring')
    expect(await refusal(label('member-monitoring', { team: 'sales' }))).to.include('ingress rule monitoring')
    expect(await refusal(label('member-sales', { team: 'monitoring' }))).to.include('ingress rule monitoring')
    expect(await refusal(label('member-out', { team: 'monitoring', owner: 'alice' }))).to.include('ingress rule monitoring')
    expect(await refusal(label('member-out', { backend: '' }))).to.include('change where egress rule backends leads')
    expect(await refusal(label('member-out', { quarantine: '' }))).to.include('ingress rule healthy')
    expect(await refusal(create({ team: 'monitoring' }))).to.include('ingress rule monitoring')
    expect(await refusal(label('member-out', { resolves: 'names' }))).to.include('change who answers DNS')
  })

  it('may not change which rules of its tenant apply to it', async () => {
    expect(await refusal(label('member-in', { tier: 'web' }))).to.include('change what rule web applies to')
    expect(await refusal(label('member-in', { tier: 'web', owner: 'alice' }))).to.include('change what rule web applies to')
    expect(await refusal(label('member-web', { tier: null }))).to.include('change what rule web applies to')
    expect(await refusal(label('member-web', { tier: 'batch' }))).to.include('change what rule web, batch applies to')
    expect(await refusal(label('member-in', { tier: 'night' }))).to.include('change what rule batch applies to')
    await label('member-in', { tier: 'database' })
    await label('member-out', { tier: 'web' })
  })

  it('may change otherwise, and a namespace be created that is in no group by a label of its own', async () => {
    await label('member-in', { owner: 'alice' })
    await label('member-out', { guarded: 'nobody', owner: 'alice' })
    await label('member-monitoring', { owner: 'alice' })
    await label('member-sales', { team: 'support' })
    await label('member-sales', { team: null })
    await create({})
    await create({ owner: 'alice' })
    await create({ quarantine: 'yes' })
  })

  it('do not matter for who may let a namespace of the tenant go before it is empty', async () => {
    const finalize = async (name: string, finalizers: readonly string[], by: Person = cluster.alice, dryRun = true) => {
      const object = await cluster.admin.client.get<KubeObject>(NAMESPACES, { name })
      const query = dryRun ? { dryRun: 'All' } : {}
      await send(by, { method: 'PUT', path: `/api/v1/namespaces/${name}/finalize`, query, body: { ...object, spec: { finalizers } } })
    }
    expect(await refusal(finalize('member-in', []))).to.include(
      'namespace member-in would go before it is empty, and leave pods behind that belong to no tenant; that takes verb assign on tenantisolation member, which alice does not have',
    )
    expect(await refusal(finalize('member-in', ['example.com/mine']))).to.include('before it is empty')
    await finalize('member-in', ['kubernetes', 'example.com/mine'])
    await finalize('member-out', [])
    await finalize('member-in', [], cluster.bob)
    for (const [index, user] of COLLECTORS.entries()) {
      await cluster.allow(user, `member-collector-${index}`, MAY_LABEL)
      await allowed(() => finalize('member-in', [], cluster.as({ user })))
    }
    for (const subresource of [undefined, 'status']) {
      const patch = { type: 'merge', body: { spec: { finalizers: [] } } } as const
      const patched = await cluster.alice.client.patch(NAMESPACES, { name: 'member-in', subresource }, patch, { dryRun: true })
      expect(patched).to.have.nested.property('spec.finalizers').that.deep.equals(['kubernetes'])
    }
    // What is there no more cannot be taken off.
    await cluster.namespace('member-bare', { guarded: TENANT })
    await finalize('member-bare', ['example.com/mine'], cluster.admin, false)
    await finalize('member-bare', [])
    await finalize('member-bare', [], cluster.admin, false)
  })

  it('may not bring a protected namespace into a tenant, whoever asks', async () => {
    for (const name of ['kube-system', 'kube-public', 'kube-node-lease', 'tenant-isolation-system']) {
      expect(await refusal(label(name, { guarded: TENANT }, cluster.admin))).to.include(`namespace ${name} is protected`)
      await label(name, { owner: 'admin', team: 'monitoring' }, cluster.admin)
    }
  })

  it('are judged by a selector that only says what must not be there', async () => {
    const selector = {
      matchExpressions: [
        { key: 'member-stage', operator: 'In' as const, values: ['a', 'b'] },
        { key: 'free', operator: 'DoesNotExist' as const },
      ],
    }
    await cluster.tenant('member-rest', { namespaceSelector: selector })
    await refused(() => create({ 'member-stage': 'a' }), 'on tenantisolation member-rest')
    await create({ 'member-stage': 'a', free: '' })
    await create({ 'member-stage': 'c' })
    await refusal(label('member-out', { 'member-stage': 'b' }))
    await label('member-out', { 'member-stage': 'b', free: 'yes' })
  })

  it('that are for Pod Security are kept where the resource sets them, also through a subresource and from the beginning', async () => {
    const pss = { 'pod-security.kubernetes.io/enforce': 'privileged' }
    const refusedWords = 'change its Pod Security labels'
    await label('member-in', pss)
    await cluster.changeTenant(TENANT, { podSecurity: { profiles: [PROFILE], standard: { enforce: 'baseline' } } })
    await refused(() => label('member-in', pss), refusedWords)
    for (const subresource of ['status', 'finalize']) {
      const { metadata, ...rest } = (await cluster.alice.client.get(NAMESPACES, { name: 'member-in' })) as KubeObject
      const body = { ...rest, metadata: { ...metadata, labels: { ...metadata.labels, ...pss } } }
      const path = `/api/v1/namespaces/member-in/${subresource}`
      expect(await refusal(send(cluster.alice, { method: 'PUT', path, query: { dryRun: 'All' }, body })), subresource).to.include(
        refusedWords,
      )
    }
    expect(await refusal(label('member-in', pss, cluster.alice, 'status'))).to.include(refusedWords)
    expect(await refusal(create({ guarded: TENANT, ...pss }))).to.include(`bring it into the tenant, ${refusedWords}`)
    expect(await refusal(label('member-in', { 'pod-security.kubernetes.io/warn-version': 'v1.0' }))).to.include(refusedWords)
    expect(await refusal(label('member-in', { ...pss, free: 'x' }))).to.include(refusedWords)
    await label('member-in', { free: 'x' })
    await label('member-out', pss)
    await label('member-in', pss, cluster.bob)
    await cluster.allow('system:serviceaccount:tenant-isolation-system:tenant-isolation', 'member-operator', MAY_LABEL)
    await allowed(() => label('member-in', pss, cluster.operator))
    await refusal(label('member-in', { ...pss, owner: 'x' }, cluster.operator))
  })

  it('leave an audit annotation when the verb is needed, and say who used it', async () => {
    const annotations = await cluster.audited('membership-guard.tenant-isolation.dev/needs-assign', async () => {
      await label('member-out', { owner: 'x' })
      await refusal(label('member-out', { guarded: TENANT }))
      await label('member-out', { guarded: TENANT }, cluster.bob)
    })
    expect(annotations).to.deep.equal([
      { user: 'alice', code: 403, text: 'alice: bring it into the tenant' },
      { user: 'bob', code: 200, text: 'bob: bring it into the tenant' },
    ])
  })
})

describe('the labels of a namespace, where a tenant selects by what must not be there', function () {
  this.timeout(60_000)
  let cluster: GuardedCluster

  before(async () => {
    cluster = await guardedCluster()
    await cluster.allow('alice', 'strangers-alice', MAY_LABEL)
    await cluster.tenant('strangers', { namespaceSelector: { matchExpressions: [{ key: 'stranger', operator: 'DoesNotExist' }] } })
    await refused(() => create('strangers-new', {}), 'on tenantisolation strangers')
  })

  after(async () => {
    await cluster.clear()
  })

  const create = (name: string, labels: Readonly<Record<string, string>>, by: Person = cluster.alice) =>
    by.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }, { dryRun: true })

  it('bring every new one into the tenant that has no label at all', async () => {
    expect(await refusal(create('strangers-new', {}))).to.include('bring it into the tenant')
    expect(await refusal(create('strangers-new', { owner: 'alice' }))).to.include('bring it into the tenant')
    await create('strangers-new', { stranger: '' })
  })

  it('do not keep protected ones from being created', async () => {
    const error = await create('kube-node-lease', {}, cluster.admin).catch((reason: unknown) => reason)
    expect(String(error)).to.include('already exists')
  })
})
