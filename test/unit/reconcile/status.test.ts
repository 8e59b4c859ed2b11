import { expect } from 'chai'
import { DEFAULT_CONFIGURATION } from '../../../src/api/configuration.ts'
import { FINALIZER } from '../../../src/api/labels.ts'
import { type Status, status as statusSchema } from '../../../src/api/status.ts'
import type { TenantIsolation } from '../../../src/api/tenant-isolation.ts'
import type { Facts } from '../../../src/desired/facts.ts'
import type { Problem, Summary } from '../../../src/reconcile/outcomes.ts'
import { type StatusInput, statusOf } from '../../../src/reconcile/status.ts'
import { tenantOf } from '../../../src/reconcile/tenants.ts'

const FACTS: Facts = { configuration: DEFAULT_CONFIGURATION, tenants: new Map(), dns: undefined, apiServer: undefined }
const NOW = '2026-11-21T09:30:00Z'
const OFF = { dns: { mode: 'Disabled' as const } }

function resource(network: object = OFF, more: { spec?: object; status?: Status } = {}): TenantIsolation {
  return {
    apiVersion: 'tenant-isolation.dev/v1alpha1',
    kind: 'TenantIsolation',
    metadata: { name: 'manning', uid: 'u', resourceVersion: '1', generation: 7, creationTimestamp: NOW, finalizers: [FINALIZER] },
    spec: { namespaceSelector: { matchLabels: { tenant: 'manning' } }, network, ...more.spec },
    ...(more.status && { status: more.status }),
  } as TenantIsolation
}

function statusFor(
  input: Partial<StatusInput> & { resource?: TenantIsolation; problems?: Readonly<Record<string, Problem>> } = {},
): Status {
  const problems = new Map(Object.entries(input.problems ?? {}))
  const summary: Summary = { settled: 3, isolated: 3 - problems.size, policies: 6, wouldWrite: 0, problems }
  return statusOf({
    tenant: tenantOf(input.resource ?? resource(), FACTS, undefined),
    selected: 3,
    summary,
    contested: [],
    protectedMatches: [],
    dns: undefined,
    repeated: [],
    now: NOW,
    ...input,
  })
}

function said(status: Status): Record<string, string> {
  return Object.fromEntries((status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]))
}

function messageOf({ conditions = [] }: Status, type: string): string | undefined {
  return conditions.find((condition) => condition.type === type)?.message
}

