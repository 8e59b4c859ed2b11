/** admission/rules/privileged.ts — PodSecurityPolicy privileged. */

import { cel } from '../cel.ts'
import { contextsThat, type Rule, unless } from '../rule.ts'

export const privileged: Rule = {
  name: 'privileged',
  fields: ['privileged'],
  violations: (rules) =>
    unless(
      cel`${rules}.?privileged.orValue(false)`,
      contextsThat(cel`c.?securityContext.?privileged.orValue(false)`, 'privileged is not allowed'),
    ),
}
