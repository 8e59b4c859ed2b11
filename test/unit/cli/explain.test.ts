/** `explain` over the book's cluster, as a person meets it. */

import { expect } from 'chai'
import { ACME, CLUSTER, MANNING } from '../../support/book.ts'
import { type Folder, temporaryFolder } from '../../support/cli.ts'
import { call } from '../../support/shell.ts'

const FILES = ['-f', CLUSTER, '-f', MANNING, '-f', ACME]
const WEB = 'shop/webserver-6f6b8d5c7-b6n8d'

describe('explain', function () {
  this.timeout(20_000)
  const explain = (from: string, to: string, port: string, ...rest: readonly string[]) => call('explain', from, to, port, ...FILES, ...rest)
  let folder: Folder
  before(() => {
    folder = temporaryFolder()
  })
  after(() => folder.remove())

  it('names the policies that decide on each side, and the rule of the resource behind each', async () => {
    const { stdout, stderr, concluded } = await explain(WEB, 'shop/database', '5432')
    expect(stdout).to.equal(`shop/webserver-6f6b8d5c7-b6n8d -> shop/database-0, TCP 5432: ALLOW
  egress of shop/webserver-6f6b8d5c7-b6n8d: allow
    selected by shop/tenant-isolation (tenant manning), shop/tenant-isolation-9eb224ddf9f2 (tenant manning)
    allowed by spec.egress[0] of shop/tenant-isolation-9eb224ddf9f2, from egress/web-to-database of TenantIsolation manning
  ingress of shop/database-0: allow
    selected by shop/tenant-isolation (tenant manning), shop/tenant-isolation-abe74f9df906 (tenant manning)
    allowed by spec.ingress[0] of shop/tenant-isolation-abe74f9df906, from ingress/web-to-database of TenantIsolation manning
`)
    expect([stderr, concluded]).to.deep.equal(['', 'nothing'])
  })

  it('finds the one rule behind a policy that carries several', async () => {
    const office = await explain('192.168.1.7', 'shop/shopping-cart', '80')
    expect(office.stdout).to.include(
      'allowed by spec.ingress[0] of shop/tenant-isolation-33bd2249f832, from ingress/office of TenantIsolation manning',
    )
    const tenant = await explain('warehouse/stock', 'shop/shopping-cart', '80')
    expect(tenant.stdout).to.include(', from ingress/shopping-cart of TenantIsolation manning')
  })

  it('says on a deny which tenant has to write what, in text to paste', async () => {
    const { stdout, concluded } = await explain('acme/api', 'shop/database', '5432')
    expect(stdout).to.equal(`acme/api-7d4b9c6f8-m5q2z -> shop/database-0, TCP 5432: DENY
  egress of acme/api-7d4b9c6f8-m5q2z: deny
    selected by acme/tenant-isolation (tenant acme)
  ingress of shop/database-0: deny
    selected by shop/tenant-isolation (tenant manning), shop/tenant-isolation-abe74f9df906 (tenant manning)
  missing: an egress rule of TenantIsolation acme
    nearest: spec.egress[2] of acme/tenant-isolation opens the port, but not for shop/database-0
    to allow it, add to spec.network.egress of TenantIsolation acme:
      - name: api-to-database
        appliesTo:
          podSelector:
            matchLabels:
              app: api
        to:
          - podSelector:
              matchLabels:
                app: database
            namespaceSelector:
              matchLabels:
                kubernetes.io/metadata.name: shop
        ports:
          - port: 5432
  missing: an ingress rule of TenantIsolation manning
    nearest: spec.ingress[0] of shop/tenant-isolation-abe74f9df906, from ingress/web-to-database, opens the port, but not for acme/api-7d4b9c6f8-m5q2z
    to allow it, add to spec.network.ingress of TenantIsolation manning:
      - name: api-to-database
        appliesTo:
          podSelector:
            matchLabels:
              app: database
          namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop
        from:
          - podSelector:
              matchLabels:
                app: api
            namespaceSelector:
              matchLabels:
                kubernetes.io/metadata.name: acme
        ports:
          - port: 5432
`)
    expect(concluded).to.equal('findings')
  })

  it('suggests what then lets exactly that flow pass', async () => {
    const denied = JSON.parse((await explain('acme/api', 'shop/database', '5432', '-o', 'json')).stdout)
    const [{ paths }] = denied.flows
    const rules = Object.fromEntries(
      paths[0].missing.map(({ suggestion }: { suggestion: { tenant: string; rule: object } }) => [suggestion.tenant, suggestion.rule]),
    )
    const tenant = (name: string, network: object) =>
      folder.file(
        `pasted/${name}.yaml`,
        JSON.stringify({
          apiVersion: 'tenant-isolation.dev/v1alpha1',
          kind: 'TenantIsolation',
          metadata: { name },
          spec: { namespaceSelector: { matchLabels: { tenant: name } }, network },
        }),
      )
    tenant('acme', { egress: [rules.acme] })
    tenant('manning', { ingress: [rules.manning] })
    const asked = async (from: string, to: string, port: string) =>
      (await call('explain', from, to, port, '-f', CLUSTER, '-f', `${folder.path}/pasted`)).stdout.split('\n')[0]
    expect(await asked('acme/api', 'shop/database', '5432')).to.match(/: ALLOW$/)
    expect(await asked('acme/website', 'shop/database', '5432')).to.match(/: DENY$/)
    expect(await asked('acme/api', 'shop/webserver', '5432')).to.match(/: DENY$/)
    expect(await asked('acme/api', 'shop/database', '5433')).to.match(/: DENY$/)
  })

  it('suggests a NetworkPolicy where no tenant isolates the pod, and nothing where no labels can name it', async () => {
    const policy = (namespace: string) =>
      `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: ${namespace}}, spec: {podSelector: {}, policyTypes: [Ingress]}}\n---\n`
    const nameless = '{apiVersion: v1, kind: Pod, metadata: {name: nameless, namespace: warehouse}, spec: {containers: []}}'
    const more = folder.file('more.yaml', `${policy('shop')}${policy('warehouse')}${nameless}`)
    const files = ['-f', CLUSTER, '-f', more]
    const closed = (await call('explain', 'acme/api', 'shop/database', '5432', ...files)).stdout
    expect(closed).to.include('to allow it, apply:\n      apiVersion: networking.k8s.io/v1\n      kind: NetworkPolicy\n')
    expect((await call('explain', 'acme/api', 'warehouse/nameless', '80', ...files)).stdout).to.include(
      'what to write cannot be said exactly: warehouse/nameless has no labels by which a rule could name it; give it one',
    )
  })

  it('puts pods that come out alike under one head', async () => {
    const { stdout } = await explain('shop/app=webserver', 'shop/shopping-cart', 'http')
    expect(stdout.match(/^\S.*(ALLOW|DENY|DEPENDS)$/gm)).to.have.lengthOf(1)
    expect(stdout).to.include('  the same from shop/webserver-6f6b8d5c7-qj5sv\n  the same to shop/shopping-cart-85c7b9d6f-hw7tz\n')
  })

  it('follows a Service, by its name or its address, to the pods behind it', async () => {
    const { stdout } = await explain(WEB, 'service/shop/database', '5432')
    expect(stdout).to.match(/^shop\/webserver-6f6b8d5c7-b6n8d -> Service shop\/database, TCP 5432: DEPENDS\n {2}ServiceAddress: /)
    expect(stdout).to.include('  behind it shop/database-0, TCP 5432: allow\n')
    expect((await explain(WEB, '10.96.20.3', '5432')).stdout).to.equal(stdout)
    const dns = await explain('warehouse/stock', 'service/kube-system/kube-dns', '53/UDP')
    expect(dns.stdout).to.include('UDP 53: ALLOW').and.to.include('from dns of TenantIsolation manning')
  })

  it('compares what is there with what would be', async () => {
    const { stdout } = await explain('internet', 'shop/webserver', 'http', '--after')
    expect(stdout).to.match(/^Internet -> shop\/webserver-6f6b8d5c7-b6n8d, TCP 8080: now ALLOW, then DENY\n/)
    expect(stdout).to.include('now:\n').and.to.include('then:\n').and.to.include('- preset: Internet')
  })

  it('takes names without a namespace for those of -n', async () => {
    const [short, long] = [
      await explain('webserver', 'database', '5432', '-n', 'shop'),
      await explain('shop/webserver', 'shop/database', '5432'),
    ]
    expect([short.refused, short.stdout]).to.deep.equal([false, long.stdout])
  })

  it('looks at the policies that are there when no file speaks of tenants', async () => {
    const { stdout, concluded } = await call('explain', 'acme/api', 'shop/database', '5432', '-f', CLUSTER)
    expect(stdout).to.include(': ALLOW\n').and.to.include('open, no policy selects it')
    expect(concluded).to.equal('nothing')
  })

  it('is written for pull requests and programs, too', async () => {
    const markdown = (await explain(WEB, 'shop/database', '5432', '-o', 'markdown')).stdout
    expect(markdown).to.match(/^\*\*shop\/webserver-6f6b8d5c7-b6n8d -\\> shop\/database-0, TCP 5432: ALLOW\*\*\n\n```\n/)
    const { flows } = JSON.parse((await explain(WEB, 'shop/database', '5432', '-o', 'json')).stdout)
    expect(flows[0]).to.deep.include({ from: [WEB], to: ['shop/database-0'], protocol: 'TCP', port: 5432, verdict: 'allow' })
    expect(flows[0].paths[0].egress.decidedBy[0]).to.deep.include({ resourceRules: ['egress/web-to-database'] })
  })

  for (const [what, args, sentence] of [
    [
      'a name under which there is nothing',
      ['shop/web', 'shop/database', '80'],
      'there is neither a pod nor a workload web in namespace shop; there are database, shopping-cart, webserver',
    ],
    [
      'labels that no pod has',
      ['shop/app=web', 'shop/database', '80'],
      'there are no pods with app=web in namespace shop; there are database, shopping-cart, webserver',
    ],
    ['a namespace that does not exist', ['shopp/web', 'shop/database', '80'], 'there are no pods in namespace shopp, which does not exist'],
    [
      'a word that is no end',
      ['web', 'shop/database', '80'],
      '"web" is not the end of a flow; write NAMESPACE/POD, NAMESPACE/WORKLOAD, NAMESPACE/LABEL=VALUE, an address or range, internet, or api-server',
    ],
    [
      'a port that is none',
      ['shop/webserver', 'shop/database', '70000'],
      '"70000" is not a port; write a number from 1 to 65535 such as 80 or 53/UDP, or the name of a port',
    ],
    [
      'a name of a port that no container has',
      ['shop/webserver', 'shop/database', 'http'],
      'no container of shop/database gives a port the name http; write its number',
    ],
    [
      'a port that a Service does not have',
      ['shop/webserver', 'service/shop/database', '80'],
      'service/shop/database has no port 80; its ports are 5432',
    ],
    [
      'a Service as a source',
      ['service/shop/database', 'shop/webserver', '80'],
      'service/shop/database is a Service, and Services open no connections; name the pods that do',
    ],
  ] as readonly (readonly [string, readonly [string, string, string], string])[]) {
    it(`answers ${what} with a sentence`, async () => {
      const { refused, stdout, stderr } = await explain(...args)
      expect([refused, stdout, stderr]).to.deep.equal([true, '', `${sentence}\n`])
    })
  }
})
