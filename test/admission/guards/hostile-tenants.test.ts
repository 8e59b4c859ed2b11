/**
 * What follows when TenantIsolations themselves are made use of: by somebody who may write one of them and no other, by two that select one
 * namespace, and by the moment in which one is deleted to be made anew. No operator runs: it would go by the older resource.
 */

import { expect } from 'chai'
import type { KubeObject } from '../../../src/kube/objects.ts'
import { NAMESPACES, NETWORK_POLICIES, TENANT_ISOLATIONS } from '../../../src/reconcile/resources.ts'
import { labelled } from '../../support/build.ts'
import { allowed, type GuardedCluster, guardedCluster, onTenants, refusal, refused, tryPod } from '../../support/guards.ts'
import { networkPolicy } from '../../support/kube.ts'

const RIVAL = 'rival'
const VICTIM = 'rival-victim'
const SHOP = 'rival-shop'
const BANK = 'rival-bank'

/** Lets in everybody, the pods of the rival, and those of the victim. */
const OPEN = [{}]
const from = (guarded: string) => [{ from: [{ namespaceSelector: labelled({ guarded }) }] }]

describe('whoever writes one TenantIsolation and no other', function () {
  this.timeout(60_000)
  let cluster: GuardedCluster

  before(async () => {
    cluster = await guardedCluster()
    await cluster.namespace(SHOP, { guarded: RIVAL })
    await cluster.namespace(BANK, { guarded: VICTIM })
    const victim = { namespaceSelector: labelled({ guarded: VICTIM }) }
    const rival = {
      namespaceSelector: { matchExpressions: [{ key: 'guarded', operator: 'In' as const, values: [RIVAL, VICTIM] }] },
      network: { tenantPolicies: 'Allow' as const },
    }
    await cluster.tenant(VICTIM, victim)
    // As it is once he has changed it, with the bindings that the operator would write.
    await cluster.tenant(RIVAL, rival)
    await cluster.gates([
      { name: VICTIM, spec: victim },
      { name: RIVAL, spec: rival },
    ])
    await cluster.allow('alice', 'rival-editor', [onTenants(['get', 'update', 'patch'], [RIVAL])])
    await cluster.bind('alice', 'admin', 'alice', SHOP)
    await cluster.bind('bob', 'admin', 'bob', BANK)
    await refused(() => policyOf('bob', BANK, OPEN, true), `boundary of tenant ${VICTIM}`)
    await refused(() => tryPod(cluster.admin, SHOP, 'app'), 'not-isolated-yet')
  })

  after(async () => {
    await cluster.clear()
  })

  const policyOf = (who: 'alice' | 'bob', namespace: string, ingress: readonly object[], dryRun = false) =>
    cluster[who].client.create(NETWORK_POLICIES, networkPolicy(namespace, 'own', { podSelector: {}, ingress }), { dryRun })
  const select = (name: string, values: readonly string[]) => {
    const namespaceSelector = { matchLabels: null, matchExpressions: [{ key: 'guarded', operator: 'In', values }] }
    return cluster.alice.client.patch(
      TENANT_ISOLATIONS,
      { name },
      { type: 'merge', body: { spec: { namespaceSelector } } },
      { dryRun: true },
    )
  }

  it('may select the namespaces of others, without assign and without a role in them: that right has no bounds', async () => {
    await select(RIVAL, [RIVAL, VICTIM, 'anything'])
    expect(await refusal(select(VICTIM, [RIVAL]))).to.match(/alice.* cannot patch resource "tenantisolations"/)
  })

  it('does not open what the other tenant closes: its guards hold, too', async () => {
    await allowed(() => policyOf('alice', SHOP, OPEN, true))
    expect(await refusal(policyOf('bob', BANK, OPEN, true))).to.include(`boundary of tenant ${VICTIM}`)
    expect(await refusal(policyOf('bob', BANK, from(RIVAL), true))).to.include(`boundary of tenant ${VICTIM}`)
    await policyOf('bob', BANK, from(VICTIM), true)
    await cluster.changeTenant(RIVAL, { network: { mode: 'Disabled' } })
    expect(await refusal(policyOf('bob', BANK, OPEN, true))).to.include(`boundary of tenant ${VICTIM}`)
    // Nor does a namespace leave the one by being in the other.
    await cluster.allow('alice', 'rival-labels', [{ apiGroups: [''], resources: ['namespaces'], verbs: ['patch'] }])
    const move = () =>
      cluster.alice.client.patch(NAMESPACES, { name: BANK }, { type: 'merge', body: { metadata: { labels: { guarded: RIVAL } } } })
    await refused(move, `takes verb assign on tenantisolation ${VICTIM}, which alice does not have`)
  })

  it('has no say in what judges: neither webhooks nor policies of admission are his to write', async () => {
    for (const resource of [
      'validatingwebhookconfigurations',
      'mutatingwebhookconfigurations',
      'validatingadmissionpolicies',
      'validatingadmissionpolicybindings',
      'mutatingadmissionpolicies',
      'mutatingadmissionpolicybindings',
    ]) {
      const at = { group: 'admissionregistration.k8s.io', version: 'v1', plural: resource, kind: 'Any', namespaced: false }
      const object = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'Any', metadata: { name: 'own' } }
      expect(await refusal(cluster.alice.client.create(at, object))).to.include(`cannot create resource "${resource}"`)
    }
  })

  it('opens a tenant for the time that it takes to delete it and make it anew, and what is written then stays', async () => {
    const before = await cluster.admin.client.get<KubeObject & { spec: object }>(TENANT_ISOLATIONS, { name: VICTIM })
    await cluster.changeTenant(RIVAL, { namespaceSelector: { matchExpressions: null, matchLabels: { guarded: RIVAL } } })
    await cluster.admin.client.delete(TENANT_ISOLATIONS, { name: VICTIM })
    await allowed(() => policyOf('bob', BANK, OPEN, true))
    await policyOf('bob', BANK, OPEN)
    const { apiVersion, kind, spec } = before
    await cluster.admin.client.create(TENANT_ISOLATIONS, { apiVersion, kind, metadata: { name: VICTIM }, spec } as KubeObject)
    const at = { namespace: BANK, name: 'own' }
    const change = (body: object) => cluster.bob.client.patch(NETWORK_POLICIES, at, { type: 'merge', body })
    await refused(() => change({ spec: { egress: OPEN, policyTypes: ['Ingress', 'Egress'] } }), `boundary of tenant ${VICTIM}`)
    await change({ metadata: { labels: { still: 'there' } } })
  })
})
