/**
 * reachability/classes.ts — pods grouped by what policies can tell apart, so that a cluster is looked at once per group and not once per pod.
 *
 * Two pods are in one class when they are in one namespace and agree in every label that any selector looks at (values that no
 * selector names count as one), in every port name that any rule uses, in every ipBlock that holds their addresses, and in whether
 * they are in the network of their node. Several networks (ours and all; before and after) share the classes: a pod is told apart by
 * what any of them tells apart.
 */

import { compareText } from '../api/canonical.ts'
import type { LabelSelector } from '../api/selectors.ts'
import { type AddressPlace, type AddressSet, cutAddresses, familyOf, joinParts } from './addresses.ts'
import { coveringSets } from './engine/covering.ts'
import { type Endpoint, endpointName, nodePlaceOf, type Outside, type Pod } from './model.ts'
import { hasAmbiguousNames, type Network } from './network.ts'

/** One pod, or some addresses outside, as each network has it; undefined where a network does not know it. */
export type Member = { readonly name: string; readonly in: readonly (Endpoint | undefined)[] }

export type EndpointClass = {
  readonly id: number
  /** Of pods by name; exactly one for addresses outside. */
  readonly members: readonly Member[]
  /** The first member in each network, which stands for all of them. */
  readonly in: readonly (Endpoint | undefined)[]
  /** Not to be judged by its rules alone: what is undefined about it depends on the very pods. */
  readonly special: boolean
}

export type Space = {
  readonly networks: readonly Network[]
  readonly classes: readonly EndpointClass[]
}

/** The classes of all pods of these networks, and of the addresses `outsides`, cut where any policy cuts them. */
export function spaceOf(networks: readonly Network[], outsides: readonly Outside[] = []): Space {
  const vocabularies = networks.map(vocabularyOf)
  const byKey = new Map<string, Member[]>()
  for (const member of membersOf(networks)) {
    const key = member.in.map((pod, index) => (pod?.kind === 'Pod' ? (vocabularies[index]?.keyOf(pod) ?? '') : '')).join('\n')
    const members = byKey.get(key) ?? []
    members.push(member)
    byKey.set(key, members)
  }
  const pods = [...byKey.values()].sort((a, b) => compareText(a[0]?.name ?? '', b[0]?.name ?? ''))
  const parts = outsides.flatMap((outside) => outsideMembers(networks, vocabularies, outside).map((member) => [member]))
  const classes = [...pods, ...parts].map((members, id): EndpointClass => {
    const endpoints = networks.map((_, index) => members.find((member) => member.in[index])?.in[index])
    return { id, members, in: endpoints, special: endpoints.some((endpoint, index) => isSpecial(networks[index], endpoint)) }
  })
  return { networks, classes }
}

function isSpecial(network: Network | undefined, endpoint: Endpoint | undefined): boolean {
  if (!endpoint || !network) return false
  if (endpoint.kind === 'Outside') return nodePlaceOf(network.cluster, endpoint) !== undefined
  return endpoint.hostNetwork || hasAmbiguousNames(endpoint)
}

/** Every pod of any network, by name. Pods of the same name are the same pod. */
function membersOf(networks: readonly Network[]): readonly Member[] {
  const members = new Map<string, (Endpoint | undefined)[]>()
  for (const [index, { cluster }] of networks.entries()) {
    for (const pod of cluster.pods) {
      const name = endpointName(pod)
      const known = members.get(name) ?? networks.map(() => undefined)
      known[index] = pod
      members.set(name, known)
    }
  }
  return [...members].sort(([a], [b]) => compareText(a, b)).map(([name, pods]) => ({ name, in: pods }))
}

/** What a network's policies look at. */
type Vocabulary = {
  readonly blocks: readonly AddressSet[]
  readonly keyOf: (pod: Pod) => string
}

