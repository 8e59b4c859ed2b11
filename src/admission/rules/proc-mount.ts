/** admission/rules/proc-mount.ts — PodSecurityPolicy allowedProcMountTypes. */

import { cel } from '../cel.ts'
import { containersThat, type Rule, userNamespace } from '../rule.ts'

const type = cel`c.?securityContext.?procMount.orValue('Default')`

export const procMount: Rule = {
  name: 'procMount',
  fields: ['procMountTypes'],
  violations: (rules) => {
    const allowed = cel`${rules}.?procMountTypes.orValue(['Default'])`
    return containersThat(
      cel`!(${type} in ${allowed}) && !(${userNamespace} && 'UnmaskedInUserNamespace' in ${allowed})`,
      cel`'procMount must be one of ' + ${allowed}.join(', ')`,
    )
  },
}
