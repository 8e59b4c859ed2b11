/** docs/cli.md: the examples over files print what the page shows. */

import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { type Folder, temporaryFolder } from '../../support/cli.ts'
import { blocks, page } from '../../support/markdown.ts'
import { run } from '../../support/run.ts'
import { call } from '../../support/shell.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const TRANSCRIPTS = blocks(page('docs/cli.md'), '')

const EXAMPLES = TRANSCRIPTS.flatMap((text) => {
  const [, args, printed] = /^\$ tenant-isolation (.*docs\/examples\/cluster\.yaml.*)\n([\s\S]*)$/.exec(text) ?? []
  return args === undefined ? [] : [{ args: args.split(' '), printed }]
})

describe('docs/cli.md', function () {
  this.timeout(60_000)

  it('has examples over the files of this repository', () => {
    expect(EXAMPLES.map(({ args: [command] }) => command)).to.include.members(['explain', 'matrix', 'impact'])
  })

  for (const { args, printed } of EXAMPLES) {
    it(`shows what it prints: ${args.join(' ')}`, async () => {
      expect((await call(...args)).stdout).to.equal(printed)
    })
  }

  describe('with files of one’s own', () => {
    let folder: Folder

    beforeEach(() => {
      folder = temporaryFolder()
    })

    afterEach(() => folder.remove())

    /** The example that begins so, and what its command prints in that folder. */
    const printed = async (begin: string) => {
      const [, command = '', shown = ''] =
        /^\$ (.*)\n([\s\S]*)$/.exec(TRANSCRIPTS.find((text) => text.startsWith(`$ ${begin}`)) ?? '') ?? []
      const here = command.replace('config/samples', join(ROOT, 'config/samples'))
      const { output, complaint } = await run(join(ROOT, 'bin/tenant-isolation'), here.split(' ').slice(1), { cwd: folder.path })
      return { shown, text: output + complaint }
    }

    it('names mistakes with file, line, object and field', async () => {
      folder.file(
        'tenants/manning.yaml',
        [
          'apiVersion: tenant-isolation.dev/v1alpha1',
          'kind: TenantIsolation',
          'metadata: {name: manning}',
          'spec:',
          '  namespaceSelector: {matchLabels: {tenant: manning}}',
          '  network:',
          '    egress:',
          '    - name: office',
          '      ports: [{port: 443}]',
          '      to:',
          '      - cidr: 10.0.0.1/8',
          '',
        ].join('\n'),
      )
      folder.file(
        'tenants/policies.yaml',
        'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\nspec: {podSelector: {}, ingres: []}\n',
      )
      const { shown, text } = await printed('tenant-isolation render -f tenants/')
      expect(text).to.equal(shown)
    })

    it('renders with the facts of a cluster', async () => {
      const cluster = page('docs/examples/cluster.yaml')
      folder.file('namespaces.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {tenant: manning}}\n')
      folder.file('facts.yaml', cluster)
      const { shown, text } = await printed('tenant-isolation render -f config/samples/manning.yaml')
      expect(text.replaceAll(/^note: .*\n/gm, '')).to.equal(shown)
    })
  })
})
