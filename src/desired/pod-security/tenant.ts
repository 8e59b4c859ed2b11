/** desired/pod-security/tenant.ts — what of a resource matters to pod security. */

import type { Spec } from '../../api/tenant-isolation.ts'
import type { Owner } from '../managed.ts'

export type SecuredTenant = Owner & { readonly spec: Pick<Spec, 'namespaceSelector' | 'podSecurity'> }
