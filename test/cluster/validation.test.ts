/** The table of test/unit/api/validation.test.ts, judged by the API server. */

import { expect } from 'chai'
import { KubeApiError } from '../../src/kube/errors.ts'
import { createTransport, type Transport } from '../../src/kube/transport.ts'
import { kubectl } from '../../tools/control-plane/kubectl.ts'
import { sharedControlPlane } from '../support/cluster.ts'
import { installCrd, TENANT_ISOLATIONS } from '../support/crd.ts'
import { ACCEPTED, REFUSED } from '../support/invalid-resources.ts'
import { kubeConfigOf, until } from '../support/kube-setup.ts'

describe('the API server', function () {
  this.timeout(60_000)
  let transport: Transport

  before(async () => {
    await installCrd()
    transport = createTransport({ kubeConfig: await kubeConfigOf(), userAgent: 'test' })
  })

  after(async () => {
    await transport?.close()
  })

  /** What the API server says, or undefined when it takes the resource. */
  async function refusalOf(resource: unknown): Promise<string | undefined> {
    const query = { dryRun: 'All', fieldValidation: 'Strict' }
    try {
      await transport.request({ method: 'POST', path: TENANT_ISOLATIONS, query, body: resource })
      return undefined
    } catch (error) {
      if (error instanceof KubeApiError && (error.code === 422 || error.code === 400)) return error.message
      throw error
    }
  }

  for (const [subject, cases] of Object.entries(REFUSED)) {
    describe(`refuses ${subject}:`, () => {
      for (const { name, resource, field, says } of cases) {
        it(name, async () => {
          const refusal = await refusalOf(resource)
          expect(refusal, 'it was accepted').to.be.a('string')
          expect(refusal).to.include(field).and.to.include(says)
        })
      }
    })
  }

  describe('takes', () => {
    for (const { name, resource } of ACCEPTED) {
      it(name, async () => {
        expect(await refusalOf(resource)).to.equal(undefined)
      })
    }
  })

  it('explains every field of the spec to kubectl explain', async () => {
    const controlPlane = await sharedControlPlane()
    const explain = (...args: string[]) => kubectl(controlPlane, ['explain', ...args])
    // The description for clients is published a moment after the resource is served.
    await until('the description is published', () => explain('tenantisolation.spec').then(Boolean, () => false))
    const manual = await explain('tenantisolation.spec', '--recursive')
    for (const field of ['namespaceSelector', 'intraTenant', 'defaultDeny', 'appliesTo', 'platform', 'endPort', 'preventDeletion']) {
      expect(manual).to.match(new RegExp(`\\b${field}\t<`))
    }
    expect(await explain('tenantisolation.spec.network.mode')).to.match(/ENUM:\s+Enforce\s+Audit\s+Disabled\s/)
  })
})
