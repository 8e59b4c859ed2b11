/** admission/pods/pod.ts — the variables by which rules know a pod, be it a pod or the template of one. */

import { type Cel, cel, variable } from '../cel.ts'
import type { Variable } from '../policy.ts'
import { containers, lax, spec, windows } from '../rule.ts'

/** Where the pod is in what was sent, and whether defaulting will fill in what it does not say. */
export type PodSource = { readonly spec: Cel; readonly metadata: Cel; readonly serviceAccount: Cel; readonly lax: Cel }

export function podVariables(source: PodSource): readonly Variable[] {
  return [
    { name: 'spec', expression: source.spec },
    { name: 'annotations', expression: cel`${source.metadata}.?annotations.orValue({})` },
    { name: 'serviceAccount', expression: source.serviceAccount },
    { name: 'podContext', expression: cel`${spec}.?securityContext.orValue({})` },
    {
      name: 'containers',
      expression: cel`${spec}.containers + ${spec}.?initContainers.orValue([]) + ${spec}.?ephemeralContainers.orValue([])`,
    },
    { name: 'contexts', expression: cel`${containers}.filter(c, has(c.securityContext))` },
    // For each container, the names of the volumes that it may write to.
    {
      name: 'writableMounts',
      expression: cel`${containers}.map(c, c.?volumeMounts.orValue([]).filter(m, !m.?readOnly.orValue(false)).map(m, m.name))`,
    },
    // The work that is the same for all profiles is done once.
    {
      name: 'hostPathVolumes',
      expression: cel`${spec}.?volumes.orValue([]).filter(v, has(v.hostPath)).map(v, {'name': dyn(v.name), 'path': dyn(v.hostPath.path + '/'),
  'writable': dyn(${variable('writableMounts')}.exists(names, v.name in names))})`,
    },
    { name: 'windows', expression: cel`${spec}.?os.?name.orValue('') == 'windows'` },
    { name: 'userNamespace', expression: cel`!${spec}.?hostUsers.orValue(true)` },
    { name: 'lax', expression: source.lax },
    { name: 'unsaidIsFine', expression: cel`${lax} || ${windows}` },
  ]
}
