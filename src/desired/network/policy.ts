/** desired/network/policy.ts — the NetworkPolicy as we write it: narrower types than networking/v1, so that what must never be written cannot be. */

import type { Direction } from '../../api/network.ts'
import type { LabelSelector } from '../../api/selectors.ts'

export type NonEmpty<T> = readonly [T, ...T[]]

export type PolicyPeer =
  | { readonly podSelector?: LabelSelector; readonly namespaceSelector?: LabelSelector }
  | { readonly ipBlock: { readonly cidr: string; readonly except?: readonly string[] } }

export type PolicyPort = { readonly protocol: 'TCP' | 'UDP' | 'SCTP'; readonly port?: number | string; readonly endPort?: number }

/**
 * A rule for one direction. `peers` is never empty: NetworkPolicy reads "no peers" as "everybody"
 * (networking/v1 NetworkPolicyIngressRule.from). `ports` undefined means every port of every protocol.
 */
export type Rule = { readonly peers: NonEmpty<PolicyPeer>; readonly ports?: NonEmpty<PolicyPort> }

export type IngressRule = { readonly from: NonEmpty<PolicyPeer>; readonly ports?: NonEmpty<PolicyPort> }
export type EgressRule = { readonly to: NonEmpty<PolicyPeer>; readonly ports?: NonEmpty<PolicyPort> }

/** The one rule without peers that we ever write: "everything", for as long as a namespace is taken in or let go (see bridge.ts). */
export type Open = Readonly<Record<string, never>>

export type PolicySpec = {
  readonly podSelector: LabelSelector
  readonly policyTypes: NonEmpty<Direction>
  readonly ingress?: NonEmpty<IngressRule | Open>
  readonly egress?: NonEmpty<EgressRule | Open>
}

/** A policy of a tenant, the same in every namespace to which the same rules apply. */
export type DesiredPolicy = {
  readonly name: string
  /** Which rules of the resource it carries, sorted: "dns", "ingress/shopping-cart", "intraTenant". */
  readonly rules: readonly string[]
  readonly spec: PolicySpec
}

export function isNonEmpty<T>(items: readonly T[]): items is NonEmpty<T> {
  return items.length > 0
}

export function mapNonEmpty<T, U>([first, ...rest]: NonEmpty<T>, map: (item: T) => U): NonEmpty<U> {
  return [map(first), ...rest.map(map)]
}
