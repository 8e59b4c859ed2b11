/** admission/rules/groups.ts — PodSecurityPolicy runAsGroup, fsGroup and supplementalGroups. */

import { type Cel, cel, concat, member } from '../cel.ts'
import {
  change,
  changesWhen,
  containersThat,
  findings,
  podContext,
  podThat,
  type Rule,
  rangesText,
  unsaidIsFine,
  when,
  windows,
  within,
} from '../rule.ts'

type GroupField = 'runAsGroup' | 'fsGroup' | 'supplementalGroups'

const ruleOf = (rules: Cel, field: GroupField) => cel`${member(rules, field)}.?rule.orValue('RunAsAny')`
const rangesOf = (rules: Cel, field: GroupField) => cel`${member(rules, field)}.?ranges.orValue([])`
const firstOf = (rules: Cel, field: GroupField) => cel`${rangesOf(rules, field)}[0].min`

const restricted = (rules: Cel, field: GroupField) => cel`${ruleOf(rules, field)} != 'RunAsAny'`
const demanded = (rules: Cel, field: GroupField) => cel`${ruleOf(rules, field)} == 'MustRunAs' && !${windows}`
const mayBeUnsaid = (rules: Cel, field: GroupField) => cel`${ruleOf(rules, field)} == 'MayRunAs' || ${unsaidIsFine}`
const sentence = (rules: Cel, field: GroupField) => cel`${`${field} must be within `} + ${rangesText(rangesOf(rules, field))}`

const group = cel`c.?securityContext.?runAsGroup.or(${podContext}.?runAsGroup)`

export const runAsGroup: Rule = {
  name: 'runAsGroup',
  fields: ['runAsGroup'],
  heavy: true,
  violations: (rules) =>
    when(
      restricted(rules, 'runAsGroup'),
      containersThat(
        cel`!${group}.optMap(u, ${within(cel`u`, rangesOf(rules, 'runAsGroup'))}).orValue(${mayBeUnsaid(rules, 'runAsGroup')})`,
        sentence(rules, 'runAsGroup'),
      ),
    ),
  defaults: {
    container: (rules) =>
      changesWhen(
        cel`${demanded(rules, 'runAsGroup')} && !${group}.hasValue()`,
        cel`[${change('/runAsGroup', firstOf(rules, 'runAsGroup'))}]`,
      ),
  },
}

export const fsGroup: Rule = {
  name: 'fsGroup',
  fields: ['fsGroup'],
  violations: (rules) =>
    podThat(
      cel`${restricted(rules, 'fsGroup')} && !${podContext}.?fsGroup.optMap(u, ${within(cel`u`, rangesOf(rules, 'fsGroup'))}).orValue(${mayBeUnsaid(rules, 'fsGroup')})`,
      sentence(rules, 'fsGroup'),
    ),
  defaults: {
    pod: (rules) =>
      changesWhen(
        cel`${demanded(rules, 'fsGroup')} && !${podContext}.?fsGroup.hasValue()`,
        cel`[${change('/spec/securityContext/fsGroup', firstOf(rules, 'fsGroup'))}]`,
      ),
  },
}

const groups = cel`${podContext}.?supplementalGroups.orValue([])`

export const supplementalGroups: Rule = {
  name: 'supplementalGroups',
  fields: ['supplementalGroups', 'supplementalGroupsPolicy'],
  violations: (rules) =>
    findings(
      podThat(
        cel`${restricted(rules, 'supplementalGroups')} && (size(${groups}) == 0 ? !(${mayBeUnsaid(rules, 'supplementalGroups')}) :
          !${groups}.all(u, ${within(cel`u`, rangesOf(rules, 'supplementalGroups'))}))`,
        sentence(rules, 'supplementalGroups'),
      ),
      podThat(
        cel`${rules}.?supplementalGroupsPolicy.orValue('Any') == 'Strict' && ${podContext}.?supplementalGroupsPolicy.orValue(${unsaidIsFine} ? 'Strict' : 'Merge') != 'Strict'`,
        'supplementalGroupsPolicy must be Strict',
      ),
    ),
  defaults: {
    pod: (rules) =>
      concat([
        changesWhen(
          cel`${demanded(rules, 'supplementalGroups')} && size(${groups}) == 0`,
          cel`[${change('/spec/securityContext/supplementalGroups', cel`[${firstOf(rules, 'supplementalGroups')}]`)}]`,
        ),
        changesWhen(
          cel`${rules}.?supplementalGroupsPolicy.orValue('Any') == 'Strict' && !${windows} && !${podContext}.?supplementalGroupsPolicy.hasValue()`,
          cel`[${change('/spec/securityContext/supplementalGroupsPolicy', cel`'Strict'`)}]`,
        ),
      ]),
  },
}
