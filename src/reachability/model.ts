/** reachability/model.ts — pods, namespaces and addresses outside: who there is to reach and to be reached. */

import { compareText } from '../api/canonical.ts'
import { NAMESPACE_NAME_LABEL } from '../api/labels.ts'
import type { Labels } from '../api/selectors.ts'
import {
  type AddressPlace,
  type AddressSet,
  addressesText,
  NO_ADDRESSES,
  onlyAddress,
  parseAddress,
  parseAddresses,
  unionAddresses,
} from './addresses.ts'
import type { Protocol } from './ports.ts'
import type { Problem } from './problems.ts'

/** A port of a container that has a name; of init containers only where they keep running beside the others. */
export type ContainerPort = { readonly name: string; readonly protocol: Protocol; readonly port: number }

export type Workload = { readonly kind: string; readonly name: string }

/** What has to be known of a pod. Only pods that have not ended: what has ended reaches nobody. */
export type PodInput = {
  readonly namespace: string
  readonly name: string
  readonly labels: Labels
  /** status.podIPs; empty while they are not known. Of a pod in the network of its node, the node's. */
  readonly addresses: readonly string[]
  readonly hostNetwork: boolean
  /** status.hostIPs: the addresses of the node it runs on; empty while they are not known. */
  readonly nodeAddresses: readonly string[]
  readonly ports: readonly ContainerPort[]
  readonly workload?: Workload
}

export type NamespaceInput = { readonly name: string; readonly labels: Labels }

export type ClusterInput = {
  readonly pods: readonly PodInput[]
  /** A namespace that only its pods tell of has no label but its name. */
  readonly namespaces: readonly NamespaceInput[]
  /** The ranges from which pods get their addresses. Without them, a pod without an address may have any. */
  readonly podRanges?: readonly string[]
}

/** A pod with its addresses read. The same pod is the same object. */
export type Pod = PodInput & {
  readonly kind: 'Pod'
  readonly places: readonly AddressPlace[]
  readonly nodePlaces: readonly AddressPlace[]
}

/** Addresses outside the cluster: those among them that a pod or a node has are not meant, unless it is a single one. */
export type Outside = {
  readonly kind: 'Outside'
  readonly name: string
  readonly addresses: AddressSet
  /** The single address that was asked for; undefined for a range, and for every part of one, however small. */
  readonly single: AddressPlace | undefined
}

export type Endpoint = Pod | Outside

export type Cluster = {
  /** By namespace and name. */
  readonly pods: readonly Pod[]
  readonly namespaces: ReadonlyMap<string, Labels>
  readonly podRanges?: AddressSet
  /** Every address that a node is known to have. */
  readonly nodePlaces: ReadonlySet<AddressPlace>
}

/** The cluster that the input tells of. What cannot be read is left out, and listed. */
export function readCluster({ pods, namespaces, podRanges = [] }: ClusterInput): {
  readonly cluster: Cluster
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const known = new Map<string, Pod>()
  for (const input of pods) {
    const called = endpointName(input)
    const places = (field: 'addresses' | 'nodeAddresses') =>
      input[field].flatMap((text) => {
        const place = parseAddress(text)
        if (place === undefined) problems.push({ object: `Pod ${called}`, field, message: `${JSON.stringify(text)} is not an address` })
        return place === undefined ? [] : [place]
      })
    if (known.has(called)) problems.push({ object: `Pod ${called}`, field: 'name', message: 'is there twice; only the first counts' })
    else known.set(called, { ...input, kind: 'Pod', places: places('addresses'), nodePlaces: places('nodeAddresses') })
  }
  // Without any that can be read, nothing is known of where pods are.
  const ranges = rangesOf(podRanges, problems)
  const all = [...known.values()].sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name))
  return {
    cluster: {
      pods: all,
      namespaces: labelsByNamespace(all, namespaces),
      ...(ranges.length > 0 && { podRanges: ranges }),
      nodePlaces: new Set(all.flatMap((pod) => [...pod.nodePlaces, ...(pod.hostNetwork ? pod.places : [])])),
    },
    problems,
  }
}

/** The API server sets the label with the name on every namespace, whatever anybody writes. */
function labelsByNamespace(pods: readonly Pod[], namespaces: readonly NamespaceInput[]): ReadonlyMap<string, Labels> {
  const written = new Map(namespaces.map(({ name, labels }) => [name, labels]))
  const names = [...new Set([...written.keys(), ...pods.map(({ namespace }) => namespace)])].sort(compareText)
  return new Map(names.map((name) => [name, { ...written.get(name), [NAMESPACE_NAME_LABEL]: name }]))
}

function rangesOf(texts: readonly string[], problems: Problem[]): AddressSet {
  return unionAddresses(
    ...texts.map((text, index) => {
      const addresses = parseAddresses(text)
      if (!addresses) problems.push({ object: 'cluster', field: `podRanges[${index}]`, message: `${JSON.stringify(text)} is not a range` })
      return addresses ?? NO_ADDRESSES
    }),
  )
}

/** Addresses outside the cluster under a name for people; undefined when one of them is neither an address nor a range. */
export function outside(name: string, ranges: readonly string[]): Outside | undefined {
  const sets = ranges.map(parseAddresses)
  const read = sets.filter((set) => set !== undefined)
  const addresses = unionAddresses(...read)
  return read.length === sets.length ? { kind: 'Outside', name, addresses, single: onlyAddress(addresses) } : undefined
}

/** What `text` means as the end of a flow: the pod that has this address in a network of its own, or else the address or range itself. */
export function endpointAt(cluster: Cluster, text: string): Endpoint | undefined {
  const place = parseAddress(text)
  const pod = place === undefined ? undefined : cluster.pods.find(({ hostNetwork, places }) => !hostNetwork && places.includes(place))
  return pod ?? outside(text, [text])
}

export function findPod(cluster: Cluster, namespace: string, name: string): Pod | undefined {
  return cluster.pods.find((pod) => pod.namespace === namespace && pod.name === name)
}

/** The address that the endpoint stands for, where it is that of a node. */
export function nodePlaceOf(cluster: Cluster, { single }: Outside): AddressPlace | undefined {
  return single !== undefined && cluster.nodePlaces.has(single) ? single : undefined
}

/** "shop/web-1" for a pod; the name of what is outside. */
export function endpointName(endpoint: Outside | Pick<PodInput, 'namespace' | 'name'>): string {
  return 'namespace' in endpoint ? `${endpoint.namespace}/${endpoint.name}` : endpoint.name
}

/** The name with the addresses behind it, where the name does not say them already. */
export function outsideText({ name, addresses }: Outside): string {
  const text = addressesText(addresses)
  return name === text ? name : `${name} (${text})`
}
