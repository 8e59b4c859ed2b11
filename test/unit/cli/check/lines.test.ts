/** The lines of `check`, where no API server of this machine can be brought to it. */

import { expect } from 'chai'
import { DEFAULT_CONFIGURATION } from '../../../../src/api/configuration.ts'
import { linesOf } from '../../../../src/cli/check/checks.ts'
import type { ClusterFacts, Container, DaemonSet } from '../../../../src/cli/check/facts.ts'
import type { Check } from '../../../../src/cli/check/line.ts'
import { operatorAccess } from '../../../../src/cli/check/rights.ts'
import { PLATFORM_ROLES, rightsOf, rolesIn } from '../../../support/rights.ts'

const ACCOUNT = { namespace: 'platform', serviceAccount: 'keeper' }

const CLUSTER: ClusterFacts = {
  version: '1.2.3',
  kubernetes: 'v1.36.3',
  serves: { validatingPolicies: true, mutatingPolicies: true, tenants: false },
  account: ACCOUNT,
  daemonSets: [],
  dns: undefined,
  serviceRanges: ['10.96.0.0/16'],
  podRanges: [],
  installation: {
    crd: undefined,
    policies: [],
    bindings: [],
    missingRights: [],
    configuration: undefined,
    namespace: undefined,
    deployment: undefined,
    lease: undefined,
    leaseIsRecent: false,
    tenants: undefined,
  },
  installer: [],
  user: 'alice',
  unseen: [],
}

const line = (check: Check, facts: Partial<ClusterFacts>, installed = false) => {
  const { mark, reason, advice } = linesOf({ ...CLUSTER, ...facts }, installed).find((one) => one.check === check) ?? {}
  return `${mark}: ${reason}. ${advice ?? ''}`.trim()
}

const daemonSet = (name: string, ...containers: readonly Partial<Container>[]): DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { namespace: 'kube-system', name },
  spec: { template: { spec: { containers: containers.map((one) => ({ name: 'main', ...one })) } } },
})

