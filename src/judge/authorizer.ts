/** judge/authorizer.ts — what RBAC says about profiles where nothing but the tenant's resource is known. */

import { GROUP } from '../api/labels.ts'
import type { Profile } from '../api/pod-security/pod-security.ts'
import type { Subject } from '../api/subjects.ts'
import { PROFILE_RESOURCE } from '../desired/pod-security/access.ts'
import { accountUser, podAccount, type Requester } from './requester.ts'

/** The group that may do everything, whatever RBAC says (apiserver pkg/authorization/authorizerfactory NewPrivilegedGroups). */
const MASTERS = 'system:masters'

type Question = { readonly group: string; readonly resource: string; readonly name: string; readonly verb: string }

/** CEL's authorizer: `authorizer.group(GROUP).resource(RESOURCE).name(NAME).check(VERB).allowed()`, for somebody or for a service account. */
export class Authorizer {
  readonly #who: Requester
  readonly #mayUse: MayUse
  readonly #asked: Partial<Question>

  constructor(who: Requester, mayUse: MayUse, asked: Partial<Question> = {}) {
    this.#who = who
    this.#mayUse = mayUse
    this.#asked = asked
  }

  serviceAccount(namespace: string, name: string): Authorizer {
    return new Authorizer(podAccount(namespace, name), this.#mayUse)
  }

  with(asked: Partial<Question>): Authorizer {
    return new Authorizer(this.#who, this.#mayUse, { ...this.#asked, ...asked })
  }

  allowed(): boolean {
    const { group, resource, name, verb } = this.#asked
    return group === GROUP && resource === PROFILE_RESOURCE && verb === 'use' && this.#mayUse(this.#who, name ?? '')
  }
}

/** Whether somebody may use the profile that RBAC knows as TENANT.PROFILE. */
export type MayUse = (who: Requester, name: string) => boolean

/** By the subjects of the profiles, which is what the operator's ClusterRoleBindings say. Rights from elsewhere are not known. */
export function grantsOf(tenant: string, profiles: readonly Profile[]): MayUse {
  const subjects = new Map(profiles.map((profile) => [`${tenant}.${profile.name}`, profile.subjects]))
  return (who, name) => who.groups.includes(MASTERS) || (subjects.get(name) ?? []).some((subject) => isMeant(subject, who))
}

function isMeant({ kind, name, namespace = '' }: Subject, { user, groups }: Requester): boolean {
  if (kind === 'Group') return groups.includes(name)
  return user === (kind === 'User' ? name : accountUser(namespace, name))
}
