/** bench/pods/scenarios.ts — the pods that are created, and the tenants in whose namespaces. */

import type { PodSecurity, Profile } from '../../../src/api/pod-security/pod-security.ts'
import { fullProfiles } from '../../support/full-profiles.ts'

export type Scenario = {
  /** Also the name of the tenant and of its namespace. */
  readonly name: string
  readonly text: string
  /** Undefined: the namespace belongs to no tenant, and others are compared with it. */
  readonly tenant?: { readonly podSecurity?: PodSecurity }
  readonly containers: number
  readonly fields?: object
  readonly status: 201 | 403
}

const everybody: Profile['subjects'] = [{ kind: 'Group', name: 'system:authenticated' }]
const nobody: Profile['subjects'] = [{ kind: 'User', name: 'nobody' }]

const basic = (subjects: Profile['subjects']): Profile => ({ name: 'basic', preset: 'Basic', subjects })
const presets = (subjects: Profile['subjects']): Profile[] =>
  (['Basic', 'Baseline', 'Restricted', 'Basic', 'Baseline', 'Restricted', 'Baseline'] as const).map((preset, index) => ({
    name: `others-${index}`,
    preset,
    subjects,
  }))
const pair: PodSecurity = {
  profiles: [basic(everybody), { name: 'privileged', preset: 'Privileged', subjects: [{ kind: 'User', name: 'bob' }] }],
}
const privileged = { securityContext: { privileged: true } }

export const SCENARIOS: readonly Scenario[] = [
  { name: 'no-tenant', text: 'no tenant', containers: 1, status: 201 },
  { name: 'network', text: 'network isolation alone', tenant: {}, containers: 1, status: 201 },
  { name: 'one', text: '1 profile', tenant: { podSecurity: { profiles: [basic(everybody)] } }, containers: 1, status: 201 },
  { name: 'pair', text: "the book's 2 profiles", tenant: { podSecurity: pair }, containers: 1, status: 201 },
  {
    name: 'pair-refused',
    text: "the book's 2 profiles, refused",
    tenant: { podSecurity: pair },
    containers: 1,
    fields: privileged,
    status: 403,
  },
  {
    name: 'eight',
    text: '8 profiles, the last of which may be used',
    tenant: { podSecurity: { profiles: [...presets(nobody), basic(everybody)] } },
    containers: 1,
    status: 201,
  },
  {
    name: 'eight-refused',
    text: '8 profiles, refused',
    tenant: { podSecurity: { profiles: [...presets(everybody), basic(everybody)] } },
    containers: 1,
    fields: privileged,
    status: 403,
  },
  {
    name: 'full',
    text: '7 full profiles and one that fits',
    tenant: { podSecurity: { profiles: [...fullProfiles(everybody).slice(0, 7), basic(everybody)] } },
    containers: 1,
    status: 201,
  },
  {
    name: 'full-refused',
    text: '8 full profiles, refused',
    tenant: { podSecurity: { profiles: fullProfiles(everybody) } },
    containers: 1,
    status: 403,
  },
  { name: 'no-tenant-100', text: '100 containers, no tenant', containers: 100, status: 201 },
  {
    name: 'one-100',
    text: '100 containers, 1 profile',
    tenant: { podSecurity: { profiles: [basic(everybody)] } },
    containers: 100,
    status: 201,
  },
  {
    name: 'full-100',
    text: '100 containers, 7 full profiles and one that fits',
    tenant: { podSecurity: { profiles: [...fullProfiles(everybody).slice(0, 7), basic(everybody)] } },
    containers: 100,
    status: 201,
  },
]

/** What a scenario of so many containers is compared with. */
export function comparedWith({ containers }: Scenario): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.tenant === undefined && scenario.containers === containers)
}

export function podOf({ containers, fields = {} }: Scenario): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'pod-' },
    spec: { containers: Array.from({ length: containers }, (_, index) => ({ name: `container-${index}`, image: 'none', ...fields })) },
  }
}

/** The tenants that are only there because a cluster has them. */
export function bystander(index: number): { readonly name: string; readonly podSecurity: PodSecurity } {
  return { name: `bystander-${String(index).padStart(4, '0')}`, podSecurity: { profiles: [basic(everybody)] } }
}
