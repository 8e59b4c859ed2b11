/** Argo CD's own program judges our Lua: what it calls a tenant in each state, and what its actions do. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { violations } from '../../src/api/tenant-isolation.ts'
import { ensureBinaries } from '../../tools/control-plane/binaries.ts'
import { CUSTOMIZATION, fileOf, states } from '../support/customization.ts'
import { run } from '../support/run.ts'

const CONFIG_MAP = join(import.meta.dirname, '../../config/argocd/argocd-cm.yaml')
const ACTIONS = join(CUSTOMIZATION, 'actions')

type Health = { readonly status: string; readonly message: string }
type HealthTests = { readonly tests: readonly { readonly inputPath: string; readonly healthStatus: Health }[] }
type ActionTests = {
  readonly discoveryTests: readonly {
    readonly inputPath: string
    readonly result: readonly { readonly name: string; readonly disabled?: boolean }[]
  }[]
  readonly actionTests: readonly { readonly action: string; readonly inputPath: string; readonly expectedOutputPath: string }[]
}

const { tests: healthTests } = read(CUSTOMIZATION, 'health_test.yaml') as HealthTests
const { discoveryTests, actionTests } = read(ACTIONS, 'action_test.yaml') as ActionTests

function read(...path: readonly string[]): unknown {
  return parse(readFileSync(join(...path), 'utf8'))
}

describe('Argo CD', function () {
  this.timeout(30_000)

  let home: string

  before(() => {
    home = mkdtempSync(join(tmpdir(), 'tenant-isolation-argocd-'))
  })

  after(() => rmSync(home, { recursive: true, force: true }))

  /** `argocd admin settings resource-overrides`, with the ConfigMap that people apply. */
  const argocd = async (args: readonly string[], configMap = CONFIG_MAP): Promise<string> => {
    const { argocd: program } = await ensureBinaries({ names: ['argocd'] })
    const settings = [`--argocd-cm-path=${configMap}`, '--load-cluster-settings=false', '--loglevel=warn']
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      TMPDIR: home,
      ARGOCD_BINARY_NAME: 'argocd',
      KUBECONFIG: '/nonexistent',
      // An action then prints the resource before and after it, instead of a difference.
      KUBECTL_EXTERNAL_DIFF: 'cat',
    }
    const { code, output, complaint } = await run(program, ['admin', 'settings', 'resource-overrides', ...args, ...settings], { env })
    expect([code, complaint.trim()], `argocd ${args.join(' ')}`).to.deep.equal([0, ''])
    return output
  }

  const healthOf = async (file: string): Promise<Health> => {
    const [, status = '', message = ''] = /^STATUS: (.*)\nMESSAGE: (.*)\n$/s.exec(await argocd(['health', file])) ?? []
    return { status, message }
  }

  describe('calls a tenant', () => {
    for (const { inputPath, healthStatus } of healthTests) {
      it(`${healthStatus.status}: ${inputPath}`, async () => {
        expect(await healthOf(join(CUSTOMIZATION, inputPath))).to.deep.equal(healthStatus)
      })
    }

    it('Progressing while it is being deleted, whatever its last status was', async () => {
      expect(await healthOf(fileOf('deleting'))).to.deep.equal({ status: 'Progressing', message: 'Pending deletion' })
    })

    it('something in every state that there is', () => {
      const tested = healthTests.map(({ inputPath }) => inputPath)
      expect([...tested, 'testdata/deleting.yaml'].sort()).to.deep.equal(states().map((state) => `testdata/${state}.yaml`))
    })
  })

  describe('offers', () => {
    for (const { inputPath, result } of discoveryTests) {
      const offered = result.filter(({ disabled }) => !disabled).map(({ name }) => name)
      it(`${offered.join(' and ')} for ${inputPath}`, async () => {
        const [, ...lines] = (await argocd(['list-actions', join(ACTIONS, inputPath)])).trim().split('\n')
        const expected = result.map(({ name, disabled = false }) => `${name} ${disabled}`)
        expect(lines.map((line) => line.replace(/\s+/g, ' '))).to.deep.equal(expected)
      })
    }
  })

  describe('carries out', () => {
    for (const { action, inputPath, expectedOutputPath } of actionTests) {
      it(`${action} on ${inputPath}, and changes nothing else`, async () => {
        const output = await argocd(['run-action', join(ACTIONS, inputPath), action])
        const [, after = ''] = output.split(/^(?=apiVersion:)/m).slice(1)
        const expected = read(ACTIONS, expectedOutputPath)
        expect(parse(after)).to.deep.equal(expected)
        expect(violations(expected), 'what our schema says of it').to.deep.equal([])
      })
    }

    it('each action that it offers, in some test', () => {
      const offered = discoveryTests.flatMap(({ result }) => result.map(({ name }) => name))
      expect(new Set(actionTests.map(({ action }) => action))).to.deep.equal(new Set(offered))
    })
  })

  it('does not know our kind without the ConfigMap', async () => {
    const empty = join(home, 'argocd-cm.yaml')
    writeFileSync(empty, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, labels: {app.kubernetes.io/part-of: argocd}}\n')
    expect(await argocd(['health', fileOf('healthy')], empty)).to.include('not configured')
  })
})
