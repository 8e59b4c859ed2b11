/** The image, without a container engine: what the Dockerfile says, and what comes out when its first stage is carried out. */

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { expect } from 'chai'
import { validate } from 'dockerfile-utils'
import { version } from '../../../src/version.ts'
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../../tools/bundle.ts'
import { stages, textsOf } from '../../support/dockerfile.ts'
import { page } from '../../support/markdown.ts'
import { run } from '../../support/run.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const [build, image] = stages()
if (!build || !image) throw new Error('the Dockerfile has two stages')

/** What the API server of a cluster with a slow machine would still not notice. */
const START_SECONDS = 0.5

describe('the Dockerfile', () => {
  it('has nothing that a linter would say something about', () => {
    expect(validate(page('Dockerfile')).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).to.deep.equal([])
    // It reads: a mistake is found.
    expect(validate('FROM node\nRUNN true\n')).to.have.length(1)
  })

  it('pins its bases by digest, and Node to the version that the tests run on', () => {
    for (const { from } of [build, image]) expect(from).to.match(/@sha256:[0-9a-f]{64}$/)
    const { devDependencies } = JSON.parse(page('package.json')) as { devDependencies: Record<string, string> }
    expect(build.from).to.match(new RegExp(`^node:${devDependencies.node}-`))
    expect(process.version).to.equal(`v${devDependencies.node}`)
  })

  it('ends with an image in which nothing runs but Node: no shell, no package manager, no root', () => {
    expect(image.from).to.match(/^gcr\.io\/distroless\/cc-debian13:nonroot@/)
    expect(image.instructions.map(({ name }) => name)).to.deep.equal(['COPY', 'COPY', 'USER', 'ENV', 'EXPOSE', 'ENTRYPOINT', 'CMD'])
    expect(textsOf(image, 'COPY')).to.deep.equal([
      '--from=build /usr/local/bin/node /usr/local/bin/node',
      '--from=build /build/dist/ /app/',
    ])
    // As a number, because that is how the kubelet can see that it is not root.
    expect(textsOf(image, 'USER')).to.deep.equal(['65532:65532'])
  })

  it('starts Node as it is started everywhere else', () => {
    expect(JSON.parse(textsOf(image, 'ENTRYPOINT')[0] ?? '')).to.deep.equal([
      '/usr/local/bin/node',
      ...NODE_FLAGS,
      '/app/tenant-isolation.mjs',
    ])
    expect(textsOf(image, 'ENV')).to.deep.equal(Object.entries(NODE_ENVIRONMENT).map(([name, value]) => `${name}=${value}`))
    expect(page('bin/tenant-isolation')).to.include(`/node" ${NODE_FLAGS.join(' ')} "$here/src/main.ts"`)
  })

  it('is sent what it copies, and nothing else', () => {
    const [everything, ...sent] = page('.dockerignore').trim().split('\n')
    expect(everything).to.equal('*')
    const copied = textsOf(build, 'COPY').flatMap((text) => text.split(' ').slice(0, -1))
    expect(sent).to.have.members(copied.map((path) => `!${path}`))
  })
})

describe('the image', function () {
  this.timeout(60_000)
  let directory: string
  let app: string

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'image-'))
    const context = join(directory, 'build')
    app = join(directory, 'app')
    mkdirSync(context)
    for (const { name, rest } of build.instructions) {
      if (name === 'COPY') {
        const words = rest.split(' ')
        const target = words.pop() ?? ''
        for (const source of words)
          cpSync(join(ROOT, source), target === './' ? join(context, source) : join(context, target), { recursive: true })
      } else if (rest.startsWith('npm ci')) {
        symlinkSync(join(ROOT, 'node_modules'), join(context, 'node_modules'))
      } else if (name === 'RUN') {
        const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
        const { code, complaint } = await run('sh', ['-c', rest], { cwd: context, env })
        if (code !== 0) throw new Error(`RUN ${rest}: ${complaint}`)
      }
    }
    cpSync(join(context, 'dist'), app, { recursive: true })
    rmSync(context, { recursive: true })
  })

  after(() => rmSync(directory, { recursive: true, force: true }))

  const node = (...args: readonly string[]) =>
    run(process.execPath, [...NODE_FLAGS, join(app, 'tenant-isolation.mjs'), ...args], { cwd: app, env: { HOME: app } })

  it('reports its version, with no node_modules anywhere near', async () => {
    for (let folder = app; folder !== dirname(folder); folder = dirname(folder))
      expect(existsSync(join(folder, 'node_modules'))).to.equal(false)
    expect(await node('--version')).to.deep.equal({ code: 0, output: `${version()}\n`, complaint: '' })
  })

  it('has one byte for each character, which Node then keeps in memory as it is', () => {
    const text = readFileSync(join(app, 'tenant-isolation.mjs'), 'latin1')
    expect(/[\u0080-\u00ff]/.exec(text)).to.equal(null)
  })

  it('takes the command and the arguments that the chart gives it', async () => {
    const { code, complaint } = await node(
      'run',
      '--config=/nonexistent',
      '--listen=:8080',
      '--concurrency=32',
      '--log-level=info',
      '--log-format=json',
    )
    expect(complaint).to.match(/kubeconfig|current cluster|configuration \/nonexistent does not exist/)
    expect(code).to.equal(2)
  })

  it(`starts in less than ${START_SECONDS} seconds of a processor`, async () => {
    // The time that passes depends on what else the machine does; `times` says what the children of the shell have used.
    const { output } = await run('sh', [
      '-c',
      `"$0" "$@" >/dev/null; times`,
      process.execPath,
      ...NODE_FLAGS,
      join(app, 'tenant-isolation.mjs'),
      '--version',
    ])
    const [user = 0, system = 0] = [...(output.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(
      ([, m, s]) => Number(m) * 60 + Number(s),
    )
    expect(user + system).to.be.within(0.02, START_SECONDS)
  })

  it('says of what it is made', () => {
    const bill = JSON.parse(readFileSync(join(app, 'sbom.cdx.json'), 'utf8')) as {
      readonly bomFormat: string
      readonly components: readonly { readonly name: string; readonly version: string; readonly licenses?: unknown }[]
    }
    const { dependencies } = JSON.parse(page('package.json')) as { dependencies: Record<string, string> }
    expect(bill.bomFormat).to.equal('CycloneDX')
    const made = new Map(bill.components.map(({ name, version }) => [name, version]))
    for (const [name, wanted] of Object.entries({ ...dependencies, node: process.versions.node }))
      expect(made.get(name), name).to.equal(wanted)
    expect([...made.keys()]).not.to.include.members(['mocha'])
    expect(bill.components.filter(({ licenses }) => licenses === undefined)).to.deep.equal([])
  })
})
