/**
 * admission/pods/at-once.ts — pods that plainly fit are let in before the policy is gone through.
 *
 * The API server turns the pod, the request and the namespace into what CEL reads for the match conditions, for the validations, for
 * their messages and for the audit annotations, each time anew, and that costs more than the rules (newActivation in apiserver
 * pkg/admission/plugin/cel/activation.go: 60 % of what a small pod pays). A policy whose match condition is false is done after the first.
 * So the conditions ask whether one of the first profiles admits the pod; whoever is not admitted there is judged by the policy itself.
 *
 * All match conditions of a policy share 2,500,000 units and none may use variables; one that runs out of its budget refuses the pod, in
 * words about the budget. So it is only for small pods, and for presets, whose lists are as short as ours.
 */

import { PRESET_RULES } from '../../api/pod-security/presets.ts'
import { and, type Cel, cel, member, not, or, withoutVariables } from '../cel.ts'
import type { MatchCondition, Variable } from '../policy.ts'
import { RULES } from '../rules/rules.ts'
import { userMayUse } from './profiles.ts'

/** Two checks for each cost 1,400,000 of the 2,500,000 units. The book's pair, basic and privileged, are two. */
const SLOTS = [0, 1]

/** The policy is asked about a pod of which all of these hold. */
export function notAdmittedAtOnce(pod: readonly Variable[]): readonly MatchCondition[] {
  return SLOTS.map((slot) => ({ name: `not-admitted-at-once-by-profile-${slot}`, expression: not(admittedBy(slot, pod)) }))
}

const profiles = cel`dyn(params).spec.?podSecurity.?profiles.orValue([])`

function admittedBy(slot: number, pod: readonly Variable[]): Cel {
  const profile = cel`dyn(params).spec.podSecurity.profiles[${slot}]`
  const account = pod.find(({ name }) => name === 'serviceAccount')?.expression ?? cel`''`
  return and(cel`size(${profiles}) > ${slot}`, fits(cel`${profile}.preset`, pod), userMayUse(profile, account))
}

/** Whether the pod fits a profile of this preset, as far as can be told at once. */
function fits(preset: Cel, pod: readonly Variable[]): Cel {
  const meant = Object.entries(PRESET_RULES).reduceRight(
    (others, [name, rules]) => cel`${preset} == ${name} ? dyn(${rules}) : ${others}`,
    cel`dyn({})`,
  )
  const bad = withoutVariables(or(...RULES.map(({ violations }) => violations(cel`r`).bad)), pod)
  return or(cel`${preset} == 'Privileged'`, cel`${preset} in ${Object.keys(PRESET_RULES)} && ${IS_SMALL} && [${meant}].map(r, !${bad})[0]`)
}

const spec = cel`object.spec`
const sizeOf = (list: Cel) => cel`size(${list}.orValue([]))`
const containersAreSmall = (list: Cel) =>
  cel`${list}.all(c, ${sizeOf(cel`c.?ports`)} + ${sizeOf(cel`c.?volumeMounts`)} +
  ${sizeOf(cel`c.?securityContext.?capabilities.?add`)} + ${sizeOf(cel`c.?securityContext.?capabilities.?drop`)} <= 32)`

/** Every list that rules go through, and the annotations. test/admission/pods/at-once.test.ts has the greatest pods of which it holds. */
const IS_SMALL = and(
  cel`size(${spec}.containers) + ${sizeOf(cel`${spec}.?initContainers`)} + ${sizeOf(cel`${spec}.?ephemeralContainers`)} <= 100`,
  // No preset with rules has hostPath volumes, and to look for each of them in each container would cost the square.
  cel`${sizeOf(cel`${spec}.?volumes`)} <= 128 && !${spec}.?volumes.orValue([]).exists(v, has(v.hostPath))`,
  cel`${sizeOf(cel`${spec}.?securityContext.?sysctls`)} + ${sizeOf(cel`${spec}.?securityContext.?supplementalGroups`)} <= 16`,
  cel`size(object.metadata.?annotations.orValue({})) <= 64`,
  ...['containers', 'initContainers', 'ephemeralContainers'].map((list) => containersAreSmall(cel`${member(spec, list)}.orValue([])`)),
)
