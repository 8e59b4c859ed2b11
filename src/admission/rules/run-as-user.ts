/** admission/rules/run-as-user.ts — PodSecurityPolicy runAsUser, and what the Pod Security Standards mean by running as non-root. */

import { type Cel, cel } from '../cel.ts'
import {
  change,
  containersThat,
  contextsThat,
  findings,
  lax,
  podContext,
  podThat,
  type Rule,
  rangesText,
  unless,
  unsaidIsFine,
  userNamespace,
  when,
  windows,
  within,
} from '../rule.ts'

/** Optionals: what a container says, or else its pod. */
const user = cel`c.?securityContext.?runAsUser.or(${podContext}.?runAsUser)`
const nonRoot = cel`c.?securityContext.?runAsNonRoot.or(${podContext}.?runAsNonRoot)`

const ruleOf = (rules: Cel) => cel`${rules}.?runAsUser.?rule.orValue('RunAsAny')`
const rangesOf = (rules: Cel) => cel`${rules}.?runAsUser.?ranges.orValue([])`

const outsideRanges = (rules: Cel) =>
  containersThat(
    cel`!${user}.optMap(u, ${within(cel`u`, rangesOf(rules))}).orValue(${unsaidIsFine})`,
    cel`'runAsUser must be within ' + ${rangesText(rangesOf(rules))}`,
  )

const root = containersThat(
  cel`!${nonRoot}.orValue(true) || ${user}.orValue(1) == 0 || (!${lax} && !${nonRoot}.hasValue() && !${user}.hasValue())`,
  'it must run as non-root: runAsNonRoot true, or a runAsUser other than 0',
)

/** A `false` or a 0 on the pod is not made good by what all its containers say; in a user namespace all of it is free. */
const notSaidToBeNonRoot = when(
  cel`!${userNamespace}`,
  findings(
    podThat(cel`!${podContext}.?runAsNonRoot.orValue(true)`, 'runAsNonRoot of the pod must not be false'),
    podThat(cel`${podContext}.?runAsUser.orValue(1) == 0`, 'runAsUser of the pod must not be 0'),
    containersThat(cel`!${nonRoot}.orValue(${lax})`, 'runAsNonRoot must be true'),
    contextsThat(cel`c.?securityContext.?runAsUser.orValue(1) == 0`, 'runAsUser must not be 0'),
  ),
)

export const runAsUser: Rule = {
  name: 'runAsUser',
  fields: ['runAsUser'],
  heavy: true,
  violations: (rules) =>
    findings(
      when(cel`${ruleOf(rules)} == 'MustRunAs'`, outsideRanges(rules)),
      when(cel`${ruleOf(rules)} == 'MustRunAsNonRoot'`, root),
      unless(cel`${ruleOf(rules)} in ['RunAsAny', 'MustRunAs', 'MustRunAsNonRoot']`, notSaidToBeNonRoot),
    ),
  defaults: {
    container: (rules) => cel`(${ruleOf(rules)} == 'MustRunAs' && !${windows} && !${user}.hasValue() ?
  [${change('/runAsUser', cel`${rangesOf(rules)}[0].min`)}] :
  (${ruleOf(rules)} == 'MustRunAsNonRoot' && !${user}.hasValue() || ${ruleOf(rules)} == 'MustSayNonRoot' && !${userNamespace}) && !${nonRoot}.hasValue() ?
  [${change('/runAsNonRoot', cel`true`)}] : [])`,
  },
}
