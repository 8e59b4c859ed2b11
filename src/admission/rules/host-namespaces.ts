/** admission/rules/host-namespaces.ts — PodSecurityPolicy hostNetwork, hostPID, hostIPC. */

import { cel, member } from '../cel.ts'
import { findings, podThat, type Rule, spec } from '../rule.ts'

const FLAGS = ['hostNetwork', 'hostPID', 'hostIPC'] as const

export const hostNamespaces: Rule = {
  name: 'hostNamespaces',
  fields: FLAGS,
  violations: (rules) =>
    findings(
      ...FLAGS.map((flag) =>
        podThat(cel`${member(spec, flag)}.orValue(false) && !${member(rules, flag)}.orValue(false)`, `${flag} is not allowed`),
      ),
    ),
}
