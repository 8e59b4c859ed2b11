/** admission/rules/privilege-escalation.ts — PodSecurityPolicy allowPrivilegeEscalation, defaultAllowPrivilegeEscalation. */

import { type Cel, cel } from '../cel.ts'
import { change, changesWhen, containersThat, type Rule, unless, unsaidIsFine, windows } from '../rule.ts'

const said = cel`c.?securityContext.?allowPrivilegeEscalation`

/** The API server refuses `false` beside these (core validation, ValidateSecurityContext), so it is not filled in. */
const needsEscalation = cel`(c.?securityContext.?privileged.orValue(false) || 'CAP_SYS_ADMIN' in c.?securityContext.?capabilities.?add.orValue([]))`

const allowed = (rules: Cel) => cel`${rules}.?allowPrivilegeEscalation.orValue(true)`
const byDefault = (rules: Cel) => cel`${rules}.?defaultAllowPrivilegeEscalation`

export const privilegeEscalation: Rule = {
  name: 'privilegeEscalation',
  fields: ['allowPrivilegeEscalation', 'defaultAllowPrivilegeEscalation'],
  violations: (rules) =>
    unless(
      allowed(rules),
      containersThat(cel`${said}.orValue(!${unsaidIsFine} || ${needsEscalation})`, 'allowPrivilegeEscalation must be false'),
    ),
  defaults: {
    container: (rules) => {
      const value = cel`${byDefault(rules)}.orValue(false)`
      return changesWhen(
        cel`!${windows} && !${said}.hasValue() && (!${allowed(rules)} || ${byDefault(rules)}.hasValue()) && (${value} || !${needsEscalation})`,
        cel`[${change('/allowPrivilegeEscalation', value)}]`,
      )
    },
  },
}
