/** admission/pods/workload-security.ts — early word of pods that would be refused: a controller creates them, where nobody looks. */

import { type Cel, cel, or, variable } from '../cel.ts'
import { policyName, type ResourceRule, TENANT_PARAM, type ValidatingPolicy, validatingPolicy } from '../policy.ts'
import { messageVariables, validations, type Wording } from './messages.ts'
import { podVariables } from './pod.ts'
import { admitted, profileVariables } from './profiles.ts'

export const WORKLOAD_SECURITY = 'workload-security'

/** Part of a sentence, where nobody else is known. */
export const accountMayNotUse = cel`'service account ' + strings.quote(request.namespace + '/' + ${variable('serviceAccount')}) + ' may not use'`

const WORDING: Wording = {
  subject: 'a pod of it',
  nobodyMayUse: accountMayNotUse,
  requester: 'controller',
}

const workloads = (group: string, resources: readonly string[]): ResourceRule => ({
  apiGroups: [group],
  apiVersions: ['*'],
  operations: ['CREATE', 'UPDATE'],
  resources,
  scope: 'Namespaced',
})

/** CronJobs have a template of a template, PodTemplates one without a spec around it. */
const templateOf = (object: Cel) =>
  cel`(has(${object}.template) ? ${object}.template : has(${object}.spec.jobTemplate) ? ${object}.spec.jobTemplate.spec.template : ${object}.spec.template)`

const object = cel`dyn(object)`
const oldObject = cel`dyn(oldObject)`
const template = variable('template')

export function workloadSecurityPolicy(): ValidatingPolicy {
  return validatingPolicy({
    name: policyName(WORKLOAD_SECURITY),
    paramKind: TENANT_PARAM,
    resourceRules: [
      workloads('apps', ['deployments', 'daemonsets', 'statefulsets', 'replicasets']),
      workloads('batch', ['jobs', 'cronjobs']),
      workloads('', ['replicationcontrollers', 'podtemplates']),
    ],
    matchConditions: [
      {
        name: 'template-is-new',
        expression: or(cel`request.operation == 'CREATE'`, cel`${templateOf(object)} != ${templateOf(oldObject)}`),
      },
      // Whoever wrote its owner has been told; a controller reads no warnings.
      {
        name: 'made-by-nobody-else',
        expression: cel`!object.metadata.?ownerReferences.orValue([]).exists(o, o.?controller.orValue(false))`,
      },
      // A ReplicationController may be without one.
      { name: 'has-a-template', expression: cel`${templateOf(cel`dyn(object)`)} != null` },
    ],
    variables: [
      { name: 'template', expression: templateOf(object) },
      ...podVariables({
        spec: cel`${template}.spec`,
        metadata: cel`${template}.?metadata.orValue({})`,
        // No admission plugin fills it in in templates.
        serviceAccount: cel`[${template}.spec.?serviceAccountName.orValue('')].map(s, s == '' ? 'default' : s)[0]`,
        lax: cel`dyn(params).spec.?podSecurity.?defaulting.orValue('Disabled') == 'Enabled'`,
      }),
      ...profileVariables(WORDING.requester),
      admitted,
      ...messageVariables(WORDING),
    ],
    validations: validations(WORDING),
  })
}
