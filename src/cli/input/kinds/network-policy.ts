/**
 * cli/input/kinds/network-policy.ts — PURE: networking.k8s.io/v1 NetworkPolicy, as strict as the API server (pkg/apis/networking/validation).
 *
 * A field that is not known is an error, be it misspelt or newer than this program: passed over, a policy would mean something else.
 */

import { z } from 'zod'
import { containsCidr, parseCidr } from '../../../api/cidr.ts'
import { isLabelKey, isLabelValue } from '../../../api/selectors.ts'
import { metadata, reader } from './metadata.ts'

const LABEL_KEY = 'write a label key: at most 63 letters, digits, -, _ and ., and before them, if wanted, a DNS subdomain and a slash'
const LABEL_VALUE = 'write a label value: at most 63 letters, digits, -, _ and ., with a letter or a digit at both ends'

const labelKey = z.string().refine(isLabelKey, LABEL_KEY)
const labelValue = z.string().refine(isLabelValue, LABEL_VALUE)

const requirement = z
  .strictObject({
    key: labelKey,
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: z.array(labelValue).optional(),
  })
  .refine(
    ({ operator, values = [] }) => (operator === 'In' || operator === 'NotIn') === values.length > 0,
    'values must list at least one value for In and NotIn, and must be left out for Exists and DoesNotExist',
  )

const matchLabels = z.record(z.string(), labelValue).superRefine((labels, context) => {
  for (const key of Object.keys(labels)) if (!isLabelKey(key)) context.addIssue({ code: 'custom', path: [key], message: LABEL_KEY })
})

const selector = z.strictObject({
  matchLabels: matchLabels.optional(),
  matchExpressions: z.array(requirement).optional(),
})

const range = z
  .string()
  .refine((text) => parseCidr(text) !== undefined, 'write a range of addresses, such as 192.168.1.0/24 or 2001:db8::/32')

const ipBlock = z.strictObject({ cidr: range, except: z.array(range).optional() }).refine(({ cidr, except = [] }) => {
  const outer = parseCidr(cidr)
  return except.every((text) => {
    const inner = parseCidr(text)
    return !outer || !inner || (containsCidr(outer, inner) && inner.prefix > outer.prefix)
  })
}, 'each range in except must lie strictly inside cidr')

const peer = z
  .strictObject({ podSelector: selector.optional(), namespaceSelector: selector.optional(), ipBlock: ipBlock.optional() })
  .refine(
    ({ podSelector, namespaceSelector, ipBlock: block }) =>
      (block === undefined) === (podSelector !== undefined || namespaceSelector !== undefined),
    'a peer is either an ipBlock, or a podSelector and/or a namespaceSelector',
  )

const PORT =
  'write a number from 1 to 65535, or the name of a container port: at most 15 lower-case letters, digits and -, a letter among them'

const port = z
  .strictObject({
    protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
    port: z.custom<number | string>(isPort, PORT).optional(),
    endPort: z.custom<number>(isPortNumber, 'write a number from 1 to 65535').optional(),
  })
  .refine(
    ({ port: first, endPort }) => endPort === undefined || (typeof first === 'number' && first <= endPort),
    'endPort needs a port that is a number and not above it',
  )

function isPort(value: unknown): boolean {
  return isPortNumber(value) || (typeof value === 'string' && /^(?!-)(?!.*--)(?=.*[a-z])[a-z0-9-]{0,14}[a-z0-9]$/.test(value))
}

function isPortNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535
}

/** Go reads an item of which nothing is written as an empty rule, and an empty rule lets everybody through. */
const NOTHING = 'nothing is written here, which would let everybody through; write {} if that is meant'
const rule = <Fields extends z.ZodRawShape>(fields: Fields) =>
  z.strictObject(fields, { error: ({ input }) => (input === null ? NOTHING : undefined) })

const ports = z.array(port).optional()

const networkPolicy = z.strictObject({
  apiVersion: z.literal('networking.k8s.io/v1'),
  kind: z.literal('NetworkPolicy'),
  metadata,
  spec: z.strictObject({
    podSelector: selector.optional(),
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])).optional(),
    ingress: z.array(rule({ from: z.array(peer).optional(), ports })).optional(),
    egress: z.array(rule({ to: z.array(peer).optional(), ports })).optional(),
  }),
  status: z.unknown().optional(),
})

/** As it is written: what the API server would fill in is not filled in. */
export type NetworkPolicy = Omit<z.output<typeof networkPolicy>, 'status'>

export const readNetworkPolicy = reader(networkPolicy.transform(({ status: _, ...policy }): NetworkPolicy => policy))
