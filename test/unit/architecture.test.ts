/** The walls of the house: who may import whom, who may end the process, and what is used of @dot-i/k8s-operator. */

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import dotI from '@dot-i/k8s-operator'
import { expect } from 'chai'
import { TenantIsolationOperator } from '../../src/operator.ts'

const SRC = resolve(import.meta.dirname, '../../src')
const IMPORT = /^(?:import|export|\}).*? from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm

/** Which folders of src/ each folder may import from, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  api: [],
  desired: ['api', 'admission'],
  reachability: ['api'],
  lint: ['api', 'desired', 'reachability'],
  admission: ['api'],
  judge: ['api', 'admission', 'desired'],
  convert: ['api'],
  time: [],
  kube: ['time'],
  controller: ['kube', 'time'],
  observability: ['api', 'kube', 'controller', 'reconcile', 'time'],
  reconcile: ['admission', 'api', 'desired', 'kube', 'controller', 'reachability', 'lint', 'time'],
}

const PURE = ['api', 'desired', 'reachability', 'lint', 'admission', 'judge', 'convert']

/** What pure code may import from outside: values, never input or output. */
const PURE_PACKAGES = ['zod', 'node:crypto']
/** Evaluates the policies of admission/; for judge/ alone. */
const CEL = '@marcbachmann/cel-js'
/** Text is what files say; it may be made and read outside the core. Where boxes lie follows from the boxes. */
const PURE_OUTSIDE = [...PURE_PACKAGES, 'yaml', '@dagrejs/dagre']

/** The first comment of a file: `path — PURE: what it is for`. */
const SAYS_PURE = /^\/\*\*[\s*]*\S+ — PURE:/

type Source = { readonly file: string; readonly folder: string; readonly text: string; readonly imports: readonly string[] }

const sources: readonly Source[] = globSync('**/*.ts', { cwd: SRC }).map((file) => {
  const text = readFileSync(join(SRC, file), 'utf8')
  return {
    file,
    folder: file.includes('/') ? file.slice(0, file.indexOf('/')) : '',
    text,
    imports: [...text.matchAll(IMPORT)].map(([, a, b, c]) => a ?? b ?? c ?? ''),
  }
})

