/** api/pod-security/subjects.ts — who may use a profile. */

import { BROAD_GROUPS, celTexts, type Subject, subjectsWith } from '../subjects.ts'

/** Who makes pods on behalf of everyone, or may do everything anyway. */
const CONTROLLERS = ['system:serviceaccounts:kube-system', 'system:kube-controller-manager', 'system:masters'] as const
const CONTROLLER_ACCOUNTS = 'system:serviceaccount:kube-system:'

/** Whether a grant to the subject would be one to everyone who can create a Deployment. */
export function isController({ name, namespace }: { readonly name: string; readonly namespace?: string | undefined }): boolean {
  return namespace === 'kube-system' || name.startsWith(CONTROLLER_ACCOUNTS) || (CONTROLLERS as readonly string[]).includes(name)
}

export const subjects = subjectsWith(
  {
    cel: `!(has(self.namespace) && self.namespace == 'kube-system') && !self.name.startsWith('${CONTROLLER_ACCOUNTS}') && !(self.name in ${celTexts(CONTROLLERS)})`,
    message:
      'do not grant a profile to the controllers in kube-system or to system:masters: everyone who can create a Deployment would inherit it; grant it to the service account that the pods run as',
    holds: (subject) => !isController(subject),
  },
  'leave out a profile that nobody may use',
)

/** CEL: whether one of the subjects is a group that all users or all pods of the cluster are in. */
export const CEL_HAS_BROAD_SUBJECT = `self.subjects.exists(s, s.kind == 'Group' && s.name in ${celTexts(BROAD_GROUPS)})`

/** The same in TypeScript. */
export function isBroad({ kind, name }: Subject): boolean {
  return kind === 'Group' && (BROAD_GROUPS as readonly string[]).includes(name)
}
