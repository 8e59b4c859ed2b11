/** The story that `make demo` tells, with the samples of this checkout. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import type { Spec } from '../../src/api/tenant-isolation.ts'
import { eventually } from '../support/eventually.ts'
import { end, type Kube, networkPolicy, openKube, type PolicyView, viewOf } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

const SAMPLES = join(import.meta.dirname, '../../config/samples')

/** The sample under another name, so that this file meets no other. */
async function sample(file: string, rename: Readonly<Record<string, string>>): Promise<Spec> {
  let text = await readFile(join(SAMPLES, file), 'utf8')
  for (const [from, to] of Object.entries(rename)) text = text.replaceAll(`tenant: ${from}`, `tenant: ${to}`)
  return (parse(text) as { spec: Spec }).spec
}

const DNS_EGRESS = [
  {
    to: [
      { ipBlock: { cidr: '10.96.0.10/32' } },
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      },
    ],
    ports: [
      { protocol: 'TCP', port: 53 },
      { protocol: 'UDP', port: 53 },
    ],
  },
]

describe("the tenants of the book, with this checkout's samples", function () {
  this.timeout(60_000)

  const MANNING = 'story-manning'
  const ACME = 'story-acme'
  let kube: Kube
  let running: RunningOperator

  before(async () => {
    kube = await openKube()
    running = await startOperator()
    await kube.createNamespace('story-shop', { tenant: MANNING })
    await kube.createNamespace('story-cart', { tenant: MANNING })
    await kube.createNamespace('story-acme', { tenant: ACME })
    await kube.createNamespace('story-nobody', { team: 'none' })
    await kube.applyTenant(MANNING, await sample('manning.yaml', { manning: MANNING }))
    await kube.applyTenant(ACME, await sample('acme.yaml', { acme: ACME }))
  })

  after(() => end(kube, running))

  const views = async (namespace: string): Promise<readonly PolicyView[]> => (await kube.policies(namespace)).map(viewOf)

  it('isolates every namespace of a tenant, and says so', async () => {
    const manning = await kube.ready(MANNING)
    expect(manning.status?.namespaces).to.deep.equal({ selected: 2, isolated: 2 })
    expect(manning.status?.network).to.deep.equal({
      mode: 'Enforce',
      policies: 8,
      dns: { source: 'Service kube-system/kube-dns', addresses: ['10.96.0.10/32'], ports: ['TCP/53', 'UDP/53'] },
    })
    await kube.says(MANNING, { PodSecurityEnforced: 'True Enforced' })
    const acme = await kube.ready(ACME)
    expect(acme.status?.namespaces).to.deep.equal({ selected: 1, isolated: 1 })
    expect(await kube.policyNames('story-nobody')).to.deep.equal([])
  })

  it('writes exactly the policies of listings 13.21 to 13.25, and DNS', async () => {
    const { metadata } = await kube.ready(MANNING)
    const marks = (rules: string) => ({
      labels: { 'app.kubernetes.io/managed-by': 'tenant-isolation', 'tenant-isolation.dev/tenant': MANNING },
      annotations: { 'tenant-isolation.dev/rules': rules },
      ownerReferences: [
        { apiVersion: 'tenant-isolation.dev/v1alpha1', kind: 'TenantIsolation', name: MANNING, uid: metadata.uid, controller: true },
      ],
      finalizers: [],
    })
    for (const namespace of ['story-shop', 'story-cart']) {
      const [baseline, ...others] = await views(namespace)
      expect(baseline).to.deep.equal({
        ...marks('dns'),
        name: 'tenant-isolation',
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'], egress: DNS_EGRESS },
      })
      for (const { name } of others) expect(name).to.match(/^tenant-isolation-[0-9a-f]{12}$/)
      const unnamed = others.map(({ name: _, ...rest }) => rest)
      expect(unnamed).to.have.lengthOf(3)
      expect(unnamed).to.have.deep.members([
        {
          ...marks('ingress/web-to-database'),
          spec: {
            podSelector: { matchLabels: { app: 'database' } },
            policyTypes: ['Ingress'],
            ingress: [{ from: [{ podSelector: { matchLabels: { app: 'webserver' } } }], ports: [{ protocol: 'TCP', port: 5432 }] }],
          },
        },
        {
          ...marks('ingress/office, ingress/shopping-cart'),
          spec: {
            podSelector: { matchLabels: { app: 'shopping-cart' } },
            policyTypes: ['Ingress'],
            ingress: [
              { from: [{ ipBlock: { cidr: '192.168.1.0/24' } }] },
              { from: [{ namespaceSelector: { matchLabels: { tenant: MANNING } } }], ports: [{ protocol: 'TCP', port: 80 }] },
            ],
          },
        },
        {
          ...marks('egress/web-to-database'),
          spec: {
            podSelector: { matchLabels: { app: 'webserver' } },
            policyTypes: ['Egress'],
            egress: [{ to: [{ podSelector: { matchLabels: { app: 'database' } } }], ports: [{ protocol: 'TCP', port: 5432 }] }],
          },
        },
      ])
    }
  })

  it('puts back what the administrator edits', async () => {
    const before = await views('story-shop')
    const name = 'tenant-isolation'
    const edited = await kube.editPolicy({ namespace: 'story-shop', name }, ({ spec }) => {
      spec.ingress = [{}]
    })
    await eventually(async () => expect(await views('story-shop')).to.deep.equal(before))
    expect((await kube.policy('story-shop', name)).metadata.uid).to.equal(edited.metadata.uid)
  })

  it('puts back what the administrator deletes', async () => {
    const before = await views('story-shop')
    for (const { name } of before) await kube.deletePolicy({ namespace: 'story-shop', name })
    await eventually(async () => expect(await views('story-shop')).to.deep.equal(before))
  })

  it('isolates a namespace that is made later', async () => {
    const others = await views('story-cart')
    await kube.createNamespace('story-later', { tenant: MANNING })
    await eventually(async () => expect(await views('story-later')).to.deep.equal(others))
    await eventually(async () => expect((await kube.ready(MANNING)).status?.namespaces).to.deep.equal({ selected: 3, isolated: 3 }))
  })

  it('isolates a namespace that joins, and lets it go when it leaves: its policies go, those of others stay', async () => {
    await kube.createPolicy(networkPolicy('story-nobody', 'our-own', { podSelector: { matchLabels: { app: 'own' } } }))
    await kube.labelNamespace('story-nobody', { tenant: MANNING })
    await eventually(async () => expect(await kube.policyNames('story-nobody')).to.have.lengthOf(5))
    const neighbours = await views('story-shop')
    await kube.labelNamespace('story-nobody', { tenant: null })
    await eventually(async () => expect(await kube.policyNames('story-nobody')).to.deep.equal(['our-own']))
    await eventually(async () => expect((await kube.ready(MANNING)).status?.namespaces?.selected).to.equal(3))
    expect(await views('story-shop')).to.deep.equal(neighbours)
  })

  it('shows people the state of their tenants', async () => {
    await kube.ready(MANNING)
    const [header, row] = (await kube.kubectl(`get tenantisolations ${MANNING}`)).split('\n')
    expect(header?.split(/\s+/)).to.deep.equal(['NAME', 'READY', 'REASON', 'NAMESPACES', 'POLICIES', 'AGE'])
    expect(row?.split(/\s+/).slice(0, 5)).to.deep.equal([MANNING, 'True', 'Isolated', '3', '12'])
  })
})
