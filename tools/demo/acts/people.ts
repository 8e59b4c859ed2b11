/** demo/acts/people.ts — alice and bob, and when the API server goes by the tenants' admission policies. */

import { apply } from '../../control-plane/kubectl.ts'
import type { Stage } from '../stage.ts'
import { took } from '../text.ts'
import { rehearsed, type Typed } from '../typed.ts'

const RBAC = 'rbac.authorization.k8s.io'
const MOVERS = 'manning-namespaces'

/** One command for each policy that the story is about; the gate needs a namespace that is not isolated, and has its own. */
const PROOFS: readonly Typed[] = [
  { user: 'alice', command: 'run proof --image=alpine --privileged -n warehouse', refused: true, reads: /does not fit profile/ },
  { user: 'bob', command: 'apply -f tools/demo/toolbox.yaml -n warehouse', reads: /Warning: .*does not fit profile/ },
  { user: 'alice', command: 'apply -f tools/demo/allow-all.yaml -n warehouse', refused: true, reads: /open the boundary/ },
  { user: 'alice', command: 'delete networkpolicy tenant-isolation -n warehouse', refused: true, reads: /only tenant-isolation may/ },
  { user: 'alice', command: 'label namespace warehouse tenant-', refused: true, reads: /takes verb assign/ },
]

export async function people(stage: Stage): Promise<void> {
  stage.say('\nalice and bob develop for manning: they have ClusterRole admin in its namespaces, and may edit the namespaces, too.')
  const edit = { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'patch'] }
  await apply(stage.controlPlane, [
    { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name: MOVERS }, rules: [edit] },
    ...rightsIn('warehouse'),
  ])
  const ms = await Promise.all(PROOFS.map((proof) => rehearsed(stage, proof)))
  stage.say(
    `✓ the API server goes by the tenants' admission policies; it takes them up about once a second, we waited ${took(Math.max(...ms))}`,
  )
}

/** What alice and bob may do in the namespace. */
export function rightsIn(namespace: string): readonly object[] {
  return ['admin', MOVERS].map((name) => ({
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
    subjects: [{ apiGroup: RBAC, kind: 'Group', name: 'manning-developers' }],
  }))
}
