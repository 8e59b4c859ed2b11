/** admission/rules/windows.ts — what privileged is called on Windows; PodSecurityPolicy did not know it. */

import { cel } from '../cel.ts'
import { contextsThat, findings, podContext, podThat, type Rule, unless } from '../rule.ts'

const SENTENCE = 'windowsOptions.hostProcess is not allowed'

export const windowsHostProcess: Rule = {
  name: 'windowsHostProcess',
  fields: ['windowsHostProcess'],
  violations: (rules) =>
    unless(
      cel`${rules}.?windowsHostProcess.orValue(false)`,
      findings(
        podThat(cel`${podContext}.?windowsOptions.?hostProcess.orValue(false)`, SENTENCE),
        contextsThat(cel`c.?securityContext.?windowsOptions.?hostProcess.orValue(false)`, SENTENCE),
      ),
    ),
}
