/**
 * admission/guards/deletion-guard.ts — a TenantIsolation with `spec.preventDeletion: true` is not deleted, by nobody; and none whose profiles
 * pods have to fit is deleted with `--cascade=orphan`. What that leaves behind would either refuse every pod, for the profiles are in the
 * resource and gone with it, or let every pod in; the second has to be said.
 *
 * A policy of its own, because there is no break-glass: whoever may write the resource changes it first. It does not see what is deleted
 * together with the CRD: the API server then empties the storage without asking anybody.
 */

import { GROUP } from '../../api/labels.ts'
import { and, cel, not, or } from '../cel.ts'
import { policyName, validatingPolicy } from '../policy.ts'
import { text } from './sentences.ts'

/** DeleteOptions, in the new and in the old spelling, or as the finalizer that either becomes. */
const LEAVES_CHILDREN = or(
  cel`request.?options.?propagationPolicy.orValue('') == 'Orphan'`,
  cel`request.?options.?orphanDependents.orValue(false)`,
  cel`'orphan' in dyn(oldObject).metadata.?finalizers.orValue([])`,
)

const REFUSES_PODS = and(
  cel`dyn(oldObject).spec.?podSecurity.hasValue()`,
  cel`dyn(oldObject).spec.podSecurity.?mode.orValue('Enforce') == 'Enforce'`,
)

export const deletionGuard = validatingPolicy({
  name: policyName('deletion-guard'),
  resourceRules: [{ apiGroups: [GROUP], apiVersions: ['*'], operations: ['DELETE'], resources: ['tenantisolations'] }],
  validations: [
    {
      expression: cel`!dyn(oldObject).spec.?preventDeletion.orValue(false)`,
      message: 'spec.preventDeletion is true; set it to false first',
      messageExpression: text(
        'tenant ',
        cel`oldObject.metadata.name`,
        ' is kept from being deleted by its spec.preventDeletion; set it to false first: kubectl patch ti ',
        cel`oldObject.metadata.name`,
        ' --type=merge -p \'{"spec":{"preventDeletion":false}}\'',
      ),
    },
    {
      expression: not(and(LEAVES_CHILDREN, REFUSES_PODS)),
      message: 'its pod security profiles would be gone, and with them what pods have to fit; set spec.podSecurity.mode to Disabled first',
      messageExpression: text(
        'tenant ',
        cel`oldObject.metadata.name`,
        ' refuses pods that fit none of its profiles, which --cascade=orphan cannot leave behind: they are in the resource. Delete it without, or say that any pod may be created from now on: kubectl patch ti ',
        cel`oldObject.metadata.name`,
        ' --type=merge -p \'{"spec":{"podSecurity":{"mode":"Disabled"}}}\'',
      ),
    },
  ],
})
