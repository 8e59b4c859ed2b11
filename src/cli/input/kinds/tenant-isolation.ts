/** cli/input/kinds/tenant-isolation.ts — PURE: TenantIsolations and the operator's configuration, from files. */

import { type Configuration, parseConfiguration } from '../../../api/configuration.ts'
import { withoutNulls } from '../../../api/members.ts'
import { type TenantIsolation, violations } from '../../../api/tenant-isolation.ts'
import type { Reading } from './metadata.ts'

/**
 * Of a resource that no cluster has made yet: younger than all that are there, so that they keep what they have; and without a uid, which
 * only the API server gives.
 */
export const NOT_YET_CREATED = '9999-12-31T23:59:59Z'
export const NO_UID = ''

export function readTenantIsolation(object: unknown): Reading<TenantIsolation> {
  const broken = violations(object)
  if (broken.length > 0) return { violations: broken }
  const resource = withoutNulls(object) as TenantIsolation
  const { uid = NO_UID, creationTimestamp, resourceVersion = '', generation = 0, ...metadata } = resource.metadata
  return {
    value: {
      ...resource,
      // `kubectl create --dry-run` writes a creationTimestamp that is null.
      metadata: { ...metadata, uid, resourceVersion, generation, creationTimestamp: creationTimestamp ?? NOT_YET_CREATED },
    },
  }
}

export function readOperatorConfiguration(object: unknown): Reading<Configuration> {
  const parsed = parseConfiguration(object)
  return 'configuration' in parsed ? { value: parsed.configuration } : parsed
}
