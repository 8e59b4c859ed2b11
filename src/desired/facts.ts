/** desired/facts.ts — what has to be known of the cluster, besides the resource, to say what the resource means. */

import type { Configuration } from '../api/configuration.ts'
import type { LabelSelector } from '../api/selectors.ts'
import type { NonEmpty, PolicyPeer, PolicyPort } from './network/policy.ts'

/** Peers together with the ports on which they are reached. */
export type Endpoint = { readonly peers: NonEmpty<PolicyPeer>; readonly ports: NonEmpty<PolicyPort> }

/** Something of the platform that pods reach, and that in its turn reaches pods. */
export type Destination = {
  /** Where it was found, for people: "Service kube-system/kube-dns". */
  readonly source: string
  /** Its addresses as ranges, for status. */
  readonly addresses: readonly string[]
  /** How pods reach it: on the address of the Service, and where the Service leads (networks judge before or after translation). */
  readonly endpoints: NonEmpty<Endpoint>
  /** As whom it reaches pods. */
  readonly origins: NonEmpty<PolicyPeer>
}

export type Facts = {
  readonly configuration: Configuration
  /** The namespace selectors of all TenantIsolations, by name. */
  readonly tenants: ReadonlyMap<string, LabelSelector>
  /** Undefined while it was not found: then no rule is written for it. */
  readonly dns: Destination | undefined
  readonly apiServer: Destination | undefined
}

/** A peer that is asked for and cannot be written, because a fact is missing. It stays closed until the fact is there. */
export type Gap = { readonly gap: string; readonly message: string }

export function isGap(value: object): value is Gap {
  return 'gap' in value
}
