/** The command line as a person meets it: exit codes, and one sentence for what can be mended. */

import { expect } from 'chai'
import { type Folder, run, start, temporaryFolder } from '../../support/cli.ts'
import { eventually } from '../../support/eventually.ts'

const KUBECONFIG = `
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: u, user: {token: secret-token}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`

describe('the command line', () => {
  let folder: Folder
  const file = (name: string, text: string): string => folder.file(name, text)

  before(() => {
    folder = temporaryFolder()
  })
  after(() => folder.remove())

  it('says its version', async () => {
    const { code, stdout } = await run('--version')
    expect(stdout.trim()).to.match(/^\d+\.\d+\.\d+/)
    expect(code).to.equal(0)
  })

  it('shows examples with the help of run', async () => {
    const { code, stdout } = await run('run', '--help')
    expect(stdout).to.include('Examples:').and.include('--config')
    expect(code).to.equal(0)
  })

  for (const [what, args, sentence] of [
    ['an unknown command', ['bogus'], "unknown command 'bogus'"],
    ['an unknown log level', ['run', '--log-level', 'loud'], "'loud' is invalid"],
    ['a concurrency of none', ['run', '--concurrency', '0'], 'write a whole number above 0'],
    ['an address that is none', ['run', '--listen', 'nowhere'], 'choose another address with --listen'],
    ['a kubeconfig that is not there', ['run', '--kubeconfig', '/does/not/exist'], 'the kubeconfig /does/not/exist cannot be used'],
  ] as const) {
    it(`refuses ${what} with one sentence and exit code 2`, async () => {
      const { code, stderr } = await run(...args)
      expect(stderr).to.include(sentence)
      expect(stderr, 'a stack trace is for bugs').not.to.match(/^\s+at /m)
      expect(code).to.equal(2)
    })
  }

  it('names the contexts that there are when it is asked for another', async () => {
    const { code, stderr } = await run('run', '--listen', '127.0.0.1:0', '--kubeconfig', file('kubeconfig', KUBECONFIG), '--context', 'y')
    expect(stderr).to.include('has no context y; it has x')
    expect(code).to.equal(2)
  })

  it('does not start with a configuration that it does not understand, and says what to mend', async () => {
    const config = file(
      'config.yaml',
      'apiVersion: tenant-isolation.dev/v1alpha1\nkind: OperatorConfiguration\nprivateRanges: [10.0.0.1/8]\n',
    )
    const { code, stdout, stderr } = await run(
      'run',
      '--listen',
      '127.0.0.1:0',
      '--kubeconfig',
      file('kubeconfig', KUBECONFIG),
      '--config',
      config,
    )
    expect(stderr).to.include('privateRanges[0]: 10.0.0.1/8 is not canonical; write 10.0.0.0/8')
    expect(stderr).not.to.match(/^\s+at /m)
    expect(code).to.equal(2)
    expect(stdout + stderr, 'the token').not.to.include('secret-token')
  })

  it('waits for an API server that does not answer, says so, and ends when it is told to', async () => {
    const { child, ended } = start([
      'run',
      '--listen',
      '127.0.0.1:0',
      '--log-format',
      'json',
      '--kubeconfig',
      file('kubeconfig', KUBECONFIG),
    ])
    let output = ''
    child.stdout?.on('data', (text) => {
      output += text
    })
    try {
      await eventually(() => expect(output).to.include('the watch on services kube-system/kube-dns has trouble; it goes on trying'), {
        within: 15_000,
      })
    } finally {
      child.kill('SIGTERM')
    }
    expect((await ended).code).to.equal(0)
    expect(output).to.include('SIGTERM: ending the work at hand').and.include('stopped')
    expect(output, 'the token').not.to.include('secret-token')
  })
})
