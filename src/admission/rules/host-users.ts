/** admission/rules/host-users.ts — user namespaces, which PodSecurityPolicy did not know. */

import { cel } from '../cel.ts'
import { type Rule, userNamespace, when, windows } from '../rule.ts'

export const hostUsers: Rule = {
  name: 'hostUsers',
  fields: ['hostUsers'],
  violations: (rules) =>
    when(cel`${rules}.?hostUsers.orValue('Any') == 'MustBeFalse' && !${userNamespace} && !${windows}`, cel`['hostUsers must be false']`),
}
