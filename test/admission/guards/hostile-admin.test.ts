/**
 * What an administrator of a tenant tries, who may do everything in his namespaces, create namespaces and change their labels. No
 * operator runs. Each try is refused for a reason that he can read, and nothing has changed afterwards.
 */

import { expect } from 'chai'
import { API_VERSION, KIND } from '../../../src/api/labels.ts'
import type { KubeObject } from '../../../src/kube/objects.ts'
import { NAMESPACES, NETWORK_POLICIES, PODS } from '../../../src/reconcile/resources.ts'
import { labelled } from '../../support/build.ts'
import { eventually } from '../../support/eventually.ts'
import {
  allowed,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type GuardedCluster,
  guardedCluster,
  pod,
  ROLE_BINDINGS,
  ROLES,
  rbac,
  refusal,
  refused,
  send,
  type TenantObject,
  tryPod,
} from '../../support/guards.ts'
import { networkPolicy } from '../../support/kube.ts'
import { CILIUM, installKind, pluginPolicy } from '../../support/plugin-kinds.ts'

const OWN = 'hostile'
const VICTIM = 'hostile-victim'
const PROFILE = `tenant-isolation:${OWN}:privileged`
const OPEN = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] }
const BASELINE = { namespace: 'hostile-shop', name: 'tenant-isolation' }
const MARK = { 'tenant-isolation.dev/tenant': OWN }

const BOUNDARY = /NetworkPolicy \S+ would open the boundary of tenant hostile: /
const OURS = /only tenant-isolation may write it; change the TenantIsolation instead/
const ASSIGN = /takes verb assign on tenantisolation \S+, which alice does not have/
const ESCALATION = /attempting to grant RBAC permissions not currently held/

