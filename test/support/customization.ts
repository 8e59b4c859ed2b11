/** support/customization.ts — what Argo CD and Flux are told about our kind, and the statuses on which that is tried. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import type { Tenant } from './kube.ts'

export const CUSTOMIZATION = join(import.meta.dirname, '../../config/argocd/resource_customizations/tenant-isolation.dev/TenantIsolation')
const TEST_DATA = join(CUSTOMIZATION, 'testdata')

/** Every state in which a tenant can be, as it was read from a real API server. */
export function states(): readonly string[] {
  return readdirSync(TEST_DATA)
    .map((file) => basename(file, '.yaml'))
    .sort()
}

export function fileOf(state: string): string {
  return join(TEST_DATA, `${state}.yaml`)
}

export function tenantIn(state: string): Tenant {
  return parse(readFileSync(fileOf(state), 'utf8')) as Tenant
}

const SOME_TIME = '2026-01-01T00:00:00Z'

/** Without what is different each time: times, versions, uids, and who wrote which field. */
export function timeless({ apiVersion, kind, metadata, spec, status }: Tenant): object {
  const { name, generation, finalizers, deletionTimestamp } = metadata
  const conditions = status?.conditions?.map((condition) => ({ ...condition, lastTransitionTime: SOME_TIME }))
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      generation,
      creationTimestamp: SOME_TIME,
      ...(deletionTimestamp !== undefined && { deletionTimestamp: SOME_TIME, deletionGracePeriodSeconds: 0 }),
      ...(finalizers && { finalizers }),
    },
    spec,
    ...(status && { status: { ...status, ...(conditions && { conditions }) } }),
  }
}
