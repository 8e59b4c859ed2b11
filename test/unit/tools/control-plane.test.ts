import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'

import { assetDirectory, cacheDirectory, find } from '../../../tools/control-plane/binaries.ts'
import { newTokens, tokenFile } from '../../../tools/control-plane/credentials.ts'
import { freePorts } from '../../../tools/control-plane/free-port.ts'
import { isAtLeast } from '../../../tools/control-plane/go-build.ts'
import { ARGO_CD, FLUX, HELM, KREW, kubernetes, readGoModule } from '../../../tools/control-plane/go-module.ts'
import { withLock } from '../../../tools/control-plane/lock.ts'
import { elapsed, reportTo, silent } from '../../../tools/control-plane/report.ts'

describe('the binaries of the embedded control plane', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'binaries-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const executable = (...path: string[]) => {
    const file = join(directory, ...path)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, '')
    chmodSync(file, 0o755)
    return file
  }

  it('come from the first folder that has them, each by itself', () => {
    const etcd = executable('assets', 'etcd')
    executable('cache', 'etcd')
    const controllerManager = executable('cache', 'kube-controller-manager')
    const folders = [join(directory, 'assets'), join(directory, 'cache')]
    expect(find('etcd', folders)).to.equal(etcd)
    expect(find('kube-controller-manager', folders)).to.equal(controllerManager)
    expect(find('kubectl', folders)).to.equal(undefined)
  })

  it('are not files that cannot be run', () => {
    writeFileSync(join(directory, 'etcd'), '')
    mkdirSync(join(directory, 'kubectl'))
    expect(find('etcd', [directory])).to.equal(undefined)
    expect(find('kubectl', [directory])).to.equal(undefined)
  })

  it('are looked for in KUBEBUILDER_ASSETS and cached below XDG_CACHE_HOME', () => {
    const module = { name: 'kubernetes', version: 'v1.2.3', fingerprint: 'abc' } as const
    expect(assetDirectory({ KUBEBUILDER_ASSETS: '/assets' })).to.deep.equal(['/assets'])
    expect(assetDirectory({ KUBEBUILDER_ASSETS: '' })).to.deep.equal([])
    expect(cacheDirectory(module, { XDG_CACHE_HOME: '/cache' })).to.equal('/cache/tenant-isolation/kubernetes/v1.2.3-abc')
    expect(cacheDirectory(module, {})).to.equal(join(homedir(), '.cache/tenant-isolation/kubernetes/v1.2.3-abc'))
  })

  it('are built again when what they are built from changes', () => {
    const files = ['go.mod', 'go.sum'].map((name) => ({ name, text: readFileSync(join(kubernetes().directory, name), 'utf8') }))
    for (const { name, text } of files) writeFileSync(join(directory, name), text)
    const source = { ...kubernetes(), directory }
    const before = readGoModule(source)
    expect(before).to.deep.equal({ ...readGoModule(), directory })
    writeFileSync(join(directory, 'go.sum'), 'other')
    expect(readGoModule(source).fingerprint).not.to.equal(before.fingerprint)
  })

  it('say which version they are', () => {
    const { version, buildFlags } = readGoModule()
    expect(version).to.match(/^v1\.\d+\.\d+$/)
    expect(buildFlags.join(' ')).to.include(`component-base/version.gitVersion=${version}`)
    const helm = readGoModule(HELM)
    expect(helm.version).to.match(/^v4\.\d+\.\d+$/)
    expect(helm.buildFlags.join(' ')).to.include(`internal/version.version=${helm.version}`)
    const krew = readGoModule(KREW)
    expect(krew.version).to.match(/^v0\.\d+\.\d+$/)
    expect(krew.buildFlags.join(' ')).to.include(`internal/version.gitTag=${krew.version}`)
    const argocd = readGoModule(ARGO_CD)
    expect(argocd.version).to.match(/^v3\.\d+\.\d+$/)
    expect(argocd.buildFlags.join(' ')).to.include(`common.version=${argocd.version}`)
    expect(readGoModule(FLUX).version).to.match(/^v0\.\d+\.\d+$/)
  })

  it('change their place in the cache with the sources of our own that are built into them', () => {
    for (const file of ['go.mod', 'go.sum', 'main.go']) cpSync(join(FLUX.directory, file), join(directory, file))
    const source = { ...FLUX, directory }
    const before = readGoModule(source)
    expect(before.fingerprint).to.equal(readGoModule(FLUX).fingerprint)
    writeFileSync(join(directory, 'main.go'), 'package main')
    expect(readGoModule(source).fingerprint).not.to.equal(before.fingerprint)
  })

  it('are of the version that is asked for, where there is a module for it', () => {
    for (const wanted of ['1.34', '1.35', '1.36']) {
      const { version, buildFlags } = readGoModule(kubernetes(wanted))
      expect(version).to.match(new RegExp(`^v${wanted.replace('.', '\\.')}\\.\\d+$`))
      expect(buildFlags.join(' ')).to.include(`gitMinor=${wanted.slice(2)}`)
    }
    expect(() => kubernetes('1.29')).to.throw('KUBERNETES=1.29 cannot be built; tools/kubernetes has 1.36, 1.35, 1.34')
  })

  it('need a Go that is new enough', () => {
    expect(isAtLeast('go1.26.8', '1.26')).to.equal(true)
    expect(isAtLeast('go1.27rc1', '1.26')).to.equal(true)
    expect(isAtLeast('go2.0', '1.26')).to.equal(true)
    expect(isAtLeast('go1.9', '1.26')).to.equal(false)
    expect(isAtLeast('', '1.26')).to.equal(false)
  })
})

