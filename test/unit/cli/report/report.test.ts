/** `report` on files, as a person meets it, and what it says about them. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { readInput } from '../../../../src/cli/input/input.ts'
import { ENTRY_NEEDS } from '../../../../src/cli/network/networks.ts'
import { programOf } from '../../../../src/cli/program.ts'
import { LIMITS, type Limits, reportOf } from '../../../../src/cli/report/collect/report.ts'
import type { Report } from '../../../../src/cli/report/model.ts'
import { UsageError } from '../../../../src/cli/usage-error.ts'
import { type Folder, temporaryFolder } from '../../../support/cli.ts'
import { largeCluster } from '../../../support/large-cluster.ts'
import { call, shellWith } from '../../../support/shell.ts'

const ROOT = resolve(import.meta.dirname, '../../../..')
const SAMPLES = ['config/samples', 'docs/examples/cluster.yaml', 'docs/examples/opened.yaml'].map((name) => join(ROOT, name))
const named = (files: readonly string[]) => files.flatMap((file) => ['-f', file])

async function reportIn(files: readonly string[], limits: Partial<Limits> = {}): Promise<Report> {
  const shell = shellWith()
  const { snapshot, source } = await readInput({ options: { file: files, operatorNamespace: 'operator' }, needs: ENTRY_NEEDS, shell })
  return reportOf({ title: 'Who reaches whom', subtitle: '', snapshot, source, limits: { ...LIMITS, ...limits } })
}

function flowBetween({ groups, flows }: Report, from: string, to: string) {
  const found = flows.find((flow) => groups[flow.from]?.name === from && groups[flow.to]?.name === to)
  if (!found) throw new Error(`nothing is open from ${from} to ${to}`)
  return found
}

describe('report', function () {
  this.timeout(60_000)

  let folder: Folder
  before(() => {
    folder = temporaryFolder()
  })
  after(() => folder.remove())

  it('writes the page, and the picture alone', async () => {
    const [page, picture] = [join(folder.path, 'report.html'), join(folder.path, 'picture.svg')]
    const { refused, stdout } = await call('report', ...named(SAMPLES), '--output-file', page, '--svg', picture, '--title', 'Shops & co')
    expect([refused, stdout]).to.deep.equal([false, ''])
    expect(readFileSync(page, 'utf8'))
      .to.match(/^<!doctype html>/)
      .and.to.include('<h1>Shops &amp; co</h1>')
    expect(readFileSync(picture, 'utf8'))
      .to.match(/^<svg /)
      .and.to.include('Shops &amp; co')
  })

  it('writes the page to standard output, and with --svg alone only the picture', async () => {
    expect((await call('report', ...named(SAMPLES))).stdout).to.match(/^<!doctype html>/)
    expect((await call('report', ...named(SAMPLES), '--svg', '-')).stdout).to.match(/^<svg /)
  })

  it('draws the picture of README', async () => {
    const { stdout } = await call('report', ...named(SAMPLES), '--svg', '-')
    expect(stdout).to.equal(readFileSync(join(ROOT, 'docs/picture.svg'), 'utf8'))
  })

  it('is the same in whatever order the files come', async () => {
    const [forwards, backwards] = [await call('report', ...named(SAMPLES)), await call('report', ...named(SAMPLES.toReversed()))]
    expect(forwards.stdout).to.equal(backwards.stdout)
  })

  for (const [what, args, sentence] of [
    ['both to standard output', ['--output-file', '-', '--svg', '-'], 'give one of them a file'],
    ['a single namespace', ['-n', 'shop'], 'a report is about the whole cluster'],
    ['a place where nothing can be written', ['--output-file', '/does/not/exist/report.html'], 'cannot write /does/not/exist/report.html'],
  ] as const) {
    it(`refuses ${what} in one sentence`, async () => {
      const { refused, stderr } = await call('report', ...named(SAMPLES), ...args)
      expect(refused).to.equal(true)
      expect(stderr).to.include(sentence)
    })
  }

  it('does not pour a page over a terminal', async () => {
    const shell = shellWith({ terminal: true })
    const failure = await programOf(shell)
      .parseAsync(['report', ...named(SAMPLES)], { from: 'user' })
      .catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(UsageError)
    expect(String(failure)).to.include('--output-file report.html')
    expect(shell.written.stdout).to.equal('')
  })
})

describe('what a report says', function () {
  this.timeout(60_000)

  let samples: Report
  let folder: Folder
  before(async () => {
    folder = temporaryFolder()
    samples = await reportIn(SAMPLES)
  })
  after(() => folder.remove())

  it('is about tenants, what is in no tenant, DNS, nodes and what is outside', () => {
    expect(samples.groups.map(({ kind, name }) => `${kind} ${name}`)).to.deep.equal([
      'tenant acme',
      'tenant manning',
      'rest no tenant',
      'platform DNS',
      'platform host network',
      'outside 192.168.1.0/24',
      'platform API server',
      'outside Elsewhere',
      'outside Internet',
    ])
    expect(samples.groups[1]?.namespaces.map(({ name }) => name)).to.deep.equal(['shop', 'warehouse'])
  })

  it('names for a flow the namespaces, and the rules of the resource on both sides', () => {
    const { sure, between, examples, pairs, allPairs } = flowBetween(samples, 'manning', 'manning')
    expect([sure, pairs, allPairs]).to.deep.equal(['TCP 5432', 2, 30])
    expect(between).to.deep.equal([{ from: 'shop', to: 'shop', sure: 'TCP 5432', depends: '', foreign: '' }])
    expect(examples.map(({ from, to, port }) => [from, to, port])).to.deep.equal([['shop/webserver', 'shop/database', 'TCP 5432']])
    expect(examples[0]?.because.map(({ side, rule, foreign }) => [side, rule, foreign])).to.deep.equal([
      ['egress', 'egress/web-to-database of TenantIsolation manning', false],
      ['ingress', 'ingress/web-to-database of TenantIsolation manning', false],
    ])
  })

  it('tells which policy of somebody else opens what rules keep closed', () => {
    const { sure, foreign, examples } = flowBetween(samples, 'no tenant', 'manning')
    expect([sure, foreign]).to.deep.equal(['', 'all ports'])
    expect(examples[0]?.because.filter((one) => one.foreign).map(({ policy }) => policy)).to.deep.equal([
      'shop/let-ingress-in spec.ingress[0]',
    ])
    expect(samples.findings?.some(({ code, object }) => code === 'TI011' && object === 'NetworkPolicy shop/let-ingress-in')).to.equal(true)
  })

  it('sets apart what depends on how nodes are seen, with an example and the reason', () => {
    const { aboutNodes, depends, examples } = flowBetween(samples, 'acme', 'host network')
    expect([aboutNodes, depends]).to.deep.equal([true, 'all ports'])
    expect(examples[0]?.answer).to.equal('depends')
    expect(examples[0]?.notes.join()).to.include('the node on which the other runs')
  })

  it('says of a tenant that it is not enforced', async () => {
    const tenant = folder.file(
      'audit.yaml',
      '{apiVersion: tenant-isolation.dev/v1alpha1, kind: TenantIsolation, metadata: {name: a}, spec: {namespaceSelector: {matchLabels: {t: a}}, network: {mode: Audit}}}',
    )
    const { groups } = await reportIn([tenant])
    expect(groups.map(({ name, about }) => [name, about])).to.deep.equal([['a', 'mode Audit: not enforced']])
  })

  it('keeps within its limits, and says what it leaves out', async () => {
    const file = folder.file('large.json', largeCluster(40))
    const whole = await reportIn([file])
    expect(flowBetween(whole, 'tenant-0001', 'tenant-0002').between).to.have.lengthOf(100)
    expect(whole.notes.join()).not.to.include('examples only')

    const short = await reportIn([file], { perFlow: 7, examplesPerFlow: 2, examples: 5 })
    const { between, moreBetween, examples, moreExamples } = flowBetween(short, 'tenant-0001', 'tenant-0002')
    expect([between.length, moreBetween, examples.length, moreExamples]).to.deep.equal([7, 93, 2, true])
    expect(short.flows.reduce((sum, flow) => sum + flow.examples.length, 0)).to.be.at.most(5)
    expect(short.notes.join()).to.include('Rules are shown for the first 5 examples only')

    const coarse = await reportIn([file], { namespacePairs: 100 })
    expect(flowBetween(coarse, 'tenant-0001', 'tenant-0002').sure).to.equal(flowBetween(whole, 'tenant-0001', 'tenant-0002').sure)
    expect(coarse.flows.every((flow) => flow.between.length === 0 && flow.examples.length === 0)).to.equal(true)
    expect(coarse.notes.join()).to.include('the report does not list them')
  })
})
