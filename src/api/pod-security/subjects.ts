/** api/pod-security/subjects.ts — who may use a profile. */

import { z } from 'zod'
import { atLeastOne, constrained, listType } from '../constraint.ts'
import { dnsLabel } from '../network.ts'

export const MAX_SUBJECTS = 64

/** Groups that everybody, or every pod, of the cluster is in. */
export const BROAD_GROUPS = ['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts'] as const

/** Who makes pods on behalf of everyone, or may do everything anyway. */
const CONTROLLERS = ['system:serviceaccounts:kube-system', 'system:kube-controller-manager', 'system:masters'] as const
const CONTROLLER_ACCOUNTS = 'system:serviceaccount:kube-system:'

const text = (values: readonly string[]) => `[${values.map((value) => `'${value}'`).join(', ')}]`

const subject = constrained(
  z.strictObject({
    kind: z.enum(['User', 'Group', 'ServiceAccount']).describe('What name names.'),
    name: z.string().min(1).max(253).describe('The name of the user, the group or the service account.'),
    namespace: dnsLabel.optional().describe('The namespace of the service account.'),
  }),
  {
    cel: "(self.kind == 'ServiceAccount') == has(self.namespace)",
    message: 'namespace is required for a ServiceAccount, and left out for User and Group',
    holds: ({ kind, namespace }) => (kind === 'ServiceAccount') === (namespace !== undefined),
  },
  {
    cel: `!(has(self.namespace) && self.namespace == 'kube-system') && !self.name.startsWith('${CONTROLLER_ACCOUNTS}') && !(self.name in ${text(CONTROLLERS)})`,
    message:
      'do not grant a profile to the controllers in kube-system or to system:masters: everyone who can create a Deployment would inherit it; grant it to the service account that the pods run as',
    holds: (subject) => !isController(subject),
  },
)
export type Subject = z.output<typeof subject>

/** Whether a grant to the subject would be one to everyone who can create a Deployment. */
export function isController({ name, namespace }: { readonly name: string; readonly namespace?: string | undefined }): boolean {
  return namespace === 'kube-system' || name.startsWith(CONTROLLER_ACCOUNTS) || (CONTROLLERS as readonly string[]).includes(name)
}

export const subjects = atLeastOne(
  listType(z.array(subject).max(MAX_SUBJECTS), 'atomic'),
  'name at least one subject; leave out a profile that nobody may use',
)

/** CEL: whether one of the subjects is a group that all users or all pods of the cluster are in. */
export const CEL_HAS_BROAD_SUBJECT = `self.subjects.exists(s, s.kind == 'Group' && s.name in ${text(BROAD_GROUPS)})`

/** The same in TypeScript. */
export function isBroad({ kind, name }: Subject): boolean {
  return kind === 'Group' && (BROAD_GROUPS as readonly string[]).includes(name)
}
