/** admission/rules/rules.ts — all rules, in the order in which a refusal names them: the gravest first. */

import type { Rule } from '../rule.ts'
import { appArmor } from './app-armor.ts'
import { capabilities } from './capabilities.ts'
import { fsGroup, runAsGroup, supplementalGroups } from './groups.ts'
import { hostNamespaces } from './host-namespaces.ts'
import { hostPaths } from './host-paths.ts'
import { hostPorts } from './host-ports.ts'
import { hostUsers } from './host-users.ts'
import { privilegeEscalation } from './privilege-escalation.ts'
import { privileged } from './privileged.ts'
import { probeHosts } from './probe-hosts.ts'
import { procMount } from './proc-mount.ts'
import { readOnlyRoot } from './read-only-root.ts'
import { runAsUser } from './run-as-user.ts'
import { runtimeClass } from './runtime-class.ts'
import { seLinux } from './se-linux.ts'
import { seccomp } from './seccomp.ts'
import { sysctls } from './sysctls.ts'
import { volumeDrivers } from './volume-drivers.ts'
import { volumes } from './volumes.ts'
import { windowsHostProcess } from './windows.ts'

export const RULES: readonly Rule[] = [
  privileged,
  hostNamespaces,
  windowsHostProcess,
  volumes,
  hostPaths,
  volumeDrivers,
  hostPorts,
  capabilities,
  privilegeEscalation,
  runAsUser,
  runAsGroup,
  fsGroup,
  supplementalGroups,
  seLinux,
  seccomp,
  appArmor,
  sysctls,
  procMount,
  readOnlyRoot,
  runtimeClass,
  hostUsers,
  probeHosts,
]
