/**
 * The operator may do what it does, and nothing else. Runs last of its folder: it looks at every call that the operator's account has made in
 * all tests before, and at a scenario of its own that needs every right, so that it can also run alone.
 */

import { expect } from 'chai'
import { BASELINE_POLICY, MANAGED_BY_LABEL, TENANT_LABEL } from '../../src/api/labels.ts'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import type { KubeObject } from '../../src/kube/objects.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createTelemetry } from '../../src/observability/telemetry.ts'
import { KEPT_KINDS, type KeptKind } from '../../src/reconcile/kept/kinds.ts'
import type { Call } from '../support/audit.ts'
import { egressRule, labelled, namespacesOf } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import type { FaultProxy } from '../support/fault-proxy.ts'
import { GUARDS_TEST } from '../support/guarded-people.ts'
import { end, type Kube, openKube } from '../support/kube.ts'
import { EVENTS, startProxy } from '../support/kube-setup.ts'
import { canMutate, keptKinds } from '../support/older-kubernetes.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'
import { PLATFORM_ROLES, rightsOf, rightText, rolesIn } from '../support/rights.ts'

const TENANT = 'rights'
const SPEC: Spec = {
  namespaceSelector: namespacesOf(TENANT),
  network: { egress: [egressRule({ appliesTo: { podSelector: labelled({ app: 'webserver' }) } })] },
  podSecurity: {
    defaulting: 'Enabled',
    profiles: [{ name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] }],
    standard: { warn: 'baseline' },
  },
  access: [{ clusterRole: 'edit', subjects: [{ kind: 'User', name: 'alice' }] }],
}

/** One object of every kind that is kept for the tenant. */
const KEPT: Readonly<Record<KeptKind, string>> = {
  ClusterRole: `tenant-isolation:${TENANT}:default`,
  ClusterRoleBinding: `tenant-isolation:${TENANT}:default`,
  RoleBinding: `tenant-isolation:${TENANT}:edit`,
  MutatingAdmissionPolicyBinding: `${TENANT}.pod-defaults.tenant-isolation.dev`,
  ValidatingAdmissionPolicyBinding: `${TENANT}.pod-security.tenant-isolation.dev`,
}

/**
 * Rights that the API server asks for while it answers another call, so that no call of their own shows them: whoever writes a ClusterRole
 * must hold what it grants, and whoever binds one that grants more must hold `bind` on it (RBAC's escalation checks); and whoever writes a
 * binding of an admission policy must be allowed to read its parameter.
 */
const ASKED_FOR_WITHIN: readonly string[] = [
  'ClusterRole "tenant-isolation": use podsecurityprofiles.tenant-isolation.dev',
  'ClusterRole "tenant-isolation": get tenantisolations.tenant-isolation.dev',
  'ClusterRole "tenant-isolation": bind clusterroles.rbac.authorization.k8s.io',
]

/** The only ones of its rights that are for certain objects: whatever it could bind, a tenant could ask for. */
const FOR_CERTAIN_OBJECTS = [
  { verbs: ['bind'], resources: ['clusterroles'], resourceNames: ['view', 'edit', 'admin'] },
  { verbs: ['get', 'update'], resources: ['leases'], resourceNames: ['tenant-isolation'] },
]

/** What everybody who has logged in may do: the operator asks whether the API server has MutatingAdmissionPolicy. */
const FOR_EVERYBODY = 'ClusterRole "system:discovery": get  /apis/admissionregistration.k8s.io/v1'

/** The right that a call has used, by the role that the authorizer named. */
function usedBy({ verb, group, resource, subresource, because }: Call): string {
  const [role = because] = /(Cluster)?Role "[^"]*"(?= to )/.exec(because) ?? []
  const whole = `${resource}${subresource === '' ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`
  return rightText({ role, verb, resource: whole })
}

