/** desired/network/peers.ts — from a peer of the resource to what a NetworkPolicy says for it. */

import type { Direction, Peer } from '../../api/network.ts'
import { isEmptySelector, type LabelSelector } from '../../api/selectors.ts'
import { type Facts, type Gap, isGap } from '../facts.ts'
import { internetPeers } from './internet.ts'
import { isNonEmpty, type NonEmpty, type PolicyPeer, type Rule } from './policy.ts'

/**
 * The rules that say the same as `peer`, each with the ports that the peer brings along, or a gap when a fact is missing.
 * Never an empty list, and never a rule without peers.
 */
export function rulesOf(peer: Peer, direction: Direction, facts: Facts): NonEmpty<Rule> | Gap {
  if (peer.preset === 'DNS') return destinationRules(facts.dns, direction, DNS_NOT_FOUND)
  if (peer.preset === 'KubeAPIServer') return destinationRules(facts.apiServer, direction, API_SERVER_NOT_FOUND)
  const peers = peersOf(peer, facts)
  return isGap(peers) ? peers : [{ peers }]
}

export const DNS_NOT_FOUND: Gap = {
  gap: 'DNSNotFound',
  message:
    "the cluster's DNS Service was not found; name it in dns.service of the operator's configuration, or set spec.network.dns to Custom or Disabled",
}

const API_SERVER_NOT_FOUND: Gap = {
  gap: 'KubeAPIServerNotFound',
  message: 'the addresses of the API server were not found: Service default/kubernetes has no EndpointSlices',
}

function destinationRules(destination: Facts['dns'], direction: Direction, missing: Gap): NonEmpty<Rule> | Gap {
  if (!destination) return missing
  return direction === 'Egress' ? destination.endpoints : [{ peers: destination.origins }]
}

function peersOf(peer: Peer, facts: Facts): NonEmpty<PolicyPeer> | Gap {
  if (peer.tenant !== undefined) return tenantPeers(peer.tenant, peer.podSelector, facts)
  if (peer.platform !== undefined) return platformPeers(peer.platform, facts)
  if (peer.preset === 'Internet') return publicPeers(facts)
  if (peer.preset === 'Cluster') return [{ namespaceSelector: {} }]
  if (peer.cidr !== undefined) return [addressPeer(peer.cidr, peer.except)]
  return podPeer(peer.podSelector, peer.namespaceSelector)
}

function tenantPeers(name: string, podSelector: LabelSelector | undefined, { tenants }: Facts): NonEmpty<PolicyPeer> | Gap {
  const namespaceSelector = tenants.get(name)
  // An empty selector is nobody's: no schema that we ever wrote lets one through, and it would mean every namespace.
  return namespaceSelector && !isEmptySelector(namespaceSelector)
    ? podPeer(podSelector, namespaceSelector)
    : { gap: 'TenantUnknown', message: `no TenantIsolation is called ${name}; correct the name, or wait until it exists` }
}

function platformPeers(name: string, { configuration }: Facts): NonEmpty<PolicyPeer> | Gap {
  const peers = (configuration.platform.find((entry) => entry.name === name)?.peers ?? []).flatMap(
    ({ cidr, except, podSelector, namespaceSelector }): readonly PolicyPeer[] => {
      const peer = cidr === undefined ? podPeer(podSelector, namespaceSelector) : [addressPeer(cidr, except)]
      return isGap(peer) ? [] : peer
    },
  )
  return isNonEmpty(peers)
    ? peers
    : {
        gap: 'PlatformPeerUnknown',
        message: `the operator's configuration names no platform peer ${name}; correct the name, or ask the platform team to add it`,
      }
}

function publicPeers({ configuration }: Facts): NonEmpty<PolicyPeer> | Gap {
  const peers = internetPeers(configuration)
  return isNonEmpty(peers)
    ? peers
    : { gap: 'InternetEmpty', message: "the operator's configuration counts every public address as private" }
}

function addressPeer(cidr: string, except: readonly string[] | undefined): PolicyPeer {
  return { ipBlock: { cidr, ...(except && isNonEmpty(except) && { except }) } }
}

/** A peer without any selector would not be a peer at all, and the API server would refuse it; the schema lets none through. */
function podPeer(podSelector: LabelSelector | undefined, namespaceSelector: LabelSelector | undefined): NonEmpty<PolicyPeer> | Gap {
  if (!podSelector && !namespaceSelector) return { gap: 'PeerWithoutForm', message: 'a peer says nothing; give it exactly one form' }
  return [{ ...(podSelector && { podSelector }), ...(namespaceSelector && { namespaceSelector }) }]
}
