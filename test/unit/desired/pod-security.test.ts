import { expect } from 'chai'
import type { PodSecurity } from '../../../src/api/pod-security/pod-security.ts'
import { profileAccess } from '../../../src/desired/pod-security/access.ts'
import { podSecurityBindings } from '../../../src/desired/pod-security/bindings.ts'
import { standardLabels } from '../../../src/desired/pod-security/standard.ts'

const tenant = (podSecurity?: Partial<PodSecurity>) => ({
  name: 'manning',
  uid: 'uid',
  spec: {
    namespaceSelector: { matchLabels: { tenant: 'manning' } },
    ...(podSecurity && {
      podSecurity: {
        profiles: [
          { name: 'default', preset: 'Basic' as const, subjects: [{ kind: 'Group' as const, name: 'system:authenticated' }] },
          {
            name: 'agents',
            preset: 'Privileged' as const,
            subjects: [{ kind: 'ServiceAccount' as const, name: 'agent', namespace: 'infra' }],
          },
        ],
        ...podSecurity,
      },
    }),
  },
})

const MARKS = {
  labels: { 'app.kubernetes.io/managed-by': 'tenant-isolation', 'tenant-isolation.dev/tenant': 'manning' },
  ownerReferences: [
    { apiVersion: 'tenant-isolation.dev/v1alpha1', kind: 'TenantIsolation', name: 'manning', uid: 'uid', controller: true },
  ],
}

describe('the bindings of a tenant with pod security', () => {
  const actions = (podSecurity: Partial<PodSecurity>) => {
    const { validating, mutating } = podSecurityBindings(tenant(podSecurity), [])
    return Object.fromEntries([
      ...validating.map(({ spec }) => [spec.policyName.split('.')[0], spec.validationActions.join()]),
      ...mutating.map(({ spec }) => [spec.policyName.split('.')[0], 'writes']),
    ])
  }

  it('point at its own resource and its own namespaces', () => {
    const [binding] = podSecurityBindings(tenant({}), []).validating
    expect(binding).to.deep.equal({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'manning.pod-security.tenant-isolation.dev', labels: MARKS.labels },
      spec: {
        policyName: 'pod-security.tenant-isolation.dev',
        paramRef: { name: 'manning', parameterNotFoundAction: 'Deny' },
        matchResources: { namespaceSelector: { matchLabels: { tenant: 'manning' } } },
        validationActions: ['Deny', 'Audit'],
      },
    })
  })

  it('leave out namespaces that are not its own', () => {
    const selector = podSecurityBindings(tenant({}), ['kube-system', 'acme']).validating[0]?.spec.matchResources?.namespaceSelector
    expect(selector).to.deep.equal({
      matchLabels: { tenant: 'manning' },
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['acme', 'kube-system'] }],
    })
  })

  it('follow the mode', () => {
    expect(actions({})).to.deep.equal({ 'pod-security': 'Deny,Audit', 'workload-security': 'Warn,Audit' })
    expect(actions({ workloads: 'Deny' })).to.deep.equal({ 'pod-security': 'Deny,Audit', 'workload-security': 'Deny,Audit' })
    expect(actions({ workloads: 'Ignore', defaulting: 'Enabled' })).to.deep.equal({
      'pod-security': 'Deny,Audit',
      'pod-defaults': 'writes',
    })
    expect(actions({ mode: 'Warn', workloads: 'Deny', defaulting: 'Enabled' })).to.deep.equal({
      'pod-security': 'Warn,Audit',
      'workload-security': 'Warn,Audit',
    })
    expect(actions({ mode: 'Audit' })).to.deep.equal({ 'pod-security': 'Audit', 'workload-security': 'Audit' })
    expect(actions({ mode: 'Disabled', workloads: 'Deny', defaulting: 'Enabled' })).to.deep.equal({})
  })

  it('are not there without it', () => {
    expect(podSecurityBindings(tenant(), [])).to.deep.equal({ validating: [], mutating: [] })
  })
})

describe('the access to profiles', () => {
  it('is a role and a binding for each', () => {
    const [first, second] = profileAccess(tenant({}))
    const metadata = { name: 'tenant-isolation:manning:default', ...MARKS }
    const apiGroup = 'rbac.authorization.k8s.io'
    expect(first).to.deep.equal({
      profile: 'default',
      role: {
        apiVersion: `${apiGroup}/v1`,
        kind: 'ClusterRole',
        metadata,
        rules: [
          { apiGroups: ['tenant-isolation.dev'], resources: ['podsecurityprofiles'], resourceNames: ['manning.default'], verbs: ['use'] },
        ],
      },
      binding: {
        apiVersion: `${apiGroup}/v1`,
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef: { apiGroup, kind: 'ClusterRole', name: 'tenant-isolation:manning:default' },
        subjects: [{ kind: 'Group', name: 'system:authenticated', apiGroup }],
      },
    })
    expect(second?.binding.subjects).to.deep.equal([{ kind: 'ServiceAccount', name: 'agent', namespace: 'infra' }])
  })

  it("is nobody's when pod security is switched off", () => {
    expect(profileAccess(tenant({ mode: 'Disabled' }))).to.deep.equal([])
    expect(profileAccess(tenant())).to.deep.equal([])
  })
})

describe('the labels of a standard', () => {
  it('are one for each mode, each with its version, so that no version of others loosens it', () => {
    expect(standardLabels({ enforce: 'baseline', warn: 'restricted', warnVersion: 'v1.36' })).to.deep.equal({
      'pod-security.kubernetes.io/enforce': 'baseline',
      'pod-security.kubernetes.io/enforce-version': 'latest',
      'pod-security.kubernetes.io/warn': 'restricted',
      'pod-security.kubernetes.io/warn-version': 'v1.36',
    })
    expect(Object.keys(standardLabels({ audit: 'privileged' }))).to.have.lengthOf(2)
  })

  it('are none without it', () => {
    expect(standardLabels(undefined)).to.deep.equal({})
  })
})
