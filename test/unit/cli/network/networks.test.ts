import { expect } from 'chai'
import { desiredIn } from '../../../../src/cli/input/snapshot.ts'
import { byTenantOrDns } from '../../../../src/cli/network/groups.ts'
import { networksOf } from '../../../../src/cli/network/networks.ts'
import { API_SERVER, ELSEWHERE, INTERNET, outsidesOf } from '../../../../src/cli/network/outside.ts'
import { enforced, policiesKept } from '../../../../src/cli/network/policies.ts'
import { servicePorts } from '../../../../src/cli/network/services.ts'
import { endpointName, policyName, portsText } from '../../../../src/reachability/reachability.ts'
import { ACME, CLUSTER, MANNING, snapshotFrom } from '../../../support/book.ts'
import { ask } from '../../../support/reach.ts'

const WEB = 'shop/webserver-6f6b8d5c7-b6n8d'
const DATABASE = 'shop/database-0'
const STOCK = 'warehouse/stock-59d9c7f8b-fz6wl'

const policy = (name: string, rest: string) =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: shop${rest}}, spec: {podSelector: {}, ingress: [{}]}}\n---\n`

describe('a snapshot as a network', () => {
  it('is open as it is, and closed as the operator would leave it', () => {
    const { now, kept } = networksOf(snapshotFrom([CLUSTER, MANNING]))
    expect([ask(now, STOCK, DATABASE, '5432'), ask(now, WEB, DATABASE, '5432')]).to.deep.equal(['allow', 'allow'])
    expect([ask(kept, STOCK, DATABASE, '5432'), ask(kept, WEB, DATABASE, '5432')]).to.deep.equal(['deny', 'allow'])
    expect(ask(kept, WEB, 'kube-system/coredns-76f75df574-4k8ql', 'UDP 53')).to.equal('allow')
  })

  it("keeps policies of others, and replaces those of the operator's names and marks", () => {
    const ours = ', labels: {tenant-isolation.dev/tenant: manning, app.kubernetes.io/managed-by: tenant-isolation}'
    const owner =
      ', ownerReferences: [{apiVersion: tenant-isolation.dev/v1alpha1, kind: TenantIsolation, name: manning, uid: u, controller: true}]'
    const more = `${policy('of-others', '')}${policy('tenant-isolation-0123456789ab', ours + owner)}`
    const names = policiesKept(snapshotFrom([CLUSTER, MANNING], more))
      .filter(({ namespace }) => namespace === 'shop')
      .map(policyName)
    expect(names)
      .to.include('shop/of-others')
      .and.to.include('shop/tenant-isolation')
      .and.not.to.include('shop/tenant-isolation-0123456789ab')
  })

  it('leaves what is there where the operator would not write: a policy of somebody else has its name, or the tenant is suspended', () => {
    const taken = policiesKept(snapshotFrom([CLUSTER, MANNING], policy('tenant-isolation', '')))
    expect(taken.find((one) => policyName(one) === 'shop/tenant-isolation')?.rules.Ingress).to.have.lengthOf(1)
    const suspended = snapshotFrom([CLUSTER, MANNING])
    const tenants = suspended.tenants.map((tenant) => ({ ...tenant, spec: { ...tenant.spec, suspend: true } }))
    expect(policiesKept({ ...suspended, tenants })).to.deep.equal([])
  })

  it('can count a tenant in mode Audit as if it were enforced', () => {
    const snapshot = snapshotFrom([CLUSTER, MANNING])
    const audit = {
      ...snapshot,
      tenants: snapshot.tenants.map((one) => ({ ...one, spec: { ...one.spec, network: { ...one.spec.network, mode: 'Audit' as const } } })),
    }
    expect(policiesKept(audit)).to.deep.equal([])
    expect(policiesKept(enforced(audit)).map(policyName)).to.deep.equal(policiesKept(snapshot).map(policyName))
  })

  it('has its pods under the tenants that the operator sees', () => {
    const snapshot = snapshotFrom([CLUSTER, MANNING, ACME])
    const { cluster } = networksOf(snapshot)
    const groupOf = byTenantOrDns(desiredIn(snapshot), snapshot, servicePorts(snapshot, cluster))
    expect([...new Set(cluster.pods.map(groupOf))]).to.have.members(['acme', 'manning', 'DNS', 'no tenant', 'host network'])
  })

  it('tells two workloads of one name apart, and leaves pods out that have ended', () => {
    const workload = (kind: string) =>
      `{apiVersion: apps/v1, kind: ${kind}, metadata: {name: twin, namespace: shop}, spec: {template: {spec: {containers: [{name: main}]}}}}\n---\n`
    const done = '{apiVersion: v1, kind: Pod, metadata: {name: done, namespace: shop}, spec: {containers: []}, status: {phase: Succeeded}}'
    const { cluster, notes } = networksOf(snapshotFrom([], `${workload('Deployment')}${workload('StatefulSet')}${done}`))
    expect(cluster.pods.map(endpointName)).to.deep.equal(['shop/statefulset/twin', 'shop/twin'])
    expect(notes).to.deep.equal([])
  })
})

describe('what is outside', () => {
  it('is the Internet, the API server on its own port, and the rest, without overlaps', () => {
    const { all, apiServerPorts } = outsidesOf(snapshotFrom([CLUSTER]))
    expect(all.map(({ name }) => name)).to.deep.equal([INTERNET, API_SERVER, ELSEWHERE])
    expect(portsText(apiServerPorts)).to.equal('TCP 6443')
    const { now } = networksOf(snapshotFrom([CLUSTER]))
    expect(ask(now, WEB, '172.18.0.2', '6443')).to.equal('allow')
  })
})

describe('a Service', () => {
  it('leads to the pods that it selects, on the ports where they listen, and says which Ingresses lead to it', () => {
    const snapshot = snapshotFrom([CLUSTER])
    const ports = servicePorts(snapshot, networksOf(snapshot).cluster)
    const web = ports.find(({ service }) => service === 'webserver')
    expect(web).to.deep.include({ namespace: 'shop', port: 80, protocol: 'TCP', ingresses: ['shop/front'], addresses: ['10.96.20.1'] })
    expect(web?.backends.map(({ to, port }) => `${endpointName(to)}:${port}`)).to.deep.equal([
      `${WEB}:8080`,
      'shop/webserver-6f6b8d5c7-qj5sv:8080',
    ])
    expect(ports.filter(({ service }) => service === 'kube-dns').map(({ protocol, port }) => `${protocol} ${port}`)).to.deep.equal([
      'UDP 53',
      'TCP 53',
      'TCP 9153',
    ])
  })

  it('without a selector leads to where its EndpointSlices say, outside of the cluster too', () => {
    const snapshot = snapshotFrom([CLUSTER])
    const [kubernetes] = servicePorts(snapshot, networksOf(snapshot).cluster).filter(({ service }) => service === 'kubernetes')
    expect(kubernetes?.backends.map(({ to, port }) => `${endpointName(to)}:${port}`)).to.deep.equal(['172.18.0.2:6443'])
  })
})
