/** cli/explain/tenant-rules.ts — PURE: what a tenant's resource would lead to if its rules were others: to find the rule behind a policy, and to try one out. */

import type { Direction, Network as Rules } from '../../api/network.ts'
import { explain, type Network, networkOf, readPolicies } from '../../reachability/reachability.ts'
import { policyObject } from '../../reconcile/policy-entry.ts'
import { desiredIn, type Snapshot } from '../input/snapshot.ts'
import type { Leg } from './cases.ts'

/** The policies of one namespace as the operator would write them for a tenant with these rules; everything else as in `network`. */
export function networkWith(snapshot: Snapshot, network: Network, namespace: string, tenant: string, rules: Rules): Network | undefined {
  const tenants = snapshot.tenants.map((one) => (one.metadata.name === tenant ? { ...one, spec: { ...one.spec, network: rules } } : one))
  const policies = desiredIn({ ...snapshot, tenants }).policiesIn(namespace)
  if (!policies) return undefined
  const { policies: written, problems } = readPolicies(policies.map((policy) => policyObject(policy, namespace, undefined)))
  if (problems.length > 0) return undefined
  const others = network.policies.filter((policy) => policy.namespace !== namespace || !written.some(({ name }) => name === policy.name))
  return networkOf(network.cluster, [...others, ...written], network.assume)
}

/** Those of the rules that let the flow pass on this side, each tried by itself: a policy may carry several. */
export function rulesThatAllow(
  snapshot: Snapshot,
  network: Network,
  { flow }: Leg,
  direction: Direction,
  tenant: string,
  candidates: readonly string[],
): readonly string[] {
  const spec = snapshot.tenants.find(({ metadata }) => metadata.name === tenant)?.spec
  const subject = direction === 'Egress' ? flow.from : flow.to
  if (candidates.length < 2 || !spec || subject.kind === 'Outside') return candidates
  const alone = networkOf(
    network.cluster,
    network.policies.filter(({ namespace }) => namespace !== subject.namespace),
    network.assume,
  )
  const allowing = candidates.filter((rule) => {
    const tried = networkWith(snapshot, alone, subject.namespace, tenant, onlyRule(spec.network ?? {}, rule))
    const side = tried && explain(tried, flow)[direction === 'Egress' ? 'egress' : 'ingress']
    return side !== undefined && side.answer !== 'deny'
  })
  // What is there may not be what the resource says: then all that is known is what the policy says of itself.
  return allowing.length > 0 ? allowing : candidates
}

function onlyRule({ dns, intraTenant, ingress = [], egress = [], ...rest }: Rules, rule: string): Rules {
  return {
    ...rest,
    mode: 'Enforce',
    dns: rule === 'dns' ? dns : { mode: 'Disabled' },
    intraTenant: rule === 'intraTenant' ? intraTenant : 'None',
    ingress: ingress.filter(({ name }) => rule === `ingress/${name}`),
    egress: egress.filter(({ name }) => rule === `egress/${name}`),
  }
}
