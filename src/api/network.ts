/** api/network.ts — spec.network: what may talk to whom. */

import { z } from 'zod'
import { containsCidr, formatCidr, parseCidr } from './cidr.ts'
import { atLeastOne, constrained, listType, matching } from './constraint.ts'
import { labelSelector, nonEmptyLabelSelector } from './selectors.ts'

/** Bounds that keep the API server's estimate of the CEL rules within its budget, and a policy within what networks digest. */
export const BOUNDS = { rules: 64, peers: 32, ports: 32, except: 32 } as const

/** The name of a tenant, a rule, a platform peer: a DNS label, so that it fits into labels and into names built from it. */
export const dnsLabel = matching(
  z.string().max(63),
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  'write a DNS label: at most 63 lower-case letters, digits and -, with a letter or a digit at both ends',
)

export const cidr = constrained(z.string().max(43), {
  cel: 'isCIDR(self) && string(cidr(self).masked()) == self',
  message:
    'write a canonical CIDR: no bits behind its length (192.168.1.0/24, not 192.168.1.1/24), no leading zeros, IPv6 in its short form, never IPv4 mapped into IPv6',
  holds: (text) => {
    const parsed = parseCidr(text)
    if (!parsed) {
      return `${JSON.stringify(text)} is not a range; write a canonical CIDR: an address without leading zeros, a slash and a length, such as 192.168.1.0/24 or 2001:db8::/32, never IPv4 mapped into IPv6`
    }
    return formatCidr(parsed) === text || `${text} is not canonical; write ${formatCidr(parsed)}`
  },
})

export const PEER_PRESETS = ['Internet', 'Cluster', 'KubeAPIServer', 'DNS'] as const

const FORMS =
  'a peer has exactly one form: pods (podSelector and/or namespaceSelector), tenant, cidr, platform, or preset; write two peers instead of two forms'

const exceptRanges = atLeastOne(listType(z.array(cidr).max(BOUNDS.except), 'atomic'), 'name at least one range, or leave except out')

const EXCEPT_WITH_CIDR = {
  cel: '!has(self.except) || has(self.cidr)',
  message: 'except only goes with cidr: it takes ranges out of it',
  holds: (peer: AddressPeer) => peer.except === undefined || peer.cidr !== undefined,
}

const EXCEPT_INSIDE_CIDR = {
  cel: '!has(self.except) || !has(self.cidr) || !isCIDR(self.cidr) || self.except.all(e, !isCIDR(e) || (cidr(self.cidr).containsCIDR(e) && cidr(e).prefixLength() > cidr(self.cidr).prefixLength()))',
  message:
    'each range in except must lie strictly inside cidr; leave out what lies elsewhere, and leave out the peer when nothing remains of it',
  holds: ({ cidr: whole, except = [] }: AddressPeer) => {
    const outer = whole === undefined ? undefined : parseCidr(whole)
    return except.every((text) => {
      const inner = parseCidr(text)
      return !outer || !inner || (containsCidr(outer, inner) && inner.prefix > outer.prefix)
    })
  },
}

type AddressPeer = { readonly cidr?: string | undefined; readonly except?: readonly string[] | undefined }

const peerFields = z.strictObject({
  podSelector: labelSelector
    .optional()
    .describe(
      "Pods with these labels: of the rule's own namespace, or of the namespaces in namespaceSelector, or of the tenant in tenant. The empty selector means all of them.",
    ),
  namespaceSelector: labelSelector
    .optional()
    .describe('All pods of the namespaces with these labels, or those of them that podSelector selects.'),
  tenant: dnsLabel
    .optional()
    .describe(
      'The pods of the namespaces that another TenantIsolation selects, by its name. A flow needs a rule on both sides: there, one that names this tenant.',
    ),
  cidr: cidr
    .optional()
    .describe('A range of addresses outside the cluster, with no bits behind its length: 192.168.1.0/24, 2001:db8::/32.'),
  except: exceptRanges.optional().describe('Ranges inside cidr that are not meant. Each is strictly smaller than cidr.'),
  platform: dnsLabel
    .optional()
    .describe("A peer that the platform team has named in the operator's configuration, such as an ingress controller or monitoring."),
  preset: z
    .enum(PEER_PRESETS)
    .optional()
    .describe(
      'Internet: public addresses, never private ranges or cloud metadata. Cluster: every pod of the cluster. KubeAPIServer: the API server, where it really is. DNS: the DNS of the cluster.',
    ),
})

