/** api/configuration.ts — the operator's configuration: what the platform team says once for all tenants. A file, from a ConfigMap in a cluster. */

import { z } from 'zod'
import { clusterRoleName } from './access.ts'
import { ALWAYS_PROTECTED_NAMESPACES, API_VERSION } from './labels.ts'
import { hiddenMembers } from './members.ts'
import { cidr, dnsLabel, platformPeer } from './network.ts'
import { sentences, wording } from './sentences.ts'

/** Namespace names are DNS labels (apimachinery IsDNS1123Label). */
const namespaceName = dnsLabel

const unique = (names: readonly string[]) => new Set(names).size === names.length

export const configuration = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('OperatorConfiguration'),
  protectedNamespaces: z
    .array(namespaceName)
    .default([])
    .describe(`Namespaces that no tenant may take, besides ${ALWAYS_PROTECTED_NAMESPACES.join(', ')} and the operator's own.`),
  platform: z
    .array(
      z.strictObject({
        name: dnsLabel.describe('The name by which tenants refer to it: platform: NAME.'),
        peers: z
          .array(platformPeer)
          .min(1, 'name at least one peer, or leave the entry out')
          .describe('What it is: pods by namespaceSelector and podSelector, or ranges of addresses by cidr and except.'),
      }),
    )
    .refine((peers) => unique(peers.map(({ name }) => name)), 'two platform peers have the same name; give each its own')
    .default([])
    .describe('Named peers that tenants may use in their rules: ingress controllers, monitoring, a proxy.'),
  access: z
    .strictObject({
      clusterRoles: z
        .array(clusterRoleName)
        .default(['view', 'edit', 'admin'])
        .describe('The ClusterRoles that tenants may give by spec.access. The operator needs verb bind on each of them.'),
    })
    .prefault({})
    .describe('What access tenants may give to their namespaces.'),
  cluster: z
    .strictObject({
      ranges: z
        .array(cidr)
        .default([])
        .describe('The ranges of pods, Services and nodes: never part of the Internet, even if they are public addresses.'),
    })
    .prefault({})
    .describe('What the cluster looks like.'),
  privateRanges: z
    .array(cidr)
    .default([])
    .describe("Ranges that are not the Internet to tenants, besides the private and reserved ones: a company's own public addresses."),
  metadataAddresses: z
    .array(cidr)
    .default([])
    .describe('Cloud metadata services that are never part of the Internet, besides those of AWS, Azure, GCP and Alibaba.'),
  dns: z
    .strictObject({
      service: z
        .strictObject({ namespace: namespaceName, name: dnsLabel })
        .optional()
        .describe("The DNS Service of the cluster. Unless said, kube-system/kube-dns or OpenShift's openshift-dns/dns-default."),
      nodeLocalCaches: z
        .array(cidr)
        .default([])
        .describe('Addresses of node-local DNS caches, such as 169.254.20.10/32: they run on the host, where no pod selector finds them.'),
    })
    .prefault({})
    .describe('How pods find names.'),
})
export type Configuration = z.output<typeof configuration>

export const DEFAULT_CONFIGURATION: Configuration = configuration.parse({ apiVersion: API_VERSION, kind: 'OperatorConfiguration' })

/** The configuration in `value`, or the sentences that say what is wrong with it. */
export function parseConfiguration(value: unknown): { readonly configuration: Configuration } | { readonly violations: readonly string[] } {
  const parsed = configuration.safeParse(value, { error: wording })
  const violations = [...hiddenMembers(value), ...(parsed.success ? [] : sentences(parsed.error))]
  return parsed.success && violations.length === 0 ? { configuration: parsed.data } : { violations }
}
