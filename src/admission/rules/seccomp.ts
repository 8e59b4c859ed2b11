/** admission/rules/seccomp.ts — the seccomp annotations of PodSecurityPolicy, and seccomp in the Pod Security Standards. */

import { type Cel, cel } from '../cel.ts'
import { change, changesWhen, containersThat, contextsThat, findings, podContext, podThat, type Rule, unless, windows } from '../rule.ts'
import { isForbidden, mayBeUnset, mustBeOneOf, profileOf } from './confinement.ts'

/**
 * Deliberately unlike PodSecurityPolicy, in which a policy that says nothing about seccomp forbids every profile: the default of the
 * runtime is never less safe than none.
 */
const UNLESS_SAID = ['Unset', 'RuntimeDefault']

const allowedBy = (rules: Cel) => cel`${rules}.?seccomp.?allowed.orValue(${UNLESS_SAID})`
const ofPod = cel`${podContext}.?seccompProfile`
const ofContainer = cel`c.?securityContext.?seccompProfile`

export const seccomp: Rule = {
  name: 'seccomp',
  fields: ['seccomp'],
  violations: (rules) => {
    const allowed = allowedBy(rules)
    const sentence = mustBeOneOf('seccompProfile', allowed)
    return unless(
      cel`'*' in ${allowed}`,
      findings(
        podThat(isForbidden(ofPod, allowed), sentence),
        contextsThat(isForbidden(ofContainer, allowed), sentence),
        unless(
          cel`${ofPod}.hasValue() || ${mayBeUnset(rules, 'seccomp', allowed)}`,
          containersThat(cel`!${ofContainer}.hasValue()`, sentence),
        ),
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