export const peer = constrained(
  peerFields,
  {
    cel: '[has(self.namespaceSelector) || (has(self.podSelector) && !has(self.tenant)), has(self.tenant), has(self.cidr), has(self.platform), has(self.preset)].filter(form, form).size() == 1',
    message: FORMS,
    holds: (peer) => {
      const pods = peer.namespaceSelector ?? (peer.tenant === undefined ? peer.podSelector : undefined)
      return [pods, peer.tenant, peer.cidr, peer.platform, peer.preset].filter((form) => form !== undefined).length === 1
    },
  },
  EXCEPT_WITH_CIDR,
  EXCEPT_INSIDE_CIDR,
)
export type Peer = z.output<typeof peer>

/** What the platform team may name in the operator's configuration: pods of certain namespaces, or addresses. */
export const platformPeer = constrained(
  peerFields.pick({ podSelector: true, namespaceSelector: true, cidr: true, except: true }),
  {
    cel: 'has(self.namespaceSelector) != has(self.cidr) && (!has(self.podSelector) || has(self.namespaceSelector))',
    message: 'a platform peer is pods (namespaceSelector, and podSelector if wanted) or addresses (cidr, and except if wanted)',
    holds: ({ podSelector, namespaceSelector, cidr }) =>
      (namespaceSelector === undefined) !== (cidr === undefined) && (podSelector === undefined || namespaceSelector !== undefined),
  },
  EXCEPT_WITH_CIDR,
  EXCEPT_INSIDE_CIDR,
)

const PORT_NAME = /^[a-z0-9-]{0,14}[a-z0-9]$/

/** IANA service names, as Kubernetes takes them for named ports: at most 15 characters, a letter among them, no double hyphen. */
function isPortName(text: string): boolean {
  return PORT_NAME.test(text) && /[a-z]/.test(text) && !text.includes('--') && !text.startsWith('-')
}

const portOrName = constrained(
  z.union([z.int(), z.string().max(15)], 'must be of type integer,string').meta({ 'x-kubernetes-int-or-string': true }),
  {
    cel: "type(self) == int ? self >= 1 && self <= 65535 : self.matches('^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$') && self.matches('[a-z]') && !self.contains('--')",
    message: "write a port between 1 and 65535, or the name of a container's port (at most 15 lower-case letters, digits and -)",
    holds: (port) => (typeof port === 'number' ? port >= 1 && port <= 65535 : isPortName(port)),
  },
)

export const port = constrained(
  z.strictObject({
    protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional().describe('TCP unless said.'),
    port: portOrName
      .optional()
      .describe('A number, or the name of a port of the pods that are reached. Left out: every port of the protocol.'),
    endPort: z.int().min(1).max(65535).optional().describe('With a number in port: the last port of a range that begins there.'),
  }),
  {
    cel: 'has(self.port) || has(self.protocol)',
    message: 'name a port or a protocol; leave ports out altogether to mean every port',
    holds: ({ port, protocol }) => port !== undefined || protocol !== undefined,
  },
  {
    cel: '!has(self.endPort) || (has(self.port) && type(self.port) == int && self.endPort >= self.port)',
    message: 'endPort ends a range that begins at a number in port; it must not be smaller than port and does not go with a named port',
    holds: ({ port, endPort }) => endPort === undefined || (typeof port === 'number' && endPort >= port),
  },
)
export type Port = z.output<typeof port>

const ports = atLeastOne(
  listType(z.array(port).max(BOUNDS.ports), 'atomic'),
  'name at least one port; leave ports out altogether to mean every port',
)
const peers = atLeastOne(
  listType(z.array(peer).max(BOUNDS.peers), 'atomic'),
  'name at least one peer; an empty list would mean everybody to NetworkPolicy, and is refused here',
)

const appliesTo = z
  .strictObject({
    podSelector: labelSelector.optional().describe('The pods with these labels; all pods unless said.'),
    namespaceSelector: labelSelector
      .optional()
      .describe("Those of the tenant's namespaces that have these labels; all of them unless said."),
  })
  .optional()
  .describe("Which of the tenant's pods the rule is for. All of them unless said.")

const ruleName = dnsLabel.describe('Unique within the direction; shows up in explanations and on the policies that carry the rule.')

const ingressRule = z.strictObject({
  name: ruleName,
  appliesTo,
  from: peers.describe('Who may connect: any of these peers.'),
  ports: ports.optional().describe('On which ports of the pods that the rule is for. Every port unless said.'),
})

