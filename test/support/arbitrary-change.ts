/**
 * support/arbitrary-change.ts — what people ask of the operator one after the other, for fast-check: tenants that come, change, are suspended
 * and deleted, and namespaces that go from one to another. What is asked for next has much in common with what was asked for before.
 */

import fc from 'fast-check'
import { API_VERSION, FINALIZER, KIND } from '../../src/api/labels.ts'
import type { EgressRule, IngressRule, Network, Peer } from '../../src/api/network.ts'
import type { Labels } from '../../src/api/selectors.ts'
import type { TenantIsolation } from '../../src/api/tenant-isolation.ts'
import type { PodInput } from '../../src/reachability/reachability.ts'
import { labels, network, PORT_NAMES } from './arbitrary.ts'
import { namespacesOf } from './build.ts'
import type { Asked } from './walk.ts'

const TENANTS = ['manning', 'acme'] as const
/** The last one never belongs to anybody. */
const NAMESPACES = ['n1', 'n2', 'n3', 'apart'] as const

/** Inside and outside of the ranges that generated rules know. */
const POD_ADDRESSES = ['10.1.2.3', '8.8.8.8', 'fd00::7', '10.244.0.5', '10.1.2.4', '2001:db8::1', '10.200.0.1', '10.244.0.6', '10.1.2.5']
export const ADDRESSES = ['8.8.4.4', '10.1.2.9', '169.254.169.254', '2001:db8::9'] as const

const side = fc.constantFrom('a', 'b')

/** One of them in the network of its node; so many that most namespaces have some, and not all have to. */
export const pods: fc.Arbitrary<readonly PodInput[]> = fc
  .array(
    fc.record({
      namespace: fc.constantFrom(...NAMESPACES),
      own: fc.oneof(
        labels,
        side.map((app) => ({ app })),
      ),
      port: fc.constantFrom(53, 80, 443),
      called: fc.constantFrom(...PORT_NAMES),
    }),
    {
      minLength: 4,
      maxLength: POD_ADDRESSES.length,
    },
  )
  .map((all) =>
    all.map(({ namespace, own, port, called }, index) => {
      const [hostNetwork, node] = [index === 5, `172.18.0.${index + 2}`]
      return {
        namespace,
        name: `pod-${index}`,
        labels: own,
        addresses: [hostNetwork ? node : (POD_ADDRESSES[index] ?? '')],
        hostNetwork,
        nodeAddresses: [node],
        ports: [{ name: called, protocol: 'TCP' as const, port }],
      }
    }),
  )

const dense = <T extends object>(peers: 'from' | 'to', tenants: readonly string[]): fc.Arbitrary<T[]> =>
  named(
    fc
      .record({
        who: fc.option(side, { nil: undefined }),
        peer: fc.oneof(
          side.map((app) => ({ podSelector: { matchLabels: { app } } })),
          fc.constantFrom<Peer[]>(
            { namespaceSelector: {} },
            ...tenants.map((name) => ({ tenant: name })),
            { cidr: '10.0.0.0/8' },
            { preset: 'Internet' },
          ),
        ),
        port: fc.option(fc.constantFrom(53, 80, 443), { nil: undefined }),
      })
      .map(({ who, peer, port }) => ({
        ...(who && { appliesTo: { podSelector: { matchLabels: { app: who } } } }),
        [peers]: [peer],
        ...(port && { ports: [{ port }] }),
      })) as unknown as fc.Arbitrary<T>,
  )

const named = <T extends object>(rule: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(rule, { minLength: 1, maxLength: 4 }).map(renamed)

/** Names that are unique in the list. */
function renamed<T extends object>(rules: readonly T[]): T[] {
  return rules.map((rule, index) => ({ ...rule, name: `rule-${index}` }))
}

/** Few labels, few ports: rules that meet the same pods, so that much of what one policy allows another allows, too. */
export const denseNetwork = (tenants: readonly string[]): fc.Arbitrary<Network> =>
  fc.record(
    {
      defaultDeny: fc.constantFrom<NonNullable<Network['defaultDeny']>[]>(['Ingress', 'Egress'], ['Ingress'], ['Egress']),
      intraTenant: fc.constantFrom('None' as const, 'Namespace' as const, 'Tenant' as const),
      ingress: dense<IngressRule>('from', tenants),
      egress: dense<EgressRule>('to', tenants),
    },
    { requiredKeys: ['ingress', 'egress'] },
  )

type Tenant = {
  readonly network: Network
  readonly mode: NonNullable<Network['mode']>
  readonly suspend: boolean
  readonly deleted: boolean
}

type State = {
  readonly tenants: Readonly<Record<(typeof TENANTS)[number], Tenant | undefined>>
  readonly owners: readonly ((typeof TENANTS)[number] | undefined)[]
  readonly others: readonly Labels[]
}

const seldom = (weight: number) => fc.oneof({ weight, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) })

