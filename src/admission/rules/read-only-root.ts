/** admission/rules/read-only-root.ts — PodSecurityPolicy readOnlyRootFilesystem. */

import { cel } from '../cel.ts'
import { change, changesWhen, containersThat, type Rule, unsaidIsFine, when, windows } from '../rule.ts'

const said = cel`c.?securityContext.?readOnlyRootFilesystem`

export const readOnlyRoot: Rule = {
  name: 'readOnlyRoot',
  fields: ['readOnlyRootFilesystem'],
  violations: (rules) =>
    when(
      cel`${rules}.?readOnlyRootFilesystem.orValue(false)`,
      containersThat(cel`!${said}.orValue(${unsaidIsFine})`, 'readOnlyRootFilesystem must be true'),
    ),
  defaults: {
    container: (rules) =>
      changesWhen(
        cel`${rules}.?readOnlyRootFilesystem.orValue(false) && !${windows} && !${said}.hasValue()`,
        cel`[${change('/readOnlyRootFilesystem', cel`true`)}]`,
      ),
  },
}
