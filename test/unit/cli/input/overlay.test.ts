import { expect } from 'chai'
import { DEFAULT_CONFIGURATION } from '../../../../src/api/configuration.ts'
import { objectsIn, type Place } from '../../../../src/cli/input/documents.ts'
import { collect, noObjects, type Objects } from '../../../../src/cli/input/objects.ts'
import { layOver } from '../../../../src/cli/input/overlay.ts'
import { desiredIn, factsOf, type Snapshot, snapshotOf } from '../../../../src/cli/input/snapshot.ts'

const collected = (text: string, file = 'files.yaml') => {
  const found = collect(objectsIn(file, text), 'default')
  expect(found.mistakes).to.deep.equal([])
  return found
}

const CLUSTER = `
apiVersion: tenant-isolation.dev/v1alpha1
kind: TenantIsolation
metadata: {name: manning, uid: u-1, creationTimestamp: "2024-01-01T00:00:00Z", resourceVersion: "7", generation: 3, finalizers: [held]}
spec: {namespaceSelector: {matchLabels: {tenant: manning}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {tenant: manning, old: label}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: going, labels: {tenant: manning}, deletionTimestamp: "2024-01-01T00:00:00Z"}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: mine, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress]}}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10], selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, protocol: UDP}]}
`

const FILES = `
apiVersion: tenant-isolation.dev/v1alpha1
kind: TenantIsolation
metadata: {name: manning}
spec: {namespaceSelector: {matchLabels: {tenant: manning}}, network: {intraTenant: Tenant}}
---
apiVersion: tenant-isolation.dev/v1alpha1
kind: TenantIsolation
metadata: {name: acme, uid: of another cluster, creationTimestamp: "2020-01-01T00:00:00Z"}
spec: {namespaceSelector: {matchLabels: {tenant: manning}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {tenant: manning, new: label}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: going, labels: {tenant: manning}}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: mine, namespace: shop}, spec: {podSelector: {}, policyTypes: [Egress]}}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {selector: {k8s-app: coredns}, ports: [{name: dns, port: 53, protocol: UDP}]}
`

const snapshot = (objects: Objects, places: ReadonlyMap<unknown, Place> = new Map()): Snapshot =>
  snapshotOf({ objects, places, configuration: undefined, ownNamespace: 'tenant-isolation-system', canMutate: true })

describe('files laid over a cluster', () => {
  const over = layOver(collected(CLUSTER, 'cluster').objects, collected(FILES))
  const merged = snapshot(over.objects, over.places)

  it('replace what they speak of, and leave the rest', () => {
    expect(merged.tenants.map(({ metadata }) => metadata.name)).to.deep.equal(['acme', 'manning'])
    expect(merged.networkPolicies.map(({ spec }) => spec.policyTypes)).to.deep.equal([['Egress']])
    expect(merged.namespaces.find(({ name }) => name === 'shop')?.labels).to.deep.equal({
      tenant: 'manning',
      new: 'label',
      'kubernetes.io/metadata.name': 'shop',
    })
  })

  it('keep who a resource is and how old: it stays the older one, and the owner of its policies', () => {
    const manning = merged.tenants.find(({ metadata }) => metadata.name === 'manning')
    expect(manning?.metadata).to.deep.include({ uid: 'u-1', creationTimestamp: '2024-01-01T00:00:00Z', finalizers: ['held'] })
    expect(manning?.spec.network).to.deep.equal({ intraTenant: 'Tenant' })
    const { membership } = desiredIn(merged)
    expect(membership.selectedBy('shop')).to.deep.equal(['manning', 'acme'])
  })

  it('are new where the cluster does not know them, whatever another cluster has said of them', () => {
    const acme = merged.tenants.find(({ metadata }) => metadata.name === 'acme')
    expect(acme?.metadata).to.deep.equal({
      name: 'acme',
      uid: '',
      resourceVersion: '',
      generation: 0,
      creationTimestamp: '9999-12-31T23:59:59Z',
    })
  })

  it('do not bring back a namespace that is going', () => {
    expect(merged.namespaces.find(({ name }) => name === 'going')?.terminating).to.equal(true)
    expect(desiredIn(merged).membership.ownerOf('going')).to.equal(undefined)
  })

  it('keep the address that a Service has been given', () => {
    expect(factsOf(merged).dns?.addresses).to.deep.equal(['10.96.0.10/32'])
    expect(JSON.stringify(factsOf(merged).dns?.origins)).to.include('coredns')
  })

  it('know which object came from where', () => {
    const where = (name: string) => merged.where(merged.tenants.find(({ metadata }) => metadata.name === name) ?? {})
    expect(where('manning')).to.equal('files.yaml:2')
    expect(where('acme')).to.equal('files.yaml:7')
    expect(snapshot(collected(CLUSTER).objects).where({})).to.equal('the cluster')
  })
})

describe('a snapshot', () => {
  it('is the same, whatever the order of the files', () => {
    const documents = FILES.split('---')
    const forwards = snapshot(collected(documents.join('---')).objects)
    const backwards = snapshot(collected(documents.toReversed().join('---')).objects)
    expect(JSON.stringify(forwards)).to.equal(JSON.stringify(backwards))
  })

  it('has the namespaces in which something is, even if no Namespace speaks of them', () => {
    const pods = collected('{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {containers: [{name: main}]}}').objects
    expect(snapshot(pods).namespaces).to.deep.equal([
      { name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop' }, terminating: false, implied: true },
    ])
  })

  it('has the defaults of the configuration when there is none', () => {
    expect(snapshot(noObjects()).configuration).to.equal(DEFAULT_CONFIGURATION)
  })
})