describe('status', () => {
  it('of a tenant whose namespaces are all isolated', () => {
    expect(said(statusFor())).to.deep.equal({
      Ready: 'True Isolated',
      Reconciling: 'False Settled',
      Stalled: 'False NotStalled',
      NetworkIsolated: 'True Isolated',
      PodSecurityEnforced: 'False NotAsked',
      AccessBound: 'False NotAsked',
      Drifted: 'False NoDrift',
      Conflicted: 'False NoConflict',
    })
  })

  it('speaks of the generation that it was worked out from, in every condition', () => {
    const { observedGeneration, conditions = [] } = statusFor()
    expect([observedGeneration, ...conditions.map((condition) => condition.observedGeneration)]).to.deep.equal(Array(9).fill(7))
  })

  it('says Reconciling while namespaces wait, and is not Ready', () => {
    const summary: Summary = { settled: 1, isolated: 1, policies: 2, wouldWrite: 0, problems: new Map() }
    expect(said(statusFor({ summary }))).to.include({
      Ready: 'False Pending',
      Reconciling: 'True Pending',
      NetworkIsolated: 'False Pending',
    })
  })

  it('also waits for namespaces that have left and are not let go yet', () => {
    const summary: Summary = { settled: 4, isolated: 4, policies: 8, wouldWrite: 0, problems: new Map() }
    expect(said(statusFor({ summary }))).to.include({ Reconciling: 'True Pending' })
  })

  it('names the first ten namespaces that are not isolated, and why', () => {
    const problems = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`n${String(i).padStart(2, '0')}`, { reason: 'Refused', message: 'no' } as const]),
    )
    const { namespaces } = statusFor({ problems })
    expect(namespaces?.notIsolated?.map(({ name }) => name)).to.deep.equal([
      'n00',
      'n01',
      'n02',
      'n03',
      'n04',
      'n05',
      'n06',
      'n07',
      'n08',
      'n09',
    ])
  })

  it('is Stalled and Conflicted when an older tenant has the namespace', () => {
    expect(said(statusFor({ contested: [{ namespace: 'shop', owner: 'older' }] }))).to.include({
      Ready: 'False NamespaceClaimed',
      Stalled: 'True NamespaceClaimed',
      Conflicted: 'True NamespaceClaimed',
      NetworkIsolated: 'True Isolated',
    })
  })

  it('is Conflicted when a name of ours is taken', () => {
    expect(said(statusFor({ problems: { shop: { reason: 'NameTaken', message: 'taken' } } }))).to.include({
      Conflicted: 'True NameTaken',
      NetworkIsolated: 'False NameTaken',
      Ready: 'False NameTaken',
    })
  })

  it('is Drifted, and tries again, when a repair fails', () => {
    expect(said(statusFor({ problems: { shop: { reason: 'WriteFailed', message: 'later' } } }))).to.include({
      Drifted: 'True RepairFailed',
      Stalled: 'False NotStalled',
      Ready: 'False WriteFailed',
    })
  })

  it('is Drifted, but Ready, while somebody keeps changing what is put back', () => {
    const status = statusFor({ repeated: [{ object: 'NetworkPolicy shop/tenant-isolation', by: 'argocd-controller' }] })
    expect(said(status)).to.include({ Drifted: 'True Repeated', Ready: 'True Isolated' })
    expect(status.conditions?.find(({ type }) => type === 'Drifted')?.message).to.include('argocd-controller')
  })

  it('is not Ready while a peer is unresolved, and says which and why', () => {
    const status = statusFor({ resource: resource({}) })
    expect(said(status)).to.include({ Ready: 'False DNSNotFound', Stalled: 'True DNSNotFound', NetworkIsolated: 'True Isolated' })
    expect(status.network?.unresolved?.[0]).to.include({ rule: 'dns', reason: 'DNSNotFound' })
  })

  it('is Ready in mode Audit, and says what Enforce would write', () => {
    const summary: Summary = { settled: 3, isolated: 0, policies: 0, wouldWrite: 6, problems: new Map() }
    const status = statusFor({ resource: resource({ ...OFF, mode: 'Audit' }), summary })
    expect(said(status)).to.include({ Ready: 'True Audit', NetworkIsolated: 'False Audit' })
    expect(status.network).to.deep.equal({ mode: 'Audit', policies: 0, wouldWrite: 6 })
  })

  it('says neither yes nor no while it is suspended', () => {
    expect(said(statusFor({ resource: resource(OFF, { spec: { suspend: true } }) }))).to.include({
      Ready: 'Unknown Suspended',
      NetworkIsolated: 'Unknown Suspended',
      Stalled: 'False NotStalled',
    })
  })

  it('tells how a resource breaks its schema, whoever let it through', () => {
    const broken = resource({ ...OFF, egress: [{ name: 'x', to: [] }] })
    const status = statusFor({ resource: broken })
    expect(said(status)).to.include({ Ready: 'False Invalid', Stalled: 'True Invalid' })
    expect(status.conditions?.[0]?.message).to.include('spec.network.egress[0].to')
  })

  it('moves lastTransitionTime only where a status changed', () => {
    const before = statusFor({ now: '2026-01-01T00:00:00Z' })
    const after = statusFor({ resource: resource(OFF, { status: before }), repeated: [{ object: 'a/b', by: undefined }] })
    const moved = after.conditions?.filter(({ lastTransitionTime }) => lastTransitionTime === NOW).map(({ type }) => type)
    expect(moved).to.deep.equal(['Drifted'])
  })

  describe('of access', () => {
    const alice = [{ kind: 'User', name: 'alice' }]
    const asking = (...clusterRoles: readonly string[]) =>
      resource(OFF, { spec: { access: clusterRoles.map((clusterRole) => ({ clusterRole, subjects: alice })) } })
    const settled = { pending: 0, problems: new Map() }

    it('that is given says by which roles', () => {
      const status = statusFor({ resource: asking('view', 'edit'), access: settled })
      expect(said(status)).to.include({ AccessBound: 'True Bound', Ready: 'True Isolated' })
      expect(messageOf(status, 'AccessBound')).to.equal('edit, view: bound in 3 namespaces')
    })

    it('that is on its way is Pending, and so is Ready, while the network is isolated', () => {
      const status = statusFor({ resource: asking('edit'), access: { ...settled, pending: 2 } })
      expect(said(status)).to.include({
        AccessBound: 'False Pending',
        Ready: 'False Pending',
        Reconciling: 'True Pending',
        NetworkIsolated: 'True Isolated',
      })
    })

    it('that nobody asks for any more is Pending until it is taken away', () => {
      expect(said(statusFor({ access: { ...settled, pending: 1 } }))).to.include({ AccessBound: 'False Pending', Ready: 'False Pending' })
      expect(said(statusFor({ access: settled }))).to.include({ AccessBound: 'False NotAsked', Ready: 'True Isolated' })
    })

    it('to a ClusterRole that is not allowed says which are', () => {
      const status = statusFor({ resource: asking('cluster-admin', 'edit'), access: settled, allowedRoles: ['view', 'edit'] })
      expect(said(status)).to.include({
        AccessBound: 'False ClusterRoleNotAllowed',
        Ready: 'False ClusterRoleNotAllowed',
        Stalled: 'True ClusterRoleNotAllowed',
        NetworkIsolated: 'True Isolated',
      })
      expect(messageOf(status, 'AccessBound')).to.include('nobody gets ClusterRole cluster-admin').and.to.include('allows view, edit;')
    })

    it('that may not be given in some namespace says where first, and in how many more', () => {
      const problems = new Map(['c', 'a', 'b'].map((name) => [name, { reason: 'Refused' as const, message: `no in ${name}` }]))
      const status = statusFor({ resource: asking('edit'), access: { pending: 0, problems } })
      expect(said(status)).to.include({ AccessBound: 'False Refused', Ready: 'False Refused', Stalled: 'True Refused' })
      expect(messageOf(status, 'AccessBound')).to.equal('no in a (and in 2 more namespaces)')
    })

    it('whose name is taken is a conflict', () => {
      const problems = new Map([['shop', { reason: 'NameTaken' as const, message: 'taken' }]])
      expect(said(statusFor({ resource: asking('edit'), access: { pending: 0, problems } }))).to.include({
        Conflicted: 'True NameTaken',
        Stalled: 'True NameTaken',
        AccessBound: 'False NameTaken',
      })
    })

    it('is neither given nor not while it is suspended', () => {
      const suspended = resource(OFF, { spec: { suspend: true, access: [{ clusterRole: 'edit', subjects: alice }] } })
      expect(said(statusFor({ resource: suspended, access: { ...settled, pending: 3 } }))).to.include({
        AccessBound: 'Unknown Suspended',
        Reconciling: 'False Settled',
      })
    })
  })

  describe('of the standard', () => {
    const profiles = [{ name: 'default', preset: 'Basic', subjects: [{ kind: 'User', name: 'alice' }] }]
    const asking = (more: object = {}) => resource(OFF, { spec: { podSecurity: { profiles, standard: { enforce: 'baseline' }, ...more } } })
    const settled = { pending: 0, problems: new Map() }

    it('that is set is part of pod security, whatever the mode', () => {
      const status = statusFor({ resource: asking(), standard: settled })
      expect(said(status)).to.include({ PodSecurityEnforced: 'True Enforced', Ready: 'True Isolated' })
      expect(messageOf(status, 'PodSecurityEnforced')).to.match(/; the Pod Security labels are set$/)
      const switchedOff = statusFor({ resource: asking({ mode: 'Disabled' }), standard: settled })
      expect(said(switchedOff)).to.include({ PodSecurityEnforced: 'False Disabled', Ready: 'True Isolated' })
      expect(messageOf(switchedOff, 'PodSecurityEnforced')).to.match(/; the Pod Security labels are set$/)
    })

    it('that is not set yet, or may not be, is not enforced', () => {
      expect(said(statusFor({ resource: asking(), standard: { ...settled, pending: 1 } }))).to.include({
        PodSecurityEnforced: 'False Pending',
        Ready: 'False Pending',
      })
      const problems = new Map([['shop', { reason: 'Refused' as const, message: 'no' }]])
      expect(said(statusFor({ resource: asking(), standard: { pending: 0, problems } }))).to.include({
        PodSecurityEnforced: 'False Refused',
        Ready: 'False Refused',
        Stalled: 'True Refused',
      })
    })
  })

  it('fits its own schema, however long the messages are', () => {
    const problems = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, i) => [`n${i}`, { reason: 'Refused', message: 'x'.repeat(100_000) } as const]),
    )
    const contested = Array.from({ length: 2_000 }, (_, i) => ({ namespace: `c${i}`, owner: 'older' }))
    const summary: Summary = { settled: 2_000, isolated: 0, policies: 0, wouldWrite: 0, problems: new Map(Object.entries(problems)) }
    const status = statusFor({
      summary,
      selected: 2_000,
      contested,
      access: { pending: 0, problems: new Map(Object.entries(problems)) },
      standard: { pending: 0, problems: new Map(Object.entries(problems)) },
      protectedMatches: Array.from({ length: 500 }, (_, i) => `protected-${i}`),
    })
    expect(statusSchema.safeParse(status).error).to.equal(undefined)
    expect(JSON.stringify(status).length).to.be.lessThan(32_768)
  })
})
