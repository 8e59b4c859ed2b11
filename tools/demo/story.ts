/** demo/story.ts — the main job, step by step, each of which has to come true. */

import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { NAMESPACES, NETWORK_POLICIES } from '../../src/reconcile/resources.ts'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { kubectl } from '../control-plane/kubectl.ts'
import { type Observer, observe, type Policy } from './observer.ts'

const SAMPLES = join(resolve(import.meta.dirname, '../..'), 'config/samples')

/** What the book's tenant gets in each namespace: the baseline, and one policy for each of its three kinds of pods. */
const MANNING_POLICIES = 4
const ACME_POLICIES = 1

type Say = (line: string) => void

/** Throws at the first step that does not come true. */
export async function tellStory(controlPlane: ControlPlane, say: Say): Promise<void> {
  const observer = await observe(controlPlane)
  try {
    await tenants(controlPlane, observer, say)
    await drift(observer, say)
    await membership(observer, say)
    await mistakes(controlPlane, say)
    await asTheUserSeesIt(controlPlane, say)
  } finally {
    await observer.close()
  }
}

async function tenants(controlPlane: ControlPlane, observer: Observer, say: Say): Promise<void> {
  say('\nTwo tenants share the cluster; nothing keeps their pods apart.')
  for (const [name, tenant] of [
    ['shop', 'manning'],
    ['warehouse', 'manning'],
    ['acme-web', 'acme'],
    ['acme-data', 'acme'],
  ] as const) {
    await observer.client.create(NAMESPACES, namespace(name, tenant))
  }
  // A policy that the tenant's people have made themselves: it is theirs, and stays.
  await observer.client.create(NETWORK_POLICIES, ownPolicy('shop'))
  say('  namespaces shop and warehouse belong to manning, acme-web and acme-data to acme')

  say(`\n$ kubectl apply -f config/samples`)
  const expected = { shop: MANNING_POLICIES, warehouse: MANNING_POLICIES, 'acme-web': ACME_POLICIES, 'acme-data': ACME_POLICIES }
  const applied = kubectl(controlPlane, ['apply', `--filename=${SAMPLES}`])
  await observer.until('the first tenant', performance.now(), () => observer.tenants() > 0)
  const ms = await observer.until('isolated namespaces', performance.now(), () =>
    Object.entries(expected).every(([name, count]) => ours(observer, name).length === count && isSealed(observer, name)),
  )
  say(indented(await applied))
  say(
    `✓ 4 namespaces isolated by ${2 * MANNING_POLICIES + 2 * ACME_POLICIES} NetworkPolicies, ${took(ms)} after the first tenant was there`,
  )
}

async function drift(observer: Observer, say: Say): Promise<void> {
  say("\nThe cluster's admin opens a namespace by hand, and deletes a policy.")
  const [baseline] = ours(observer, 'shop')
  if (!baseline) throw new Error('namespace shop has no policy')
  const opened = { ...baseline, spec: { ...baseline.spec, ingress: [{}] } }
  let since = performance.now()
  const edited = await observer.client.update(NETWORK_POLICIES, opened)
  since = Math.max(since, performance.now())
  const editMs = await observer.until('the edited policy', since, () => {
    const now = find(observer, 'shop', baseline)
    return (
      now !== undefined && now.metadata.resourceVersion !== edited.metadata.resourceVersion && isDeepStrictEqual(now.spec, baseline.spec)
    )
  })
  say(`✓ NetworkPolicy shop/${baseline.metadata.name} was edited (ingress: [{}]), and back in ${took(editMs)}`)

  const victim = ours(observer, 'shop').at(-1) ?? baseline
  await observer.client.delete(NETWORK_POLICIES, { namespace: 'shop', name: victim.metadata.name })
  since = performance.now()
  const deleteMs = await observer.until('the deleted policy', since, () => {
    const now = find(observer, 'shop', victim)
    return now !== undefined && now.metadata.uid !== victim.metadata.uid && isDeepStrictEqual(now.spec, victim.spec)
  })
  say(`✓ NetworkPolicy shop/${victim.metadata.name} was deleted, and back in ${took(deleteMs)}`)
}

