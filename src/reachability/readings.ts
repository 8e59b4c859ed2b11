/**
 * reachability/readings.ts — what the text of NetworkPolicy leaves to the network plugin, and the ways to read it.
 *
 * A flow is evaluated under every reading that makes sense for its two ends. Where all agree, the answer is certain. Where they do
 * not, it is `depends`, with the questions on which it depends.
 */

/** One way to read what is undefined. */
export type Reading = {
  /** Pods in the network of their node: policies and selectors know them (Pod), or they are nothing but the node's address (Node). */
  readonly hostNetwork: 'Pod' | 'Node'
  /** Whether an ipBlock also matches pods by their addresses (Pods), or only what is outside the cluster (Outside). */
  readonly ipBlocks: 'Pods' | 'Outside'
  /** Whether an ipBlock that holds some of the addresses which a pod may have, and not all, holds the one it has: for pods whose address is not known. */
  readonly unknownAddresses: 'Covered' | 'Elsewhere'
  /** Whether a pod and the node on which it runs always reach each other, or need a rule. */
  readonly ownNode: 'Allowed' | 'ByRule'
  /** Whether a pod always reaches itself, or needs a rule: through a Service, some plugins ask for one. */
  readonly itself: 'Allowed' | 'ByRule'
  /** When two containers of a pod give one name to different ports: the first one, or each. */
  readonly namedPorts: 'First' | 'Every'
  /** The address from which a node's traffic seems to come: its own, or any other (that of a tunnel or a bridge). */
  readonly nodeSource: 'Own' | 'Any'
}

/** The text of the API and of its documentation taken literally; where both are silent, what most network plugins do. */
export const STRICT: Reading = {
  // "This is the most common implementation", says the concept page.
  hostNetwork: 'Node',
  // The e2e tests of Kubernetes allow a pod by an ipBlock around its address.
  ipBlocks: 'Pods',
  unknownAddresses: 'Covered',
  ownNode: 'Allowed',
  itself: 'Allowed',
  namedPorts: 'First',
  nodeSource: 'Own',
}

/** What is known of the network plugin, so that it need not stay open. Nothing is assumed unless said. */
export type Assumptions = Partial<Reading>

export const REASON_CODES = [
  'HostNetwork',
  'IPBlockOnPods',
  'AddressUnknown',
  'OwnNode',
  'ToItself',
  'NamedPortTwice',
  'NodeAddress',
  'AddressFamily',
  'SourceRewritten',
  'PartOfRange',
  'SomeBackends',
  'OtherProtocol',
  'ServiceAddress',
] as const

/** Why an answer depends on the network plugin, or on what was not said. They are API and never change their meaning. */
export type ReasonCode = (typeof REASON_CODES)[number]

/** A sentence for each; `from` and `to` are the names of the two ends. */
export function reasonText(code: ReasonCode, from: string, to: string): string {
  switch (code) {
    case 'HostNetwork':
      return `${from} or ${to} is in the network of its node: most network plugins see only the node there, some see the pod`
    case 'IPBlockOnPods':
      return `an ipBlock holds, or may hold, the address of ${from} or ${to}: some network plugins match pods by ipBlock, others never do`
    case 'AddressUnknown':
      return `the address of ${from} or ${to} is not known, and an ipBlock holds some of those that it may have`
    case 'OwnNode':
      return `one of ${from} and ${to} is, or may be, the node on which the other runs: a pod and its node always reach each other, says the documentation, but some network plugins ask for a rule`
    case 'ToItself':
      return `${from} connects to itself: nothing stops that directly, but through a Service some network plugins ask for a rule`
    case 'NamedPortTwice':
      return `containers of ${to} give one name to different ports: network plugins differ in which of them they open`
    case 'NodeAddress':
      return `the traffic of a node comes from the node's address, or from that of a tunnel or bridge, depending on the network plugin: an ipBlock between ${from} and ${to} covers some of these addresses and not others`
    case 'AddressFamily':
      return `${to} has several addresses, and not all of them are allowed`
    case 'SourceRewritten':
      return `on the way through a Service, the address of ${from} may be replaced by that of a node or of a load balancer`
    case 'PartOfRange':
      return `${from} or ${to} is a range of which only a part is allowed`
    case 'SomeBackends':
      return `of the pods behind Service ${to}, some can be reached and others not`
    case 'OtherProtocol':
      return `NetworkPolicy only speaks of TCP, UDP and SCTP; what it does to other protocols between ${from} and ${to} is undefined`
    case 'ServiceAddress':
      return `rules are compared with the address of the Service ${to} or with that of the pods behind it, depending on the network plugin, and they differ in what they allow`
  }
}
