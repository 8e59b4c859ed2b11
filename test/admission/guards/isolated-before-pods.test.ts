/** No pod starts in a tenant namespace before it is isolated; judged by the API server, with no operator running. */

import type { GuardedTenant } from '../../../src/admission/guards/guards.ts'
import type { Direction } from '../../../src/api/network.ts'
import type { PolicySpec } from '../../../src/desired/network/policy.ts'
import { NETWORK_POLICIES } from '../../../src/reconcile/resources.ts'
import { allowed, type GuardedCluster, guardedCluster, refused, SEALED, type TenantObject, tryPod } from '../../support/guards.ts'
import { networkPolicy } from '../../support/kube.ts'

const NOT_YET = 'is not isolated yet'
const OPEN = 'still lets everything through'
const SOME = 'does not select every pod'
const PEERS = [{ podSelector: {} }] as const
const unless = (direction: Direction) => (closed: readonly Direction[]) =>
  closed.includes(direction) ? `does not close ${direction}` : undefined

/** What there is for a baseline, and what is wrong with it, which may depend on the directions that the tenant closes. */
const BASELINES: readonly (readonly [
  what: string,
  spec: PolicySpec,
  says: string | undefined | ((closed: readonly Direction[]) => string | undefined),
])[] = [
  ['is sealed', SEALED, undefined],
  ['lets pods in and out', { ...SEALED, ingress: [{ from: PEERS }], egress: [{ to: PEERS }] }, undefined],
  ['lets everything in', { ...SEALED, ingress: [{ from: PEERS }, {}] }, OPEN],
  ['lets everything out', { ...SEALED, egress: [{ to: PEERS }, {}] }, OPEN],
  ['closes Ingress only', { podSelector: {}, policyTypes: ['Ingress'] }, unless('Egress')],
  ['closes Egress only', { podSelector: {}, policyTypes: ['Egress'] }, unless('Ingress')],
  ['is for pods with a label', { ...SEALED, podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }, SOME],
  ['is for the pods of an application', { ...SEALED, podSelector: { matchLabels: { app: 'a' } } }, SOME],
]

const BRIDGE = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] } as const satisfies PolicySpec

describe('a pod in a tenant namespace', function () {
  this.timeout(120_000)
  let cluster: GuardedCluster
  let tenant: TenantObject
  const both: GuardedTenant = { name: 'gate-both', spec: { namespaceSelector: { matchLabels: { guarded: 'gate-both' } } } }
  const another = { name: 'gate-another', spec: { namespaceSelector: { matchLabels: { guarded: 'gate-another' } } } } as const
  const ingress: GuardedTenant = {
    name: 'gate-ingress',
    spec: { namespaceSelector: { matchLabels: { guarded: 'gate-ingress' } }, network: { defaultDeny: ['Ingress'] } },
  }
  const egress: GuardedTenant = {
    name: 'gate-egress',
    spec: { namespaceSelector: { matchLabels: { guarded: 'gate-egress' } }, network: { defaultDeny: ['Egress'] } },
  }
  const audited = {
    name: 'gate-audited',
    spec: { namespaceSelector: { matchLabels: { guarded: 'gate-audited' } }, network: { mode: 'Audit' as const } },
  }
  const twoLabels = { name: 'gate-two', spec: { namespaceSelector: { matchLabels: { guarded: 'gate-two', stage: 'live' } } } } as const

  before(async () => {
    cluster = await guardedCluster()
    for (const { name } of [both, another, audited, twoLabels]) {
      await cluster.namespace(name, { guarded: name, ...(name === 'gate-two' && { stage: 'live' }) })
    }
    await cluster.namespace('gate-bridge', { guarded: 'gate-both' })
    await cluster.namespace('gate-protected', { guarded: 'gate-both' })
    await cluster.namespace('gate-elsewhere', { guarded: 'nobody' })
    tenant = await cluster.tenant('gate-both', both.spec)
    await cluster.gates([both, another, ingress, egress, audited, twoLabels], 'gate-protected')
  })

  after(async () => {
    await cluster.clear()
  })

  const tries = (namespace: string) => () => tryPod(cluster.admin, namespace, 'app')

  it('waits for the baseline, and the refusal says so', async () => {
    for (const namespace of ['gate-both', 'gate-another', 'gate-two']) {
      await refused(tries(namespace), 'isolated-before-pods.tenant-isolation.dev', 'namespace-is-not-isolated-yet.try-again-in-a-moment')
    }
  })

  it('starts once it is sealed', async () => {
    await cluster.child('gate-both', tenant)
    await allowed(tries('gate-both'))
  })

  it('is told what is missing, and where to look', async () => {
    await cluster.child('gate-bridge', tenant, BRIDGE)
    await refused(
      tries('gate-bridge'),
      'namespace gate-bridge is not isolated yet',
      'still lets everything through',
      'kubectl get ti gate-both',
    )
  })

  for (const { name, spec } of [both, ingress, egress]) {
    const closed: readonly Direction[] = spec.network?.defaultDeny ?? ['Ingress', 'Egress']
    for (const [index, [what, policy, says]] of BASELINES.entries()) {
      const verdict = typeof says === 'function' ? says(closed) : says
      it(`${verdict === undefined ? 'starts' : 'waits'} where ${closed.join(' and ')} shall be closed and the baseline ${what}`, async () => {
        const namespace = `${name}-${index}`
        await cluster.namespace(namespace, { guarded: name })
        await cluster.child(namespace, tenant, policy)
        if (verdict === undefined) await allowed(tries(namespace))
        else await refused(tries(namespace), NOT_YET, verdict)
      })
    }

    it(`waits where ${closed.join(' and ')} shall be closed and somebody else made a policy of the baseline's name`, async () => {
      const namespace = `${name}-foreign`
      await cluster.namespace(namespace, { guarded: name })
      await cluster.make(NETWORK_POLICIES, networkPolicy(namespace, 'tenant-isolation', SEALED) as never)
      await refused(tries(namespace), NOT_YET, 'was not made by tenant-isolation')
    })
  }

  it('is no business of a tenant that is only audited, of other namespaces, or of protected ones', async () => {
    for (const namespace of ['gate-audited', 'gate-elsewhere', 'gate-protected']) await allowed(tries(namespace))
  })
})
