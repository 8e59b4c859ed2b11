/** lint/rules/selects-nothing.ts — TI006: a rule, or a part of it, that is about nobody. */

import { isEmptySelector, matchesSelector } from '../../api/selectors.ts'
import type { Peer, Pod, Policy } from '../../reachability/reachability.ts'
import type { Found } from '../finding.ts'
import type { Grant, GrantPart } from '../grants.ts'
import { foreignPolicies, type LintInput, type LintRule, type LintTenant, policyRefOf, tenantRef } from '../input.ts'

export const selectsNothing: LintRule = {
  code: 'TI006',
  name: 'SelectsNothing',
  severity: 'warning',
  summary: 'a selector matches no namespace or no pod, or a name is unknown, so that a rule has no effect',
  check: (input) => {
    const world = worldOf(input)
    return [
      ...input.tenants.flatMap((tenant) => ofTenant(tenant, input)),
      ...foreignPolicies(input).flatMap((policy) => ofPolicy(policy, world)),
      ...input.grants.flatMap((grant) => ofGrant(grant, world)),
    ]
  },
}

type PodPeer = Extract<Peer, { form: 'Pods' }>
type Selector = NonNullable<PodPeer['namespaceSelector']>

type World = LintInput & {
  readonly podsByNamespace: ReadonlyMap<string, readonly Pod[]>
  readonly namespacesMatching: (selector: Selector) => readonly string[]
}

function worldOf(input: LintInput): World {
  const { pods, namespaces } = input.network.cluster
  const known = new Map<string, readonly string[]>()
  return {
    ...input,
    podsByNamespace: Map.groupBy(pods, ({ namespace }) => namespace),
    namespacesMatching: ({ text, selector }) => {
      const found =
        known.get(text) ?? [...namespaces].filter(([, labels]) => matchesSelector(selector, labels)).map(([namespace]) => namespace)
      known.set(text, found)
      return found
    },
  }
}

function ofTenant(tenant: LintTenant, { knowsNamespaces }: LintInput): readonly Found[] {
  if (!knowsNamespaces || tenant.namespaces.length > 0) return []
  const message = 'selects no namespace that this tenant may take, so that nothing is isolated; correct it, or label a namespace'
  return [{ object: tenantRef(tenant), field: 'spec.namespaceSelector', message }]
}

function ofPolicy(policy: Policy, world: World): readonly Found[] {
  const { namespace, podSelector } = policy
  if (isEmptySelector(podSelector.selector) || !someWithout(world, [namespace], podSelector.selector)) return []
  return [
    {
      object: policyRefOf(policy),
      field: 'spec.podSelector',
      message: `selects no pod of namespace ${namespace}, so that the policy has no effect; correct the labels, or take it away`,
    },
  ]
}

function ofGrant(grant: Grant, world: World): readonly Found[] {
  return [...ofSubjects(grant, world), ...grant.parts.flatMap((part) => ofPart(grant, part, world))]
}

function ofSubjects({ object, tenant, field, namespaces, namespaceSelector, podSelector }: Grant, world: World): readonly Found[] {
  if (tenant === undefined) return []
  const owned = world.tenants.find(({ resource }) => resource.metadata.name === tenant)?.namespaces ?? []
  if (world.knowsNamespaces && namespaceSelector && namespaces.length === 0 && owned.length > 0) {
    const message = `selects none of the namespaces of tenant ${tenant}, so that the rule has no effect; correct the labels`
    return [{ object, field: `${field}.appliesTo.namespaceSelector`, message }]
  }
  if (isEmptySelector(podSelector) || !someWithout(world, namespaces, podSelector)) return []
  const message = `selects no pod of tenant ${tenant}, so that the rule has no effect; correct the labels, or take the rule away`
  return [{ object, field: `${field}.appliesTo.podSelector`, message }]
}

function ofPart(grant: Grant, { field, gap, rules, written }: GrantPart, world: World): readonly Found[] {
  const { object } = grant
  if (gap !== undefined) return [{ object, field, message: `${gap}; what it would allow stays closed` }]
  // What a preset or the platform team means need not be there.
  if (written?.preset !== undefined || written?.platform !== undefined) return []
  return rules.flatMap((rule) =>
    rule.peers.flatMap((peer): readonly Found[] => {
      if (peer.form === 'Addresses') return []
      const message = emptiness(grant, peer, world)
      return message === undefined ? [] : [{ object, field, message }]
    }),
  )
}

function emptiness({ namespaces: own, tenant }: Grant, { namespaceSelector, podSelector }: PodPeer, world: World): string | undefined {
  const namespaces = namespaceSelector ? world.namespacesMatching(namespaceSelector) : own
  if (namespaces.length === 0) {
    return namespaceSelector && world.knowsNamespaces
      ? 'means no namespace of the cluster, so that it lets nobody through; correct the labels, or take the peer away'
      : undefined
  }
  if (!podSelector || isEmptySelector(podSelector.selector) || !someWithout(world, namespaces, podSelector.selector)) return undefined
  const where = namespaceSelector ? 'the namespaces that it means' : tenant === undefined ? 'its namespace' : `tenant ${tenant}`
  return `means no pod of ${where}, so that it lets nobody through; correct the labels, or take the peer away`
}

/** Whether there are pods in these namespaces, and the selector takes none of them. Of namespaces that are empty, nothing is known. */
function someWithout({ podsByNamespace }: World, namespaces: readonly string[], selector: Parameters<typeof matchesSelector>[0]): boolean {
  let some = false
  for (const namespace of namespaces) {
    for (const { labels } of podsByNamespace.get(namespace) ?? []) {
      some = true
      if (matchesSelector(selector, labels)) return false
    }
  }
  return some
}