describe('check', () => {
  for (const version of ['v1.29.14', 'v1.9.0', 'v1.33.9-eks-abc', 'v0.0.0', 'something'])
    it(`says what to do where Kubernetes is too old: ${version}`, () => {
      expect(line('kubernetes', { kubernetes: version })).to.equal(
        `missing: ${version} is older than 1.34. upgrade the cluster to Kubernetes 1.34 or newer; the chart refuses to be installed on an older one`,
      )
    })

  for (const version of ['v1.34.0', 'v1.34.5+k3s1', 'v1.100.0', 'v2.0.0'])
    it(`takes ${version}`, () => expect(line('kubernetes', { kubernetes: version })).to.match(/^ok: /))

  it('says what nothing works without, where ValidatingAdmissionPolicy was switched off', () => {
    const serves = { validatingPolicies: false, mutatingPolicies: false, tenants: false }
    expect(line('validating-policies', { serves })).to.match(
      /^missing: .*no guard and no profile can hold\. take .* out of --runtime-config/,
    )
  })

  it('tells a MutatingAdmissionPolicy that was switched off from one that is yet to come', () => {
    const serves = { validatingPolicies: true, mutatingPolicies: false, tenants: false }
    expect(line('mutating-policies', { serves })).to.match(/^warning: .* it is switched off in the API server \(v1\.36\.3\)/)
    expect(line('mutating-policies', { serves, kubernetes: 'v1.34.4' })).to.match(
      /^warning: .* it comes with Kubernetes 1\.36, and this is v1\.34\.4/,
    )
  })

  it('counts as missing what a tenant asks for: defaulting', () => {
    const serves = { validatingPolicies: true, mutatingPolicies: false, tenants: true }
    const tenant = { metadata: { name: 'manning' }, spec: { podSecurity: { defaulting: 'Enabled' } } }
    const installation = { ...CLUSTER.installation, tenants: [tenant as never] }
    expect(line('mutating-policies', { serves, installation })).to.match(/^missing: .*podSecurity\.defaulting of manning asks for it/)
  })

  it('says that there can be no policies where the API server has none of their kind', () => {
    expect(line('policies', {}, true)).to.equal('missing: there can be no admission policies here. see validating-policies')
  })

  it('says when what fills in was left out of the installation, and counts it only where a tenant needs it', () => {
    const policy = (kind: string, name: string, stored?: object) => ({ kind, name, expected: {}, stored: stored && { spec: stored } })
    const policies = [policy('ValidatingAdmissionPolicy', 'guard', {}), policy('MutatingAdmissionPolicy', 'pod-defaults')]
    const tenant = (defaulting: string) => ({ metadata: { name: 'manning' }, spec: { podSecurity: { defaulting } } }) as never
    const with_ = (defaulting: string) => ({ installation: { ...CLUSTER.installation, policies, tenants: [tenant(defaulting)] } })
    expect(line('policies', with_('Disabled'))).to.match(/^ok: 1 admission policies/)
    expect(line('mutating-policies', with_('Disabled'))).to.match(/^warning: pod-defaults is not installed, .* run helm upgrade once$/)
    expect(line('mutating-policies', with_('Enabled'))).to.match(
      /^missing: .* podSecurity\.defaulting of manning asks for it\. run helm upgrade once/,
    )
  })

  describe('the network plugin', () => {
    const plugin = (...daemonSets: readonly DaemonSet[]) => line('network-plugin', { daemonSets })
    const agent = (...args: readonly string[]) =>
      daemonSet(
        'aws-node',
        { image: 'x.amazonaws.com/amazon-k8s-cni:v1.20' },
        { image: 'x.amazonaws.com/amazon/aws-network-policy-agent:v1.2', args },
      )

    for (const [what, found, expected] of [
      [
        'flannel alone',
        [daemonSet('kube-flannel-ds', { image: 'ghcr.io/flannel-io/flannel:v0.27.4' })],
        /^missing: flannel .* set netpol\.enabled/,
      ],
      [
        'flannel with kube-network-policies in the same pod',
        [
          daemonSet(
            'kube-flannel-ds',
            { image: 'flannel-io/flannel:v0.27.4' },
            { image: 'registry.k8s.io/networking/kube-network-policies:v0.7.0' },
          ),
        ],
        /^ok: kube-network-policies/,
      ],
      [
        'Calico over flannel, which is Canal',
        [daemonSet('canal', { image: 'docker.io/calico/node:v3.30.3' }, { image: 'docker.io/flannel/flannel:v0.27.4' })],
        /^ok: Calico .*kube-system\/canal/,
      ],
      ['Cilium by digest', [daemonSet('cilium', { image: 'quay.io/cilium/cilium@sha256:abc' })], /^ok: Cilium/],
      [
        'OVN-Kubernetes of OpenShift',
        [daemonSet('ovnkube-node', { image: 'quay.io/openshift-release-dev/ocp@sha256:abc' })],
        /^ok: OVN-Kubernetes/,
      ],
      [
        'the AWS VPC CNI without its agent',
        [daemonSet('aws-node', { image: 'amazon-k8s-cni:v1.20' })],
        /^missing: the AWS VPC CNI .*enableNetworkPolicy/,
      ],
      ['the AWS VPC CNI with its agent switched off', [agent('--enable-network-policy=false')], /^missing: the network policy agent/],
      [
        'the AWS VPC CNI with its agent switched on',
        [agent('--enable-ipv6=false', '--enable-network-policy=true')],
        /^ok: the network policy agent/,
      ],
      [
        'kube-router without its firewall',
        [daemonSet('kube-router', { image: 'cloudnativelabs/kube-router:v2', args: ['--run-firewall=false'] })],
        /^missing/,
      ],
      ['an old kindnet', [daemonSet('kindnet', { image: 'kindest/kindnetd:v20240202-8f1494ea' })], /^missing: kindnet .*kind 0\.24/],
      ['kindnet', [daemonSet('kindnet', { image: 'docker.io/kindest/kindnetd:v20250512-df8de77b' })], /^ok: kindnet/],
      [
        'something else',
        [daemonSet('node-exporter', { image: 'prom/node-exporter:v1' })],
        /^warning: .*does not know whether NetworkPolicies are enforced/,
      ],
    ] as const)
      it(`${what}`, () => expect(plugin(...found)).to.match(expected))

    it('of K3s is built in, and cannot be seen', () => {
      expect(line('network-plugin', { kubernetes: 'v1.34.1+k3s1' })).to.match(/^warning: K3s enforces .*--disable-network-policy/)
    })
  })

  it('tells what dual stack means for rules', () => {
    expect(line('address-families', { podRanges: ['10.244.0.0/24', 'fd00::/64'] })).to.match(
      /^warning: Services have IPv4, pods IPv4 and IPv6: a rule by cidr of one family .*\(TI004\)/,
    )
    expect(line('address-families', { podRanges: ['10.244.0.0/24'] })).to.equal('ok: Services have IPv4, pods IPv4.')
  })

  it('does not take for granted what could not be seen', () => {
    const lists = {
      verb: 'list',
      resource: { group: 'apps', version: 'v1', plural: 'daemonsets', kind: 'DaemonSet', namespaced: true },
      namespace: undefined,
    } as const
    const facts = { daemonSets: 'unseen', unseen: [lists] } as const
    expect(line('network-plugin', facts)).to.equal(
      'unseen: the DaemonSets of the network plugin cannot be seen with your rights. see your-rights',
    )
    expect(line('your-rights', facts)).to.match(
      /^unseen: user "alice" may not list daemonsets\. .* kubectl create clusterrole \S+ --verb=list --resource=daemonsets\.apps && /,
    )
  })

  it('never puts the right to make something beside the right to look at another', () => {
    const resource = (plural: string, group: string) => ({ group, version: 'v1', plural, kind: 'Any', namespaced: false })
    const unseen = [
      { verb: 'get', resource: resource('customresourcedefinitions', 'apiextensions.k8s.io'), namespace: undefined },
      { verb: 'create', resource: resource('subjectaccessreviews', 'authorization.k8s.io'), namespace: undefined },
    ] as const
    expect(line('your-rights', { unseen }).match(/--verb=\S+ --resource=\S+/g)).to.deep.equal([
      '--verb=get --resource=customresourcedefinitions.apiextensions.k8s.io',
      '--verb=create --resource=subjectaccessreviews.authorization.k8s.io',
    ])
  })

  it('says when operator and program are of different versions', () => {
    const containers = [{ name: 'operator', image: 'registry.example:5000/a/tenant-isolation:1.0.0@sha256:abc' }]
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'tenant-isolation', generation: 1 },
      spec: { replicas: 2, template: { spec: { containers } } },
      status: { observedGeneration: 1, readyReplicas: 2, updatedReplicas: 2 },
    }
    const with_ = (more: object) => line('operator', { installation: { ...CLUSTER.installation, deployment: { ...deployment, ...more } } })
    expect(with_({})).to.match(/^warning: the operator is version 1\.0\.0, and this program 1\.2\.3/)
    expect(with_({ status: { ...deployment.status, readyReplicas: 1 } })).to.match(
      /^warning: .* 1 of 2 replicas ready\. see why: kubectl describe pods/,
    )
    expect(with_({ status: {} })).to.match(/^missing: .* has no replica that is ready/)
  })
})

describe('the rights that check asks about', () => {
  it('are all that the operator has in config/rbac, in the namespace where it runs', () => {
    const given = rolesIn((file) => file !== PLATFORM_ROLES).flatMap(rightsOf)
    const asked = operatorAccess(ACCOUNT, DEFAULT_CONFIGURATION.access.clusterRoles)
    const one = (verb: string, resource: string, names: readonly string[]) =>
      (names.length === 0 ? [''] : names).map((name) => `${verb} ${resource} ${name}`)
    expect(
      asked.map(
        ({ verb, group, resource, subresource, name = '' }) =>
          `${verb} ${resource}${subresource ? `/${subresource}` : ''}${group && `.${group}`} ${name}`,
      ),
    ).to.have.members(given.flatMap(({ verb, resource, names }) => one(verb, resource, names)))
    expect(new Set(asked.map(({ namespace }) => namespace))).to.deep.equal(new Set([undefined, 'platform', 'default']))
  })

  it('are those on the ClusterRoles that the configuration allows', () => {
    const binds = operatorAccess(ACCOUNT, ['view', 'reader']).filter(({ verb }) => verb === 'bind')
    expect(binds.map(({ name }) => name)).to.deep.equal(['view', 'reader'])
  })
})
