import { expect } from 'chai'
import { objectsIn } from '../../../../src/cli/input/documents.ts'
import { type Collected, collect, placeOf } from '../../../../src/cli/input/objects.ts'

const collected = (text: string, namespace = 'default', file = 'file.yaml'): Collected => collect(objectsIn(file, text), namespace)

const TENANT = `apiVersion: tenant-isolation.dev/v1alpha1
kind: TenantIsolation
metadata: {name: manning}
spec:
  namespaceSelector: {matchLabels: {tenant: manning}}
`

describe('the objects of files', () => {
  it('are collected by kind; whoever names no namespace gets the usual one', () => {
    const { objects, mistakes } = collected(
      `${TENANT}---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {tenant: manning}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {podSelector: }}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-1}, addressType: IPv4, endpoints: , ports: }
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {rules: [{http: {paths: [{path: /, backend: {service: {name: web, port: {number: 80}}}}]}}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, creationTimestamp: }, spec: {template: {spec: {containers: [{name: main}]}}}}
`,
      'staging',
    )
    expect(mistakes).to.deep.equal([])
    expect([...objects.tenants.keys()]).to.deep.equal(['manning'])
    expect(objects.namespaces.get('shop')?.labels).to.deep.equal({ tenant: 'manning', 'kubernetes.io/metadata.name': 'shop' })
    expect([...objects.networkPolicies.keys()]).to.deep.equal(['shop/p'])
    for (const collection of ['services', 'ingresses'] as const) expect([...objects[collection].keys()]).to.deep.equal(['staging/web'])
    expect([...objects.endpointSlices.keys()]).to.deep.equal(['staging/web-1'])
    expect([...objects.workloads.keys()]).to.deep.equal(['Deployment staging/web'])
  })

  it('keep to themselves what is not understood, and count it by kind', () => {
    const { skipped, mistakes } = collected(`
{apiVersion: v1, kind: Secret, metadata: {name: a}}
---
{apiVersion: v1, kind: Secret, metadata: {name: b}}
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: c}}
---
replicas: 3
---
[1, 2]
`)
    expect(mistakes).to.deep.equal([])
    expect([...skipped]).to.deep.equal([
      ['kind Secret (v1)', 2],
      ['kind NetworkPolicy (projectcalico.org/v3)', 1],
      ['what has no kind', 2],
    ])
  })

  it('name file, line, object, document and field of every mistake', () => {
    const { mistakes } = collected(
      `${TENANT}  network:
    egress:
    - name: office
      to:
      - cidr: 192.168.1.1/24
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: p, namespace: shop}
  spec:
    podSelector: {}
    ingres: []
- apiVersion: v1
  kind: Pod
  metadata: {name: x, labels: {version: 1}}
  spec: {containers: [{name: main}]}
`,
      'default',
      'tenants/all.yaml',
    )
    expect(mistakes).to.have.lengthOf(3)
    expect(mistakes[0]).to.match(
      /^tenants\/all\.yaml:10: TenantIsolation manning \(document 1\): spec\.network\.egress\[0\]\.to\[0\]\.cidr: .*write 192\.168\.1\.0\/24/,
    )
    expect(mistakes[1]).to.equal('tenants/all.yaml:21: NetworkPolicy shop/p (document 2, items[1]): spec.ingres: unknown field')
    expect(mistakes[2]).to.equal('tenants/all.yaml:24: Pod x (document 2, items[2]): metadata.labels.version: must be of type string')
  })

  it('are refused in a version that is not understood, instead of being passed over', () => {
    for (const apiVersion of ['networking.k8s.io/v2', 'extensions/v1beta1']) {
      const { mistakes } = collected(`apiVersion: ${apiVersion}\nkind: NetworkPolicy\nmetadata: {name: p}\n`)
      expect(mistakes).to.deep.equal([
        `file.yaml:1: NetworkPolicy p (document 1): apiVersion: ${apiVersion} is not understood; write networking.k8s.io/v1`,
      ])
    }
    for (const apiVersion of ['tenant-isolation.dev/v1beta1', 'tenant-isolation.io/v1alpha1']) {
      expect(collected(TENANT.replace('tenant-isolation.dev/v1alpha1', apiVersion)).mistakes).to.deep.equal([
        `file.yaml:1: TenantIsolation manning (document 1): apiVersion: ${apiVersion} is not understood; write tenant-isolation.dev/v1alpha1`,
      ])
    }
    expect(collected('kind: NetworkPolicy\nmetadata: {name: p}\n').mistakes).to.deep.equal([
      'file.yaml:1: NetworkPolicy p (document 1): apiVersion: Required value; write networking.k8s.io/v1',
    ])
  })

  it('may be there twice if they say the same; otherwise both places are named', () => {
    expect(collected(`${TENANT}---\n${TENANT}`).mistakes).to.deep.equal([])
    const both = [...objectsIn('a.yaml', TENANT), ...objectsIn('b.yaml', TENANT.replace('tenant: manning', 'tenant: acme'))]
    expect(collect(both, 'default').mistakes).to.deep.equal([
      'b.yaml:1: TenantIsolation manning is also in a.yaml:1, and says something else there; keep one of them',
    ])
  })

  it('know where they stand', () => {
    const { objects, places } = collected(`# nothing\n---\n${TENANT}`)
    const place = places.get(objects.tenants.get('manning'))
    expect(place && placeOf(place)).to.equal('file.yaml:3')
  })

  it('name the file alone where it is so long that looking for the line would take ages', () => {
    const long = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', labels: { version: 1 }, annotations: { long: 'x'.repeat(4_000_000) } },
    })
    expect(collected(long).mistakes[0]).to.equal('file.yaml: Pod p (document 1): metadata.labels.version: must be of type string')
  })

  it('are younger than everything in a cluster, and have no uid, unless they came from one', () => {
    const [fresh, known] = [
      TENANT,
      TENANT.replace('{name: manning}', '{name: manning, uid: u, creationTimestamp: "2024-01-01T00:00:00Z"}'),
    ].map((text) => collected(text).objects.tenants.get('manning')?.metadata)
    expect(fresh).to.include({ uid: '', creationTimestamp: '9999-12-31T23:59:59Z' })
    expect(known).to.include({ uid: 'u', creationTimestamp: '2024-01-01T00:00:00Z' })
  })
})
