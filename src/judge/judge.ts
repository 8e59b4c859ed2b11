/**
 * judge/judge.ts — what the API server would say to a pod of a tenant, without one: the policies of admission/ themselves are evaluated, so
 * that a rule is said once.
 *
 * What is not known here: rights that do not come from the subjects of profiles, whether the service account is there, and whatever else an
 * API server has against a pod (its own validation, quotas, other admission plugins).
 */

import { variable } from '../admission/cel.ts'
import { podDefaultsVariables } from '../admission/pods/pod-defaults.ts'
import { podSecurityChecks } from '../admission/pods/pod-security.ts'
import { fits, mayUse, misfits, SLOTS } from '../admission/pods/profiles.ts'
import { accountMayNotUse } from '../admission/pods/workload-security.ts'
import type { PodSecurity } from '../api/pod-security/pod-security.ts'
import { asCreated, asStored, type PodManifest } from './as-created.ts'
import { Authorizer, grantsOf } from './authorizer.ts'
import { celValue } from './dialect.ts'
import { type Change, patched } from './patch.ts'
import { type Bound, type Expression, type Inputs, programOf } from './program.ts'
import { type Requester, SOMEBODY } from './requester.ts'

export type JudgedTenant = {
  readonly name: string
  readonly podSecurity: PodSecurity | undefined
  /** Whether the API server can fill in defaults (Kubernetes 1.36). */
  readonly canMutate: boolean
}

/** What one profile has against a pod: sentences; none, if the pod fits. */
export type Fit = { readonly profile: string; readonly findings: readonly string[]; readonly mayBeUsed: boolean }

export type Judgement =
  /** `profile` is the one that lets it in; undefined where none is asked for. */
  | { readonly admitted: true; readonly profile: string | undefined }
  /** `message` is what the API server says: to refuse, to warn, or to the audit log, as the mode is. */
  | { readonly admitted: false; readonly message: string; readonly fits: readonly Fit[] }

/** Says it of a pod that `requester` creates; undefined stands for somebody who has logged in, of whom nothing else is known. */
export type Judge = (pod: PodManifest, requester?: Requester) => Judgement

/** The pod is not one that an API server takes, so that there is nothing to judge. */
export class NotAPodError extends Error {
  override readonly name = 'NotAPodError'
}

export function judgeOf({ name, podSecurity, canMutate }: JudgedTenant): Judge {
  if (podSecurity === undefined || podSecurity.mode === 'Disabled') return () => ({ admitted: true, profile: undefined })
  const params = celValue({ metadata: { name }, spec: { podSecurity } })
  const fillsIn = canMutate && podSecurity.defaulting === 'Enabled' && (podSecurity.mode ?? 'Enforce') === 'Enforce'
  const mayUseProfile = grantsOf(name, podSecurity.profiles)
  const names = podSecurity.profiles.map((profile) => profile.name)
  return (pod, requester) => {
    const who = requester ?? SOMEBODY
    const { namespace } = pod.metadata
    const inputs = {
      params,
      request: { namespace, operation: 'CREATE', userInfo: { username: who.user, groups: who.groups } },
      authorizer: new Authorizer(who, mayUseProfile),
    }
    return withinReason(() => {
      const { object, chosen } = defaulted({ ...inputs, object: asCreated(celValue(pod) as PodManifest) }, fillsIn)
      return judged(requester ? OF_USER : OF_SOMEBODY, { ...inputs, object: asStored(object as PodManifest) }, names, chosen)
    })
  }
}

const defaults = programOf(podDefaultsVariables())
const chosenProfile = defaults.compile(variable('chosen'))
const chosenChanges = defaults.compile(variable('changes'))

function defaulted(inputs: Inputs, fillsIn: boolean): { readonly object: unknown; readonly chosen: string } {
  if (!fillsIn) return { object: inputs.object, chosen: '' }
  const bound = defaults.bind(inputs)
  const chosen = chosenProfile(bound) as string
  return { object: chosen === '' ? inputs.object : patched(inputs.object, chosenChanges(bound) as readonly Change[]), chosen }
}

/** The policies cannot be evaluated over what is no pod: a port without a number, a list that is none. */
function withinReason<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new NotAPodError(`this is not a pod that an API server takes (${sentence})`, { cause: error })
  }
}

type Checks = {
  readonly bind: (inputs: Inputs) => Bound
  readonly validations: readonly { readonly holds: Expression; readonly words: Expression; readonly message: string }[]
  readonly slots: readonly { readonly fits: Expression; readonly mayUse: Expression; readonly misfits: Expression }[]
}

const OF_USER = checksOf(podSecurityChecks())
const OF_SOMEBODY = checksOf(podSecurityChecks({ subject: 'the pod', nobodyMayUse: accountMayNotUse, requester: 'controller' }))

function checksOf({ variables, validations }: ReturnType<typeof podSecurityChecks>): Checks {
  const { bind, compile } = programOf(variables)
  return {
    bind,
    validations: validations.map(({ expression, messageExpression, message }) => ({
      holds: compile(expression),
      words: compile(messageExpression),
      message,
    })),
    slots: SLOTS.map((slot) => ({ fits: compile(fits(slot)), mayUse: compile(mayUse(slot)), misfits: compile(misfits(slot)) })),
  }
}

function judged({ bind, validations, slots }: Checks, inputs: Inputs, names: readonly string[], chosen: string): Judgement {
  const bound = bind(inputs)
  const broken = validations.find(({ holds }) => holds(bound) !== true)
  const own = slots.slice(0, names.length)
  if (!broken) {
    const slot = own.findIndex((profile) => profile.fits(bound) && profile.mayUse(bound))
    return { admitted: true, profile: chosen || names[slot] }
  }
  const message = messageOf(broken.words(bound)) ?? broken.message
  return {
    admitted: false,
    message,
    fits: own.map((profile, slot) => ({
      profile: names[slot] ?? '',
      findings: profile.fits(bound) ? [] : (profile.misfits(bound) as readonly string[]),
      mayBeUsed: profile.mayUse(bound) === true,
    })),
  }
}

/** What the API server does not show: nothing, several lines, or more than it has room for (apiserver plugin/policy/validating/validator.go). */
function messageOf(words: unknown): string | undefined {
  if (typeof words !== 'string' || Buffer.byteLength(words) > LONGEST_MESSAGE) return undefined
  const message = words.trim()
  return message === '' || message.includes('\n') ? undefined : message
}

/** Bytes (apis/cel MaxEvaluatedMessageExpressionSizeBytes). */
const LONGEST_MESSAGE = 5 * 1024
