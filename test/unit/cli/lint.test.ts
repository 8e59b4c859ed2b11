/** `lint` as a person meets it. */

import { expect } from 'chai'
import { ACME, CLUSTER, MANNING } from '../../support/book.ts'
import { type Folder, run, temporaryFolder } from '../../support/cli.ts'
import { tenant } from '../../support/lint.ts'
import { blocks, page } from '../../support/markdown.ts'
import { call } from '../../support/shell.ts'

const LISTINGS = 'docs/examples/book/listings.yaml'

describe('lint, the command', function () {
  this.timeout(30_000)
  let folder: Folder
  before(() => {
    folder = temporaryFolder()
  })
  after(() => {
    folder.remove()
  })

  it('says what docs/cli.md shows, and ends with exit code 1', async () => {
    const shown = blocks(page('docs/cli.md'), '').find((block) => block.startsWith('$ tenant-isolation lint ')) ?? ''
    const [command = '', ...answer] = shown.trim().split('\n')
    const { code, stdout, stderr } = await run(...command.split(' ').slice(2))
    expect(stdout.trim().split('\n')).to.deep.equal(answer)
    expect(stderr).to.equal('')
    expect(code).to.equal(1)
  })

  it('has nothing to say of what is fine, and ends with exit code 0', async () => {
    const { stdout, concluded } = await call('lint', '-f', folder.file('fine.yaml', tenant('{}')))
    expect(stdout).to.equal('nothing found\n')
    expect(concluded).to.equal('nothing')
  })

  it('does not count what is less severe than was asked for, and says that there is some', async () => {
    const file = folder.file('wide.yaml', tenant('{egress: [{name: a, to: [{cidr: 10.0.0.0/8}], ports: [{port: 443}]}]}'))
    const { stdout, concluded } = await call('lint', '-f', file, '--severity', 'error')
    expect(stdout).to.equal('nothing found; 1 of lesser severity not shown (--severity info)\n')
    expect(concluded).to.equal('nothing')
  })

  it('lists what is silenced with its reason, and counts it when it is told to', async () => {
    const annotations = '{tenant-isolation.dev/lint-ignore: TI001=all of it is our office}'
    const network = '{egress: [{name: a, to: [{cidr: 10.0.0.0/8}], ports: [{port: 443}]}]}'
    const file = folder.file('silenced.yaml', tenant(network, { annotations }))
    const quiet = await call('lint', '-f', file)
    expect(quiet.stdout).to.equal(
      'silenced TI001: TenantIsolation manning: spec.network.egress[0].to[0].cidr: all of it is our office\nnothing found; 1 silenced\n',
    )
    expect(quiet.concluded).to.equal('nothing')
    const loud = await call('lint', '-f', file, '--no-silenced')
    expect(loud.stdout).to.include(`${file}:5: warning TI001`)
    expect(loud.concluded).to.equal('findings')
  })

  it('keeps to a namespace, and to the tenant that has it', async () => {
    const { stdout } = await call('lint', '-f', CLUSTER, '-f', MANNING, '-f', ACME, '-n', 'acme', '-o', 'json')
    const { findings } = JSON.parse(stdout) as { findings: { object: { name: string } }[] }
    expect(findings.map(({ object }) => object.name)).to.deep.equal(['website'])
  })

  it('gives programs codes, objects, fields, places and pages', async () => {
    const { stdout } = await call('lint', '-f', LISTINGS, '-o', 'json')
    const { summary, findings } = JSON.parse(stdout)
    expect(summary).to.deep.equal({ error: 0, warning: 2, info: 0, silenced: 0, hidden: 0 })
    expect(findings[1]).to.deep.equal({
      code: 'TI003',
      name: 'EveryPort',
      severity: 'warning',
      object: { kind: 'NetworkPolicy', namespace: 'shop', name: 'shopping-cart-from-office' },
      field: 'spec.ingress[0]',
      message: 'the rule names no ports and opens every port of every protocol of the pods that it is for; name those that are needed',
      at: `${LISTINGS}:36`,
      docs: 'docs/lint/TI003.md',
    })
  })

  it('gives a pull request a table, with links to the pages', async () => {
    const { stdout } = await call('lint', '-f', LISTINGS, '-o', 'markdown')
    expect(stdout).to.include(
      `| warning | TI003 | ${LISTINGS}:36 NetworkPolicy shop/shopping-cart-from-office: spec.ingress\\[0\\] | the rule`,
    )
    expect(stdout).to.match(/Read more: \[TI003\]\(docs\/lint\/TI003.md\), \[TI010\]\(docs\/lint\/TI010.md\)\n$/)
  })

  it('lists all codes', async () => {
    const { stdout, concluded } = await call('lint', '--codes')
    expect(stdout.match(/^TI\d{3} {3}(error|warning|info) .* docs\/lint\/TI\d{3}\.md$/gm)).to.have.length(12)
    expect(concluded).to.equal('nothing')
  })

  it('says the same whatever the order of its files', async () => {
    const [a, b] = [
      await call('lint', '-f', CLUSTER, '-f', MANNING, '-f', LISTINGS),
      await call('lint', '-f', LISTINGS, '-f', MANNING, '-f', CLUSTER),
    ]
    expect(a.stdout).to.equal(b.stdout)
  })

  it('refuses a broken policy with file, line and field', async () => {
    const broken = folder.file(
      'broken.yaml',
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec:\n  ingres: []\n',
    )
    const { refused, stdout, stderr } = await call('lint', '-f', broken)
    expect(stderr).to.equal(`${broken}:5: NetworkPolicy shop/p (document 1): spec.ingres: unknown field\n`)
    expect(stdout).to.equal('')
    expect(refused).to.equal(true)
  })
})
