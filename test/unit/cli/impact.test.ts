/** `impact` over the book's cluster, as a person meets it; with a real API server in test/cluster/impact.test.ts. */

import { expect } from 'chai'
import type { Refused } from '../../../src/cli/impact/admissions.ts'
import { ACME, CLUSTER, MANNING } from '../../support/book.ts'
import { type Folder, temporaryFolder } from '../../support/cli.ts'
import { call } from '../../support/shell.ts'

type Line = {
  readonly purpose: string
  readonly through?: string
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly ports: readonly { readonly protocol: string; readonly port: number; readonly endPort: number }[]
  readonly certain: boolean
  readonly pairs: number
}
type Told = {
  readonly by: string
  readonly lost: readonly Line[]
  readonly gained: readonly Line[]
  readonly unknowns: readonly string[]
  readonly refused: readonly Refused[]
}

const TENANT = (name: string, network: object) =>
  JSON.stringify({
    apiVersion: 'tenant-isolation.dev/v1alpha1',
    kind: 'TenantIsolation',
    metadata: { name },
    spec: { namespaceSelector: { matchLabels: { tenant: name } }, network },
  })

describe('impact', function () {
  this.timeout(20_000)
  let folder: Folder
  before(() => {
    folder = temporaryFolder()
  })
  after(() => folder.remove())

  const impact = async (...args: readonly string[]): Promise<Told> => {
    const { stdout, refused, stderr } = await call('impact', ...args, '-o', 'json')
    expect(refused, stderr).to.equal(false)
    return JSON.parse(stdout)
  }
  const about = (lines: readonly Line[], purpose: string, to: string) =>
    lines.filter((line) => line.purpose === purpose && line.to.includes(to)).map(({ from, ports }) => ({ from, ports }))

  it('names what a default deny takes away, the riskiest first, and what it cannot say', async () => {
    const { stdout, concluded } = await call('impact', '-f', CLUSTER, '-f', MANNING, '-f', ACME, '--by', 'tenant')
    expect(stdout).to.match(/^lost: \d+ kinds of flows, gained: nothing, among 13 pods; NetworkPolicies: 9 created, in 3 namespaces\n/)
    const heads = stdout.match(/^ {2}(?=[A-Z])(?!which|what).*$/gm)
    expect(heads).to.deep.equal([
      '  The API server',
      '  Pods to which an Ingress leads',
      '  Services',
      '  Outside of the cluster',
      '  Everything else',
    ])
    expect(stdout).to.include('  - acme, manning -> API server: TCP 6443\n      8 pairs, such as acme/api-7d4b9c6f8-m5q2z -> API server\n')
    expect(stdout).to.include('  - acme -> Internet: all ports but TCP 443\n')
    expect(stdout)
      .to.include('\nWhat this cannot say\n')
      .and.to.include(
        'who may use a profile by other rights than its subjects, and what else an API server has against a pod (acme, manning)',
      )
    expect(stdout.split('\n').filter((line) => line.length > 100 && !line.startsWith('  from') && !line.startsWith('  wh'))).to.deep.equal(
      [],
    )
    expect(concluded).to.equal('findings')
  })

  it('keeps DNS and the flows of the rules, and loses the others to the same Services', async () => {
    const { by, lost } = await impact('-f', CLUSTER, '-f', MANNING)
    expect(by).to.equal('workload')
    expect(lost.filter(({ purpose }) => purpose === 'DNS')).to.deep.equal([])
    const [database] = about(lost, 'Service', 'shop/StatefulSet/database')
    expect(database?.ports).to.deep.equal([{ protocol: 'TCP', port: 5432, endPort: 5432 }])
    expect(database?.from).to.include('acme/Deployment/api').and.to.include('warehouse/Deployment/stock')
    expect(database?.from).not.to.include('shop/Deployment/webserver')
  })

  it('says that DNS is lost where no rule keeps it', async () => {
    const closed = folder.file('closed.yaml', TENANT('manning', { dns: { mode: 'Disabled' } }))
    const { lost } = await impact('-f', CLUSTER, '-f', closed)
    const [dns] = lost
    expect(dns).to.deep.include({ purpose: 'DNS', through: 'Service kube-system/kube-dns', to: ['kube-system/Deployment/coredns'] })
    expect(dns?.ports.map(({ protocol, port }) => `${protocol} ${port}`)).to.deep.equal(['TCP 53', 'UDP 53'])
  })

  it('names the Ingress whose pods its controller could no longer reach; a rule for the controller mends that', async () => {
    const { lost } = await impact('-f', CLUSTER, '-f', MANNING)
    const controller = 'ingress-nginx/Deployment/controller'
    const through = lost.filter(({ through: name }) => name === 'Ingress shop/front by Service shop/webserver')
    expect(through.flatMap(({ from }) => from)).to.include(controller)
    const mended = folder.file(
      'mended.yaml',
      TENANT('manning', {
        ingress: [
          {
            name: 'controller',
            from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } }],
            ports: [{ port: 8080 }],
          },
        ],
      }),
    )
    const after = (await impact('-f', CLUSTER, '-f', mended)).lost.filter(({ purpose }) => purpose === 'Ingress')
    expect(after.flatMap(({ from }) => from)).not.to.include(controller)
  })

  it('tells gained flows from lost ones', async () => {
    const closed =
      '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress]}}'
    const { gained } = await impact('-f', CLUSTER, '-f', folder.file('policy.yaml', closed), '-f', MANNING)
    expect(about(gained, 'Service', 'shop/StatefulSet/database')).to.deep.equal([
      { from: ['shop/Deployment/webserver'], ports: [{ protocol: 'TCP', port: 5432, endPort: 5432 }] },
    ])
  })

  it('says nothing, with exit code 0, where nothing changes', async () => {
    const { stdout, concluded } = await call('impact', '-f', CLUSTER)
    expect([stdout, concluded]).to.deep.equal(['no flow would be gained or lost\n', 'nothing'])
  })

  it('counts a tenant in mode Audit as if it were enforced, unless told otherwise', async () => {
    const audit = folder.file('audit.yaml', TENANT('manning', { mode: 'Audit' }))
    const { stdout, stderr } = await call('impact', '-f', CLUSTER, '-f', audit, '-o', 'json')
    expect(JSON.parse(stdout).lost).not.to.deep.equal([])
    expect(stderr).to.include('note: TenantIsolation manning has network.mode Audit, and is counted as if it were enforced\n')
    const asWritten = await call('impact', '-f', CLUSTER, '-f', audit, '--as-written')
    expect([asWritten.stdout, asWritten.concluded]).to.deep.equal(['no flow would be gained or lost\n', 'nothing'])
  })

  it('looks at one namespace', async () => {
    const { lost } = await impact('-f', CLUSTER, '-f', MANNING, '-n', 'warehouse')
    const ends = lost.map(
      ({ from, to }) =>
        [...from, ...to].some((name) => name === 'warehouse/Deployment/stock') || to.includes('manning') || from.includes('manning'),
    )
    expect(ends.every((one) => one)).to.equal(true)
    expect(lost.flatMap(({ from, to }) => [...from, ...to]).filter((name) => name.startsWith('shop/'))).to.deep.equal([])
  })

  it('is a table for a pull request', async () => {
    const { stdout } = await call('impact', '-f', CLUSTER, '-f', MANNING, '--by', 'tenant', '-o', 'markdown')
    expect(stdout).to.include('**Lost**\n\n|  | From | To | Ports | Through | Pairs of pods |\n|---|---|---|---|---|---|\n')
    expect(stdout).to.include('| The API server | manning | API server | TCP 6443 |  | 6 pairs, such as shop/database-0 -\\> API server |')
  })

  describe('of pod security', () => {
    const HINT = 'It would fit profile "privileged", which service account "shop/default" may not use'
    const pod = (name: string, spec: string, owner?: string) =>
      `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: shop${owner === undefined ? '' : `, ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: ${owner}, uid: x, controller: true}]`}}, spec: ${spec}}\n---\n`
    const container = (securityContext = '{}', volume = 'kube-api-access-abcde') =>
      `containers: [{name: main, securityContext: ${securityContext}, volumeMounts: [{name: ${volume}, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}], volumes: [{name: ${volume}, projected: {sources: [{serviceAccountToken: {path: token}}]}}]`
    const pods = (...all: readonly string[]) => folder.file('pods.yaml', all.join(''))
    const agents = [
      pod('agent-1', `{nodeName: a, hostNetwork: true, ${container()}}`, 'agent'),
      pod('agent-2', `{nodeName: b, hostNetwork: true, ${container('{}', 'kube-api-access-vwxyz')}}`, 'agent'),
    ]
    const byHand = pod('by-hand', `{${container('{privileged: true}')}}`)

    it('lists the pods that would not be admitted again, those of a workload once, in the words of the API server', async () => {
      const { refused } = await impact('-f', CLUSTER, '-f', MANNING, '-f', pods(...agents))
      expect(refused).to.deep.equal([
        {
          tenant: 'manning',
          message: `the pod does not fit profile "default": hostNetwork is not allowed. ${HINT}`,
          workloads: ['shop/DaemonSet/agent'],
          pods: 2,
          example: 'shop/agent-1',
          certain: true,
          already: false,
        },
      ])
    })

    it('leaves it open where a pod fits a profile and nobody knows who creates it', async () => {
      const { refused } = await impact('-f', CLUSTER, '-f', MANNING, '-f', pods(byHand, pod('no-way', `{hostPID: true, ${container()}}`)))
      expect(refused.map(({ workloads, certain }) => [workloads, certain])).to.deep.equal([
        [['shop/by-hand'], false],
        [['shop/no-way'], false],
      ])
      const strict = folder.file('strict.yaml', secured('manning', { profiles: [BASIC] }))
      expect((await impact('-f', CLUSTER, '-f', strict, '-f', pods(byHand))).refused.map(({ certain }) => certain)).to.deep.equal([true])
    })

    it('tells it to people and to a pull request, and ends with findings', async () => {
      const own = folder.file('only.yaml', secured('manning', { profiles: [BASIC] }, { mode: 'Disabled' }))
      const files = ['-f', CLUSTER, '-f', own, '-f', pods(...agents)]
      const { stdout, concluded } = await call('impact', ...files)
      expect(stdout).to.match(
        /^lost: nothing, gained: nothing, among 15 pods; not admitted again: 2 pods\n\nPODS THAT WOULD NOT BE ADMITTED AGAIN\n/,
      )
      expect(stdout).to.include(
        '\n  - shop/DaemonSet/agent\n      the pod does not fit profile "default": hostNetwork is not allowed\n      2 pods, such as shop/agent-1 of tenant manning\n',
      )
      expect(concluded).to.equal('findings')
      expect((await call('impact', ...files, '-o', 'markdown')).stdout).to.include(
        '**Pods that would not be admitted again**\n\n| Tenant | Workloads | Because | Pods |\n|---|---|---|---|\n| manning | shop/DaemonSet/agent | the pod does not fit profile "default": hostNetwork is not allowed | 2 pods, such as shop/agent-1 of tenant manning |\n',
      )
    })

    it('passes over pods that have ended, that fit, or that are elsewhere', async () => {
      const ended = `${agents[0]?.replace(/}\n---\n$/, ', status: {phase: Succeeded}}\n---\n')}`
      const { refused } = await impact('-f', CLUSTER, '-f', MANNING, '-f', pods(ended, pod('fits', `{${container()}}`)))
      expect(refused).to.deep.equal([])
      expect((await impact('-f', CLUSTER, '-f', MANNING, '-f', pods(...agents), '-n', 'warehouse')).refused).to.deep.equal([])
    })

    it('looks at what workloads would make, too, and not at what was brought into a pod that runs', async () => {
      const cronJob = `{apiVersion: batch/v1, kind: CronJob, metadata: {name: backup, namespace: shop}, spec: {jobTemplate: {spec: {template: {spec: {hostIPC: true, ${container()}}}}}}}\n---\n`
      const debugged = pod('debugged', `{${container()}, ephemeralContainers: [{name: debugger, securityContext: {privileged: true}}]}`)
      const { refused } = await impact('-f', CLUSTER, '-f', MANNING, '-f', pods(cronJob, debugged))
      expect(refused.map(({ workloads }) => workloads)).to.deep.equal([['shop/CronJob/backup']])
    })

    it('counts a tenant that only warns as if it refused, unless told otherwise', async () => {
      for (const mode of ['Warn', 'Audit']) {
        const file = folder.file('lenient.yaml', secured('manning', { mode, profiles: [BASIC] }))
        const { stdout, stderr } = await call('impact', '-f', CLUSTER, '-f', file, '-f', pods(...agents), '-o', 'json')
        expect(JSON.parse(stdout).refused).to.have.length(1)
        expect(stderr).to.include(`note: TenantIsolation manning has podSecurity.mode ${mode}, and is counted as if it were enforced\n`)
        expect((await impact('-f', CLUSTER, '-f', file, '-f', pods(...agents), '--as-written')).refused).to.deep.equal([])
      }
    })

    it('says of which pods it knows nothing', async () => {
      const suspended = folder.file('suspended.yaml', secured('manning', { profiles: [BASIC] }, {}, { suspend: true }))
      const { refused, unknowns } = await impact('-f', CLUSTER, '-f', suspended, '-f', pods(...agents))
      expect(refused).to.deep.equal([])
      expect(unknowns.at(-1)).to.equal(
        'TenantIsolation manning is suspended: whether its profiles are asked for depends on what was written before',
      )
    })

    it('judges ten thousand pods of as many specs against eight profiles in bearable time', async () => {
      const profiles = Array.from({ length: 8 }, (_, index) => ({ ...BASIC, name: `p${index}` }))
      const many = Array.from({ length: 10_000 }, (_, index) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `pod-${index}`, namespace: 'shop' },
        spec: { hostPID: index % 10 === 0, containers: [{ name: 'main', args: [String(index)], securityContext: { runAsUser: index } }] },
      }))
      const file = folder.file('many.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: many }))
      const tenant = folder.file('eight.yaml', secured('manning', { profiles }, { mode: 'Disabled' }))
      const before = process.cpuUsage()
      const { refused } = await impact('-f', CLUSTER, '-f', tenant, '-f', file)
      const { user, system } = process.cpuUsage(before)
      expect(refused.map(({ pods: count }) => count)).to.deep.equal([1_000])
      expect((user + system) / 1e6, 'seconds of work').to.be.lessThan(40)
    }).timeout(180_000)
  })
})

const BASIC = { name: 'default', preset: 'Basic', subjects: [{ kind: 'Group', name: 'system:authenticated' }] }

const secured = (name: string, podSecurity: object, network: object = {}, spec: object = {}) =>
  JSON.stringify({
    apiVersion: 'tenant-isolation.dev/v1alpha1',
    kind: 'TenantIsolation',
    metadata: { name },
    spec: { namespaceSelector: { matchLabels: { tenant: name } }, network, podSecurity, ...spec },
  })
