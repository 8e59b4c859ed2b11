/** admission/rules/seccomp.ts — the seccomp annotations of PodSecurityPolicy, and seccomp in the Pod Security Standards. */

import { type Cel, cel } from '../cel.ts'
import {
  change,
  changesWhen,
  containersThat,
  contextsThat,
  findings,
  lax,
  podContext,
  podThat,
  type Rule,
  shown,
  unless,
  windows,
} from '../rule.ts'
import { isAllowed, profileOf, profileText } from './confinement.ts'

/**
 * Deliberately unlike PodSecurityPolicy, in which a policy that says nothing about seccomp forbids every profile: the default of the
 * runtime is never less safe than none.
 */
const UNLESS_SAID = ['Unset', 'RuntimeDefault']

const allowedBy = (rules: Cel) => cel`${rules}.?seccomp.?allowed.orValue(${UNLESS_SAID})`
const ofPod = cel`${podContext}.?seccompProfile`
const ofContainer = cel`c.?securityContext.?seccompProfile`

const sentence = (rules: Cel) => cel`'seccompProfile must be one of ' + ${shown(allowedBy(rules))}`

export const seccomp: Rule = {
  name: 'seccomp',
  fields: ['seccomp'],
  violations: (rules) => {
    const isForbidden = (said: Cel) => cel`!${said}.optMap(o, ${isAllowed(profileText, allowedBy(rules))}).orValue(true)`
    const unsaid = cel`'Unset' in ${allowedBy(rules)} || ${windows} || ${lax} && ${rules}.?seccomp.?default.hasValue()`
    return unless(
      cel`'*' in ${allowedBy(rules)}`,
      findings(
        podThat(isForbidden(ofPod), sentence(rules)),
        contextsThat(isForbidden(ofContainer), sentence(rules)),
        unless(cel`${ofPod}.hasValue() || ${unsaid}`, containersThat(cel`!${ofContainer}.hasValue()`, sentence(rules))),
      ),
    )
  },
  defaults: {
    // As in PodSecurityPolicy, on the pod alone: containers that say nothing have their pod's.
    pod: (rules) =>
      changesWhen(
        cel`${rules}.?seccomp.?default.hasValue() && !${windows} && !${ofPod}.hasValue()`,
        cel`[${change('/spec/securityContext/seccompProfile', profileOf(cel`${rules}.seccomp.default`))}]`,
      ),
  },
}
