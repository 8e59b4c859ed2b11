/** What we write comes back from the API server unchanged; otherwise we would take it for drift and write it again, for ever. */

import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalJson } from '../../src/api/canonical.ts'
import { fingerprintOf, managedPolicy, type Owned, withSpec } from '../../src/desired/managed.ts'
import { tenantPolicies } from '../../src/desired/network/policies.ts'
import { baselineUnion } from '../../src/desired/network/union.ts'
import { type Client, createClient } from '../../src/kube/client.ts'
import type { Resource } from '../../src/kube/resources.ts'
import { createTransport, type Transport } from '../../src/kube/transport.ts'
import * as arbitrary from '../support/arbitrary.ts'
import { kubeConfigOf, NAMESPACES, uniqueName } from '../support/kube-setup.ts'

const NETWORK_POLICIES: Resource = {
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'networkpolicies',
  kind: 'NetworkPolicy',
  namespaced: true,
}

const OWNER = { name: 'manning', uid: '6a2b2d0c-0000-4000-8000-000000000000' }

/** Always the same ones, so that a failure is there again the next time. */
const SAMPLES = { numRuns: 60, seed: 20_261_121 }

describe('the API server keeps a policy as we write it', function () {
  this.timeout(60_000)

  const namespace = uniqueName('desired')
  let transport: Transport
  let client: Client

  before(async () => {
    transport = createTransport({ kubeConfig: await kubeConfigOf(), userAgent: 'test' })
    client = createClient(transport, { fieldManager: 'test' })
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  })

  after(async () => {
    await client?.delete(NAMESPACES, { name: namespace })
    await transport?.close()
  })

  async function expectUnchanged({ name, ...owned }: ReturnType<typeof managedPolicy>): Promise<void> {
    const { labels, annotations, ownerReferences, spec } = owned
    const written = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace, labels, annotations, ownerReferences },
      spec,
    }
    const { metadata, spec: kept } = (await client.create(NETWORK_POLICIES, written, { dryRun: true })) as {
      metadata: Omit<Owned, 'spec'>
      spec: unknown
    }
    expect(canonicalJson(kept)).to.equal(canonicalJson(spec))
    const marks = { labels: metadata.labels, annotations: metadata.annotations, ownerReferences: metadata.ownerReferences }
    expect(fingerprintOf({ ...marks, spec: kept }), 'fingerprint').to.equal(owned.fingerprint)
  }

  const situation = fc.record({
    network: arbitrary.network,
    namespaceSelector: arbitrary.nonEmptySelector,
    facts: arbitrary.facts,
    labels: arbitrary.labels,
  })

  it('for random resources and random clusters', async () => {
    const policies = fc
      .sample(situation, SAMPLES)
      .flatMap(({ network, namespaceSelector, facts, labels }) => [...tenantPolicies(network, namespaceSelector, facts).of(labels)])
      .map((policy) => managedPolicy(policy, OWNER))
    expect(policies.length).to.be.greaterThan(100)
    for (const policy of policies) await expectUnchanged(policy)
  })

  it('also on the way into a namespace and out of it', async () => {
    for (const { network, namespaceSelector, facts, labels } of fc.sample(situation, { ...SAMPLES, numRuns: 10 })) {
      const [baseline] = tenantPolicies(network, namespaceSelector, facts).of(labels)
      const marked = managedPolicy(baseline, OWNER)
      await expectUnchanged(withSpec(marked, baselineUnion({ before: undefined, after: baseline.spec })))
      await expectUnchanged(
        withSpec(marked, baselineUnion({ before: { podSelector: {}, policyTypes: ['Ingress'] }, after: baseline.spec })),
      )
    }
  })
})
