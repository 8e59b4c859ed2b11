/** The kubectl plugin as it is released: built, installed by the real krew, and called through the real kubectl. */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { version } from '../../src/version.ts'
import { ensureBinaries } from '../../tools/control-plane/binaries.ts'
import { buildPlugin, type Plugin } from '../../tools/krew.ts'
import { type Folder, temporaryFolder } from '../support/cli.ts'
import { type Kube, openKube } from '../support/kube.ts'
import { page } from '../support/markdown.ts'
import { run } from '../support/run.ts'

const FILES = [
  ...['LICENSE', 'NOTICE'].filter((file) => existsSync(join(import.meta.dirname, '../..', file))),
  'kubectl-tenant_isolation',
  'kubectl_complete-tenant_isolation',
  'sbom.cdx.json',
  'tenant-isolation',
  'tenant-isolation.mjs',
  'tenant-isolation.mjs.LEGAL.txt',
]

describe('the kubectl plugin', function () {
  this.timeout(180_000)
  let folder: Folder
  let plugin: Plugin
  let binaries: { readonly kubectl: string; readonly krew: string }
  let kube: Kube

  before(async () => {
    folder = temporaryFolder()
    binaries = await ensureBinaries({ names: ['kubectl', 'krew'] })
    kube = await openKube()
    plugin = await buildPlugin(join(folder.path, 'dist'))
  })
  after(async () => {
    await kube?.close()
    folder?.remove()
  })

  const root = () => join(folder.path, 'krew')
  const environment = (...path: readonly string[]) => ({
    HOME: folder.path,
    KREW_ROOT: root(),
    KUBECONFIG: kube.controlPlane.kubeconfig('admin'),
    PATH: [join(root(), 'bin'), ...path, dirname(binaries.kubectl), '/usr/bin', '/bin'].join(delimiter),
  })
  /** Node is in PATH as it is on the machine of a user. */
  const kubectl = (...args: readonly string[]) => run(binaries.kubectl, args, { env: environment(dirname(process.execPath)) })
  const krew = (...args: readonly string[]) => run(binaries.krew, args, { env: environment() })

  it('is one archive with all that it needs but Node, the same bytes each time', async () => {
    const { output } = await run('tar', ['--list', '--verbose', '--gzip', `--file=${plugin.archive}`])
    const listed = output.trim().split('\n')
    expect(listed.map((line) => line.split(' ').at(-1))).to.deep.equal(FILES)
    for (const line of listed) expect(line).to.match(/(isolation|\.mjs)$/.test(line) ? /^-rwxr-xr-x / : /^-rw-r--r-- /)
    const again = await buildPlugin(join(folder.path, 'again'))
    expect(readFileSync(again.archive).equals(readFileSync(plugin.archive))).to.equal(true)
    expect(readFileSync(again.manifest, 'utf8')).to.equal(readFileSync(plugin.manifest, 'utf8'))
  })

  it('has a manifest with the checksum of the very archive, under the version of the package', () => {
    const { spec } = parse(readFileSync(plugin.manifest, 'utf8'))
    expect(spec.version).to.equal(`v${version()}`)
    expect(spec.platforms[0].sha256).to.equal(createHash('sha256').update(readFileSync(plugin.archive)).digest('hex'))
    expect(page('docs/cli.md')).to.include(`--archive=dist/${basename(plugin.archive)}\n`)
    expect(spec.platforms[0].uri.endsWith(`/v${version()}/kubectl-tenant_isolation-v${version()}.tar.gz`)).to.equal(true)
  })

  it('is refused by krew when the archive is another one', async () => {
    const manifest = folder.file('other.yaml', readFileSync(plugin.manifest, 'utf8').replace(/sha256: .*/, `sha256: "${'0'.repeat(64)}"`))
    const { code, complaint } = await krew('install', `--manifest=${manifest}`, `--archive=${plugin.archive}`)
    expect(code).to.equal(1)
    expect(complaint).to.include('checksum does not match')
  })

  it('is installed by krew', async () => {
    const { code, complaint } = await krew('install', `--manifest=${plugin.manifest}`, `--archive=${plugin.archive}`)
    expect(code, complaint).to.equal(0)
    expect(complaint).to.include('Installed plugin: tenant-isolation').and.include('Needs Node 26 or newer in PATH.')
    expect((await kubectl('plugin', 'list')).output).to.include(join(root(), 'bin', 'kubectl-tenant_isolation'))
  })

  it('shows how it is called', async () => {
    const { code, output } = await kubectl('tenant-isolation', '--help')
    expect(code).to.equal(0)
    expect(output).to.match(/^Usage: kubectl tenant-isolation \[options\] \[command\]/)
    expect((await kubectl('tenant-isolation', 'matrix', '--help')).output).to.include('kubectl tenant-isolation matrix')
    expect((await kubectl('tenant-isolation', '--version')).output).to.equal(`${version()}\n`)
  })

  it('answers about the cluster of the kubeconfig', async () => {
    const { code, output, complaint } = await kubectl('tenant-isolation', 'matrix')
    expect(code, complaint).to.equal(0)
    expect(output).to.match(/^FROM +.*Internet +API server/)
  })

  it('completes once what kubectl asks is linked as its caveats say', async () => {
    const { spec } = parse(readFileSync(plugin.manifest, 'utf8'))
    const [, line = ''] = /^ {2}(ln -s [\s\S]*)$/m.exec(spec.caveats) ?? []
    const { code, complaint } = await run('sh', ['-ec', line], { env: environment() })
    expect(code, complaint).to.equal(0)
    expect((await kubectl('__complete', 'tenant-isolation', 'ma')).output).to.match(/^matrix\t.*\n:4\n$/)
  })

  it('says in one sentence that it needs Node, where there is none or an old one', async () => {
    const { engines } = JSON.parse(page('package.json')) as { engines: { node: string } }
    const sentence = (found: string) =>
      `tenant-isolation: needs Node ${engines.node.replace('>=', '')} or newer in PATH and found ${found}; install it from https://nodejs.org or a version manager\n`
    folder.file('none/node', '')
    const old = folder.file('old/node', '#!/bin/sh\necho v22.21.1\n')
    await run('chmod', ['+x', old])
    for (const [where, found] of [
      ['none', 'none'],
      ['old', 'v22.21.1'],
    ] as const) {
      const path = { PATH: [join(folder.path, where), join(folder.path, 'tools')].join(delimiter) }
      await run('sh', [
        '-ec',
        `mkdir -p ${folder.path}/tools; for tool in dirname readlink sh; do ln -sf "$(command -v $tool)" ${folder.path}/tools/; done`,
      ])
      const { code, complaint } = await run(join(root(), 'bin', 'kubectl-tenant_isolation'), ['matrix'], {
        env: { ...environment(), ...path },
      })
      expect({ code, complaint }).to.deep.equal({ code: 2, complaint: sentence(found) })
    }
  })
})