const egressRule = constrained(
  z.strictObject({
    name: ruleName,
    appliesTo,
    to: peers.describe('Where the pods may connect to: any of these peers.'),
    ports: ports
      .optional()
      .describe('On which ports of the peers. Every port unless said. The presets DNS and KubeAPIServer bring their own.'),
  }),
  {
    cel: "!has(self.ports) || self.to.all(p, !has(p.preset) || !(p.preset in ['DNS', 'KubeAPIServer']))",
    message: 'the presets DNS and KubeAPIServer bring their own ports; leave ports out, or put the other peers into a rule of their own',
    holds: ({ ports, to }) => ports === undefined || !to.some(({ preset }) => preset === 'DNS' || preset === 'KubeAPIServer'),
  },
)

export type IngressRule = z.output<typeof ingressRule>
export type EgressRule = z.output<typeof egressRule>

const dns = constrained(
  z.strictObject({
    mode: z
      .enum(['Auto', 'Custom', 'Disabled'])
      .optional()
      .describe(
        "Auto: every pod may ask the cluster's DNS, which is found by itself and shown in status. Custom: the peers in to. Disabled: no rule. Auto unless said.",
      ),
    to: peers.optional().describe('With Custom: who answers DNS.'),
    ports: ports.optional().describe('With Custom: on which ports. 53, UDP and TCP, unless said.'),
  }),
  {
    cel: "(has(self.mode) && self.mode == 'Custom') == has(self.to) && (has(self.to) || !has(self.ports))",
    message: 'mode Custom needs to, and only Custom takes to and ports',
    holds: ({ mode, to, ports }) => (mode === 'Custom') === (to !== undefined) && (to !== undefined || ports === undefined),
  },
  {
    cel: "!has(self.to) || self.to.all(p, !has(p.preset) || !(p.preset in ['DNS', 'KubeAPIServer']))",
    message: 'name the peers that answer DNS: the presets DNS and KubeAPIServer do not go here; mode Auto finds the DNS of the cluster',
    holds: ({ to = [] }) => !to.some(({ preset }) => preset === 'DNS' || preset === 'KubeAPIServer'),
  },
)

export const DIRECTIONS = ['Ingress', 'Egress'] as const
export type Direction = (typeof DIRECTIONS)[number]

export const NETWORK_MODES = ['Enforce', 'Audit', 'Disabled'] as const
export const INTRA_TENANT = ['None', 'Namespace', 'Tenant'] as const
export const TENANT_POLICIES = ['Forbid', 'Narrow', 'Allow'] as const

export const network = z.strictObject({
  mode: z
    .enum(NETWORK_MODES)
    .optional()
    .describe(
      'Enforce: write NetworkPolicies and keep them. Audit: write none, say in status what Enforce would write and close. Disabled: none. With Audit and Disabled, policies that were enforced before are let go. Enforce unless said.',
    ),
  defaultDeny: atLeastOne(
    listType(z.array(z.enum(DIRECTIONS)).max(2), 'set'),
    'name Ingress, Egress or both; to isolate nothing, set mode to Disabled',
  )
    .optional()
    .describe(
      'The directions in which nothing passes without a rule. A direction that is not listed stays open, and its rules change nothing. Both unless said.',
    ),
  intraTenant: z
    .enum(INTRA_TENANT)
    .optional()
    .describe(
      'Traffic that needs no rule. None: none. Namespace: among the pods of one namespace. Tenant: among all namespaces that namespaceSelector matches. None unless said.',
    ),
  dns: dns.optional().describe('How pods find names once their egress is closed.'),
  ingress: listType(z.array(ingressRule).max(BOUNDS.rules), { mapKey: 'name' })
    .optional()
    .describe('Who may connect to the pods of the tenant. Rules only ever allow.'),
  egress: listType(z.array(egressRule).max(BOUNDS.rules), { mapKey: 'name' })
    .optional()
    .describe('Where the pods of the tenant may connect to. Rules only ever allow.'),
  tenantPolicies: z
    .enum(TENANT_POLICIES)
    .optional()
    .describe(
      "How far NetworkPolicies go that others write in the tenant's namespaces. Forbid: there may be none. Narrow: they may only name pods of the tenant, and ranges that a rule here allows, with its ports. Allow: anything, so that everybody who may write them may open the boundary. Narrow unless said.",
    ),
})
export type Network = z.output<typeof network>

export const namespaceSelector = nonEmptyLabelSelector.describe(
  'The namespaces of the tenant, by their labels. Never empty. A namespace that two resources select stays with the older one; kube-system and other protected namespaces are never taken.',
)
