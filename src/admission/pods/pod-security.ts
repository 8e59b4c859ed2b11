/** admission/pods/pod-security.ts — no pod of a tenant that does not fit a profile which its service account or its creator may use. */

import { cel, or, variable } from '../cel.ts'
import { policyName, TENANT_PARAM, type ValidatingPolicy, type Validation, type Variable, validatingPolicy } from '../policy.ts'
import { notAdmittedAtOnce } from './at-once.ts'
import { messageVariables, validations, type Wording } from './messages.ts'
import { podVariables } from './pod.ts'
import { admitted, profileVariables } from './profiles.ts'

export const POD_SECURITY = 'pod-security'

const WORDING: Wording = {
  subject: 'the pod',
  nobodyMayUse: cel`'neither user ' + strings.quote(request.userInfo.username) + ' nor service account ' +
  strings.quote(request.namespace + '/' + ${variable('serviceAccount')}) + ' may use'`,
  requester: 'user',
}

/**
 * What a pod is let in with, it keeps: every field that rules look at is immutable. So of updates only those count that bring a new image
 * or an ephemeral container, as in Pod Security Admission; labels and finalizers of old pods stay free.
 */
const containersChanged = or(
  cel`request.operation == 'CREATE'`,
  cel`request.?subResource.orValue('') == 'ephemeralcontainers'`,
  cel`object.spec.containers.map(c, c.image) != oldObject.spec.containers.map(c, c.image)`,
  cel`object.spec.?initContainers.orValue([]).map(c, c.image) != oldObject.spec.?initContainers.orValue([]).map(c, c.image)`,
)

const pod = podVariables({
  spec: cel`object.spec`,
  metadata: cel`object.metadata`,
  serviceAccount: cel`object.spec.?serviceAccountName.orValue('')`,
  // Where nothing is refused, nothing is filled in either: what defaulting would mend is no reason for a warning.
  lax: cel`dyn(params).spec.?podSecurity.?defaulting.orValue('Disabled') == 'Enabled' && dyn(params).spec.podSecurity.?mode.orValue('Enforce') != 'Enforce'`,
})

/** What is asked about a pod, and how a refusal is worded: of the policy, unless it is said otherwise. */
export function podSecurityChecks(wording: Wording = WORDING): Checks {
  return {
    variables: [...pod, ...profileVariables(wording.requester), admitted, ...messageVariables(wording)],
    validations: validations(wording),
  }
}

type Checks = { readonly variables: readonly Variable[]; readonly validations: readonly Required<Validation>[] }

export function podSecurityPolicy(): ValidatingPolicy {
  return validatingPolicy({
    name: policyName(POD_SECURITY),
    paramKind: TENANT_PARAM,
    resourceRules: [
      {
        apiGroups: [''],
        apiVersions: ['*'],
        operations: ['CREATE', 'UPDATE'],
        resources: ['pods', 'pods/ephemeralcontainers'],
        scope: 'Namespaced',
      },
    ],
    matchConditions: [{ name: 'containers-are-new', expression: containersChanged }, ...notAdmittedAtOnce(pod)],
    ...podSecurityChecks(),
  })
}
