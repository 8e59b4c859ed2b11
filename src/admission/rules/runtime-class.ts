/** admission/rules/runtime-class.ts — PodSecurityPolicy runtimeClass. */

import { cel } from '../cel.ts'
import { change, changesWhen, podThat, type Rule, shown, spec } from '../rule.ts'

export const runtimeClass: Rule = {
  name: 'runtimeClass',
  fields: ['runtimeClass'],
  violations: (rules) => {
    const allowed = cel`${rules}.?runtimeClass.?allowed.orValue(['*'])`
    return podThat(
      cel`has(${spec}.runtimeClassName) && !('*' in ${allowed}) && !(${spec}.runtimeClassName in ${allowed})`,
      cel`size(${allowed}) == 0 ? 'runtimeClassName is not allowed' : 'runtimeClassName must be one of: ' + ${shown(allowed)}`,
    )
  },
  defaults: {
    pod: (rules) =>
      changesWhen(
        cel`${rules}.?runtimeClass.?default.hasValue() && !has(${spec}.runtimeClassName)`,
        cel`[${change('/spec/runtimeClassName', cel`${rules}.runtimeClass.default`)}]`,
      ),
  },
}
