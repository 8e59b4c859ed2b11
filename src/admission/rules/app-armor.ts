/** admission/rules/app-armor.ts — the AppArmor annotations of PodSecurityPolicy, and AppArmor in the Pod Security Standards. */

import { type Cel, cel, variable } from '../cel.ts'
import {
  change,
  changesWhen,
  containersThat,
  contextsThat,
  each,
  findings,
  podContext,
  podThat,
  type Rule,
  unless,
  windows,
} from '../rule.ts'
import { isAllowed, isForbidden, mayBeUnset, mustBeOneOf, profileOf } from './confinement.ts'

/** Before 1.30 a container's profile was an annotation of its pod; nodes still read it. The container's name follows. */
const PREFIX = 'container.apparmor.security.beta.kubernetes.io/'

const annotations = variable('annotations')

const allowedBy = (rules: Cel) => cel`${rules}.?appArmor.?allowed.orValue(['*'])`
const ofPod = cel`${podContext}.?appArmorProfile`
const ownProfile = cel`c.?securityContext.?appArmorProfile`
const annotated = cel`(${`${PREFIX}`} + c.name in ${annotations} && ${annotations}[${PREFIX} + c.name] != '')`

/** The value of annotation `k`, which is not empty, in the words of a profile's rules. */
const annotationText = cel`(${annotations}[k] == 'runtime/default' ? 'RuntimeDefault' : ${annotations}[k] == 'unconfined' ? 'Unconfined' :
  ${annotations}[k].startsWith('localhost/') ? 'Localhost/' + ${annotations}[k].substring(10) : 'unknown')`

export const appArmor: Rule = {
  name: 'appArmor',
  fields: ['appArmor'],
  violations: (rules) => {
    const allowed = allowedBy(rules)
    const sentence = mustBeOneOf('appArmorProfile', allowed)
    return unless(
      cel`'*' in ${allowed}`,
      findings(
        podThat(isForbidden(ofPod, allowed), sentence),
        contextsThat(isForbidden(ownProfile, allowed), sentence),
        unless(
          cel`${ofPod}.hasValue() || ${mayBeUnset(rules, 'appArmor', allowed)}`,
          containersThat(cel`!${ownProfile}.hasValue() && !${annotated}`, sentence),
        ),
        each(
          annotations,
          'k',
          cel`k.startsWith(${PREFIX}) && ${annotations}[k] != '' && !${isAllowed(annotationText, allowed)}`,
          cel`'annotation ' + strings.quote(k) + ': ' + ${sentence}`,
        ),
      ),
    )
  },
  defaults: {
    container: (rules) =>
      changesWhen(
        cel`${rules}.?appArmor.?default.hasValue() && !${windows} && !${ownProfile}.hasValue() && !${ofPod}.hasValue() && !${annotated}`,
        cel`[${change('/appArmorProfile', profileOf(cel`${rules}.appArmor.default`))}]`,
      ),
  },
}
