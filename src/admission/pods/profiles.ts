/**
 * admission/pods/profiles.ts — the profiles of the tenant, a slot for each.
 *
 * Everything that matches a request is ANDed, so "any one profile is enough" is one expression over slots that are written out. An
 * authorization check costs 350,000 units, an expression or variable may spend 1,000,000, the whole policy 10,000,000 (apiserver
 * pkg/apis/cel config.go): so two checks in a variable of their own for each slot, eight slots, and never one in a comprehension. Rules cost
 * little: one variable each, for all profiles.
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
const serviceAccount = variable('serviceAccount')

export const taken = (slot: number) => cel`size(${profiles}) > ${slot}`
export const profileAt = (slot: number) => cel`${profiles}[${slot}]`
/** Sentences about what does not fit. Whoever reads them has asked whether the slot is taken. */
export const misfits = (slot: number) => variable('misfits', slot)
/** Whether the requester, or the pod's service account, may use the profile. */
export const mayUse = (slot: number) => variable('mayUse', slot)

/** The rules of each profile, as they are written; of a preset, what it means. */
export const allRules = variable('rules')

/** For each profile, the sentences of one rule. */
const sentencesOf = ({ name }: Rule) => variable(`${name}Rule`)

/** Whether the resource asks for checks at all. While a tenant is let go, its binding outlives this by a moment. */
const active = cel`size(${profiles}) > 0 && dyn(params).spec.podSecurity.?mode.orValue('Enforce') != 'Disabled'`

/** Who is asked about, besides the service account. */
export type Requester = 'user' | 'nobody'

export function profileVariables(requester: Requester): readonly Variable[] {
  return [
    { name: 'profiles', expression: cel`dyn(params).spec.?podSecurity.?profiles.orValue([])` },
    { name: 'presets', expression: cel`${{ ...PRESET_RULES, Privileged: { unrestricted: true } }}` },
    {
      name: 'rules',
      expression: cel`${profiles}.map(p, p.preset == 'Custom' ? p.?rules.orValue({}) : ${variable('presets')}[p.preset])`,
    },
    ...RULES.map((rule) => ({
      name: `${rule.name}Rule`,
      expression: cel`${allRules}.map(r, r.?unrestricted.orValue(false) ? [''].filter(s, false) :
  ${rule.violations(cel`r`)})`,
    })),
    ...SLOTS.flatMap((slot) => [
      { name: `misfits${slot}`, expression: concat(RULES.map((rule) => cel`${sentencesOf(rule)}[${slot}]`)) },
      { name: `mayUse${slot}`, expression: cel`${taken(slot)} && (${or(...checks(slot, requester))})` },
    ]),
  ]
}

/** At the scope of the cluster, so that no RoleBinding that a tenant's administrator writes counts. As in PodSecurityPolicy, the service account goes first. */
function checks(slot: number, requester: Requester): readonly Cel[] {
  const mayBeUsed = (by: Cel) =>
    cel`${by}.group(${GROUP}).resource('podsecurityprofiles').name(params.metadata.name + '.' + ${profileAt(slot)}.name).check('use').allowed()`
  const account = cel`${serviceAccount} != '' && ${mayBeUsed(cel`authorizer.serviceAccount(request.namespace, ${serviceAccount})`)}`
  return requester === 'user' ? [account, mayBeUsed(cel`authorizer`)] : [account]
}

/** Whether one profile fits and may be used. What is cheap is asked first. */
export const admitted: Variable = {
  name: 'admitted',
  expression: cel`!(${active}) ||
${or(...SLOTS.map((slot) => cel`${taken(slot)} && size(${misfits(slot)}) == 0 && ${mayUse(slot)}`))}`,
}
