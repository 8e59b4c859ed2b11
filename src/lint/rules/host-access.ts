/** lint/rules/host-access.ts — TI008: pods that may use the network of their node, in a tenant whose network is isolated. */

import type { Profile } from '../../api/pod-security/pod-security.ts'
import type { Subject } from '../../api/subjects.ts'
import { endpointName } from '../../reachability/reachability.ts'
import { type Found, someOf } from '../finding.ts'
import { type LintInput, type LintRule, type LintTenant, labelsOf, podsIn, tenantRef } from '../input.ts'

export const hostAccess: LintRule = {
  code: 'TI008',
  name: 'HostNetworkAllowed',
  severity: 'warning',
  summary: 'pods of an isolated tenant may use the network or ports of their node, where no NetworkPolicy holds',
  check: (input) => input.tenants.filter(({ enforced }) => enforced).flatMap((tenant) => ofTenant(tenant, input)),
}

function ofTenant(tenant: LintTenant, input: LintInput): readonly Found[] {
  // Pod Security Admission refuses both from baseline on.
  if (tenant.namespaces.length > 0 && tenant.namespaces.every((name) => isBaseline(labelsOf(input, name)[ENFORCE]))) return []
  const object = tenantRef(tenant)
  const { podSecurity } = tenant.resource.spec
  const there = thereAre(tenant, input)
  const mode = podSecurity?.mode ?? 'Enforce'
  if (!podSecurity) {
    const message = `nothing keeps pods of the tenant from using the network of their node, where no NetworkPolicy holds${there}; add podSecurity with a profile of preset Basic, Baseline or Restricted`
    return [{ object, field: 'spec.podSecurity', message }]
  }
  if (mode !== 'Enforce') {
    const message = `mode ${mode} refuses no pod, and in the network of its node no NetworkPolicy holds for it${there}; set it to Enforce`
    return [{ object, field: 'spec.podSecurity.mode', message }]
  }
  return podSecurity.profiles.flatMap((profile, index) => {
    const allowed = allowedBy(profile)
    if (allowed.length === 0) return []
    const subjects = someOf(profile.subjects.map(subjectText))
    const message = `lets ${subjects} start pods with ${allowed.join(' and ')}, where no NetworkPolicy holds${there}; take that out of the profile, or keep those who may use it few`
    return [{ object, field: `spec.podSecurity.profiles[${index}]`, message }]
  })
}

const ENFORCE = 'pod-security.kubernetes.io/enforce'

function isBaseline(level: string | undefined): boolean {
  return level === 'baseline' || level === 'restricted'
}

function allowedBy({ preset, rules }: Profile): readonly string[] {
  if (preset === 'Privileged') return ['the network of their node', 'ports of their node']
  return [
    ...(rules?.hostNetwork === true ? ['the network of their node'] : []),
    ...((rules?.hostPorts?.length ?? 0) > 0 ? ['ports of their node'] : []),
  ]
}

function subjectText({ kind, namespace, name }: Subject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

/** Those that do so now. */
function thereAre(tenant: LintTenant, input: LintInput): string {
  const pods = podsIn(input, new Set(tenant.namespaces)).filter(({ hostNetwork }) => hostNetwork)
  return pods.length === 0 ? '' : ` (as for ${someOf(pods.map(endpointName))})`
}
