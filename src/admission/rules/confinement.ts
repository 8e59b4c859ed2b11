/** admission/rules/confinement.ts — what the rules about seccomp and AppArmor profiles have in common. */

import { type Cel, cel, member } from '../cel.ts'
import { lax, shown, windows } from '../rule.ts'

/** The profile `o` of a security context in the words of a profile's rules: RuntimeDefault, Unconfined, Localhost/FILE. */
const profileText = cel`(o.type == 'Localhost' ? 'Localhost/' + o.?localhostProfile.orValue('') : o.type)`

/** Whether a profile is in the list of those that are allowed, which are not all. */
export function isAllowed(text: Cel, allowed: Cel): Cel {
  return cel`(${text} in ${allowed} || 'Localhost/*' in ${allowed} && ${text}.startsWith('Localhost/'))`
}

/** Whether `said`, an optional profile, is there and is not allowed. */
export function isForbidden(said: Cel, allowed: Cel): Cel {
  return cel`!${said}.optMap(o, ${isAllowed(profileText, allowed)}).orValue(true)`
}

/** Whether containers may be without a profile, theirs or their pod's. */
export function mayBeUnset(rules: Cel, field: 'seccomp' | 'appArmor', allowed: Cel): Cel {
  return cel`'Unset' in ${allowed} || ${windows} || ${lax} && ${member(rules, field)}.?default.hasValue()`
}

export function mustBeOneOf(field: 'seccompProfile' | 'appArmorProfile', allowed: Cel): Cel {
  return cel`${`${field} must be one of `} + ${shown(allowed)}`
}

/** The value of seccompProfile or appArmorProfile that the words mean. */
export function profileOf(text: Cel): Cel {
  return cel`(${text}.startsWith('Localhost/') ? {'type': 'Localhost', 'localhostProfile': ${text}.substring(10)} : {'type': ${text}})`
}