describe('the report of a long build', () => {
  const listen = (terminal: { isTTY?: boolean; columns?: number }) => {
    const written: string[] = []
    return { written, output: { ...terminal, write: (text: string) => written.push(text) } }
  }

  it('rewrites one line on a terminal, and never lets it wrap', () => {
    const { written, output } = listen({ isTTY: true, columns: 10 })
    const report = reportTo(output)
    report.update('0123456789abc')
    report.say('done')
    expect(written).to.deep.equal(['\r\u001b[K012345678', '\r\u001b[Kdone\n'])
  })

  it('writes a line now and then where nothing can be rewritten', () => {
    const { written, output } = listen({})
    let now = 0
    const report = reportTo(output, { now: () => now, everyMilliseconds: 10 })
    for (; now < 25; now += 1) report.update(`${now}`)
    report.say('done')
    expect(written).to.deep.equal(['10\n', '20\n', 'done\n'])
  })

  it('names times as people do', () => {
    expect([0, 59_400, 60_000, 125_000].map(elapsed)).to.deep.equal(['0 s', '59 s', '1 min 00 s', '2 min 05 s'])
  })
})

describe('the lock of a build', () => {
  let directory: string
  let lock: string
  const options = { purpose: 'a test', report: silent }
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lock-'))
    lock = join(directory, 'lock')
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it('lets one in at a time, and says who is waited for', async () => {
    const events: string[] = []
    const report = { ...silent, say: (line: string) => events.push(line) }
    const { promise: left, resolve: leave } = Promise.withResolvers<void>()
    const first = withLock(lock, options, () => left)
    const second = withLock(lock, { purpose: 'a test', report }, async () => events.push('in'))
    leave()
    await Promise.all([first, second])
    expect(events).to.deep.equal([`waiting for a test by process ${process.pid}, which holds ${lock}`, 'in'])
  })

  it('is taken over from a process that has ended', async () => {
    // Above the largest pid that any system gives.
    writeFileSync(lock, '999999999\n')
    expect(await withLock(lock, options, async () => 'in')).to.equal('in')
  })

  it('is left behind by nobody, also not by work that fails', async () => {
    const failed = await withLock(lock, options, () => Promise.reject(new Error('no'))).catch((error: Error) => error.message)
    expect(failed).to.equal('no')
    expect(() => readFileSync(lock)).to.throw('ENOENT')
  })
})

describe('the users of the embedded control plane', () => {
  it('are an administrator and two developers with nothing but their group', () => {
    const tokens = newTokens()
    const lines = tokenFile(tokens).split('\n')
    expect(lines).to.include(`${tokens.admin},admin,admin,"system:masters"`)
    expect(lines).to.include(`${tokens.alice},alice,alice,"manning-developers"`)
    expect(lines).to.include(`${tokens.bob},bob,bob,"manning-developers"`)
  })

  it('have other tokens in every control plane', () => {
    expect(newTokens().admin).not.to.equal(newTokens().admin)
  })
})

describe('free ports', () => {
  it('are different ones', async () => {
    expect(new Set(await freePorts(20)).size).to.equal(20)
  })
})