const tenant: fc.Arbitrary<Tenant> = fc.record({
  network: fc.oneof({ weight: 1, arbitrary: network }, { weight: 2, arbitrary: denseNetwork(TENANTS) }),
  mode: fc.constantFrom('Enforce', 'Enforce', 'Enforce', 'Enforce', 'Enforce', 'Audit', 'Disabled'),
  suspend: seldom(12),
  deleted: seldom(12),
})

const state: fc.Arbitrary<State> = fc.record({
  tenants: fc.record({ manning: tenant, acme: fc.option(tenant, { nil: undefined }) }),
  owners: fc.array(fc.constantFrom('manning', 'manning', 'manning', 'acme', 'acme', undefined), { minLength: 3, maxLength: 3 }),
  others: fc.array(labels, { minLength: 3, maxLength: 3 }),
})

/** Whether to take the new, for each part of what is asked for. */
const choices = fc.infiniteStream(fc.boolean())

/** `length` of them. What is deleted stays so. */
export const asked = (length: number): fc.Arbitrary<readonly Asked[]> =>
  fc.tuple(state, fc.array(fc.tuple(state, choices), { minLength: length - 1, maxLength: length - 1 })).map(([first, later]) => {
    const states = [first]
    for (const [next, stream] of later) states.push(mixed(states.at(-1) ?? first, next, () => stream.next().value ?? true))
    return states.map(askedOf)
  })

function mixed(before: State, after: State, takesNew: () => boolean): State {
  const tenants = Object.fromEntries(
    TENANTS.map((name) => {
      const [one, other] = [before.tenants[name], after.tenants[name]]
      return [name, one && other ? mixedTenant(one, other, takesNew) : (one ?? other)]
    }),
  ) as State['tenants']
  // Namespaces change less often than specs do.
  const owners = before.owners.map((owner, index) => (takesNew() && takesNew() ? after.owners[index] : owner))
  return { tenants, owners, others: before.others.map((own, index) => (takesNew() && takesNew() ? after.others[index] : own) ?? own) }
}

function mixedTenant(before: Tenant, after: Tenant, takesNew: () => boolean): Tenant {
  const { ingress = [], egress = [], ...rest } = before.network
  const some = <T>(rules: readonly T[]): T[] => rules.filter(takesNew)
  return {
    network: {
      ...(takesNew() ? { ...rest, ...withoutRules(after.network) } : rest),
      ingress: renamed([...some(ingress), ...some(after.network.ingress ?? [])]),
      egress: renamed([...some(egress), ...some(after.network.egress ?? [])]),
    },
    mode: takesNew() ? after.mode : before.mode,
    suspend: after.suspend,
    deleted: before.deleted || after.deleted,
  }
}

function withoutRules({ ingress: _ingress, egress: _egress, ...rest }: Network): Network {
  return rest
}

function askedOf({ tenants, owners, others }: State): Asked {
  const namespaces = Object.fromEntries(
    NAMESPACES.map((name, index) => {
      const owner = owners[index]
      return [name, { ...others[index], ...(owner && { tenant: owner }) }]
    }),
  )
  const resources = TENANTS.flatMap((name) => (tenants[name] ? [resourceOf(name, tenants[name])] : []))
  return { resources, namespaces }
}

function resourceOf(name: string, { network: own, mode, suspend, deleted }: Tenant): TenantIsolation {
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: {
      name,
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2024-01-01T00:00:00Z',
      finalizers: [FINALIZER],
      ...(deleted && { deletionTimestamp: '2025-01-01T00:00:00Z' }),
    },
    spec: { namespaceSelector: namespacesOf(name), suspend, network: { ...own, mode } },
  } as unknown as TenantIsolation
}