async function membership(observer: Observer, say: Say): Promise<void> {
  say('\nA namespace comes to manning, and another leaves.')
  const made = performance.now()
  await observer.client.create(NAMESPACES, namespace('returns', 'manning'))
  const sealedMs = await observer.until('the new namespace', made, () => isSealed(observer, 'returns'))
  const allMs = await observer.until('the policies of the new namespace', made, () => ours(observer, 'returns').length === MANNING_POLICIES)
  say(
    `✓ namespace returns was closed ${took(sealedMs)} after it was asked for, and had its ${MANNING_POLICIES} policies after ${took(allMs)}`,
  )

  await observer.client.patch(NAMESPACES, { name: 'shop' }, { type: 'merge', body: { metadata: { labels: { tenant: null } } } })
  const leftMs = await observer.until('the namespace that left', performance.now(), () => ours(observer, 'shop').length === 0)
  const [kept, ...more] = observer.policiesIn('shop')
  if (kept?.metadata.name !== 'from-the-team' || more.length > 0) throw new Error("the team's own policy of namespace shop did not survive")
  say(`✓ namespace shop has left: its policies went in ${took(leftMs)}, the one that its team had made stays`)
}

async function mistakes(controlPlane: ControlPlane, say: Say): Promise<void> {
  say('\nA mistake is told before it does anything.')
  const wrong = {
    apiVersion: 'tenant-isolation.dev/v1alpha1',
    kind: 'TenantIsolation',
    metadata: { name: 'mistake' },
    spec: {
      namespaceSelector: { matchLabels: { tenant: 'x' } },
      network: { egress: [{ name: 'office', to: [{ cidr: '192.168.1.1/24' }] }] },
    },
  }
  const refusal = await kubectl(controlPlane, ['apply', '--filename=-'], { input: JSON.stringify(wrong) }).then(
    () => undefined,
    (error: Error) => error.message,
  )
  if (!refusal?.includes('192.168.1.0/24')) throw new Error(`a wrong CIDR was not refused as it should be: ${refusal}`)
  say(indented(refusal.replace(/^kubectl apply --filename=-: /, '')))
  say('✓ refused by the API server, which names the field and says what to write')
}

async function asTheUserSeesIt(controlPlane: ControlPlane, say: Say): Promise<void> {
  await kubectl(controlPlane, ['wait', '--for=condition=Ready', '--timeout=10s', 'tenantisolations', '--all'])
  for (const command of [
    'get tenantisolations',
    'get networkpolicies --namespace warehouse',
    'get events --namespace default --field-selector involvedObject.kind=TenantIsolation --output=custom-columns=REASON:.reason,MESSAGE:.message',
  ]) {
    say(`\n$ kubectl ${command}`)
    const output = await kubectl(controlPlane, command.split(' '))
    if (!/manning|tenant-isolation|put back/i.test(output)) throw new Error(`kubectl ${command} shows nothing of it: ${output}`)
    say(indented(output))
  }
}

function namespace(name: string, tenant: string) {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { tenant } } }
}

function ownPolicy(namespace: string) {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'from-the-team', namespace },
    spec: { podSelector: { matchLabels: { app: 'metrics' } }, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] },
  }
}

function ours(observer: Observer, name: string): readonly Policy[] {
  return observer.policiesIn(name).filter(({ metadata: { labels } }) => labels?.['tenant-isolation.dev/tenant'] !== undefined)
}

function find(observer: Observer, name: string, policy: Policy): Policy | undefined {
  return observer.policiesIn(name).find(({ metadata }) => metadata.name === policy.metadata.name)
}

/** Closed in both directions by a policy for all pods, without the rule that lets everything pass on the way in. */
function isSealed(observer: Observer, name: string): boolean {
  const baseline = ours(observer, name).find(({ metadata }) => metadata.name === 'tenant-isolation')
  const rules = (baseline?.spec?.ingress ?? []) as readonly object[]
  return baseline?.spec?.policyTypes?.length === 2 && rules.every((rule) => Object.keys(rule).length > 0)
}

function took(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, '  ')
}
