/** cli/check/access-reviews.ts — which rights somebody has, asked of the API server one by one: reviews, which store nothing. */

import { OPERATOR_ACCOUNT, type OperatorAccount, userOf } from '../../admission/guards/identities.ts'
import { DEFAULT_CONFIGURATION } from '../../api/configuration.ts'
import type { Cluster } from '../input/cluster.ts'
import type { Right } from '../input/rights.ts'
import type { Eyes } from './eyes.ts'
import type { Seen } from './facts.ts'
import { SELF_SUBJECT_ACCESS_REVIEWS, SUBJECT_ACCESS_REVIEWS } from './kinds.ts'
import { type Access, accessText, ESCALATE, INSTALLER_ACCESS, operatorAccess } from './rights.ts'

type AccessReview = { readonly status?: { readonly allowed?: boolean } }

/** Whoever is the operator may ask about themselves; others need the right to ask about somebody else. */
export async function missingRightsOf(
  eyes: Eyes,
  account: OperatorAccount,
  clusterRoles: readonly string[],
  user: string,
): Promise<Seen<readonly string[]>> {
  const operator = userOf(account)
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated']
  const ask = (access: Access): Promise<AccessReview> =>
    user === operator
      ? eyes.review(SELF_SUBJECT_ACCESS_REVIEWS, { resourceAttributes: access })
      : eyes.review(SUBJECT_ACCESS_REVIEWS, { resourceAttributes: access, user: operator, groups })
  const all = operatorAccess(account, clusterRoles)
  const right: Right = { verb: 'create', resource: SUBJECT_ACCESS_REVIEWS, namespace: undefined }
  const answers = await eyes.orUnseen(right, Promise.all(all.map(ask)))
  return answers === 'unseen' ? answers : all.filter((_, index) => !answers[index]?.status?.allowed).map(accessText)
}

/** Asked about oneself, which everybody may. */
export async function installerLacks(cluster: Cluster): Promise<readonly string[]> {
  const allowed = async (access: Access) =>
    (await cluster.review<AccessReview>(SELF_SUBJECT_ACCESS_REVIEWS, { resourceAttributes: access })).status?.allowed === true
  const held = operatorAccess(OPERATOR_ACCOUNT, DEFAULT_CONFIGURATION.access.clusterRoles)
  const wanted = [...INSTALLER_ACCESS, ...((await allowed(ESCALATE)) ? [] : held)]
  const answers = await Promise.all(wanted.map(allowed))
  return wanted.filter((_, index) => !answers[index]).map(accessText)
}
