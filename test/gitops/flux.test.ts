/** Flux's own code judges a tenant in each state, by the expressions that our example gives it. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { API_VERSION, KIND } from '../../src/api/labels.ts'
import { ensureBinaries } from '../../tools/control-plane/binaries.ts'
import { states, tenantIn } from '../support/customization.ts'
import type { Tenant } from '../support/kube.ts'

const EXAMPLE = join(import.meta.dirname, '../../examples/gitops/flux/tenants.yaml')

type HealthCheck = { readonly apiVersion: string; readonly kind: string }
type Kustomization = { readonly spec: { readonly healthCheckExprs?: readonly HealthCheck[] } }

/** What Flux waits for is Current, and it gives up on Failed. Unknown is what has no status at all. */
const EXPECTED: Readonly<Record<string, 'Current' | 'InProgress' | 'Failed' | 'Unknown'>> = {
  audit: 'Current',
  changed: 'InProgress',
  conflicted: 'Failed',
  degraded: 'Failed',
  deleting: 'InProgress',
  healthy: 'Current',
  new: 'Unknown',
  progressing: 'InProgress',
  suspended: 'Current',
}

function healthChecks(): readonly HealthCheck[] {
  const documents = parseAllDocuments(readFileSync(EXAMPLE, 'utf8')).map((document) => document.toJS() as Kustomization)
  return documents.flatMap(({ spec }) => spec.healthCheckExprs ?? [])
}

describe('Flux', function () {
  this.timeout(30_000)

  const statusOf = async (resource: Tenant): Promise<string> => {
    const { 'flux-health': program } = await ensureBinaries({ names: ['flux-health'] })
    const input = JSON.stringify({ healthCheckExprs: healthChecks(), resource })
    const { status, stdout, stderr } = spawnSync(program, { input, encoding: 'utf8' })
    expect([status, stderr]).to.deep.equal([0, ''])
    return stdout.trim()
  }

  it('is told about our kind', () => {
    expect(healthChecks().map(({ apiVersion, kind }) => [apiVersion, kind])).to.deep.equal([[API_VERSION, KIND]])
  })

  for (const state of states()) {
    it(`calls a tenant ${EXPECTED[state]}: ${state}`, async () => {
      const [status] = (await statusOf(tenantIn(state))).split('\n')
      expect(status).to.equal(EXPECTED[state])
    })
  }

  it('does not take what was said of the resource before for the present, by our expressions alone', async () => {
    const { metadata, status, ...rest } = tenantIn('healthy')
    const { observedGeneration: _, ...withoutGeneration } = status ?? {}
    const changed = { ...rest, metadata: { ...metadata, generation: 2 }, status: withoutGeneration } as Tenant
    expect(await statusOf(changed)).to.equal('InProgress')
  })
})
