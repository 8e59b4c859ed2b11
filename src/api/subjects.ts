/** api/subjects.ts — whom RBAC can name: users, groups and service accounts. */

import { z } from 'zod'
import { atLeastOne, type Constraint, constrained, listType } from './constraint.ts'
import { dnsLabel } from './network.ts'

export const MAX_SUBJECTS = 64

/** Groups that everybody, or every pod, of the cluster is in. */
export const BROAD_GROUPS = ['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts'] as const

const shape = z.strictObject({
  kind: z.enum(['User', 'Group', 'ServiceAccount']).describe('What name names.'),
  name: z.string().min(1).max(253).describe('The name of the user, the group or the service account.'),
  namespace: dnsLabel.optional().describe('The namespace of the service account.'),
})
export type Subject = z.output<typeof shape>

/** At least one subject, each of which keeps `rule` as well; `orElse` says what to do instead of an empty list. */
export function subjectsWith(rule: Constraint<Subject>, orElse: string) {
  const subject = constrained(
    shape,
    {
      cel: "(self.kind == 'ServiceAccount') == has(self.namespace)",
      message: 'namespace is required for a ServiceAccount, and left out for User and Group',
      holds: ({ kind, namespace }) => (kind === 'ServiceAccount') === (namespace !== undefined),
    },
    rule,
  )
  return atLeastOne(listType(z.array(subject).max(MAX_SUBJECTS), 'atomic'), `name at least one subject; ${orElse}`)
}

/** The texts as a list in CEL; never a user's. */
export function celTexts(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`
}
