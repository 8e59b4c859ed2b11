/** admission/rules/windows.ts — what privileged is called on Windows; PodSecurityPolicy did not know it. */

import { cel, concat } from '../cel.ts'
import { containersThat, podContext, type Rule, unless, when } from '../rule.ts'

const SENTENCE = 'windowsOptions.hostProcess is not allowed'

export const windowsHostProcess: Rule = {
  name: 'windowsHostProcess',
  fields: ['windowsHostProcess'],
  violations: (rules) =>
    unless(
      cel`${rules}.?windowsHostProcess.orValue(false)`,
      concat([
        when(cel`${podContext}.?windowsOptions.?hostProcess.orValue(false)`, cel`[${SENTENCE}]`),
        containersThat(cel`c.?securityContext.?windowsOptions.?hostProcess.orValue(false)`, SENTENCE),
      ]),
    ),
}
