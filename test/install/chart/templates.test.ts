/** From a manifest to a template and back, by the real helm: what the chart makes of config/rbac. */

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { templateOf, templateOfText } from '../../../tools/chart/templates.ts'
import { CHART, helm, type Manifest, manifestsIn, valuesOf, withoutRelease } from '../../support/helm.ts'

const GIVES = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: gives
rules:
  # Those of the configuration.
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [clusterroles]
    resourceNames: [view, edit, admin]
    verbs: [bind]
  - apiGroups: [""]
    resources: [pods]
    verbs: [list]
`

describe('a template of the chart', function () {
  this.timeout(60_000)
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'templates-'))
    mkdirSync(join(directory, 'templates'))
    writeFileSync(join(directory, 'Chart.yaml'), 'apiVersion: v2\nname: tenant-isolation\nversion: 1.0.0\nappVersion: 1.0.0\n')
    cpSync(join(CHART, 'templates/_helpers.tpl'), join(directory, 'templates/_helpers.tpl'))
  })

  afterEach(() => rmSync(directory, { recursive: true }))

  const rendered = async (template: string, values: object = {}): Promise<Manifest> => {
    writeFileSync(join(directory, 'templates/object.yaml'), template)
    const all = { config: {}, serviceAccount: { name: 'keeper' }, ...values }
    const [manifest] = manifestsIn(await helm(['template', 'any', directory, '--namespace=platform', ...valuesOf(all)]))
    if (!manifest) throw new Error('nothing was rendered')
    return withoutRelease(manifest)
  }

  const rules = async (config: object) =>
    (await rendered(templateOfText(GIVES), { config })).rules as readonly { resourceNames?: string[] }[]

  it('lets the operator give the ClusterRoles of its configuration', async () => {
    expect((await rules({})).map(({ resourceNames }) => resourceNames)).to.deep.equal([['view', 'edit', 'admin'], undefined])
    expect((await rules({ access: { clusterRoles: ['view', 'our-developers'] } }))[0]?.resourceNames).to.deep.equal([
      'view',
      'our-developers',
    ])
  })

  it('lets it give none where there are none, and not all', async () => {
    expect(await rules({ access: { clusterRoles: [] } })).to.deep.equal([{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }])
  })

  it('is not made of a right to bind that could be one for everything', () => {
    expect(() => templateOfText(GIVES.replace('    resourceNames: [view, edit, admin]\n', ''))).to.throw('verb bind')
  })

  it('keeps what only looks like a template', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'braces' },
      data: { text: "{{ .Values }} and {{{ 'x': {{1}} }}" },
    }
    expect(await rendered(templateOf([object]))).to.deep.equal(object)
  })
})
