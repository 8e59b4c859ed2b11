/** lint/rules/open-direction.ts — TI010: a default deny for one direction that leaves the other one open (Kubernetes in Action, listing 13.21). */

import { DIRECTIONS, type Direction } from '../../api/network.ts'
import { endpointName, isOurs, type Policy } from '../../reachability/reachability.ts'
import { type Found, someOf } from '../finding.ts'
import { closes, isolatedIn, type LintInput, type LintRule, type LintTenant, podsIn, policyRefOf, tenantRef } from '../input.ts'

export const openDirection: LintRule = {
  code: 'TI010',
  name: 'DirectionLeftOpen',
  severity: 'warning',
  summary: 'a default deny closes one direction and leaves the other one open',
  check: (input) => [...input.tenants.flatMap(ofTenant), ...ofPolicies(input)],
}

function ofTenant(tenant: LintTenant): readonly Found[] {
  if (!tenant.enforced) return []
  return DIRECTIONS.filter((direction) => !closes(tenant, direction)).map((direction) => ({
    object: tenantRef(tenant),
    field: 'spec.network.defaultDeny',
    message: `leaves ${direction.toLowerCase()} open: pods of the tenant ${reach(direction)}, and rules for it change nothing; add ${direction}`,
  }))
}

function reach(direction: Direction): string {
  return direction === 'Egress' ? 'may connect to anywhere that is not closed on the other side' : 'may be reached from anywhere'
}

/** In namespaces that somebody else's policy closes in one direction, and no policy in the other. */
function ofPolicies(input: LintInput): readonly Found[] {
  return DIRECTIONS.flatMap((open) => {
    const closed: Direction = open === 'Egress' ? 'Ingress' : 'Egress'
    const isolated = isolatedIn(input, open)
    return [...isolatedIn(input, closed)].flatMap(([namespace, policies]) => {
      const [policy] = policies.filter((one) => !isOurs(one))
      return policy && !isolated.has(namespace) ? ofPolicy(policy, open, closed, input) : []
    })
  })
}

function ofPolicy(policy: Policy, open: Direction, closed: Direction, input: LintInput): readonly Found[] {
  const { namespace } = policy
  const pods = podsIn(input, new Set([namespace]))
  const free = pods.filter((pod) => input.network.subject(pod, open).policies.length === 0)
  if (pods.length > 0 && free.length === 0) return []
  const who = free.length === 0 ? `pods of namespace ${namespace}` : someOf(free.map(endpointName))
  const dns = open === 'Egress' ? ', with a rule for DNS beside it' : ''
  return [
    {
      object: policyRefOf(policy),
      field: 'spec.policyTypes',
      message: `closes ${closed.toLowerCase()} and leaves ${open.toLowerCase()} open: ${who} ${reach(open)}; write policyTypes: [Ingress, Egress]${dns}`,
    },
  ]
}
