/** `render` without a cluster, as a person meets it. */

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { type Folder, PLUGIN, run, start, temporaryFolder } from '../../support/cli.ts'
import { call } from '../../support/shell.ts'

const TENANT = `apiVersion: tenant-isolation.dev/v1alpha1
kind: TenantIsolation
metadata: {name: manning}
spec:
  namespaceSelector: {matchLabels: {tenant: manning}}
  network:
    egress:
    - name: api
      appliesTo: {podSelector: {matchLabels: {app: operator}}}
      to: [{preset: KubeAPIServer}]
`

const NAMESPACES = `{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {tenant: manning}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: other}}
`

const FACTS = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: kube-dns, namespace: kube-system}, spec: {clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, protocol: UDP}]}}
- {apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default}, spec: {clusterIP: 10.96.0.1, ports: [{port: 443}]}}
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
  addressType: IPv4
  endpoints: [{addresses: [172.18.0.2]}]
  ports: [{port: 6443}]
- {apiVersion: v1, kind: Namespace, metadata: {name: from-facts, labels: {tenant: manning}}}
`

const kubeconfigFor = (server: string) =>
  JSON.stringify({
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'secret-token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  })

describe('render', function () {
  this.timeout(60_000)

  let folder: Folder
  let tenant: string
  let namespaces: string
  let facts: string
  before(() => {
    folder = temporaryFolder()
    tenant = folder.file('tenants/manning.yaml', TENANT)
    namespaces = folder.file('namespaces.yaml', NAMESPACES)
    facts = folder.file('facts/facts.yaml', FACTS)
  })
  after(() => folder.remove())

  const objectsIn = (text: string) => parseAllDocuments(text).map((document) => document.toJS())
  const policiesIn = (text: string) => objectsIn(text).filter(({ kind }) => kind === 'NetworkPolicy')

  it('prints the policies of every namespace of a tenant, with DNS and the API server from a file of facts', async () => {
    const { refused, stdout, stderr } = await call('render', '-f', `${folder.path}/tenants`, '-f', namespaces, '--facts', facts)
    const policies = policiesIn(stdout)
    expect(policies.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).to.have.lengthOf(2)
    expect(
      policies.every(({ metadata }) => metadata.namespace === 'shop'),
      'nothing but facts comes from that file',
    ).to.equal(true)
    expect(JSON.stringify(policies[0].spec.egress)).to.include('"k8s-app":"kube-dns"').and.to.include('10.96.0.10/32')
    expect(JSON.stringify(policies[1].spec.egress)).to.include('172.18.0.2/32').and.to.include('10.96.0.1/32')
    expect(stdout).not.to.include('ownerReferences')
    expect(stderr).to.equal('note: ownerReferences are left out for manning: only the cluster that holds it knows the uid\n')
    expect(refused).to.equal(false)
  })

  it('writes no rule for what it does not know, and says what is missing and where it comes from', async () => {
    const { refused, stdout, stderr } = await call('render', '-f', tenant, '-f', namespaces)
    expect(policiesIn(stdout).map(({ spec }) => spec.egress)).to.deep.equal([undefined])
    expect(stderr).to.include("note: TenantIsolation manning, dns: the cluster's DNS Service was not found")
    expect(stderr).to.include('note: TenantIsolation manning, egress/api: the addresses of the API server were not found')
    expect(stderr).to.include(
      'note: where DNS and the API server are follows from their Services and EndpointSlices; give them with -f or --facts',
    )
    expect(refused).to.equal(false)
  })

  it('takes facts from the same files as everything else, too, and from standard input', async () => {
    const [apart, together] = [
      await call('render', '-f', tenant, '-f', namespaces, '--facts', facts),
      await start(['render', '-f', '-'], {
        input: [TENANT, NAMESPACES, FACTS.replace('from-facts, labels: {tenant: manning}', 'from-facts')].join('---\n'),
      }).ended,
    ]
    expect(together.stdout).to.equal(apart.stdout)
  })

  it('prints the same bytes in whatever order the files come', async () => {
    const forwards = await call('render', '-f', tenant, '-f', namespaces, '-f', facts)
    const backwards = await call('render', '-f', facts, '-f', namespaces, '-f', tenant)
    expect(forwards.stdout).to.equal(backwards.stdout)
  })

  it('prints one namespace, and other formats', async () => {
    const files = ['-f', tenant, '-f', namespaces, '--facts', facts]
    const one = await call('render', ...files, '-n', 'shop')
    expect(objectsIn(one.stdout).map(({ kind }) => kind)).to.deep.equal(['NetworkPolicy', 'NetworkPolicy'])
    const list = JSON.parse((await call('render', ...files, '-n', 'shop', '-o', 'json')).stdout)
    expect(list).to.deep.equal({ apiVersion: 'v1', kind: 'List', items: objectsIn(one.stdout) })
    const text = (await call('render', ...files, '-n', 'shop', '-o', 'text')).stdout.trimEnd().split('\n')
    expect(text[0]).to.match(/^NAMESPACE +KIND +NAME +TENANT +RULES$/)
    expect(text[1]).to.match(/^shop +NetworkPolicy +tenant-isolation +manning +dns$/)
    const markdown = (await call('render', ...files, '-n', 'shop', '-o', 'markdown')).stdout
    expect(markdown).to.include('| shop | NetworkPolicy | tenant-isolation | manning | dns |')
  })

  it('takes the configuration of the operator from --config or from the files', async () => {
    const text = 'apiVersion: tenant-isolation.dev/v1alpha1\nkind: OperatorConfiguration\nprotectedNamespaces: [shop]\n'
    const config = folder.file('config/config.yaml', text)
    for (const given of [
      ['--config', config],
      ['-f', config],
    ]) {
      const { stdout, stderr } = await call('render', '-f', tenant, '-f', namespaces, ...given)
      expect(policiesIn(stdout)).to.deep.equal([])
      expect(stderr).to.include('note: namespace shop is protected, and left alone although TenantIsolation manning selects it')
    }
  })

  it('writes the binding that fills in defaults for Kubernetes 1.36, and says that it depends on the version', async () => {
    const file = folder.file(
      'defaulting.yaml',
      TENANT.replace(
        '  network:',
        '  podSecurity: {defaulting: Enabled, profiles: [{name: d, preset: Basic, subjects: [{kind: User, name: bob}]}]}\n  network:',
      ),
    )
    const kinds = async (...more: readonly string[]) => {
      const { stdout, stderr } = await call('render', '-f', file, ...more)
      return { defaulting: stdout.includes('kind: MutatingAdmissionPolicyBinding'), noted: stderr.includes('--kubernetes-version') }
    }
    expect(await kinds()).to.deep.equal({ defaulting: false, noted: true })
    expect(await kinds('--kubernetes-version', '1.36')).to.deep.equal({ defaulting: true, noted: false })
    expect(await kinds('--kubernetes-version', 'v1.35.2')).to.deep.equal({ defaulting: false, noted: false })
    expect((await call('render', '-f', file, '--kubernetes-version', '1.35')).stderr).to.include(
      'note: TenantIsolation manning asks for podSecurity.defaulting, which needs Kubernetes 1.36: nothing is filled in',
    )
  })

  it('passes over kinds that it does not know, once per kind', async () => {
    const others = folder.file(
      'others.yaml',
      '{apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Secret, metadata: {name: b}}\n',
    )
    const { refused, stderr } = await call('render', '-f', tenant, '-f', others)
    expect(stderr.split('\n').filter((line) => line.includes('Secret'))).to.deep.equal(['note: passed over 2 objects: kind Secret (v1)'])
    expect(refused).to.equal(false)
  })

  it('says who is older when files cannot, and that a tenant has no namespaces', async () => {
    const younger = folder.file('younger.yaml', TENANT.replace('name: manning', 'name: zeta'))
    const { stderr } = await call('render', '-f', tenant, '-f', younger, '-f', namespaces)
    expect(stderr).to.include(
      'note: namespace shop belongs to manning, which comes first by its name: neither is in a cluster yet, although TenantIsolation zeta selects it, too',
    )
    expect(stderr).to.include('note: TenantIsolation zeta has no namespaces: none has the labels of its spec.namespaceSelector')
  })

  for (const [what, args, sentence] of [
    ['an unknown format', ['-o', 'xml'], 'Allowed choices are text, json, yaml, markdown'],
    ['-n together with -A', ['-n', 'shop', '-A'], '-n and -A contradict each other'],
    ['--cluster without files', ['--cluster'], '--cluster says what the files of -f are laid over'],
    ['a kubeconfig with files alone', ['-f', 'TENANT', '--kubeconfig', 'x'], 'add --cluster to lay the files over the cluster'],
    ['facts for a cluster', ['--facts', 'TENANT'], 'leave --facts and --kubernetes-version out'],
    [
      'a version that is none',
      ['-f', 'TENANT', '--kubernetes-version', 'new'],
      'new is not a version of Kubernetes; write one such as 1.36',
    ],
    ['a file that is not there', ['-f', '/does/not/exist'], 'cannot read /does/not/exist: it does not exist'],
    ['a namespace that is not in the files', ['-f', 'TENANT', '-n', 'nowhere'], 'namespace nowhere is not in the files'],
    ['a kubeconfig that is not there', ['--kubeconfig', '/does/not/exist'], 'the kubeconfig /does/not/exist cannot be used'],
    ['an argument too many', ['manning'], 'too many arguments'],
  ] as const) {
    it(`refuses ${what} with one sentence`, async () => {
      const { refused, stdout, stderr } = await call('render', ...args.map((arg) => (arg === 'TENANT' ? tenant : arg)))
      expect(stderr).to.include(sentence)
      expect(stdout).to.equal('')
      expect(refused).to.equal(true)
    })
  }

  it('names file, line, document and field of everything that is broken, and prints nothing', async () => {
    const broken = folder.file(
      'broken.yaml',
      `${NAMESPACES}---\n${TENANT.replace('preset: KubeAPIServer', 'cidr: 10.0.0.1/8')}---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {ingres: []}}\n`,
    )
    const { code, stdout, stderr } = await run('render', '-f', broken)
    expect(stderr).to.include(
      `${broken}:14: TenantIsolation manning (document 3): spec.network.egress[0].to[0].cidr: 10.0.0.1/8 is not canonical; write 10.0.0.0/8`,
    )
    expect(stderr).to.include(`${broken}:16: NetworkPolicy p (document 4): spec.ingres: unknown field`)
    expect(stdout).to.equal('')
    expect(code).to.equal(2)
  })

  it('names file and line of what is not YAML', async () => {
    const unreadable = folder.file('unreadable.yaml', 'kind: Pod\nspec: [\n')
    const { code, stderr } = await run('render', '-f', unreadable)
    expect(stderr).to.match(/^tenant-isolation: .*unreadable\.yaml:3: not YAML: /)
    expect(code).to.equal(2)
  })

  it('is a plugin of kubectl, and its help shows it so', async () => {
    const { code, stdout } = await start(['render', '--help'], { program: PLUGIN, input: '' }).ended
    expect(stdout).to.include('Usage: kubectl tenant-isolation render [options]')
    expect(stdout).to.include('\n  kubectl tenant-isolation render --cluster -f tenants/\n')
    expect(code).to.equal(0)
    const own = await run('render', '--help')
    expect(own.stdout).to.include('Usage: tenant-isolation render').and.not.to.include('kubectl tenant-isolation')
  })

  it('writes neither colour nor progress where there is no terminal', async () => {
    const { stdout, stderr } = await run('render', '-f', tenant, '-o', 'text')
    expect(stdout + stderr).not.to.include('\u001b')
  })

  describe('interrupted', () => {
    const interrupted = async ({ child, ended }: ReturnType<typeof start>): Promise<void> => {
      child.kill('SIGINT')
      const { code, stdout, stderr } = await ended
      expect({ code, stdout, stderr }).to.deep.equal({ code: 130, stdout: '', stderr: '' })
    }

    it('while it waits for a cluster, ends with exit code 130 and says nothing', async () => {
      // Takes connections and never says a word.
      const server = createServer()
      const asked = once(server, 'connection')
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const kubeconfig = folder.file('kubeconfig', kubeconfigFor(`http://127.0.0.1:${port}`))
      const started = start(['render', '--kubeconfig', kubeconfig])
      await asked
      await interrupted(started)
      server.close()
    })

    it('while it waits for standard input, too', async () => {
      const started = start(['render', '-f', '-'])
      // More than a pipe holds: it has been read when it is all gone.
      await new Promise((gone) => started.child.stdin?.write('#'.repeat(1 << 20), gone))
      await interrupted(started)
    })
  })

  it('says in one sentence that a cluster does not answer, and how to choose another', async () => {
    const closed = folder.file('closed', kubeconfigFor('https://127.0.0.1:1'))
    const { code, stderr } = await run('render', '--kubeconfig', closed)
    expect(stderr).to.match(
      /^tenant-isolation: https:\/\/127\.0\.0\.1:1 cannot be read: .*; choose the cluster with --kubeconfig and --context/,
    )
    expect(stderr)
      .not.to.include('secret-token')
      .and.not.to.match(/^\s+at /m)
    expect(code).to.equal(2)
  })

  it('ends quietly when nobody reads on', async () => {
    const many = folder.file(
      'many.yaml',
      Array.from(
        { length: 3000 },
        (_, index) => `{apiVersion: v1, kind: Namespace, metadata: {name: n${index}, labels: {tenant: manning}}}\n`,
      ).join('---\n'),
    )
    const { child, ended } = start(['render', '-f', many, '-f', tenant, '--facts', facts])
    child.stdout?.once('data', () => child.stdout?.destroy())
    const { code, stderr } = await ended
    expect(code).to.equal(141)
    expect(stderr).not.to.match(/EPIPE|^\s+at /m)
  })
})
