/** No pod starts in a tenant namespace before it is isolated; judged by the API server, with no operator running. */

import type { PolicySpec } from '../../../src/desired/network/policy.ts'
import { NETWORK_POLICIES } from '../../../src/reconcile/resources.ts'
import { allowed, type GuardedCluster, guardedCluster, refused, SEALED, type TenantObject, tryPod } from '../../support/guards.ts'
import { networkPolicy } from '../../support/kube.ts'

const NOT_YET = 'is not isolated yet'
const BRIDGE = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] } as const satisfies PolicySpec

describe('a pod in a tenant namespace', function () {
  this.timeout(120_000)
  let cluster: GuardedCluster
  let tenant: TenantObject
  const both = { name: 'gate-both', spec: { namespaceSelector: { matchLabels: { guarded: 'gate-both' } } } } as const
  const another = { name: 'gate-another', spec: { namespaceSelector: { matchLabels: { guarded: 'gate-another' } } } } as const
  const ingress = {
    name: 'gate-ingress',
    spec: { namespaceSelector: { matchLabels: { guarded: 'gate-ingress' } }, network: { defaultDeny: ['Ingress' as const] } },
  }
  const audited = {
    name: 'gate-audited',
    spec: { namespaceSelector: { matchLabels: { guarded: 'gate-audited' } }, network: { mode: 'Audit' as const } },
  }
  const twoLabels = { name: 'gate-two', spec: { namespaceSelector: { matchLabels: { guarded: 'gate-two', stage: 'live' } } } } as const

  before(async () => {
    cluster = await guardedCluster()
    for (const { name } of [both, another, ingress, audited, twoLabels]) {
      await cluster.namespace(name, { guarded: name, ...(name === 'gate-two' && { stage: 'live' }) })
    }
    await cluster.namespace('gate-bridge', { guarded: 'gate-both' })
    await cluster.namespace('gate-foreign', { guarded: 'gate-both' })
    await cluster.namespace('gate-half', { guarded: 'gate-both' })
    await cluster.namespace('gate-some', { guarded: 'gate-both' })
    await cluster.namespace('gate-protected', { guarded: 'gate-both' })
    await cluster.namespace('gate-elsewhere', { guarded: 'nobody' })
    tenant = await cluster.tenant('gate-both', both.spec)
    await cluster.gates([both, another, ingress, audited, twoLabels], 'gate-protected')
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

  it('waits while the bridge lets everything through', async () => {
    await cluster.child('gate-bridge', tenant, BRIDGE)
    await refused(
      tries('gate-bridge'),
      'namespace gate-bridge is not isolated yet',
      'still lets everything through',
      'kubectl get ti gate-both',
    )
  })

  it('waits when one direction is open', async () => {
    await cluster.child('gate-half', tenant, { podSelector: {}, policyTypes: ['Ingress'] })
    await refused(tries('gate-half'), NOT_YET, 'does not close Egress')
  })

  it('waits when only some pods are isolated', async () => {
    await cluster.child('gate-some', tenant, { ...SEALED, podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } })
    await refused(tries('gate-some'), NOT_YET, 'does not select every pod')
  })

  it('does not take a policy of the name for the baseline that the operator did not make', async () => {
    await cluster.make(NETWORK_POLICIES, networkPolicy('gate-foreign', 'tenant-isolation', SEALED) as never)
    await refused(tries('gate-foreign'), NOT_YET, 'was not made by tenant-isolation')
  })

  it('starts with one direction sealed when the tenant closes only that', async () => {
    await refused(tries('gate-ingress'), 'isolated-before-pods-ingress.tenant-isolation.dev')
    await cluster.child('gate-ingress', tenant, { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] })
    await refused(tries('gate-ingress'), NOT_YET, 'still lets everything through')
    await cluster.operator.client.delete(NETWORK_POLICIES, { namespace: 'gate-ingress', name: 'tenant-isolation' })
    await cluster.child('gate-ingress', tenant, { podSelector: {}, policyTypes: ['Ingress'] })
    await allowed(tries('gate-ingress'))
  })

  it('is no business of a tenant that is only audited, of other namespaces, or of protected ones', async () => {
    for (const namespace of ['gate-audited', 'gate-elsewhere', 'gate-protected']) await allowed(tries(namespace))
  })
})
