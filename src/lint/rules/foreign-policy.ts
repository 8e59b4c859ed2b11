/** lint/rules/foreign-policy.ts — TI011: somebody else's policy opens what ours close. */

import { byNamespace, outside, policyName, portsText, unionPorts, type Widening, widened } from '../../reachability/reachability.ts'
import { type Found, someOf, tenantText } from '../finding.ts'
import { foreignPolicies, type LintInput, type LintRule, policyRefOf, tenantRef, tenantWith } from '../input.ts'

export const foreignPolicy: LintRule = {
  code: 'TI011',
  name: 'ForeignPolicyOpens',
  severity: 'error',
  summary: 'a NetworkPolicy of somebody else opens what the tenant keeps closed',
  check: (input) => {
    if (foreignPolicies(input).length === 0 || !input.tenants.some(({ enforced }) => enforced)) return []
    const everywhere = outside('addresses outside the cluster', ['0.0.0.0/0', '::/0'])
    const all = widened(input.network, { groupOf: byNamespace, outside: everywhere ? [everywhere] : [] })
    return [...Map.groupBy(all, ({ policy }) => policyName(policy)).values()].map((some) => found(some, input))
  },
}

function found(widenings: readonly Widening[], input: LintInput): Found {
  const [{ policy }] = widenings as [Widening]
  const tenant = tenantWith(input, policy.namespace)
  const flows = [...new Set(widenings.map(flowText))]
  const whose = tenant ? ` of ${tenantText(tenant.resource.metadata.name)}` : ''
  return {
    object: policyRefOf(policy),
    field: '',
    message: `opens what the rules${whose} keep closed: ${someOf(flows)}; take it away, write the flow as a rule of the resource, or forbid such policies by network.tenantPolicies`,
    // Whoever may write the policy may annotate it; that it is accepted is for the tenant's resource to say.
    ...(tenant && { silencedOn: tenantRef(tenant) }),
  }
}

function flowText({ from, to, ports, depends }: Widening): string {
  const open = unionPorts(ports, depends)
  return `${from} to ${to} (${portsText(open)}${ports.length === 0 ? ', depending on the network plugin' : ''})`
}
