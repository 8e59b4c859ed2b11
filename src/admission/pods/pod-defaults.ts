/** admission/pods/pod-defaults.ts — fills into pods what the profile wants that admits them, as PodSecurityPolicy did. */

import { PROFILE_ANNOTATION } from '../../api/labels.ts'
import { type Cel, cel, concat, variable } from '../cel.ts'
import { type MutatingPolicy, mutatingPolicy, policyName, TENANT_PARAM, type Variable } from '../policy.ts'
import { change } from '../rule.ts'
import { RULES } from '../rules/rules.ts'
import { podVariables } from './pod.ts'
import { allRules, fits, mayUse, profileAt, profileVariables, SLOTS, taken } from './profiles.ts'

export const POD_DEFAULTS = 'pod-defaults'

const places = variable('places')
const chosen = variable('chosen')
/** What the profile would write. */
const changes = (slot: number) => variable('changes', slot)

/** The containers of a pod that is being created, and where their security contexts are. */
const placesOf = (list: 'containers' | 'initContainers') =>
  cel`lists.range(size(object.spec.?${{ cel: list }}.orValue([]))).map(i,
  {'path': dyn(${`/spec/${list}/`} + string(i) + '/securityContext'), 'container': dyn(object.spec.${{ cel: list }}[i])})`

/** A security context that is not there has to be made before something is written into it. */
function changesOf(rules: Cel): Cel {
  const ofPod = concat(RULES.flatMap(({ defaults }) => (defaults?.pod ? [defaults.pod(rules)] : [])))
  const ofContainer = concat(RULES.flatMap(({ defaults }) => (defaults?.container ? [defaults.container(rules)] : [])))
  const missing = cel`has(c.securityContext) ? [] : [${change(cel`p.path`, cel`{}`)}]`
  const absolute = cel`own.map(o, ${change(cel`p.path + o.path`, cel`o.value`)})`
  return cel`[${ofPod}].map(own, size(own) == 0 || has(object.spec.securityContext) ? own :
  [${change('/spec/securityContext', cel`{}`)}] + own)[0] +
${places}.map(p, [p.container].map(c, [${ofContainer}].map(own, size(own) == 0 ? own : (${missing}) + ${absolute}))).flatten(3)`
}

/** Names of profiles that fit after defaulting and may be used; `unchanged` are those that would write nothing. */
function candidates(unchanged: boolean): Cel {
  return concat(
    SLOTS.map(
      (slot) =>
        cel`(${fits(slot)} && size(${changes(slot)}) ${{ cel: unchanged ? '==' : '>' }} 0 && ${mayUse(slot)} ? [${profileAt(slot)}.name] : [])`,
    ),
  )
}

const annotation = cel`(has(object.metadata.annotations) ? [] : [JSONPatch{op: 'add', path: '/metadata/annotations', value: {}}]) +
[JSONPatch{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey(${PROFILE_ANNOTATION}), value: ${chosen}}]`

/** What the policy works out, `chosen` and `changes` among it: the name of the profile, or '', and a list of what it writes. */
export function podDefaultsVariables(): readonly Variable[] {
  return [
    ...podVariables({
      spec: cel`object.spec`,
      metadata: cel`object.metadata`,
      serviceAccount: cel`object.spec.?serviceAccountName.orValue('')`,
      lax: cel`true`,
    }),
    { name: 'places', expression: concat([placesOf('containers'), placesOf('initContainers')]) },
    ...profileVariables('user'),
    ...SLOTS.map((slot) => ({
      name: `changes${slot}`,
      expression: cel`!(${taken(slot)}) ? [] :
${changesOf(cel`${allRules}[${slot}]`)}`,
    })),
    // By name and not by their order, as PodSecurityPolicy: what fits unchanged, or else what fits with changes.
    { name: 'unchanged', expression: candidates(true) },
    {
      name: 'chosen',
      expression: cel`size(${variable('unchanged')}) > 0 ? ${variable('unchanged')}.min() :
[${candidates(false)}].map(names, size(names) > 0 ? names.min() : '')[0]`,
    },
    {
      name: 'changes',
      expression: concat(SLOTS.map((slot) => cel`(${taken(slot)} && ${profileAt(slot)}.name == ${chosen} ? ${changes(slot)} : [])`)),
    },
  ]
}

export function podDefaultsPolicy(): MutatingPolicy {
  return mutatingPolicy({
    name: policyName(POD_DEFAULTS),
    paramKind: TENANT_PARAM,
    resourceRules: [{ apiGroups: [''], apiVersions: ['*'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' }],
    matchConditions: [],
    variables: podDefaultsVariables(),
    patch: cel`${chosen} == '' ? [] :
${variable('changes')}.map(x, JSONPatch{op: 'add', path: x.path, value: x.value}) +
${annotation}`,
  })
}
