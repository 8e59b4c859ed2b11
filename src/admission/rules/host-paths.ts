/** admission/rules/host-paths.ts — PodSecurityPolicy allowedHostPaths. */

import { cel } from '../cel.ts'
import { findings, hostPathVolumes, named, type Rule, shown, unless } from '../rule.ts'

/** Whether the path of volume `v` is the prefix of `h` or lies below it. The API server refuses paths with '..' in them. */
const below = cel`v.path.startsWith(h.pathPrefix.endsWith('/') ? h.pathPrefix : h.pathPrefix + '/')`

export const hostPaths: Rule = {
  name: 'hostPaths',
  fields: ['hostPaths'],
  heavy: true,
  violations: (rules) => {
    const paths = cel`${rules}.?hostPaths.orValue([])`
    return unless(
      cel`size(${paths}) == 0`,
      findings(
        named(
          'volume',
          hostPathVolumes,
          'v',
          cel`!${paths}.exists(h, ${below})`,
          cel`'hostPath is outside the allowed paths: ' + ${shown(cel`${paths}.map(h, h.pathPrefix)`)}`,
        ),
        named(
          'volume',
          hostPathVolumes,
          'v',
          cel`v.writable && ${paths}.exists(h, ${below}) && !${paths}.exists(h, !h.?readOnly.orValue(false) && ${below})`,
          'this hostPath must be mounted read-only',
        ),
      ),
    )
  },
}
