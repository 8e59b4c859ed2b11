/** What follows from the cluster and from the operator's configuration is followed when that changes. Changes the whole cluster; puts it back. */

import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { API_VERSION } from '../../src/api/labels.ts'
import type { Network } from '../../src/api/network.ts'
import { ENDPOINT_SLICES, SERVICES } from '../../src/reconcile/resources.ts'
import { ADVERTISED_ADDRESS } from '../../tools/control-plane/arguments.ts'
import { createClusterDNS } from '../../tools/control-plane/cluster-dns.ts'
import { egressRule, ingressRule, labelled, namespacesOf } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { conditionOf, end, type Kube, openKube } from '../support/kube.ts'
import { type RunningOperator, startOperator } from '../support/operator.ts'

const DNS_PODS = {
  namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'kube-system' }),
  podSelector: labelled({ 'k8s-app': 'kube-dns' }),
}
const both = (port: number) => [
  { protocol: 'TCP', port },
  { protocol: 'UDP', port },
]
const block = (cidr: string) => ({ ipBlock: { cidr } })

describe('the operator', function () {
  this.timeout(60_000)

  const TENANT = 'facts'
  let kube: Kube
  let running: RunningOperator
  let directory: string
  let revision = 0

  before(async () => {
    kube = await openKube()
    directory = await mkdtemp(join(tmpdir(), 'tenant-isolation-facts-'))
    await symlink('..data/configuration.yaml', join(directory, 'configuration.yaml'))
    await configure({})
    running = await startOperator({ configurationFile: join(directory, 'configuration.yaml') })
    await kube.createNamespace(TENANT, { tenant: TENANT })
  })

  after(async () => {
    await putBack()
    await end(kube, running, /the configuration/)
    await rm(directory, { recursive: true })
  })

  /** Changes the configuration as the kubelet changes a ConfigMap's volume: a new folder, and a link that is moved to it. */
  const configure = async (configuration: object | string): Promise<void> => {
    const version = `..${revision++}`
    const text =
      typeof configuration === 'string'
        ? configuration
        : stringify({ apiVersion: API_VERSION, kind: 'OperatorConfiguration', ...configuration })
    await mkdir(join(directory, version))
    await writeFile(join(directory, version, 'configuration.yaml'), text)
    await symlink(version, join(directory, '..data_tmp'))
    await rename(join(directory, '..data_tmp'), join(directory, '..data'))
  }

  const deleteService = (namespace: string, name: string) => kube.kubectl(`delete service ${name} -n ${namespace} --ignore-not-found`)

  const putBack = async (): Promise<void> => {
    await kube.kubectl('delete endpointslice kubernetes-second kubernetes-v6 -n default --ignore-not-found')
    await deleteService('kube-system', 'kube-dns')
    await createClusterDNS(kube.controlPlane)
  }

  /** The tenant with these rules, looked after. */
  const has = async (network: Network): Promise<void> => {
    await kube.applyTenant(TENANT, { namespaceSelector: namespacesOf(TENANT), network })
    await eventually(async () => {
      const { metadata, status } = await kube.tenant(TENANT)
      expect(status?.observedGeneration).to.equal(metadata.generation)
    })
  }

  const egress = async () => (await kube.policy(TENANT)).spec?.egress ?? []
  const ingress = async () => (await kube.policy(TENANT)).spec?.ingress ?? []

  const dnsService = (clusterIP: string, targetPort: number) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
    spec: {
      selector: { 'k8s-app': 'kube-dns' },
      clusterIP,
      ports: [
        { name: 'dns', protocol: 'UDP', port: 53, targetPort },
        { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort },
      ],
    },
  })

  describe("follows the cluster's DNS:", () => {
    const KUBEADM = [{ to: [block('10.96.0.10/32'), DNS_PODS], ports: both(53) }]

    it('as it is at first', async () => {
      await has({})
      const tenant = await kube.ready(TENANT)
      expect(await egress()).to.deep.equal(KUBEADM)
      expect(tenant.status?.network?.dns).to.deep.equal({
        source: 'Service kube-system/kube-dns',
        addresses: ['10.96.0.10/32'],
        ports: ['TCP/53', 'UDP/53'],
      })
    })

    it('without its Service no rule is left, and status says what is missing', async () => {
      await deleteService('kube-system', 'kube-dns')
      const tenant = await kube.says(TENANT, { Ready: 'False DNSNotFound', Stalled: 'True DNSNotFound', NetworkIsolated: 'True' })
      expect(conditionOf(tenant, 'Ready')?.message).to.include('dns.service')
      expect(tenant.status?.network).not.to.have.property('dns')
      expect(tenant.status?.network?.unresolved?.map(({ rule, reason }) => [rule, reason])).to.deep.equal([['dns', 'DNSNotFound']])
      expect(await egress()).to.deep.equal([])
    })

    it('when it is back elsewhere, with pods that listen on another port, the rule leads there', async () => {
      await kube.client.create(SERVICES, dnsService('10.96.0.53', 5353))
      await eventually(async () =>
        expect(await egress()).to.deep.equal([
          { to: [block('10.96.0.53/32')], ports: both(53) },
          { to: [DNS_PODS], ports: both(5353) },
        ]),
      )
      const tenant = await kube.ready(TENANT)
      expect(tenant.status?.network?.dns).to.deep.equal({
        source: 'Service kube-system/kube-dns',
        addresses: ['10.96.0.53/32'],
        ports: ['TCP/53', 'TCP/5353', 'UDP/53', 'UDP/5353'],
      })
    })

    it('and as it was, the rule is as it was', async () => {
      await deleteService('kube-system', 'kube-dns')
      await createClusterDNS(kube.controlPlane)
      await eventually(async () => expect(await egress()).to.deep.equal(KUBEADM))
      await kube.ready(TENANT)
    })

    it('or that which the configuration names', async () => {
      await kube.createNamespace('facts-dns')
      await kube.client.create(SERVICES, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: 'facts-dns', name: 'own-dns' },
        spec: { selector: { app: 'own-dns' }, clusterIP: '10.96.0.99', ports: [{ name: 'dns', protocol: 'UDP', port: 53 }] },
      })
      await configure({ dns: { service: { namespace: 'facts-dns', name: 'own-dns' } } })
      const pods = {
        namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'facts-dns' }),
        podSelector: labelled({ app: 'own-dns' }),
      }
      await eventually(async () =>
        expect(await egress()).to.deep.equal([{ to: [block('10.96.0.99/32'), pods], ports: [{ protocol: 'UDP', port: 53 }] }]),
      )
      await configure({})
      await eventually(async () => expect(await egress()).to.deep.equal(KUBEADM))
      await eventually(async () => expect((await kube.ready(TENANT)).status?.network?.dns?.source).to.equal('Service kube-system/kube-dns'))
    })

    it('with the caches on the nodes that the configuration names', async () => {
      await configure({ dns: { nodeLocalCaches: ['169.254.20.10/32'] } })
      await eventually(async () =>
        expect(await egress()).to.deep.equal([{ to: [block('10.96.0.10/32'), block('169.254.20.10/32'), DNS_PODS], ports: both(53) }]),
      )
      await eventually(async () =>
        expect((await kube.ready(TENANT)).status?.network?.dns?.addresses).to.deep.equal(['10.96.0.10/32', '169.254.20.10/32']),
      )
      await configure({})
      await eventually(async () => expect(await egress()).to.deep.equal(KUBEADM))
    })
  })

  describe('follows its configuration:', () => {
    const monitoring = [{ name: 'monitoring', peers: [{ namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'monitoring' }) }] }]

    it('a platform peer is closed while it has no name there, and open as soon as it has', async () => {
      await has({ ingress: [ingressRule({ name: 'metrics', from: [{ platform: 'monitoring' }], ports: [{ port: 9090 }] })] })
      await kube.says(TENANT, { Ready: 'False PlatformPeerUnknown' })
      expect(await ingress()).to.deep.equal([])
      await configure({ platform: monitoring })
      await eventually(async () =>
        expect(await ingress()).to.deep.equal([{ from: monitoring[0]?.peers, ports: [{ protocol: 'TCP', port: 9090 }] }]),
      )
      await kube.ready(TENANT)
    })

    it('a change that cannot be used is complained about, and what was good stays in force', async () => {
      const said = () => running.complaints.filter((complaint) => complaint.includes('the configuration'))
      const { metadata } = await kube.policy(TENANT)
      await configure('platform: [')
      await eventually(() => expect(said().at(-1)).to.include('is not YAML'))
      await configure({ platfrom: [] })
      await eventually(() => expect(said().at(-1)).to.include('platfrom'))
      expect(said()).to.have.lengthOf(2)
      for (const complaint of said()) expect(complaint).to.include(join(directory, 'configuration.yaml'))
      expect((await kube.policy(TENANT)).metadata.resourceVersion).to.equal(metadata.resourceVersion)
      // And it is still followed.
      await configure({ platform: [{ name: 'monitoring', peers: [{ cidr: '10.0.0.0/24' }] }] })
      await eventually(async () =>
        expect(await ingress()).to.deep.equal([{ from: [block('10.0.0.0/24')], ports: [{ protocol: 'TCP', port: 9090 }] }]),
      )
    })

    it('a namespace that becomes protected is let go, and taken again when it is no more', async () => {
      await configure({ platform: monitoring, protectedNamespaces: [TENANT] })
      await eventually(async () => expect(await kube.policyNames(TENANT)).to.deep.equal([]))
      await eventually(async () =>
        expect(conditionOf(await kube.ready(TENANT), 'NetworkIsolated')?.message).to.include(`${TENANT}: protected`),
      )
      await configure({ platform: monitoring })
      await eventually(async () => expect(await kube.policyNames(TENANT)).to.deep.equal(['tenant-isolation']))
      await eventually(async () => expect((await kube.ready(TENANT)).status?.namespaces).to.deep.equal({ selected: 1, isolated: 1 }))
    })

    it('one that cannot be used at the start is one clear error', async () => {
      const configurationFile = join(directory, 'bad.yaml')
      await writeFile(
        configurationFile,
        stringify({ apiVersion: API_VERSION, kind: 'OperatorConfiguration', dns: { service: 'kube-dns' } }),
      )
      let error: unknown
      try {
        const started = await startOperator({ configurationFile })
        await started.stop()
      } catch (thrown) {
        error = thrown
      }
      expect(error).to.be.instanceOf(Error)
      expect((error as Error).message)
        .to.include(configurationFile)
        .and.to.include('dns.service')
    })
  })

  describe('follows the API server:', () => {
    const slice = (name: string, addressType: string, address: string) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'default', name, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType,
      endpoints: [{ addresses: [address] }],
      ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
    })
    const port = () => Number(new URL(kube.controlPlane.url).port)
    const tcp = (number: number) => [{ protocol: 'TCP', port: number }]

    it('on its own address and that of its Service', async () => {
      await has({ dns: { mode: 'Disabled' }, egress: [egressRule({ to: [{ preset: 'KubeAPIServer' }] })] })
      await eventually(async () =>
        expect(await egress()).to.have.deep.members([
          { to: [block('10.96.0.1/32')], ports: tcp(443) },
          { to: [block(`${ADVERTISED_ADDRESS}/32`)], ports: tcp(port()) },
        ]),
      )
      await kube.ready(TENANT)
    })

    it('when there are more of them, of both address families', async () => {
      await kube.client.create(ENDPOINT_SLICES, slice('kubernetes-second', 'IPv4', '172.18.0.3'))
      await kube.client.create(ENDPOINT_SLICES, slice('kubernetes-v6', 'IPv6', 'fd00::3'))
      await eventually(async () =>
        expect(await egress()).to.have.deep.members([
          { to: [block('10.96.0.1/32')], ports: tcp(443) },
          { to: [block(`${ADVERTISED_ADDRESS}/32`)], ports: tcp(port()) },
          { to: [block('172.18.0.3/32'), block('fd00::3/128')], ports: tcp(6443) },
        ]),
      )
    })

    it('when they go again', async () => {
      await kube.kubectl('delete endpointslice kubernetes-second kubernetes-v6 -n default')
      await eventually(async () => expect(await egress()).to.have.lengthOf(2))
      await kube.ready(TENANT)
    })
  })
})
