/** TAB in a real bash, in a real zsh, and behind the real kubectl. */

import { execFileSync } from 'node:child_process'
import { delimiter, dirname, join, resolve } from 'node:path'
import { expect } from 'chai'
import { ensureBinaries } from '../../tools/control-plane/binaries.ts'
import { type Folder, temporaryFolder } from '../support/cli.ts'
import { run } from '../support/run.ts'
import { Terminal } from '../support/terminal.ts'

const BIN = resolve(import.meta.dirname, '../../bin')
const HOME_KEY = '\x01'
const END_KEY = '\x05'

const SHELLS = {
  bash: { command: 'bash --norc --noprofile -i', ready: 'source <(tenant-isolation completion bash)' },
  zsh: { command: 'zsh -f -i', ready: 'autoload -Uz compinit && compinit -D -u && source <(tenant-isolation completion zsh)' },
} as const

/** What is typed before TAB, and what stands there behind it. */
const CASES = [
  ['tenant-isolation ma', 'tenant-isolation matrix '],
  ['tenant-isolation matrix --by w', 'tenant-isolation matrix --by workload '],
  ['tenant-isolation lint --severity=w', 'tenant-isolation lint --severity=warning '],
  ['tenant-isolation check --operator-n', 'tenant-isolation check --operator-namespace '],
  ['tenant-isolation render -f man', 'tenant-isolation render -f manifests.yaml '],
  ['tenant-isolation check --context st', 'tenant-isolation check --context staging '],
] as const

const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [],
  contexts: ['staging', 'production'].map((name) => ({ name, context: { cluster: 'c', user: 'u' } })),
})

describe('completion', function () {
  this.timeout(180_000)
  let folder: Folder
  const environment = (...more: readonly string[]) => ({
    ...process.env,
    PATH: [BIN, ...more, process.env.PATH].join(delimiter),
    HOME: folder.path,
    ZDOTDIR: folder.path,
    TERM: 'dumb',
    KUBECONFIG: join(folder.path, 'kubeconfig'),
  })

  before(() => {
    folder = temporaryFolder()
    folder.file('manifests.yaml', '')
    folder.file('kubeconfig', KUBECONFIG)
  })
  after(() => folder?.remove())

  for (const [name, { command, ready }] of Object.entries(SHELLS)) {
    describe(`in ${name}`, () => {
      let terminal: Terminal | undefined

      before(function () {
        if (!isInstalled(name)) {
          for (const test of this.test?.parent?.tests ?? []) test.title += ` (not here: ${name} is not installed)`
          this.skip()
        }
        terminal = new Terminal(command, { cwd: folder.path, env: environment() })
      })
      after(() => terminal?.end())

      it('is there once its script was read', async () => {
        terminal?.type(`${ready} && echo "re"ady\n`)
        await terminal?.shows('ready')
      })

      for (const [typed, completed] of CASES) {
        it(`${typed}[TAB] becomes ${completed}`, async () => {
          terminal?.type(`${typed}\t`)
          await terminal?.shows(completed.slice(typed.length).trim())
          // The line is printed instead of run: between brackets, so that its end is seen.
          terminal?.type(`${HOME_KEY}echo "[${END_KEY}]"\n`)
          // zsh takes a space away that nothing has followed.
          await terminal?.shows(new RegExp(`\\[${completed.trim()} ?\\]`))
        })
      }
    })
  }

  it('behind kubectl is what the plugin says', async () => {
    const { kubectl } = await ensureBinaries({ names: ['kubectl'] })
    const completed = async (...words: readonly string[]) =>
      (await run(kubectl, ['__complete', ...words], { env: environment(dirname(kubectl)) })).output
        .split('\n')
        .filter((line) => line !== '')
    expect(await completed('tenant-isolation', 'matrix', '--by', '')).to.deep.equal(['tenant', 'namespace', 'workload', ':4'])
    expect(await completed('tenant-isolation', 'ma')).to.deep.equal(['matrix\tShow who can reach whom, and on which ports', ':4'])
    expect(await completed('tenant-isolation', 'render', '-f', '')).to.deep.equal([':0'])
  })
})

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['-c', 'exit'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