describe("the operator's rights", function () {
  this.timeout(60_000)

  let kube: Kube
  let proxy: FaultProxy
  let running: RunningOperator
  let granted: readonly string[]
  let calls: readonly Call[]

  before(async () => {
    kube = await openKube()
    proxy = await startProxy()
    granted = rolesIn((file) => file !== PLATFORM_ROLES)
      .flatMap(rightsOf)
      .map(rightText)
    // An API server that does not stream lists, so that they have to be asked for.
    proxy.inject(({ url }) => url.includes('sendInitialEvents=true'), { kind: 'respond', code: 400 }, Number.POSITIVE_INFINITY)
    await kube.createNamespace('rights-before')
    const telemetry = createTelemetry({
      logger: createLogger({ level: 'error', format: 'text' }),
      metrics: createMetrics({ version: 'test' }),
      server: 'test',
    })
    running = await startOperator({ server: proxy.url, beside: telemetry })
    await everythingThatNeedsARight()
    // Watches are in the audit log when they have ended.
    await running.stop()
    // Tests that go beyond its job in its name say who they are.
    calls = (await kube.audit.all()).filter(({ userAgent }) => userAgent !== GUARDS_TEST)
  })

  after(async () => {
    await end(kube, running, /made up by the test/)
    await proxy?.close()
  })

  const everythingThatNeedsARight = async (): Promise<void> => {
    // A namespace that it has not seen come into being: it looks for pods.
    await kube.labelNamespace('rights-before', { tenant: TENANT })
    await kube.applyTenant(TENANT, SPEC)
    await eventually(async () => expect((await kube.ready(TENANT)).status?.namespaces?.isolated).to.equal(1))
    await keptObjectsAreBroken()
    // A policy without our label is not in the cache: it looks whose it is. And twice the same makes a series of an Event.
    for (const _ of [1, 2]) {
      await kube.editPolicy({ namespace: 'rights-before', name: BASELINE_POLICY }, ({ metadata }) => {
        delete metadata.labels?.[TENANT_LABEL]
      })
      await eventually(async () => expect((await kube.policy('rights-before')).metadata.labels).to.have.property(TENANT_LABEL))
    }
    await eventually(async () => {
      const events = await kube.client.list<KubeObject & { series?: { count: number }; note: string }>(EVENTS, {
        namespace: 'default',
        fieldSelector: `regarding.name=${TENANT}`,
      })
      expect(events.items.map(({ note, series }) => [note, series?.count])).to.deep.include([
        `put NetworkPolicy rights-before/${BASELINE_POLICY} back: it had been deleted, or its label taken off`,
        2,
      ])
    })
    await kube.labelNamespace('rights-before', { tenant: null })
    await eventually(async () => expect(await kube.policyNames('rights-before')).to.deep.equal([]))
    await kube.clear()
  }

  const keptObjectsAreBroken = async (): Promise<void> => {
    for (const [kind, resource] of await keptKinds()) {
      const name = KEPT[kind]
      const at = { name, ...(resource.namespaced && { namespace: 'rights-before' }) }
      const marks = async () => {
        const { metadata } = await kube.client.get(resource, at)
        return { ...metadata.labels, owners: metadata.ownerReferences?.length }
      }
      const before = await marks()
      // One that is in the cache is written over; one without our label is not, and it looks whose it is.
      for (const metadata of [{ ownerReferences: null }, { labels: { [unseenWithout(kind)]: null } }]) {
        await kube.client.patch(resource, at, { type: 'merge', body: { metadata } })
        await eventually(async () => expect(await marks()).to.deep.equal(before))
      }
    }
  }

  /** The label by which the kind is watched. */
  const unseenWithout = (kind: KeptKind) => (KEPT_KINDS[kind].namespaced ? TENANT_LABEL : MANAGED_BY_LABEL)

  it('are all needed by something that it does', async () => {
    const used = new Set(calls.filter(({ code }) => code < 400 || code === 404 || code === 409).map(usedBy))
    const known = await canMutate()
    const askable = granted.filter((right) => known || !right.includes('mutatingadmissionpolicybindings'))
    expect(askable.filter((right) => !used.has(right))).to.have.members(ASKED_FOR_WITHIN)
  })

  it('are enough: nothing that it asked for was forbidden', () => {
    const forbidden = calls.filter(({ decision }) => decision !== 'allow')
    expect([
      ...new Set(forbidden.map(({ verb, resource, subresource, namespace }) => `${verb} ${resource}/${subresource} in ${namespace}`)),
    ]).to.deep.equal([])
  })

  it('are its own: nothing was allowed only because everybody may do it', () => {
    const others = calls.filter((call) => !granted.includes(usedBy(call)))
    expect([...new Set(others.map((call) => `${usedBy(call)} ${call.uri}`))]).to.deep.equal([FOR_EVERYBODY])
  })

  it('let it bind no role but those that people may have', () => {
    const rules = rolesIn((file) => file !== PLATFORM_ROLES).flatMap(({ rules = [] }) => rules)
    expect(
      rules.flatMap(({ verbs, resources, resourceNames }) => (resourceNames ? [{ verbs, resources, resourceNames }] : [])),
    ).to.have.deep.members(FOR_CERTAIN_OBJECTS)
    expect(rules.filter(({ verbs, resourceNames }) => verbs.includes('bind') && !resourceNames)).to.deep.equal([])
  })

  it('hold no wildcard', () => {
    expect(granted.filter((right) => right.includes('*'))).to.deep.equal([])
  })
})
