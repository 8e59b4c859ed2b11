/** admission/rules/host-ports.ts — PodSecurityPolicy hostPorts. */

import { cel } from '../cel.ts'
import { containersThat, type Rule, rangesText, spec, within } from '../rule.ts'

/** With hostNetwork each port is one of the node's. In pods the API server has written that down already, in templates it does not. */
const hostPort = cel`(p.?hostPort.orValue(0) > 0 ? p.hostPort : ${spec}.?hostNetwork.orValue(false) ? p.containerPort : 0)`

export const hostPorts: Rule = {
  name: 'hostPorts',
  fields: ['hostPorts'],
  heavy: true,
  violations: (rules) => {
    const ranges = cel`${rules}.?hostPorts.orValue([])`
    return containersThat(
      cel`c.?ports.orValue([]).exists(p, ${hostPort} > 0 && !${within(hostPort, ranges)})`,
      cel`'hostPort is outside the allowed ranges: ' + ${rangesText(ranges)}`,
    )
  },
}
