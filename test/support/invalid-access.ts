/** support/invalid-access.ts — the part of invalid-resources.ts that is about spec.access. */

import type { Access } from '../../src/api/access.ts'
import { tenantIsolation } from './build.ts'
import type { AcceptedCase, RefusedCase } from './invalid-resources.ts'

const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index))
const alice = { kind: 'User', name: 'alice' }
const access = (...entries: unknown[]) => tenantIsolation({ access: entries as unknown as Access })
const entry = (fields: object = {}) => ({ clusterRole: 'edit', subjects: [alice], ...fields })
const subjects = (...list: unknown[]) => access(entry({ subjects: list }))

const ENTRY = 'spec.access[0]'

const refused = (name: string, resource: unknown, field: string, says: string): RefusedCase => ({ name, resource, field, says })
const accepted = (name: string, resource: unknown): AcceptedCase => ({ name, resource })

export const REFUSED_ACCESS: Readonly<Record<string, readonly RefusedCase[]>> = {
  'an entry of access': [
    refused('no clusterRole', access({ subjects: [alice] }), `${ENTRY}.clusterRole`, 'Required value'),
    ...['', 'a/b', 'a%b', '/'].map((clusterRole) =>
      refused(
        `the clusterRole "${clusterRole}"`,
        access(entry({ clusterRole })),
        `${ENTRY}.clusterRole`,
        'write the name of a ClusterRole',
      ),
    ),
    refused('a clusterRole twice', access(entry(), entry({ clusterRole: 'view' }), entry()), 'spec.access[2]', 'Duplicate value'),
    refused(
      'seventeen entries',
      access(...many(17, (n) => entry({ clusterRole: `role-${n}` }))),
      'spec.access',
      'must have at most 16 items',
    ),
    refused('a role', access({ role: 'edit', subjects: [alice] }), `${ENTRY}.role`, 'unknown field'),
  ],
  'a subject of access': [
    refused('no subjects', access({ clusterRole: 'edit' }), `${ENTRY}.subjects`, 'Required value'),
    refused('an empty list of subjects', subjects(), `${ENTRY}.subjects`, 'leave out an entry that is for nobody'),
    refused('65 subjects', subjects(...many(65, (n) => ({ kind: 'User', name: `user-${n}` }))), `${ENTRY}.subjects`, 'at most 64 items'),
    refused(
      'a service account without a namespace',
      subjects({ kind: 'ServiceAccount', name: 'x' }),
      `${ENTRY}.subjects[0]`,
      'namespace is required',
    ),
    refused('a group with a namespace', subjects({ kind: 'Group', name: 'x', namespace: 'y' }), `${ENTRY}.subjects[0]`, 'left out for'),
    refused('a subject of another kind', subjects({ kind: 'Team', name: 'x' }), `${ENTRY}.subjects[0].kind`, '"ServiceAccount"'),
    refused('a subject without a name', subjects({ kind: 'User', name: '' }), `${ENTRY}.subjects[0].name`, 'should be at least 1'),
    ...['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts', 'system:masters'].map((name) =>
      refused(`the group ${name}`, subjects(alice, { kind: 'Group', name }), `${ENTRY}.subjects[1]`, 'name people of the tenant'),
    ),
    refused('whoever has not logged in', subjects({ kind: 'User', name: 'system:anonymous' }), `${ENTRY}.subjects[0]`, 'are everybody'),
  ],
}

export const ACCEPTED_ACCESS: readonly AcceptedCase[] = [
  accepted('access for nobody', access()),
  accepted(
    'access for everybody who can be named',
    access(
      entry({
        subjects: [
          alice,
          { kind: 'Group', name: 'oidc:manning developers' },
          { kind: 'Group', name: 'system:serviceaccounts:manning-ci' },
          { kind: 'ServiceAccount', name: 'deployer', namespace: 'kube-system' },
        ],
      }),
      entry({ clusterRole: 'system:aggregate-to-view' }),
      entry({ clusterRole: '.' }),
    ),
  ),
  accepted(
    'sixteen entries with 64 subjects each',
    access(
      ...many(16, (n) =>
        entry({ clusterRole: `${n}${'r'.repeat(250)}`, subjects: many(64, (s) => ({ kind: 'Group', name: `${s}-${'x'.repeat(250)}` })) }),
      ),
    ),
  ),
]
