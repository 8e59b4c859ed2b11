/** lint/rules/cluster-range.ts — TI002: a range of addresses that covers pods, Services or nodes of the cluster. */

import {
  type AddressSet,
  addressesText,
  endpointName,
  hasAddress,
  intersectAddresses,
  parseAddress,
  parseAddresses,
  unionAddresses,
} from '../../reachability/reachability.ts'
import { type Found, someOf } from '../finding.ts'
import type { Grant, GrantPart } from '../grants.ts'
import type { LintInput, LintRule } from '../input.ts'

export const clusterRange: LintRule = {
  code: 'TI002',
  name: 'RangeCoversCluster',
  severity: 'warning',
  summary: 'a range covers addresses of pods, Services or nodes, which some network plugins let through by it and others do not',
  check: (input) => {
    const cluster = inCluster(input)
    return input.grants.flatMap((grant) => grant.parts.flatMap((part) => inPart(grant, part, cluster)))
  },
}

type Known = {
  readonly ranges: AddressSet
  readonly places: readonly { readonly called: string; readonly place: bigint }[]
}

/** The ranges that the configuration names, and the addresses that pods and Services are known to have. */
function inCluster({ facts, network, services }: LintInput): Known {
  const ranges = facts.configuration.cluster.ranges.map((text) => parseAddresses(text) ?? [])
  return {
    ranges: unionAddresses(...ranges),
    places: [
      ...network.cluster.pods
        .filter(({ hostNetwork }) => !hostNetwork)
        .flatMap((pod) => pod.places.map((place) => ({ called: `pod ${endpointName(pod)}`, place }))),
      ...services.flatMap(({ namespace, name, clusterIPs }) =>
        clusterIPs.flatMap((text) => {
          const place = parseAddress(text)
          return place === undefined ? [] : [{ called: `Service ${namespace}/${name}`, place }]
        }),
      ),
    ],
  }
}

function inPart({ object }: Grant, { field, written, rules }: GrantPart, { ranges, places }: Known): readonly Found[] {
  // Where DNS and the API server are is looked up, and a range of the platform team is theirs to say.
  const isInternet = written?.preset === 'Internet'
  if (written && written.cidr === undefined && !isInternet) return []
  const addresses = unionAddresses(
    ...rules.flatMap(({ peers }) => peers.flatMap((peer) => (peer.form === 'Addresses' ? [peer.addresses] : []))),
  )
  const overlap = intersectAddresses(addresses, ranges)
  const inside = places.filter(({ place }) => hasAddress(addresses, place)).map(({ called }) => called)
  if (overlap.length === 0 && inside.length === 0) return []
  const what = overlap.length > 0 ? `${addressesText(overlap)} of the cluster` : someOf(inside)
  if (isInternet) {
    return [
      {
        object,
        field,
        message: `preset Internet covers ${what}: the cluster has public addresses; add its ranges to cluster.ranges of the operator's configuration`,
      },
    ]
  }
  const at = written ? `${field}.cidr` : field
  return [
    {
      object,
      field: at,
      message: `the range covers ${what}; whether it lets them through depends on the network plugin: name pods by podSelector and namespaceSelector, and take the cluster's addresses out by except`,
    },
  ]
}
