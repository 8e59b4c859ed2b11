/**
 * admission/pods/profiles.ts — the profiles of the tenant, a slot for each.
 *
 * Everything that matches a request is ANDed, so "any one profile is enough" is one expression over slots that are written out. An
 * authorization check costs 350,000 units, an expression or variable may spend 1,000,000, the whole policy 10,000,000 (apiserver
 * pkg/apis/cel config.go): so two checks in a variable of their own for each slot, eight slots, and never one in a comprehension.
 *
 * What counts in milliseconds is something else: every variable costs some 10 microseconds when it is used, and every step of a
 * comprehension one or two. So all rules that cost little are one variable, for all profiles, which ends at the first that a pod breaks.
 */

import { GROUP } from '../../api/labels.ts'
import { MAX_PROFILES } from '../../api/pod-security/pod-security.ts'
import { PRESET_RULES } from '../../api/pod-security/presets.ts'
import { type Cel, cel, concat, or, variable } from '../cel.ts'
import type { Variable } from '../policy.ts'
import type { Rule } from '../rule.ts'
import { RULES } from '../rules/rules.ts'

export const SLOTS: readonly number[] = Array.from({ length: MAX_PROFILES }, (_, slot) => slot)

const profiles = variable('profiles')
export const serviceAccount = variable('serviceAccount')

export const taken = (slot: number) => cel`size(${profiles}) > ${slot}`
export const profileAt = (slot: number) => cel`${profiles}[${slot}]`
/** Whether the pod fits the profile, whoever may use it. */
export const fits = (slot: number) => cel`(${taken(slot)} && !${judged}[${slot}].?misfit.hasValue())`
/** Sentences about what does not fit. */
export const misfits = (slot: number) => concat(CHAPTERS.map(({ name }) => cel`${variable(`${name}Misfits`)}[${slot}]`))
/** Whether the requester, or the pod's service account, may use the profile. */
export const mayUse = (slot: number) => variable('mayUse', slot)

/** The rules of each profile, as they are written; of a preset, what it means. */
export const allRules = variable('rules')

type Group = { readonly name: string; readonly rules: readonly Rule[] }

/** Rules that are gone through together, for all profiles, on one budget. The light ones come first: most of what is wrong shows there. */
const GROUPS: readonly Group[] = [
  { name: 'light', rules: RULES.filter(({ heavy }) => !heavy) },
  ...RULES.filter(({ heavy }) => heavy).map((rule) => ({ name: rule.name, rules: [rule] })),
]

/** For each profile its rules if the pod fits them so far, or else `{misfit: rules}`: what is known not to fit is not looked at again. */
const judgedBy = (group: number) => (group < 0 ? allRules : variable(`${GROUPS[group]?.name}Rules`))
const judged = judgedBy(GROUPS.length - 1)

/** Whether the resource asks for checks at all. While a tenant is let go, its binding outlives this by a moment. */
const active = cel`size(${profiles}) > 0 && dyn(params).spec.podSecurity.?mode.orValue('Enforce') != 'Disabled'`

/** Who is asked about, besides the service account: who sent the request, or the controller that will make the pods. */
export type Requester = 'user' | 'controller'

export function profileVariables(requester: Requester): readonly Variable[] {
  return [
    { name: 'profiles', expression: cel`dyn(params).spec.?podSecurity.?profiles.orValue([])` },
    { name: 'presets', expression: cel`${{ ...PRESET_RULES, Privileged: { unrestricted: true } }}` },
    {
      name: 'rules',
      expression: cel`${profiles}.map(p, p.preset == 'Custom' ? p.?rules.orValue({}) : ${variable('presets')}[p.preset])`,
    },
    ...GROUPS.map(({ name, rules }, index) => ({
      name: `${name}Rules`,
      expression: cel`${judgedBy(index - 1)}.map(r, has(r.misfit) || r.?unrestricted.orValue(false) ||
  !${or(...rules.map(({ violations }) => violations(cel`r`).bad))} ? r : {'misfit': r})`,
    })),
    ...SLOTS.map((slot) => ({
      name: `mayUse${slot}`,
      expression: cel`${taken(slot)} && ${requester === 'user' ? userMayUse(profileAt(slot), serviceAccount) : or(controllerMayUse(slot), accountMayUse(profileAt(slot), serviceAccount))}`,
    })),
  ]
}

/** Rules that are worded together: those between two heavy ones, so that sentences come in the order of `RULES`. */
const CHAPTERS: readonly Group[] = [...chapters()]

function* chapters(): Iterable<Group> {
  let light: Rule[] = []
  const between = () => (light[0] ? [{ name: light[0].name, rules: light }] : [])
  for (const rule of RULES) {
    if (rule.heavy) {
      yield* between()
      yield { name: rule.name, rules: [rule] }
      light = []
    } else light.push(rule)
  }
  yield* between()
}

/** What is wrong, in words; for those who were refused. */
export const misfitVariables: readonly Variable[] = CHAPTERS.map(({ name, rules }) => ({
  name: `${name}Misfits`,
  expression: cel`${judged}.map(x, !has(x.misfit) ? [''].filter(s, false) : [x.misfit].map(r,
  ${concat(rules.map(({ violations }) => violations(cel`r`).sentences))})[0])`,
}))

/** The pod's service account, or who sent the request: as in PodSecurityPolicy, the service account goes first. */
export function userMayUse(profile: Cel, account: Cel): Cel {
  return or(accountMayUse(profile, account), mayBeUsed(profile, cel`authorizer`))
}

function accountMayUse(profile: Cel, account: Cel): Cel {
  return cel`${account} != '' && ${mayBeUsed(profile, cel`authorizer.serviceAccount(request.namespace, ${account})`)}`
}

/** At the scope of the cluster, so that no RoleBinding that a tenant's administrator writes counts. */
function mayBeUsed(profile: Cel, by: Cel): Cel {
  return cel`${by}.group(${GROUP}).resource('podsecurityprofiles').name(params.metadata.name + '.' + ${profile}.name).check('use').allowed()`
}

/**
 * Which controller it will be is not known, but that it has logged in. The authorizer cannot be asked about that: the service accounts of
 * its making are in system:serviceaccounts only (apiserver pkg/authentication/serviceaccount/util.go UserInfo).
 */
export function controllerMayUse(slot: number): Cel {
  return cel`${profileAt(slot)}.subjects.exists(s, s.kind == 'Group' && s.name == 'system:authenticated')`
}

/** Whether one profile fits and may be used. What is cheap is asked first. */
export const admitted: Variable = {
  name: 'admitted',
  expression: cel`!(${active}) ||
${or(...SLOTS.map((slot) => cel`${fits(slot)} && ${mayUse(slot)}`))}`,
}