describe("a tenant's own administrator", function () {
  this.timeout(120_000)
  let cluster: GuardedCluster
  let tenant: TenantObject

  before(async () => {
    cluster = await guardedCluster()
    const spec = { namespaceSelector: labelled({ guarded: OWN }) }
    await cluster.namespace('hostile-shop', { guarded: OWN })
    await cluster.namespace('hostile-late', { guarded: OWN })
    await cluster.namespace('hostile-free')
    await cluster.namespace('hostile-theirs', { guarded: VICTIM })
    tenant = await cluster.tenant(OWN, spec)
    const trust = { name: 'monitoring', from: [{ namespaceSelector: labelled({ team: 'hostile-monitoring' }) }] }
    const victim = { namespaceSelector: labelled({ guarded: VICTIM }), network: { ingress: [trust] } }
    await cluster.tenant(VICTIM, victim)
    await cluster.gates([
      { name: OWN, spec },
      { name: VICTIM, spec: victim },
    ])
    await cluster.child('hostile-shop', tenant)
    const use = {
      apiGroups: ['tenant-isolation.dev'],
      resources: ['podsecurityprofiles'],
      resourceNames: [`${OWN}.privileged`],
      verbs: ['use'],
    }
    await cluster.make(CLUSTER_ROLES, rbac('ClusterRole', { name: PROFILE, labels: MARK }, { rules: [use] }))
    await cluster.make(
      ROLE_BINDINGS,
      rbac('RoleBinding', { name: `tenant-isolation:${OWN}:view`, namespace: 'hostile-shop', labels: MARK }, to('view')),
    )
    await installKind(cluster, CILIUM)
    await becomeAdministrator()
    await effective()
  })

  after(async () => {
    await cluster.clear()
  })

  /** `admin` in the namespaces, CiliumNetworkPolicies there, and everything about namespaces but their deletion. */
  async function becomeAdministrator() {
    for (const namespace of ['hostile-shop', 'hostile-late', 'hostile-free']) await cluster.bind('alice', 'admin', 'alice', namespace)
    await cluster.allow('alice', 'hostile-namespaces', [
      {
        apiGroups: [''],
        resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'],
        verbs: ['get', 'create', 'update', 'patch'],
      },
      { apiGroups: [CILIUM.group], resources: [CILIUM.plural], verbs: ['*'] },
    ])
  }

  async function effective() {
    const dryRun = { dryRun: true }
    const { client } = cluster.alice
    await refused(() => client.create(NETWORK_POLICIES, networkPolicy('hostile-shop', 'own', OPEN), dryRun), 'boundary')
    await refused(() => client.delete(NETWORK_POLICIES, BASELINE, dryRun), 'only tenant-isolation')
    await refused(() => client.patch(NAMESPACES, { name: 'hostile-free' }, relabel({ team: 'hostile-monitoring' }), dryRun), 'assign')
    await refused(() => tryPod(cluster.alice, 'hostile-late', 'app'), 'not-isolated-yet')
    await refused(() => client.create(CILIUM, cilium(), dryRun), 'boundary')
    await allowed(() => tryPod(cluster.alice, 'hostile-shop', 'app'))
  }

  const to = (name: string, kind = 'ClusterRole') => ({
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' }],
  })
  const relabel = (labels: object) => ({ type: 'merge', body: { metadata: { labels } } }) as const
  const cilium = () => pluginPolicy('hostile-shop')

  const policy = (spec: object, metadata: object = {}, name = 'own') =>
    cluster.alice.client.create(NETWORK_POLICIES, networkPolicy('hostile-shop', name, spec, metadata))
  const ingress = (...from: readonly object[]) => policy({ podSelector: {}, ingress: [{ from }] })
  const onBaseline = (body: object) => cluster.alice.client.patch(NETWORK_POLICIES, BASELINE, { type: 'merge', body })
  const onBinding = (body: object) =>
    cluster.alice.client.patch(ROLE_BINDINGS, { namespace: 'hostile-shop', name: `tenant-isolation:${OWN}:view` }, { type: 'merge', body })
  const namespace = (name: string, labels: Readonly<Record<string, string>>) =>
    cluster.alice.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
  const move = (name: string, labels: object) => cluster.alice.client.patch(NAMESPACES, { name }, relabel(labels))

  async function through(subresource: string, labels: object) {
    const { metadata, ...rest } = (await cluster.alice.client.get(NAMESPACES, { name: 'hostile-free' })) as KubeObject
    const body = { ...rest, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } }
    return send(cluster.alice, { method: 'PUT', path: `/api/v1/namespaces/hostile-free/${subresource}`, body })
  }

  const TRIES: Readonly<Record<string, readonly [attempt: () => Promise<unknown>, reason: RegExp]>> = {
    'lets everything in and out by empty rules': [() => policy(OPEN), BOUNDARY],
    'lets everything in by an empty list of peers': [() => ingress(), BOUNDARY],
    'lets everything in by ports alone': [() => policy({ podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] }), BOUNDARY],
    'lets every namespace in': [() => ingress({ namespaceSelector: {} }), BOUNDARY],
    'lets the namespaces of another tenant in': [() => ingress({ namespaceSelector: labelled({ guarded: VICTIM }) }), BOUNDARY],
    'lets every address in, in two halves': [
      () => ingress({ ipBlock: { cidr: '0.0.0.0/1' } }, { ipBlock: { cidr: '128.0.0.0/1' } }),
      BOUNDARY,
    ],
    'lets every address of IPv6 out': [
      () => policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '::/0' } }] }] }),
      BOUNDARY,
    ],
    'opens some pods only': [() => policy({ podSelector: labelled({ app: 'web' }), egress: [{}] }), BOUNDARY],
    'writes a policy that is named like one of the operator': [
      () => policy(OPEN, {}, 'tenant-isolation-0123456789ab'),
      // Two guards refuse it, and either may answer first.
      /has a name of its making|would open the boundary of tenant hostile: /,
    ],
    'hides a policy behind the label of the operator': [() => policy(OPEN, { labels: MARK }), OURS],
    'hides it behind the label of another tenant': [() => policy(OPEN, { labels: { 'tenant-isolation.dev/tenant': VICTIM } }), OURS],
    'forges an owner reference': [
      () =>
        policy({ podSelector: {} }, { ownerReferences: [{ apiVersion: API_VERSION, kind: KIND, name: OWN, uid: tenant.metadata.uid }] }),
      OURS,
    ],
    'writes a policy for Cilium': [
      () => cluster.alice.client.create(CILIUM, cilium()),
      /CiliumNetworkPolicy own would open .* cannot be judged/,
    ],
    'edits the baseline': [() => onBaseline({ spec: { ingress: [{}] } }), OURS],
    'takes it over by server-side apply': [
      () =>
        cluster.alice.client.patch(NETWORK_POLICIES, BASELINE, {
          type: 'apply',
          body: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: BASELINE, spec: OPEN },
          force: true,
        }),
      OURS,
    ],
    'takes its label off': [() => onBaseline({ metadata: { labels: { 'tenant-isolation.dev/tenant': null } } }), OURS],
    'gives it to another tenant': [() => onBaseline({ metadata: { labels: { 'tenant-isolation.dev/tenant': VICTIM } } }), OURS],
    'takes its owner off': [() => onBaseline({ metadata: { ownerReferences: null } }), OURS],
    'deletes it': [() => cluster.alice.client.delete(NETWORK_POLICIES, BASELINE), OURS],
    'deletes all policies at once': [
      () => send(cluster.alice, { method: 'DELETE', path: '/apis/networking.k8s.io/v1/namespaces/hostile-shop/networkpolicies' }),
      OURS,
    ],
    'takes the namespace out of the tenant': [() => move('hostile-shop', { guarded: null }), ASSIGN],
    'moves it into another tenant': [() => move('hostile-shop', { guarded: VICTIM }), ASSIGN],
    'moves a free namespace into another tenant': [() => move('hostile-free', { guarded: VICTIM }), ASSIGN],
    'does so through its status': [() => through('status', { guarded: VICTIM }), ASSIGN],
    'does so through its finalizers': [() => through('finalize', { guarded: VICTIM }), ASSIGN],
    'makes a namespace in another tenant': [() => namespace('hostile-new', { guarded: VICTIM }), ASSIGN],
    'makes one that another tenant trusts': [() => namespace('hostile-new', { team: 'hostile-monitoring' }), ASSIGN],
    'brings a namespace into a group that another tenant trusts': [() => move('hostile-free', { team: 'hostile-monitoring' }), ASSIGN],
    'starts a pod before the namespace is isolated': [
      () => cluster.alice.client.create(PODS, pod('hostile-late', 'early')),
      /namespace-is-not-isolated-yet\.try-again-in-a-moment/,
    ],
    'grants himself a profile': [
      () => cluster.alice.client.create(ROLE_BINDINGS, rbac('RoleBinding', { name: 'own', namespace: 'hostile-shop' }, to(PROFILE))),
      ESCALATION,
    ],
    'grants everybody every profile by a role of his own': [
      () =>
        cluster.alice.client.create(
          ROLES,
          rbac(
            'Role',
            { name: 'own', namespace: 'hostile-shop' },
            { rules: [{ apiGroups: ['tenant-isolation.dev'], resources: ['podsecurityprofiles'], verbs: ['use'] }] },
          ),
        ),
      ESCALATION,
    ],
    'writes a RoleBinding that looks like one of the operator': [
      () =>
        cluster.alice.client.create(
          ROLE_BINDINGS,
          rbac('RoleBinding', { name: `tenant-isolation:${OWN}:edit`, namespace: 'hostile-shop' }, to('edit')),
        ),
      OURS,
    ],
    'adds himself to one that the operator wrote': [() => onBinding({ subjects: to('view').subjects }), OURS],
    'takes the label of one off': [() => onBinding({ metadata: { labels: { 'tenant-isolation.dev/tenant': null } } }), OURS],
    'forges the owner of one of his own': [
      () =>
        cluster.alice.client.create(
          ROLE_BINDINGS,
          rbac(
            'RoleBinding',
            {
              name: 'own',
              namespace: 'hostile-shop',
              ownerReferences: [{ apiVersion: API_VERSION, kind: KIND, name: OWN, uid: tenant.metadata.uid, controller: true }],
            },
            to('view'),
          ),
        ),
      OURS,
    ],
    'deletes all of them at once': [
      () =>
        send(cluster.alice, {
          method: 'DELETE',
          path: '/apis/rbac.authorization.k8s.io/v1/namespaces/hostile-shop/rolebindings',
          query: { labelSelector: 'tenant-isolation.dev/tenant' },
        }),
      OURS,
    ],
    'deletes one that the operator wrote': [
      () => cluster.alice.client.delete(ROLE_BINDINGS, { namespace: 'hostile-shop', name: `tenant-isolation:${OWN}:view` }),
      OURS,
    ],
    'edits the tenant': [
      () =>
        send(cluster.alice, {
          method: 'PATCH',
          path: `/apis/${API_VERSION}/tenantisolations/${OWN}`,
          contentType: 'application/merge-patch+json',
          body: { spec: { network: { mode: 'Off' } } },
        }),
      /alice.* cannot patch resource "tenantisolations"/,
    ],
  }

  /** Everything that the tries are about. */
  async function everything() {
    const { client } = cluster.admin
    const lists = await Promise.all([
      client.list<KubeObject>(NETWORK_POLICIES, { namespace: 'hostile-shop' }),
      client.list<KubeObject>(ROLE_BINDINGS, { namespace: 'hostile-shop' }),
      client.list<KubeObject>(ROLES, { namespace: 'hostile-shop' }),
      client.list<KubeObject>(CILIUM, { namespace: 'hostile-shop' }),
      client.list<KubeObject>(PODS, { namespace: 'hostile-late' }),
      client.list<KubeObject>(CLUSTER_ROLES),
      client.list<KubeObject>(CLUSTER_ROLE_BINDINGS),
    ])
    const { items: namespaces } = await client.list<KubeObject>(NAMESPACES)
    return {
      objects: lists.flatMap(({ items }) => items.map(({ metadata: { name, resourceVersion } }) => `${name} ${resourceVersion}`)).sort(),
      namespaces: namespaces
        .filter(({ metadata }) => metadata.name.startsWith('hostile'))
        .map(({ metadata: { name, labels } }) => ({ name, labels })),
    }
  }

  for (const [what, [attempt, reason]] of Object.entries(TRIES)) {
    it(what, async () => {
      const before = await everything()
      expect(await refusal(attempt())).to.match(reason)
      expect(await everything()).to.deep.equal(before)
    })
  }

  it('cannot make a policy that is harmless into one that is not, not even in one step with our label', async () => {
    const at = { namespace: 'hostile-shop', name: 'harmless' }
    await cluster.make(
      NETWORK_POLICIES,
      networkPolicy('hostile-shop', 'harmless', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }) as never,
      cluster.alice,
    )
    const before = await everything()
    const patch = (body: object) => cluster.alice.client.patch(NETWORK_POLICIES, at, { type: 'merge', body })
    expect(await refusal(patch({ spec: OPEN }))).to.match(BOUNDARY)
    expect(await refusal(patch({ spec: OPEN, metadata: { labels: MARK } }))).to.match(/boundary|only tenant-isolation/)
    expect(await refusal(patch({ metadata: { labels: MARK } }))).to.match(OURS)
    expect(await everything()).to.deep.equal(before)
  })

  it('does all that is his to do', async () => {
    const { client } = cluster.alice
    await client.patch(NAMESPACES, { name: 'hostile-shop' }, relabel({ owner: 'alice' }))
    await client.patch(
      NETWORK_POLICIES,
      { namespace: 'hostile-shop', name: 'harmless' },
      { type: 'merge', body: { spec: { podSelector: labelled({ app: 'web' }) } } },
    )
    await eventually(() => client.create(PODS, pod('hostile-shop', 'app')))
    await client.create(ROLE_BINDINGS, rbac('RoleBinding', { name: 'own', namespace: 'hostile-shop' }, to('edit')))
    await client.delete(NETWORK_POLICIES, { namespace: 'hostile-shop', name: 'harmless' })
  })
})
