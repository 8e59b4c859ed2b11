/** api/access.ts — spec.access: who may do what in the tenant's namespaces. */

import { z } from 'zod'
import { listType, matching } from './constraint.ts'
import { BROAD_GROUPS, celTexts, subjectsWith } from './subjects.ts'

/** Each is a RoleBinding in every namespace of the tenant. */
const MAX_ENTRIES = 16

/** Anything that can be part of a path (apimachinery pkg/api/validation/path). */
export const clusterRoleName = matching(
  z.string().max(253),
  /^[^/%]+$/,
  'write the name of a ClusterRole: at least one character, no / and no %',
)

/** Everybody in the cluster or outside it, and those who may do everything anyway: none of them is of one tenant. */
const NOBODYS_OWN = [...BROAD_GROUPS, 'system:anonymous', 'system:masters'] as const

const subjects = subjectsWith(
  {
    cel: `!(self.name in ${celTexts(NOBODYS_OWN)})`,
    message:
      'name people of the tenant: system:authenticated, system:unauthenticated, system:anonymous and system:serviceaccounts are everybody, and system:masters may do everything anyway',
    holds: ({ name }) => !(NOBODYS_OWN as readonly string[]).includes(name),
  },
  'leave out an entry that is for nobody',
)

const entry = z.strictObject({
  clusterRole: clusterRoleName.describe(
    "The ClusterRole that the subjects get in the tenant's namespaces: view, edit or admin, or what the operator's configuration allows instead.",
  ),
  subjects: subjects.describe('Who gets it.'),
})

export const access = listType(z.array(entry).max(MAX_ENTRIES), { mapKey: 'clusterRole' })
export type Access = z.output<typeof access>
