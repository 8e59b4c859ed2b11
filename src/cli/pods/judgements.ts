/**
 * cli/pods/judgements.ts — PURE: pods as the tenants of a snapshot would have them judged.
 *
 * It brings an evaluator of CEL with it, so commands load it when there are pods to judge.
 */

import type { TenantIsolation } from '../../api/tenant-isolation.ts'
import { createdAgain, type PodManifest } from '../../judge/as-created.ts'
import { type Judge, type Judgement, judgeOf, NotAPodError } from '../../judge/judge.ts'
import { type Requester, requesterOf } from '../../judge/requester.ts'
import type { DesiredState } from '../../reconcile/desired-state.ts'
import type { Source } from '../input/options.ts'
import type { Snapshot } from '../input/snapshot.ts'

export type Creator = { readonly user: string | undefined; readonly groups?: readonly string[] | undefined }

/** What is known of the tenant that has a namespace, as far as pods are concerned. */
export type Ward =
  /** Pods are judged by it. */
  | { readonly tenant: TenantIsolation; readonly judge: Judge }
  /** Nothing is asked of pods, and why. */
  | { readonly free: string }
  /** It is not known what is asked, and why. */
  | { readonly unknown: string }

/** By namespace. `canMutate`: whether the API server can fill in defaults. */
export function wardsOf({ membership, tenants }: DesiredState, canMutate: boolean): (namespace: string) => Ward {
  const wards = new Map<string, Ward>()
  return (namespace) => {
    const name = membership.ownerOf(namespace)
    const tenant = name === undefined ? undefined : tenants.get(name)
    if (name === undefined || !tenant) return { free: `namespace ${namespace} belongs to no tenant` }
    const ward = wards.get(name) ?? wardOf(tenant, canMutate)
    wards.set(name, ward)
    return ward
  }
}

function wardOf({ resource, intent, violations }: DesiredStateTenant, canMutate: boolean): Ward {
  const { metadata, spec } = resource
  const who = `TenantIsolation ${metadata.name}`
  if (!intent) return { unknown: `${who} breaks its schema, so what is there stays as it is: ${violations.join('; ')}` }
  if (metadata.deletionTimestamp !== undefined) return { free: `${who} is being deleted` }
  if (spec.podSecurity === undefined) return { free: `${who} has no podSecurity` }
  if (spec.podSecurity.mode === 'Disabled') return { free: `${who} has podSecurity.mode Disabled` }
  if (intent.suspended) return { unknown: `${who} is suspended: whether its profiles are asked for depends on what was written before` }
  return { tenant: resource, judge: judgeOf({ name: metadata.name, podSecurity: spec.podSecurity, canMutate }) }
}

type DesiredStateTenant = DesiredState['tenants'] extends ReadonlyMap<string, infer T> ? T : never

export type PodVerdict =
  | { readonly verdict: 'allow' | 'deny'; readonly explanation: string }
  /** Nothing can be said, and why. */
  | { readonly unknown: string }

/** What becomes of the pod when `creator` creates it, and why; of a creator without a name, only that it has logged in is known. */
export type PodVerdicts = (pod: PodManifest, creator: Creator) => PodVerdict

export function podVerdicts(snapshot: Snapshot, state: DesiredState, source: Source): PodVerdicts {
  const wards = wardsOf(state, snapshot.canMutate ?? false)
  const namespaces = new Map(snapshot.namespaces.map((namespace) => [namespace.name, namespace]))
  return (pod, creator) => {
    const { namespace: name } = pod.metadata
    const namespace = namespaces.get(name)
    if (!namespace && source !== 'files') return { unknown: `namespace ${name} does not exist` }
    const isOwned = state.membership.ownerOf(name) !== undefined
    if ((!namespace || namespace.implied) && !isOwned)
      return { unknown: `there is no Namespace ${name} among the files, whose labels say which tenant it belongs to` }
    return verdictOf(wards(name), pod, creator)
  }
}

function verdictOf(ward: Ward, pod: PodManifest, { user, groups }: Creator): PodVerdict {
  if ('unknown' in ward) return ward
  if ('free' in ward) return { verdict: 'allow', explanation: `${ward.free}: no profile is asked for` }
  const { tenant, judge } = ward
  const judgement = answerOf(judge, pod, user === undefined ? undefined : requesterOf(user, groups))
  if ('unknown' in judgement) return judgement
  const who = `TenantIsolation ${tenant.metadata.name}`
  if (judgement.admitted) return { verdict: 'allow', explanation: `profile "${judgement.profile}" of ${who} lets it in` }
  const { mode = 'Enforce' } = tenant.spec.podSecurity ?? {}
  if (mode === 'Enforce') return { verdict: 'deny', explanation: judgement.message }
  const told = mode === 'Warn' ? 'its creator is only warned' : 'it is only noted in the audit log'
  return { verdict: 'allow', explanation: `${who} has podSecurity.mode ${mode}, so ${told}: ${judgement.message}` }
}

export type Answer = Judgement | { readonly unknown: string }

/** `requester` undefined: somebody who has logged in, of whom nothing else is known. */
function answerOf(judge: Judge, pod: PodManifest, requester: Requester | undefined): Answer {
  try {
    return judge(pod, requester)
  } catch (error) {
    if (error instanceof NotAPodError) return { unknown: error.message }
    throw error
  }
}

/** What judges say to pods that run, were they created again. The pods of a workload differ in their names only: they are judged once. */
export function againJudge(): (judge: Judge, pod: PodManifest) => Answer {
  const answers = new Map<Judge, Map<string, Answer>>()
  return (judge, pod) => {
    const known = answers.get(judge) ?? new Map<string, Answer>()
    answers.set(judge, known)
    const again = createdAgain(pod)
    const { namespace, annotations } = again.metadata
    const key = JSON.stringify([namespace, annotations, again.spec])
    const answer = known.get(key) ?? answerOf(judge, again, undefined)
    known.set(key, answer)
    return answer
  }
}
