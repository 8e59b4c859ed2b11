/** api/tenant-isolation.ts — the resource: the one source of its types, its CRD and its documentation. */

import { z } from 'zod'
import { access } from './access.ts'
import { constrained } from './constraint.ts'
import { API_VERSION, KIND } from './labels.ts'
import { hiddenMembers, withoutNulls } from './members.ts'
import { namespaceSelector, network } from './network.ts'
import { podSecurity } from './pod-security/pod-security.ts'
import { sentences, wording } from './sentences.ts'
import { status } from './status.ts'

/** So that the name fits into a label and, with a dot behind it, into names built from it without a doubt where it ends. */
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const NAME_MESSAGE =
  'metadata.name must be a DNS label: at most 63 lower-case letters, digits and -, no dots; it goes into labels and into the names of other objects'

export const spec = z.strictObject({
  namespaceSelector,
  suspend: z
    .boolean()
    .optional()
    .describe(
      'true: leave everything as it is, write nothing and repair nothing, until it is false again. A deletion is still carried out.',
    ),
  preventDeletion: z
    .boolean()
    .optional()
    .describe('true: the resource may not be deleted before this is false again. The API server sees to it (deletion-guard).'),
  network: network.optional().describe('What may talk to whom. Left out: everything is closed in both directions, but for DNS.'),
  podSecurity: podSecurity.optional().describe('What pods may ask for, and who may create them. Left out: nothing is checked.'),
  access: access
    .optional()
    .describe("Who may do what in the tenant's namespaces: RoleBindings in each of them. Left out: nobody gets access by this resource."),
})
export type Spec = z.output<typeof spec>

/** apimachinery ObjectMeta. The API server owns it; here it is so that misspelt fields are found offline, too. */
const metadata = z.strictObject({
  name: z.string(),
  ...Object.fromEntries(
    [
      'generateName',
      'namespace',
      'labels',
      'annotations',
      'finalizers',
      'ownerReferences',
      'uid',
      'resourceVersion',
      'generation',
      'creationTimestamp',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'managedFields',
      'selfLink',
    ].map((field) => [field, z.unknown().optional()]),
  ),
})

export const tenantIsolation = constrained(
  z.strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal(KIND),
    metadata,
    spec: spec.describe('What the tenant is, and what it may do.'),
    status: status.optional().describe('What the operator found and did. Written by the operator only.'),
  }),
  {
    cel: `self.metadata.name.matches('${NAME.source}')`,
    message: NAME_MESSAGE,
    holds: ({ metadata: { name } }) => NAME.test(name),
  },
).describe(
  'TenantIsolation isolates the namespaces of one tenant of a shared cluster: NetworkPolicies in each of them, kept as written here.',
)

/** What `kubectl get -o json` gives: the parts of metadata that we read are spelt out, the rest is the API server's. */
export type TenantIsolation = Omit<z.output<typeof tenantIsolation>, 'metadata'> & {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly generation: number
    readonly creationTimestamp: string
    readonly deletionTimestamp?: string
    readonly finalizers?: readonly string[]
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
}

/** Every way in which `resource` breaks the schema, each a sentence that begins with the field: `spec.network.egress[2].to[0].cidr: ...`. */
export function violations(resource: unknown): string[] {
  const parsed = tenantIsolation.safeParse(withoutNulls(resource), { error: wording })
  return [...hiddenMembers(resource), ...(parsed.success ? [] : sentences(parsed.error))]
}
