/** admission/rules/host-users.ts — user namespaces, which PodSecurityPolicy did not know. */

import { cel } from '../cel.ts'
import { podThat, type Rule, userNamespace, windows } from '../rule.ts'

export const hostUsers: Rule = {
  name: 'hostUsers',
  fields: ['hostUsers'],
  violations: (rules) =>
    podThat(cel`${rules}.?hostUsers.orValue('Any') == 'MustBeFalse' && !${userNamespace} && !${windows}`, 'hostUsers must be false'),
}
