/** admission/rules/confinement.ts — what the rules about seccomp and AppArmor profiles have in common. */

import { type Cel, cel } from '../cel.ts'

/** The profile `o` of a security context in the words of a profile's rules: RuntimeDefault, Unconfined, Localhost/FILE. */
export const profileText = cel`(o.type == 'Localhost' ? 'Localhost/' + o.?localhostProfile.orValue('') : o.type)`

/** Whether a profile is in the list of those that are allowed, which are not all. */
export function isAllowed(text: Cel, allowed: Cel): Cel {
  return cel`(${text} in ${allowed} || 'Localhost/*' in ${allowed} && ${text}.startsWith('Localhost/'))`
}

/** The value of seccompProfile or appArmorProfile that the words mean. */
export function profileOf(text: Cel): Cel {
  return cel`(${text}.startsWith('Localhost/') ? {'type': 'Localhost', 'localhostProfile': ${text}.substring(10)} : {'type': ${text}})`
}
