/** admission/rules/host-paths.ts — PodSecurityPolicy allowedHostPaths. */

import { cel, concat } from '../cel.ts'
import { about, hostPathVolumes, type Rule, shown, unless } from '../rule.ts'

/** Whether the path of volume `v` is the prefix of `h` or lies below it. The API server refuses paths with '..' in them. */
const below = cel`v.path.startsWith(h.pathPrefix.endsWith('/') ? h.pathPrefix : h.pathPrefix + '/')`

export const hostPaths: Rule = {
  name: 'hostPaths',
  fields: ['hostPaths'],
  violations: (rules) => {
    const paths = cel`${rules}.?hostPaths.orValue([])`
    return unless(
      cel`size(${paths}) == 0`,
      concat([
        about(
          'volume',
          cel`${hostPathVolumes}.filter(v, !${paths}.exists(h, ${below})).map(v, v.name)`,
          cel`'hostPath is outside the allowed paths: ' + ${shown(cel`${paths}.map(h, h.pathPrefix)`)}`,
        ),
        about(
          'volume',
          cel`${hostPathVolumes}.filter(v, v.writable && ${paths}.exists(h, ${below}) && !${paths}.exists(h, !h.?readOnly.orValue(false) && ${below}))
    .map(v, v.name)`,
          'this hostPath must be mounted read-only',
        ),
      ]),
    )
  },
}
