/** admission/rules/probe-hosts.ts — hosts that a node would connect to on behalf of a pod (Pod Security Standards, since 1.34). */

import { and, cel, or } from '../cel.ts'
import { containersThat, type Rule, unless } from '../rule.ts'

/** Most containers have none of these, and need no further look. */
const anyHandler = cel`has(c.livenessProbe) || has(c.readinessProbe) || has(c.startupProbe) || has(c.lifecycle)`

const HANDLERS = [
  cel`c.?livenessProbe`,
  cel`c.?readinessProbe`,
  cel`c.?startupProbe`,
  cel`c.?lifecycle.?postStart`,
  cel`c.?lifecycle.?preStop`,
]

export const probeHosts: Rule = {
  name: 'probeHosts',
  fields: ['probeHosts'],
  violations: (rules) =>
    unless(
      cel`${rules}.?probeHosts.orValue('Forbidden') == 'Any'`,
      containersThat(
        and(
          anyHandler,
          or(
            ...HANDLERS.flatMap((handler) => [
              cel`${handler}.?httpGet.?host.orValue('') != ''`,
              cel`${handler}.?tcpSocket.?host.orValue('') != ''`,
            ]),
          ),
        ),
        'probes and lifecycle hooks may not name a host',
      ),
    ),
}
