/** reachability/engine/meant.ts — which classes a peer means: surely, or only in some reading of the text. */

import { matchesSelector } from '../../api/selectors.ts'
import type { AddressPlace, AddressSet } from '../addresses.ts'
import type { Pod } from '../model.ts'
import { isPeer, type Network } from '../network.ts'
import type { Peer, Selector } from '../policy.ts'
import { type Reading, STRICT } from '../readings.ts'
import { coveringSets } from './covering.ts'

/** A class that is judged by its rules alone, as one network has it: a pod, or an address outside that stands for a part of a range. */
export type Judged =
  | { readonly id: number; readonly pod: Pod; readonly place?: undefined }
  | { readonly id: number; readonly pod?: undefined; readonly place: AddressPlace }

/** Classes by number, rising; none is in both. */
export type Meant = { readonly surely: readonly number[]; readonly maybe: readonly number[] }

/** `text` is equal for peers that say the same. */
export type Meaning = { readonly text: string; readonly meant: Meant }

type AddressPeer = Extract<Peer, { form: 'Addresses' }>
type PodPeer = Extract<Peer, { form: 'Pods' }>

/** A function from a peer of a policy in a namespace to those it means of `judged`. Peers that say the same share one answer. */
export function meaningOf(network: Network, judged: readonly Judged[]): (namespace: string, peer: Peer) => Meaning {
  const podsByNamespace = Map.groupBy(judged, ({ pod }) => pod?.namespace)
  const namespaces = new Map<string, readonly string[]>()
  const known = new Map<string, Meaning>()
  const held = heldByRanges(network, judged)

  const namespacesOf = ({ text, selector }: Selector): readonly string[] => {
    const matching =
      namespaces.get(text) ?? [...network.cluster.namespaces].flatMap(([name, labels]) => (matchesSelector(selector, labels) ? [name] : []))
    namespaces.set(text, matching)
    return matching
  }
  const podsOf = (namespace: string, { namespaceSelector, podSelector }: PodPeer): readonly number[] =>
    (namespaceSelector ? namespacesOf(namespaceSelector) : [namespace])
      .flatMap((name) => podsByNamespace.get(name) ?? [])
      .filter(({ pod }) => pod && (!podSelector || matchesSelector(podSelector.selector, pod.labels)))
      .map(({ id }) => id)
      .sort(rising)

  return (namespace, peer) => {
    const text = textOf(namespace, peer)
    const meaning = known.get(text) ?? {
      text,
      meant: peer.form === 'Addresses' ? held(namespace, peer) : { surely: podsOf(namespace, peer), maybe: [] },
    }
    known.set(text, meaning)
    return meaning
  }
}

function textOf(namespace: string, peer: Peer): string {
  if (peer.form === 'Addresses') return peer.addresses.join()
  const where = peer.namespaceSelector ? peer.namespaceSelector.text : `in ${namespace}`
  return `${where} ${peer.podSelector?.text ?? ''}`
}

/** All ranges are compared with all addresses in one walk: there may be thousands of both. */
function heldByRanges(network: Network, judged: readonly Judged[]): (namespace: string, peer: AddressPeer) => Meant {
  const sets = new Map(network.policies.flatMap(rangesIn).map((addresses) => [addresses.join(), addresses]))
  const numbers = new Map([...sets.keys()].map((text, index) => [text, index]))
  const placesOf = (one: Judged): readonly AddressPlace[] => (one.pod ? one.pod.places : [one.place])
  const covering = coveringSets([...sets.values()], judged.flatMap(placesOf))
  const holders = [...sets].map(() => ({ outside: [] as number[], pods: [] as number[] }))
  for (const one of judged) {
    for (const set of new Set(placesOf(one).flatMap((place) => covering(place)))) holders[set]?.[one.pod ? 'pods' : 'outside'].push(one.id)
  }
  const unknown = judged.flatMap((one) => (one.pod?.places.length === 0 ? [{ ...one, pod: one.pod }] : []))
  const [narrow, wide] = readingsOf(network)

  return (namespace, peer) => {
    const { outside = [], pods = [] } = holders[numbers.get(peer.addresses.join()) ?? -1] ?? {}
    const inReading = (reading: Reading) => [
      ...(reading.ipBlocks === 'Pods' ? pods : []),
      ...unknown.flatMap(({ id, pod }) => (isPeer(network, namespace, peer, { as: 'Pod', pod }, reading) ? [id] : [])),
    ]
    const surely = new Set([...outside, ...inReading(narrow)])
    return {
      surely: [...surely].sort(rising),
      maybe: inReading(wide)
        .filter((id) => !surely.has(id))
        .sort(rising),
    }
  }
}

function rangesIn({ rules }: Network['policies'][number]): readonly AddressSet[] {
  return [...(rules.Ingress ?? []), ...(rules.Egress ?? [])].flatMap(({ peers }) =>
    peers.flatMap((peer) => (peer.form === 'Addresses' ? [peer.addresses] : [])),
  )
}

/** Of what a range may mean for pods, the reading in which it means the fewest, and that in which it means the most. */
function readingsOf({ assume }: Network): readonly [Reading, Reading] {
  return [
    { ...STRICT, ipBlocks: 'Outside', unknownAddresses: 'Elsewhere', ...assume },
    { ...STRICT, ipBlocks: 'Pods', unknownAddresses: 'Covered', ...assume },
  ]
}

function rising(a: number, b: number): number {
  return a - b
}
