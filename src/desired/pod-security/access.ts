/** desired/pod-security/access.ts — who may use which profile, as RBAC. */

import { GROUP } from '../../api/labels.ts'
import { type Marks, marksOf } from '../managed.ts'
import { RBAC, type RbacSubject, type RoleRef, rbacName, rbacSubjects, roleRef } from '../rbac.ts'
import type { SecuredTenant } from './tenant.ts'

/** Nothing of this kind exists: RBAC compares texts, and the admission policies ask for it by name. */
export const PROFILE_RESOURCE = 'podsecurityprofiles'

type Metadata = Marks & { readonly name: string }

export type ProfileRole = {
  readonly apiVersion: string
  readonly kind: 'ClusterRole'
  readonly metadata: Metadata
  readonly rules: readonly [
    {
      readonly apiGroups: readonly [string]
      readonly resources: readonly [string]
      readonly resourceNames: readonly [string]
      readonly verbs: readonly ['use']
    },
  ]
}

export type ProfileBinding = {
  readonly apiVersion: string
  readonly kind: 'ClusterRoleBinding'
  readonly metadata: Metadata
  readonly roleRef: RoleRef
  readonly subjects: readonly RbacSubject[]
}

export type ProfileAccess = { readonly profile: string; readonly role: ProfileRole; readonly binding: ProfileBinding }

/** One role and its binding for each profile, in the order of the resource; none when pod security is switched off. */
export function profileAccess(tenant: SecuredTenant): readonly ProfileAccess[] {
  const { podSecurity } = tenant.spec
  if (podSecurity === undefined || podSecurity.mode === 'Disabled') return []
  const marks = marksOf(tenant)
  return podSecurity.profiles.map(({ name: profile, subjects }) => {
    const name = rbacName(tenant.name, profile)
    return {
      profile,
      role: {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRole',
        metadata: { name, ...marks },
        rules: [{ apiGroups: [GROUP], resources: [PROFILE_RESOURCE], resourceNames: [`${tenant.name}.${profile}`], verbs: ['use'] }],
      },
      binding: {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name, ...marks },
        roleRef: roleRef(name),
        subjects: rbacSubjects(subjects),
      },
    }
  })
}