describe('the structure of src/', () => {
  it('has the files that this test is about', () => {
    expect(sources.length).to.be.greaterThan(50)
  })

  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    it(`${folder}/ imports from ${['itself', ...allowed].join(', ')} only`, () => {
      const strays = sources
        .filter((source) => source.folder === folder)
        .flatMap(({ file, imports }) =>
          imports
            .filter((name) => name.startsWith('.'))
            .map((name) => relative(SRC, resolve(SRC, dirname(file), name)))
            .filter((target) => target.includes('/') && ![folder, ...allowed].includes(target.slice(0, target.indexOf('/'))))
            .map((target) => `${file} imports ${target}`),
        )
      expect(strays).to.deep.equal([])
    })
  }

  it('has a pure core, and files elsewhere that say they are pure: no input, output, clock, randomness or logger', () => {
    const pure = sources.filter(({ folder, text }) => PURE.includes(folder) || SAYS_PURE.test(text))
    expect(pure.map(({ folder }) => folder)).to.include.members(['desired', 'reconcile', 'cli'])
    const packagesOf = (folder: string) =>
      folder === 'judge' ? [...PURE_PACKAGES, CEL] : PURE.includes(folder) ? PURE_PACKAGES : PURE_OUTSIDE
    const impure = pure.flatMap(({ file, folder, text, imports }) => [
      ...imports.filter((name) => !name.startsWith('.') && !packagesOf(folder).includes(name)).map((name) => `${file} imports ${name}`),
      ...[...text.matchAll(/\b(Date\.now|new Date\(\)|performance\.now|Math\.random|setTimeout|process\.|fetch\()/g)].map(
        ([use]) => `${file} uses ${use}`,
      ),
    ])
    expect(impure).to.deep.equal([])
  })

  it('knows nothing of tenants in kube/ and controller/', () => {
    const knowing = sources
      .filter(({ folder, text }) => ['kube', 'controller'].includes(folder) && /tenant/i.test(text))
      .map(({ file }) => file)
    expect(knowing).to.deep.equal([])
  })

  it('has a world that is made of nothing that acts on it', () => {
    const WORLD = 'reconcile/world.ts'
    const below = new Set<string>()
    const waiting = [WORLD]
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      const { imports = [] } = sources.find((source) => source.file === file) ?? {}
      const targets = imports.filter((name) => name.startsWith('.')).map((name) => relative(SRC, resolve(SRC, dirname(file), name)))
      waiting.push(...targets.filter((target) => !below.has(target)))
      for (const target of targets) below.add(target)
    }
    expect([...below])
      .to.include('reconcile/extras.ts')
      .and.not.to.include(WORLD)
  })

  it('asks the evaluator through its index only', () => {
    const strays = sources
      .filter(({ folder }) => folder !== 'reachability')
      .flatMap(({ file, imports }) =>
        imports.filter((name) => /reachability\/(?!reachability\.ts)/.test(name)).map((name) => `${file} imports ${name}`),
      )
    expect(strays).to.deep.equal([])
  })

  it('ends the process in main.ts and nowhere else', () => {
    expect(sources.filter(({ text }) => /process\.(exit|abort|kill)\b/.test(text)).map(({ file }) => file)).to.deep.equal(['main.ts'])
  })

  it('loads what draws reports only for a report', () => {
    const strays = sources
      .filter(({ file, text }) => !file.startsWith('cli/report/') && /^(?:import (?!type)|export|\}).*? from '[^']*\/report\//m.test(text))
      .map(({ file }) => file)
    expect(strays).to.deep.equal([])
    expect(sources.filter(({ imports }) => imports.includes('@dagrejs/dagre')).map(({ file }) => file)).to.deep.equal([
      'cli/report/picture/layout.ts',
    ])
  })

  it('loads what evaluates CEL where pods are judged, and otherwise not: the operator never does', () => {
    const values = (target: string) => new RegExp(`^(?:import (?!type)|export|\\}).*? from '[^']*${target}'`, 'm')
    const importing = (target: string) => sources.filter(({ text }) => values(target).test(text)).map(({ file }) => file)
    expect(importing(CEL)).to.deep.equal(['judge/dialect.ts'])
    expect(importing('/judge/[^/]*').filter((file) => !file.startsWith('judge/'))).to.deep.equal(['cli/pods/judgements.ts'])
    expect(importing('/judgements.ts')).to.deep.equal([])
  })

  it('starts no other program', () => {
    expect(
      sources.filter(({ imports }) => imports.some((name) => /child_process|worker_threads|cluster$/.test(name))).map(({ file }) => file),
    ).to.deep.equal([])
  })
})

describe('@dot-i/k8s-operator', () => {
  /** Everything of the base class but its lifecycle: its watches end the process, and its helpers lose errors. */
  const others = Object.getOwnPropertyNames(dotI.default.prototype).filter(
    (name) => !['constructor', 'start', 'init', 'stop'].includes(name),
  )

  it('is the shell of the operator', () => {
    expect(TenantIsolationOperator.prototype).to.be.instanceOf(dotI.default)
    expect(others).to.include.members(['watchResource', 'setResourceStatus', 'handleResourceFinalizer'])
  })

  it('is not used for anything but its lifecycle', () => {
    const uses = sources.flatMap(({ file, text }) =>
      others.filter((name) => new RegExp(`\\b${name}\\b`).test(text)).map((name) => `${file} uses ${name}`),
    )
    expect(uses).to.deep.equal([])
  })

  it('is stopped by our own stop, which does not call its own', () => {
    expect(Object.hasOwn(TenantIsolationOperator.prototype, 'stop')).to.equal(true)
    expect(sources.filter(({ text }) => /super\.stop\(/.test(text)).map(({ file }) => file)).to.deep.equal([])
  })

  it('is imported in operator.ts only', () => {
    expect(sources.filter(({ imports }) => imports.includes('@dot-i/k8s-operator')).map(({ file }) => file)).to.deep.equal(['operator.ts'])
  })
})
