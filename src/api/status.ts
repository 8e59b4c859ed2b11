/** api/status.ts — what the operator says about a resource. Bounded in size whatever the number of namespaces; written on change only. */

import { z } from 'zod'
import { listType } from './constraint.ts'
import { NETWORK_MODES } from './network.ts'

/** How many rows of detail status holds; the rest is counted. */
export const STATUS_ROWS = 10

export const CONDITION_TYPES = [
  'Ready',
  'Reconciling',
  'Stalled',
  'NetworkIsolated',
  'PodSecurityEnforced',
  'AccessBound',
  'Drifted',
  'Conflicted',
] as const
export type ConditionType = (typeof CONDITION_TYPES)[number]

const condition = z.strictObject({
  type: z
    .string()
    .min(1)
    .max(316)
    .describe(`One of ${CONDITION_TYPES.join(', ')}.`),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it is so.'),
  observedGeneration: z.int().min(0).optional().describe('The metadata.generation that this was said of.'),
  lastTransitionTime: z.string().max(64).meta({ format: 'date-time' }).describe('When status last changed.'),
  reason: z.string().min(1).max(1024).describe('Why, in one word; part of the API.'),
  message: z.string().max(32768).describe('Why, for a person.'),
})
export type Condition = z.output<typeof condition>

const count = (text: string) => z.int().min(0).optional().describe(text)

const namespaceRow = z.strictObject({
  name: z.string().max(63).describe('The namespace.'),
  reason: z.string().max(64).describe('Why it is not isolated, in one word.'),
  message: z.string().max(1024).describe('Why, and what to do about it.'),
})

const unresolvedRule = z.strictObject({
  rule: z.string().max(128).describe('The rule: ingress/NAME, egress/NAME or dns.'),
  reason: z.string().max(64).describe('What is missing, in one word.'),
  message: z.string().max(1024).describe('What is missing, and what to do about it.'),
})

const addresses = listType(z.array(z.string().max(64)).max(64), 'atomic')

export const status = z.strictObject({
  observedGeneration: z.int().min(0).optional().describe('The metadata.generation that status speaks of.'),
  conditions: listType(z.array(condition).max(16), { mapKey: 'type' })
    .optional()
    .describe(
      'Ready sums up. Reconciling and Stalled are as in kstatus. NetworkIsolated: every namespace has its policies. PodSecurityEnforced: a pod has to fit a profile, and the standard is set. AccessBound: who is named in spec.access has that access. Drifted: somebody keeps changing what we own, or it cannot be put back. Conflicted: something else claims a namespace or a name.',
    ),
  namespaces: z
    .strictObject({
      selected: count('How many namespaces belong to the tenant.'),
      isolated: count('How many of them have exactly the policies that they should have.'),
      notIsolated: listType(z.array(namespaceRow).max(STATUS_ROWS), { mapKey: 'name' })
        .optional()
        .describe(`The first ${STATUS_ROWS} that are not isolated, by name, and why.`),
    })
    .optional()
    .describe('The namespaces of the tenant.'),
  network: z
    .strictObject({
      mode: z.enum(NETWORK_MODES).optional().describe('The mode that is in force.'),
      policies: count('How many NetworkPolicies are there for the tenant, exactly as they should be.'),
      wouldWrite: count('With mode Audit: how many NetworkPolicies Enforce would write.'),
      dns: z
        .strictObject({
          source: z.string().max(256).optional().describe('Where it was found.'),
          addresses: addresses.optional().describe('The addresses that answer for it, as ranges.'),
          ports: addresses.optional().describe('The ports that the rule opens.'),
        })
        .optional()
        .describe('The DNS that dns.mode Auto found.'),
      unresolved: listType(z.array(unresolvedRule).max(STATUS_ROWS), 'atomic')
        .optional()
        .describe(`The first ${STATUS_ROWS} peers that could not be resolved. They are closed until they can.`),
    })
    .optional()
    .describe('What became of spec.network.'),
})
export type Status = z.output<typeof status>
