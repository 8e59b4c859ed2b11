/** demo/acts/tenants.ts — two tenants become isolated. */

import { NAMESPACES, NETWORK_POLICIES } from '../../../src/reconcile/resources.ts'
import { kubectl } from '../../control-plane/kubectl.ts'
import { ACME_POLICIES, isSealed, MANNING_POLICIES, namespaceOf, ours } from '../policies.ts'
import { ROOT, type Stage } from '../stage.ts'
import { indented, took } from '../text.ts'

const POLICIES = { shop: MANNING_POLICIES, warehouse: MANNING_POLICIES, 'acme-web': ACME_POLICIES, 'acme-data': ACME_POLICIES }

export async function tenants({ controlPlane, observer, say }: Stage): Promise<void> {
  say('\nTwo tenants share the cluster; nothing keeps their pods apart.')
  for (const [name, tenant] of [
    ['shop', 'manning'],
    ['warehouse', 'manning'],
    ['acme-web', 'acme'],
    ['acme-data', 'acme'],
  ] as const) {
    await observer.client.create(NAMESPACES, namespaceOf(tenant, name))
  }
  // A policy that the tenant's people have made themselves: it is theirs, and stays.
  await observer.client.create(NETWORK_POLICIES, ownPolicy('shop'))
  say('  namespaces shop and warehouse belong to manning, acme-web and acme-data to acme')

  say('\n$ kubectl apply -f config/samples')
  const applied = kubectl(controlPlane, ['apply', '--filename=config/samples'], { directory: ROOT })
  await observer.until('the first tenant', performance.now(), () => observer.tenants() > 0)
  const ms = await observer.until('isolated namespaces', performance.now(), () =>
    Object.entries(POLICIES).every(([name, count]) => ours(observer, name).length === count && isSealed(observer, name)),
  )
  say(indented(await applied))
  const total = Object.values(POLICIES).reduce((sum, count) => sum + count)
  say(`✓ 4 namespaces isolated by ${total} NetworkPolicies, ${took(ms)} after the first tenant was there`)
}

function ownPolicy(namespace: string) {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'from-the-team', namespace },
    spec: { podSelector: { matchLabels: { app: 'metrics' } }, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] },
  }
}
