/** lint/rules/exposed-service.ts — TI009: a Service that is reached from outside the cluster, in an isolated namespace. */

import { type Found, type ObjectRef, tenantText } from '../finding.ts'
import { isolatedIn, type LintRule, type LintService, tenantWith } from '../input.ts'

export const exposedService: LintRule = {
  code: 'TI009',
  name: 'ExposedService',
  severity: 'warning',
  summary: 'a Service of type NodePort or LoadBalancer leads into an isolated namespace',
  check: (input) => {
    const isolated = isolatedIn(input, 'Ingress')
    return input.services
      .filter(({ namespace, type }) => (type === 'NodePort' || type === 'LoadBalancer') && isolated.has(namespace))
      .map((service) => {
        const tenant = tenantWith(input, service.namespace)
        return found(service, tenant ? tenantText(tenant.resource.metadata.name) : 'its NetworkPolicies')
      })
  },
}

function found({ namespace, name, type, externalTrafficPolicy = 'Cluster' }: LintService, by: string): Found {
  const object: ObjectRef = { kind: 'Service', namespace, name }
  const what = `type ${type} opens a port on every node that leads into namespace ${namespace}, which ${by} isolates`
  const sources =
    externalTrafficPolicy === 'Local'
      ? 'only clients whose addresses a rule names get through, and it depends on the network plugin whether it sees them'
      : 'clients may arrive under the address of a node, so that rules by cidr do not tell them apart; set externalTrafficPolicy to Local'
  return {
    object,
    field: 'spec.type',
    message: `${what}: ${sources}, or let an ingress controller of the platform lead there (type ClusterIP)`,
  }
}
