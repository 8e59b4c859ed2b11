/**
 * admission/guards/deletion-guard.ts — a TenantIsolation with `spec.preventDeletion: true` is not deleted, by nobody.
 *
 * A policy of its own, because there is no break-glass: whoever may write the resource says `preventDeletion: false` first. It does not
 * see what is deleted together with the CRD: the API server then empties the storage without asking anybody.
 */

import { GROUP } from '../../api/labels.ts'
import { cel } from '../cel.ts'
import { policyName } from '../policy.ts'
import { admissionPolicy } from './objects.ts'
import { text } from './sentences.ts'

export const deletionGuard = admissionPolicy({
  name: policyName('deletion-guard'),
  rules: [{ apiGroups: [GROUP], apiVersions: ['*'], operations: ['DELETE'], resources: ['tenantisolations'] }],
  validations: [
    {
      expression: cel`!dyn(oldObject).spec.?preventDeletion.orValue(false)`,
      message: 'spec.preventDeletion is true; set it to false first',
      says: text(
        'tenant ',
        cel`oldObject.metadata.name`,
        ' is kept from being deleted by its spec.preventDeletion; set it to false first: kubectl patch ti ',
        cel`oldObject.metadata.name`,
        ' --type=merge -p \'{"spec":{"preventDeletion":false}}\'',
      ),
    },
  ],
})
