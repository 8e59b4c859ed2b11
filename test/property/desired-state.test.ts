/** What follows from everything at once is what the operator works out change by change, and the order of the input makes no difference. */

import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalJson } from '../../src/api/canonical.ts'
import { API_VERSION, KIND } from '../../src/api/labels.ts'
import type { TenantIsolation } from '../../src/api/tenant-isolation.ts'
import { type ClusterView, desiredObjects, desiredState } from '../../src/reconcile/desired-state.ts'
import { World } from '../../src/reconcile/world.ts'
import * as arbitrary from '../support/arbitrary.ts'

const OWN = 'operators-own'
const NAMESPACES = ['n1', 'n2', 'n3', 'kube-system', OWN] as const

/** Many want the same namespaces. */
const WANTED = { app: 'a' }

const resource = fc
  .record({
    name: fc.constantFrom('manning', 'acme', 'constructor'),
    age: fc.constantFrom('2024-01-01T00:00:00Z', '2025-01-01T00:00:00Z'),
    namespaceSelector: fc.oneof(
      { weight: 4, arbitrary: fc.constant({ matchLabels: WANTED }) },
      { weight: 3, arbitrary: arbitrary.nonEmptySelector },
      { weight: 1, arbitrary: fc.constant({}) },
    ),
    network: arbitrary.network,
    mode: fc.constantFrom('Enforce', 'Enforce', 'Audit', 'Disabled'),
    suspend: fc.boolean(),
    deleted: fc.boolean(),
    orphan: fc.boolean(),
  })
  .map(
    ({ name, age, namespaceSelector, network, mode, suspend, deleted, orphan }) =>
      ({
        apiVersion: API_VERSION,
        kind: KIND,
        metadata: {
          name,
          uid: `uid of ${name}`,
          resourceVersion: '1',
          generation: 1,
          creationTimestamp: age,
          ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
          ...(deleted && orphan && { finalizers: ['orphan'] }),
        },
        spec: { namespaceSelector, suspend, network: { ...network, mode } },
      }) as unknown as TenantIsolation,
  )

const view: fc.Arbitrary<ClusterView> = fc.record({
  resources: fc.uniqueArray(resource, { maxLength: 3, selector: ({ metadata }) => metadata.name }),
  namespaces: fc.uniqueArray(
    fc.record({ name: fc.constantFrom(...NAMESPACES), labels: fc.oneof(fc.constant(WANTED), arbitrary.labels), terminating: fc.boolean() }),
    {
      maxLength: 5,
      selector: ({ name }) => name,
    },
  ),
  configuration: arbitrary.configuration,
  ownNamespace: fc.constant(OWN),
  // The operator's picture has these from watches on Services, which are none here.
  dns: fc.constant(undefined),
  apiServer: fc.constant(undefined),
  canMutate: fc.boolean(),
})

function worldOf({ resources, namespaces, configuration }: ClusterView): World {
  const world = new World({ configuration, ownNamespace: OWN, now: { monotonic: () => 0, wall: () => 0 }, enqueue() {} })
  for (const { name, labels, terminating } of namespaces) {
    const metadata = { name, labels, uid: name, resourceVersion: '1', ...(terminating && { deletionTimestamp: '2026-01-01T00:00:00Z' }) }
    world.namespaces.written({ apiVersion: 'v1', kind: 'Namespace', metadata })
  }
  for (const each of resources) world.resources.written(each)
  return world
}

describe('everything that the operator keeps', () => {
  it('is, worked out at once, what it works out change by change', () => {
    fc.assert(
      fc.property(view, (cluster) => {
        const state = desiredState(cluster)
        const world = worldOf(cluster)
        for (const { name } of cluster.namespaces) {
          expect(state.membership.selectedBy(name), name).to.deep.equal(world.membership.selectedBy(name))
          const owner = world.ownerOf(name)
          const policies = state.policiesIn(name)
          // What is not understood, or suspended, is left as it is.
          expect(policies === undefined, name).to.equal(owner !== undefined && (!owner.intent || owner.intent.suspended))
          for (const policy of policies ?? []) expect(world.desiredPolicy(name, policy.name)?.fingerprint).to.equal(policy.fingerprint)
          if (policies?.length === 0) expect(world.desiredPolicy(name, 'tenant-isolation')).to.equal(undefined)
        }
        expect([...state.protectedNamespaces].sort()).to.deep.equal(world.protectedNamespaces())
      }),
      { numRuns: 300 },
    )
  })

  it('is the same bytes, in whatever order resources and namespaces come', () => {
    fc.assert(
      fc.property(view, (cluster) => {
        const { resources, namespaces } = cluster
        const other = { ...cluster, resources: resources.toReversed(), namespaces: namespaces.toReversed() }
        const textOf = (each: ClusterView) => [...desiredObjects(desiredState(each))].map(canonicalJson).sort()
        expect(textOf(cluster)).to.deep.equal(textOf(other))
      }),
      { numRuns: 200 },
    )
  })
})