function vocabularyOf({ policies, cluster }: Network): Vocabulary {
  const labels: MentionedLabels = new Map()
  const names = new Set<string>()
  const blocks = new Map<string, AddressSet>()
  for (const { podSelector, rules } of policies) {
    addMentioned(podSelector.selector, labels)
    for (const { peers, named } of [...(rules.Ingress ?? []), ...(rules.Egress ?? [])]) {
      for (const { protocol, name } of named) names.add(`${protocol}/${name}`)
      for (const peer of peers) {
        if (peer.form === 'Addresses') blocks.set(peer.addresses.join(), peer.addresses)
        else if (peer.podSelector) addMentioned(peer.podSelector.selector, labels)
      }
    }
  }
  const all = [...blocks.values()]
  const places = cluster.pods.flatMap((pod) => [...pod.places, ...(pod.hostNetwork ? pod.nodePlaces : [])])
  const covering = coveringSets(all, places)
  const blocksOf = (some: readonly AddressPlace[]) => [...new Set(some.flatMap((place) => covering(place)))].sort((a, b) => a - b).join()
  return { blocks: all, keyOf: (pod) => podKey(pod, labels, names, blocksOf) }
}

/** The keys that selectors look at, each with the values that any of them compares it with. */
type MentionedLabels = Map<string, Set<string>>

function addMentioned({ matchLabels = {}, matchExpressions = [] }: LabelSelector, mentioned: MentionedLabels): void {
  const add = (key: string, values: readonly string[]) => {
    const known = mentioned.get(key) ?? new Set()
    for (const value of values) known.add(value)
    mentioned.set(key, known)
  }
  for (const [key, value] of Object.entries(matchLabels)) add(key, [value])
  for (const { key, values = [] } of matchExpressions) add(key, values)
}

/** To every selector, a value that none of them names is as good as any other such value. */
function seenLabels({ labels }: Pod, mentioned: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const keys = Object.keys(labels).filter((key) => mentioned.has(key))
  return keys.sort().map((key) => (mentioned.get(key)?.has(labels[key] ?? '') ? [key, labels[key] ?? ''] : [key]))
}

type BlocksOf = (places: readonly AddressPlace[]) => string

function podKey(pod: Pod, labels: ReadonlyMap<string, ReadonlySet<string>>, names: ReadonlySet<string>, blocksOf: BlocksOf): string {
  const ports = pod.ports
    .filter(({ protocol, name }) => names.has(`${protocol}/${name}`))
    .map(({ protocol, name, port }) => `${protocol}/${name}=${port}`)
  return JSON.stringify([
    pod.namespace,
    seenLabels(pod, labels),
    // In the order of the containers, where the first of two with one name may count; else sorted.
    hasAmbiguousNames(pod) ? ports : ports.sort(),
    pod.hostNetwork ? nodeKey(pod, blocksOf) : pod.places.length > 0 ? blocksOf(pod.places) : '?',
  ])
}

/** A node may show any one of its addresses: each counts by itself. */
function nodeKey({ places, nodePlaces }: Pod, blocksOf: BlocksOf): readonly string[] {
  const one = (place: AddressPlace) => `${familyOf(place)}:${blocksOf([place])}`
  return ['host', ...places.map(one), 'node', ...[...new Set(nodePlaces.map(one))].sort()]
}

/** The parts of a range that the policies of the networks tell apart, those that are treated alike together. */
function outsideMembers(networks: readonly Network[], vocabularies: readonly Vocabulary[], outside: Outside): readonly Member[] {
  const cuts = [...new Set(vocabularies.flatMap(({ blocks }) => blocks.flat()))].sort((a, b) => (a < b ? -1 : 1))
  const parts = cutAddresses(outside.addresses, cuts)
  const starts = parts.map(([start]) => start)
  const covering = vocabularies.map(({ blocks }) => coveringSets(blocks, starts))
  const alike = Map.groupBy(parts, ([start]) => covering.map((of) => of(start).join()).join(';'))
  return [...alike.values()].map((some) => {
    const addresses = joinParts(some)
    const part: Outside = parts.length === 1 ? outside : { ...outside, addresses }
    return { name: outside.name, in: networks.map(() => part) }
  })
}
