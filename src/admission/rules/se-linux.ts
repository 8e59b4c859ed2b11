/** admission/rules/se-linux.ts — PodSecurityPolicy seLinux, and the SELinux types of the Pod Security Standards. */

import { type Cel, cel } from '../cel.ts'
import {
  change,
  changesWhen,
  containersThat,
  contextsThat,
  findings,
  podContext,
  podThat,
  type Rule,
  unless,
  unsaidIsFine,
  when,
  windows,
} from '../rule.ts'

const CONTAINER_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']

const ruleOf = (rules: Cel) => cel`${rules}.?seLinux.?rule.orValue('RunAsAny')`
const optionsOf = (rules: Cel) => cel`${rules}.?seLinux.?options.orValue({})`

const ofPod = cel`${podContext}.?seLinuxOptions`
const ofContainer = cel`c.?securityContext.?seLinuxOptions`

/** The same level, its categories in any order: s0:c1,c2 is s0:c2,c1 (PodSecurityPolicy selinux/mustrunas.go). */
function sameLevel(a: Cel, b: Cel): Cel {
  const parts = (level: Cel) => cel`${level}.split(':', 2)`
  const categories = (level: Cel) => cel`${parts(level)}[1].split(',')`
  return cel`(${a} == ${b} || size(${parts(a)}) == 2 && size(${parts(b)}) == 2 && ${parts(a)}[0] == ${parts(b)}[0] &&
    size(${categories(a)}) == size(${categories(b)}) && sets.equivalent(${categories(a)}, ${categories(b)}))`
}

/** Whether the optional is set to what the rules say; `unsaidIsFine` when it is not set. */
function asDemanded(said: Cel, rules: Cel): Cel {
  const text = (of: Cel, name: string) => cel`${of}.?${{ cel: name }}.orValue('')`
  const same = (name: string) => cel`${text(cel`o`, name)} == ${text(optionsOf(rules), name)}`
  return cel`${said}.optMap(o, ${same('user')} && ${same('role')} && ${same('type')} && ${sameLevel(text(cel`o`, 'level'), text(optionsOf(rules), 'level'))}).orValue(${unsaidIsFine})`
}

const ofOtherType = (said: Cel) =>
  cel`${said}.optMap(o, !(o.?type.orValue('') in ${CONTAINER_TYPES}) || o.?user.orValue('') != '' || o.?role.orValue('') != '').orValue(false)`

const MUST = 'seLinuxOptions must be those of the profile'
const TYPES =
  'seLinuxOptions may have a type of container_t, container_init_t, container_kvm_t or container_engine_t, and neither user nor role'

export const seLinux: Rule = {
  name: 'seLinux',
  fields: ['seLinux'],
  violations: (rules) =>
    findings(
      when(
        cel`${ruleOf(rules)} == 'MustRunAs'`,
        findings(
          podThat(cel`!${asDemanded(ofPod, rules)}`, MUST),
          containersThat(cel`!${asDemanded(cel`${ofContainer}.or(${ofPod})`, rules)}`, MUST),
        ),
      ),
      unless(
        cel`${ruleOf(rules)} in ['RunAsAny', 'MustRunAs']`,
        findings(podThat(ofOtherType(ofPod), TYPES), contextsThat(ofOtherType(ofContainer), TYPES)),
      ),
    ),
  defaults: {
    pod: (rules) =>
      changesWhen(
        cel`${ruleOf(rules)} == 'MustRunAs' && !${windows} && !${ofPod}.hasValue()`,
        cel`[${change('/spec/securityContext/seLinuxOptions', optionsOf(rules))}]`,
      ),
  },
}
