/** admission/rules/host-namespaces.ts — PodSecurityPolicy hostNetwork, hostPID, hostIPC. */

import { cel, concat, member } from '../cel.ts'
import { type Rule, spec, when } from '../rule.ts'

const FLAGS = ['hostNetwork', 'hostPID', 'hostIPC'] as const

export const hostNamespaces: Rule = {
  name: 'hostNamespaces',
  fields: FLAGS,
  violations: (rules) =>
    concat(
      FLAGS.map((flag) =>
        when(cel`${member(spec, flag)}.orValue(false) && !${member(rules, flag)}.orValue(false)`, cel`[${`${flag} is not allowed`}]`),
      ),
    ),
}
