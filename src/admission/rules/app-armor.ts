/** admission/rules/app-armor.ts — the AppArmor annotations of PodSecurityPolicy, and AppArmor in the Pod Security Standards. */

import { type Cel, cel, concat, variable } from '../cel.ts'
import { change, containersThat, lax, podContext, type Rule, shown, when, windows } from '../rule.ts'
import { isAllowed, profileOf, profileText } from './confinement.ts'

/** Before 1.30 a container's profile was an annotation of its pod; nodes still read it. The container's name follows. */
const PREFIX = 'container.apparmor.security.beta.kubernetes.io/'

const annotations = variable('annotations')

const allowedBy = (rules: Cel) => cel`${rules}.?appArmor.?allowed.orValue(['*'])`
const ofPod = cel`${podContext}.?appArmorProfile`
const ofContainer = cel`c.?securityContext.?appArmorProfile.or(${ofPod})`
const annotated = cel`(${`${PREFIX}`} + c.name in ${annotations} && ${annotations}[${PREFIX} + c.name] != '')`

/** The value of annotation `k`, which is not empty, in the words of a profile's rules. */
const annotationText = cel`(${annotations}[k] == 'runtime/default' ? 'RuntimeDefault' : ${annotations}[k] == 'unconfined' ? 'Unconfined' :
  ${annotations}[k].startsWith('localhost/') ? 'Localhost/' + ${annotations}[k].substring(10) : 'unknown')`

const sentence = (rules: Cel) => cel`'appArmorProfile must be one of ' + ${shown(allowedBy(rules))}`

export const appArmor: Rule = {
  name: 'appArmor',
  fields: ['appArmor'],
  violations: (rules) => {
    const allowed = allowedBy(rules)
    const fits = (said: Cel, unsaid: Cel) => cel`${said}.optMap(o, ${isAllowed(profileText, allowed)}).orValue(${unsaid})`
    const unsaid = cel`${annotated} || 'Unset' in ${allowed} || ${windows} || ${lax} && ${rules}.?appArmor.?default.hasValue()`
    return cel`('*' in ${allowed} ? [] :
  ${concat([
    when(cel`!${fits(ofPod, cel`true`)}`, cel`[${sentence(rules)}]`),
    containersThat(cel`!${fits(ofContainer, unsaid)}`, sentence(rules)),
    cel`${annotations}.filter(k, k.startsWith(${PREFIX}) && ${annotations}[k] != '' && !${isAllowed(annotationText, allowed)})
    .map(k, 'annotation ' + ${shown(cel`[k]`)} + ': ' + ${sentence(rules)})`,
  ])})`
  },
  defaults: {
    container: (rules) =>
      when(
        cel`${rules}.?appArmor.?default.hasValue() && !${windows} && !${ofContainer}.hasValue() && !${annotated}`,
        cel`[${change('/appArmorProfile', profileOf(cel`${rules}.appArmor.default`))}]`,
      ),
  },
}
