/** admission/rules/sysctls.ts — PodSecurityPolicy allowedUnsafeSysctls, forbiddenSysctls. */

import { type Cel, cel } from '../cel.ts'
import { each, podContext, type Rule } from '../rule.ts'

/**
 * Those of the Pod Security Standards 1.37 (pod-security-admission policy/check_sysctls.go): each only touches its pod. In these words only,
 * as there: with slashes they would be as safe, but the presets let nothing in that the standards refuse.
 */
const SAFE = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_notsent_lowat',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_slow_start_after_idle',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]

/** Whether one of the patterns is `d`, or a beginning of it and a star. */
const matches = (patterns: Cel) => cel`${patterns}.exists(p, p.endsWith('*') ? d.startsWith(p.substring(0, size(p) - 1)) : d == p)`

export const sysctls: Rule = {
  name: 'sysctls',
  fields: ['sysctls'],
  heavy: true,
  violations: (rules) => {
    const forbidden = cel`${rules}.?sysctls.?forbidden.orValue([])`
    const allowed = cel`${rules}.?sysctls.?allowedUnsafe.orValue([])`
    return each(
      cel`${podContext}.?sysctls.orValue([]).map(s, s.name)`,
      'n',
      // The kernel reads net/ipv4/x as net.ipv4.x, and so does Kubernetes.
      cel`[n.replace('/', '.')].exists(d, ${matches(forbidden)} || !(n in ${SAFE} || ${matches(allowed)}))`,
      cel`'sysctl ' + strings.quote(n) + ' is not allowed'`,
    )
  },
}
