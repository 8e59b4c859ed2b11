/** admission/rules/volumes.ts — PodSecurityPolicy volumes: an allow-list, so that a type that nobody has heard of is refused. */

import { DEFAULT_VOLUMES } from '../../api/pod-security/volumes.ts'
import { cel } from '../cel.ts'
import { each, type Rule, spec, unless } from '../rule.ts'

/** The bundle that the API server mounts into pods: a token for itself, its certificate authority, the namespace. Whoever may have secrets may have it. */
const apiToken = cel`(has(v.projected) && v.projected.?sources.orValue([]).all(p,
  (has(p.serviceAccountToken) || has(p.configMap) || has(p.downwardAPI)) &&
  (!has(p.serviceAccountToken) || (p.serviceAccountToken.path == 'token' && p.serviceAccountToken.?audience.orValue('') == '')) &&
  (!has(p.configMap) || p.configMap.?name.orValue('') == 'kube-root-ca.crt') &&
  (!has(p.downwardAPI) || p.downwardAPI.?items.orValue([]).all(d,
    d.path == 'namespace' && has(d.fieldRef) && d.fieldRef.fieldPath == 'metadata.namespace'))))`

export const volumes: Rule = {
  name: 'volumes',
  fields: ['volumes'],
  violations: (rules) => {
    const allowed = cel`${rules}.?volumes.orValue(${DEFAULT_VOLUMES})`
    return unless(
      cel`'*' in ${allowed}`,
      each(
        cel`${spec}.?volumes.orValue([])`,
        'v',
        cel`!dyn(v).exists(k, k in ${allowed}) && !('secret' in ${allowed} && ${apiToken})`,
        cel`'volume ' + v.name + ': ' + dyn(v).filter(k, k != 'name').join(', ') + ' is not allowed'`,
      ),
    )
  },
}
