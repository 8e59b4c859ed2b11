/** reachability/groups.ts — pods under names that people know: tenants, namespaces, workloads. */

import { compareText } from '../api/canonical.ts'
import { type LabelSelector, matchesSelector } from '../api/selectors.ts'
import type { AddressSet } from './addresses.ts'
import type { EndpointClass, Member, Space } from './classes.ts'
import { type ByNode, findPair, membersByNode, type Node, nodesOf } from './engine/nodes.ts'
import { type Cluster, endpointName, type Pod } from './model.ts'

/** The group in which a pod is shown; undefined: it is left out. */
export type GroupOf = (pod: Pod) => string | undefined

export const byNamespace: GroupOf = ({ namespace }) => namespace

/** "shop/Deployment/web"; a pod without a workload stands for itself: "shop/Pod/web-1". */
export const byWorkload: GroupOf = ({ namespace, name, workload = { kind: 'Pod', name } }) =>
  `${namespace}/${workload.kind}/${workload.name}`

export const byPod: GroupOf = (pod) => endpointName(pod)

/**
 * By the tenant whose selector takes the namespace; of several, the first one given. Pods of no tenant are in the group `others`, or
 * left out when none is given.
 */
export function byTenant(cluster: Cluster, tenants: ReadonlyMap<string, LabelSelector>, others?: string): GroupOf {
  const known = new Map<string, string | undefined>()
  for (const [namespace, labels] of cluster.namespaces) {
    known.set(namespace, [...tenants].find(([, selector]) => matchesSelector(selector, labels))?.[0] ?? others)
  }
  return ({ namespace }) => known.get(namespace) ?? others
}

/** The members of one class that are in one group. */
export type Share = { readonly group: number; readonly members: readonly Member[]; readonly byNode: ByNode }

/** A group of pods, or a part of what is outside, which stands for itself until parts of one name are shown together. */
export type Group = { readonly name: string; readonly addresses: AddressSet | undefined }

export type Groups = {
  readonly all: readonly Group[]
  /** By number of the class. */
  readonly shares: readonly (readonly Share[])[]
  /** How many pods each group has. */
  readonly sizes: readonly number[]
}

export function groupsOf(space: Space, groupOf: GroupOf): Groups {
  const nodeOf = nodesOf(space)
  const named = space.classes.map(({ members }) => Map.groupBy(members, (member) => groupName(member, groupOf)))
  const names = [...new Set(named.flatMap((groups) => [...groups.keys()]))].filter((name) => name !== undefined).sort(compareText)
  const numbers = new Map(names.map((name, index) => [name, index]))
  const all: Group[] = names.map((name) => ({ name, addresses: undefined }))
  const shares = space.classes.map((one, id): readonly Share[] => {
    const outside = outsideOf(one)
    if (outside) return [share(all.push(outside) - 1, one.members, nodeOf)]
    return [...(named[id] ?? [])].flatMap(([name, members]) => {
      const group = name === undefined ? undefined : numbers.get(name)
      return group === undefined ? [] : [share(group, members, nodeOf)]
    })
  })
  const sizes = all.map(() => 0)
  for (const { group, members } of shares.flat()) sizes[group] = (sizes[group] ?? 0) + members.length
  return { all, shares, sizes }
}

function groupName(member: Member, groupOf: GroupOf): string | undefined {
  const endpoint = member.in.findLast((one) => one !== undefined)
  return endpoint?.kind === 'Pod' ? groupOf(endpoint) : undefined
}

function outsideOf({ in: endpoints }: EndpointClass): Group | undefined {
  const endpoint = endpoints.find((one) => one !== undefined)
  return endpoint?.kind === 'Outside' ? { name: endpoint.name, addresses: endpoint.addresses } : undefined
}

function share(group: number, members: readonly Member[], nodeOf: (member: Member) => Node): Share {
  return { group, members, byNode: membersByNode(members, nodeOf) }
}

/** How many pairs of different pods there are from one share to another: all, those that may be on one node, or the others. */
export function pairsBetween(from: Share, to: Share, oneNode: boolean | undefined): number {
  const all = from.members.length * to.members.length - (from === to ? from.members.length : 0)
  if (oneNode === undefined) return all
  const onNode = (node: Node) => to.byNode.get(node)?.length ?? 0
  let together = 0
  // The nodes of the other share are many where it is a DaemonSet; of those, only its own and the unknown ones are asked for.
  for (const [node, members] of from.byNode) {
    together += members.length * (node === undefined ? to.members.length : onNode(node) + onNode(undefined))
  }
  return oneNode ? together : all - together
}

/** One of these pairs, where there is any. */
export function pairBetween(from: Share, to: Share, oneNode: boolean | undefined): readonly [Member, Member] | undefined {
  return findPair(from.byNode, to.byNode, oneNode)
}
